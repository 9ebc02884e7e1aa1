package gate

import (
	"avow.dev"
	"avow.dev/evidence"
)

// note records evidence of something that was done.
func (t *turn) note(kind evidence.Kind, fill func(*evidence.Leaf)) {
	t.entries = append(t.entries, entry{digest: evidence.Digest(&avow.Request{Policy: t.id, Subject: t.ref, At: t.now})})
	l := &t.entries[len(t.entries)-1].leaf
	*l = evidence.Leaf{ID: newID(), At: t.now, Kind: kind, Policy: t.id, Hash: t.program.Hash(), Verdict: avow.Allow}
	if fill != nil {
		fill(l)
	}
}

// ruled records the evidence of a decision. Words that the policy does not know
// are withheld: a caller may have sent personal data in their place.
func (t *turn) ruled(req *avow.Request, d *avow.Decision) *evidence.Leaf {
	t.entries = append(t.entries, entry{digest: evidence.Digest(req)})
	l := &t.entries[len(t.entries)-1].leaf
	*l = evidence.Leaf{ID: newID(), At: t.now, Kind: evidence.KindOf(req.Verb), Policy: t.id, Hash: t.program.Hash(),
		Verdict: d.Verdict, Reasons: d.Reasons,
		Purpose:   known(t.force.words.purposes, req.Purpose),
		Point:     known(t.force.words.points, req.Point),
		Recipient: known(t.force.words.recipients, req.Recipient),
		Role:      known(t.force.words.roles, req.Role),
	}
	l.Data = make([]avow.Datum, 0, len(req.Data))
	for _, datum := range req.Data {
		l.Data = append(l.Data, known(t.force.words.data, datum))
	}
	for i := range d.Rulings {
		l.Rules = once(l.Rules, d.Rulings[i].Rule)
		for _, c := range d.Rulings[i].Clauses {
			l.Clauses = once(l.Clauses, c)
		}
	}
	if at := t.lies(req); at.Region != "" && d.Verdict == avow.Allow {
		t.moved(at.Region, l)
	}
	return l
}

// known returns word if the policy declares it.
func known[S ~string](words map[S]bool, word S) S {
	if word == "" || words[word] {
		return word
	}
	return evidence.Undeclared
}

func once[S ~string](list []S, s S) []S {
	if s == "" {
		return list
	}
	for _, have := range list {
		if have == s {
			return list
		}
	}
	return append(list, s)
}

// binding are the reasons that refuse under a policy that only observes, too:
// they come from the person's state or from the data, and not from the policy.
const binding = 1<<avow.AccountClosed | 1<<avow.ErasurePending | 1<<avow.OnHold | 1<<avow.Restricted |
	1<<avow.ValueMalformed | 1<<avow.CarriesIdentifier | 1<<avow.PasswordIsNotData

// refuse records a refusal and returns it as the error of the turn. Whatever
// else the turn prepared is forgotten: a request is carried out whole or not at
// all. A policy that only observes records the refusal and lets it pass, which
// is told by a nil error; see the package comment for what it does not let pass.
func (t *turn) refuse(req *avow.Request, d avow.Decision) error {
	d.Verdict = avow.Refuse
	if !t.program.Enforces() && d.Reasons&binding == 0 {
		t.ruled(req, &d).Observe = true
		return nil
	}
	if err := t.undo(); err != nil {
		return err
	}
	t.ruled(req, &d)
	return &avow.Refusal{Decision: d}
}

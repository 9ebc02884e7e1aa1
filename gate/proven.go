package gate

import (
	"crypto/subtle"
	"slices"
	"time"

	"avow.dev"
	"avow.dev/evidence"
)

// Proven is what supports that the person is there and has shown who they are.
// The zero Proven supports nothing.
type Proven struct {
	// Session is the secret of a live session of the person.
	Session string
	// At is when the person signed in at the application, for applications that keep
	// their own accounts. It says nothing about somebody whose password is held here.
	At time.Time
	// Officer says that an officer of the controller acts, under their own name.
	Officer bool
}

// provenAt returns when the person last showed who they are, as far as that is
// supported; the zero time if it is not.
func (t *turn) provenAt(p *Proven) (time.Time, error) {
	if p.Session == "" {
		if p.At.After(t.now) || t.who.known() && t.passwordCell() != nil {
			return time.Time{}, nil
		}
		return p.At, nil
	}
	key, ok := secretKey(p.Session)
	if !ok || !t.who.known() {
		return time.Time{}, nil
	}
	recs, err := t.gate.sessionRecords(t.ctx, t.served, key)
	if err != nil || recs == nil || recs[1].SID != t.who.row.SID {
		return time.Time{}, err
	}
	rec, ok, err := t.gate.store.Get(t.ctx, t.who.row.SID, personSession, key)
	if err != nil {
		return time.Time{}, internal("the session could not be read", err)
	}
	if !ok {
		return time.Time{}, nil
	}
	s, err := decodeSession(rec)
	if err != nil {
		return time.Time{}, internal("the session is malformed", err)
	}
	if _, alive := t.force.live(&s, t.now); !alive {
		return time.Time{}, nil
	}
	return s.proved, nil
}

// fresh reports whether a proof is as young as the policy asks for an act (edit or
// publish) on every datum.
func (t *turn) fresh(act string, data []avow.Datum, at time.Time) bool {
	return !slices.ContainsFunc(data, func(d avow.Datum) bool { return t.stale(act, d, at) })
}

func (t *turn) stale(act string, d avow.Datum, at time.Time) bool {
	within, _, asked := t.program.FreshSignIn(act, d)
	return asked && (at.IsZero() || t.program.After(at, within).Before(t.now))
}

// mayEdit refuses to change values without the fresh proof that the policy asks
// for.
func (t *turn) mayEdit(data []avow.Datum, p *Proven) error {
	if p.Officer {
		return nil
	}
	held := slices.DeleteFunc(slices.Clone(data), func(d avow.Datum) bool { return t.who.body.cell(d) == nil })
	at, err := t.provenAt(p)
	if err != nil || t.fresh("edit", held, at) {
		return err
	}
	reasons := avow.FactFreshSignIn.Missing().Set()
	t.note(evidence.Corrected, func(l *evidence.Leaf) {
		t.force.citing("access/fresh-sign-in")(l)
		for _, d := range data {
			l.Data = append(l.Data, known(t.force.words.data, d))
		}
		l.Verdict, l.Reasons = avow.Refuse, reasons
	})
	return &avow.Refusal{Decision: avow.Decision{Reasons: reasons, Policy: t.program.Hash()}}
}

// edits adds a reason against every item that would replace a value of the person
// by another one without the fresh proof that the policy asks for.
func (t *turn) edits(items []Item, p *Proven, d *avow.Decision) error {
	if !t.who.known() || p.Officer {
		return nil
	}
	at, err := t.provenAt(p)
	if err != nil {
		return err
	}
	for i := range items {
		c := t.who.body.cell(items[i].Datum)
		if c != nil && !c.hidden && i < len(d.Rulings) && t.stale("edit", items[i].Datum, at) && !t.same(c, items[i].Value) {
			against(d, i, avow.FactFreshSignIn.Missing().Set())
		}
	}
	return nil
}

// same reports whether a cell holds this very value.
func (t *turn) same(c *cell, v Value) bool {
	if c.isFile() {
		return false
	}
	held, ok, err := t.openCell(c)
	defer held.Wipe()
	return err == nil && ok && subtle.ConstantTimeCompare(held.Expose(), v.Expose()) == 1
}

package vet

import (
	"cmp"
	"fmt"
	"slices"

	"avow.dev/policy/syntax"
	"avow.dev/policy/vocab"
)

// bundledConsent looks for a choice that opens acts which each need a consent
// of their own, to several recipients or for purposes of several kinds; for
// such acts that the original text takes from acceptance; and for sharing for
// several kinds of purposes that nobody is asked about.
func bundledConsent(v *view) {
	for i := range v.file.Choices {
		c := &v.file.Choices[i]
		for _, a := range v.acts(c) {
			bundle(v, c, a)
			if silent(&c.Head) && len(v.file.Acceptance.Clause) > 0 {
				takenFromAcceptance(v, c, a)
			}
			break // one act is enough to say it
		}
	}
	unasked(v)
}

// act is something that a law wants a consent of its own for.
type act struct {
	name string // as law packs name it: share, publish, sensitive, transfer-abroad
	head *syntax.Head
	to   []syntax.Word
}

// acts are what the choice opens, as far as a law of the policy wants a consent
// of its own for it.
func (v *view) acts(c *syntax.Choice) []act {
	var out []act
	add := func(a act) {
		if v.separate(a.name) {
			out = append(out, a)
		}
	}
	for r := range v.rules() {
		if !syntax.Has(r.needs.Choice, c.ID.Text) || r.verb == "entrust" {
			continue
		}
		if r.to != nil {
			add(act{cmp.Or(map[string]string{"publish": "publish"}[r.verb], "share"), r.head, r.to})
		}
		if slices.ContainsFunc(r.data, func(w syntax.Word) bool { d := v.datum(w.Text); return d != nil && v.sensitive(d) }) {
			add(act{"sensitive", r.head, r.to})
		}
	}
	for i := range v.file.Places {
		if e := &v.file.Places[i]; syntax.Has(e.Choice, c.ID.Text) {
			add(act{"transfer-abroad", &e.Head, e.Operator})
		}
	}
	return out
}

func (v *view) separate(name string) bool {
	for _, p := range v.packs {
		if _, ok := p.NeedsSeparate(name); ok {
			return true
		}
	}
	return false
}

func bundle(v *view, c *syntax.Choice, a act) {
	to, kinds := c.To, v.kinds(c.For)
	if len(to) == 0 {
		to = a.to
	}
	covers := ""
	switch {
	case len(to) > 1 && (a.name == "share" || a.name == "publish"):
		covers = fmt.Sprintf("%d recipients: %s", len(to), quote(syntax.Texts(to)))
	case len(kinds) > 1:
		covers = fmt.Sprintf("purposes of %d kinds: %s", len(kinds), quote(syntax.Texts(c.For)))
	default:
		return
	}
	v.note(Finding{
		Severity: Warning, What: fmt.Sprintf("one choice, %s, covers %s", c.ID.Text, covers),
		Why: "who wants one of them has to take the others; each needs a yes of its own",
		Try: "split the choice, one for each recipient and kind of purpose, and the rule " + a.head.ID.Text + " with it",
	}, v.on(&c.Head), v.on(a.head))
}

func takenFromAcceptance(v *view, c *syntax.Choice, a act) {
	v.note(Finding{
		Severity: Notice, Supplied: true,
		What: fmt.Sprintf("the original text takes %s from acceptance; the choice is supplied", c.ID.Text),
		Why:  "acceptance of a policy is no consent, and what " + a.head.ID.Text + " does needs one of its own",
		Try:  "keep the choice; nothing opens without it",
	}, v.on(&v.file.Acceptance.Head), v.on(&c.Head))
}

// unasked finds sharing with several kinds of purposes that rests on no choice,
// demand or provenance: acceptance of the whole is the only yes behind it.
func unasked(v *view) {
	for r := range v.rules() {
		if r.to == nil || r.verb == "entrust" || r.excused || len(r.needs.Choice) > 0 || len(v.kinds(r.purposes)) < 2 {
			continue
		}
		places := []Place{v.on(r.head)}
		if n := v.excepting(r.head.ID.Text); n != nil {
			places = []Place{v.on(&n.Head), v.on(r.head)}
		} else if v.file.Acceptance.ID.Text != "" {
			places = append(places, v.on(&v.file.Acceptance.Head))
		}
		v.note(Finding{
			Severity: Warning, What: fmt.Sprintf("%s serves %s and waits for no choice", r.head.ID.Text, quote(syntax.Texts(r.purposes))),
			Why: "agreeing to the policy as a whole would be the only yes behind several purposes",
			Try: "split the rule by purpose, and give each its own choice, demand or provenance",
		}, places...)
	}
}

// excepting returns the rule of never that names an exception, or nil.
func (v *view) excepting(id string) *syntax.Never {
	for i := range v.file.Never {
		if e := &v.file.Never[i]; syntax.Has(e.Except, id) {
			return e
		}
	}
	return nil
}

// kinds are the different kinds of purposes: service, analytics, adverts and
// the like, as app stores tell them apart.
func (v *view) kinds(purposes []syntax.Word) []string {
	var out []string
	for _, w := range purposes {
		t, ok := v.purposeTerm(w.Text)
		kind := t.Play
		switch {
		case !ok || kind == "":
			continue
		case kind == "PSL_ACCOUNT_MANAGEMENT":
			kind = "PSL_APP_FUNCTIONALITY" // having an account is part of the service
		}
		if !slices.Contains(out, kind) {
			out = append(out, kind)
		}
	}
	return out
}

// purposeTerm is the vocabulary's row for a purpose of the policy.
func (v *view) purposeTerm(id string) (vocab.PurposeTerm, bool) {
	word := id
	if p := find(v.file.Purposes, func(e *syntax.Purpose) *syntax.Head { return &e.Head }, id); p != nil {
		word = cmp.Or(p.Term.Text, id)
	}
	if t, ok := vocab.Purpose(word); ok {
		return t, true
	}
	for t := range vocab.AllPurposes() {
		if t.IRIs.Has(word) {
			return t, true
		}
	}
	return vocab.PurposeTerm{}, false
}

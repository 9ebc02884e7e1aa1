package vet

import (
	"iter"
	"slices"

	"avow.dev/policy/syntax"
)

// rule is a rule that lets data in, be read, or out.
type rule struct {
	head     *syntax.Head
	verb     string // collect, use, share, entrust, transfer, disclose or publish
	data     []syntax.Word
	purposes []syntax.Word
	to       []syntax.Word
	features []syntax.Word
	basis    syntax.Word
	needs    *syntax.Needs
	excused  bool // opened by a demand or by provenance, not by the person
}

func (v *view) rules() iter.Seq[rule] {
	f := v.file
	return func(yield func(rule) bool) {
		for i := range f.Collect {
			e := &f.Collect[i]
			if !yield(rule{&e.Head, "collect", e.Data, e.For, nil, e.Features, e.Basis, &e.Needs, false}) {
				return
			}
		}
		for i := range f.Use {
			e := &f.Use[i]
			if !yield(rule{&e.Head, "use", e.Data, e.For, nil, e.Feature, e.Basis, &e.Needs, false}) {
				return
			}
		}
		for i := range f.Share {
			e := &f.Share[i]
			excused := len(e.Ground) > 0 || len(e.Source) > 0
			if !yield(rule{&e.Head, e.Verb.Text, e.Data, e.For, e.To, nil, e.Basis, &e.Needs, excused}) {
				return
			}
		}
	}
}

// asked reports whether the rule waits for a yes: a choice that is off until
// the person agrees.
func (v *view) asked(r rule) bool {
	return slices.ContainsFunc(v.choices(r.needs.Choice), func(c *syntax.Choice) bool { return c.Kind.Text != "opt-out" })
}

// same reports whether two rules concern one kind of personal data for one
// purpose, and which.
func (v *view) same(a, b rule) (datum syntax.Word, ok bool) {
	if len(shared(a.purposes, b.purposes)) == 0 {
		return syntax.Word{}, false
	}
	for _, w := range shared(a.data, b.data) {
		if d := v.datum(w.Text); d != nil && personal(d) {
			return w, true
		}
	}
	return syntax.Word{}, false
}

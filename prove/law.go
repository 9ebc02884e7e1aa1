package prove

import (
	"slices"

	"avow.dev/policy/syntax"
)

// This file is the proof's own reading of a policy: plain loops over the text,
// slow and obvious. It shares nothing with the compiler, so that a fault there
// is not repeated here.

func has(words []syntax.Word, s string) bool {
	return slices.ContainsFunc(words, func(w syntax.Word) bool { return w.Text == s })
}

func words(list []syntax.Word) []string {
	out := make([]string, len(list))
	for i, w := range list {
		out[i] = w.Text
	}
	return out
}

// text is a policy as read by the proof.
type text struct{ *syntax.File }

func (t text) datum(id string) *syntax.Datum {
	for i := range t.Data {
		if t.Data[i].ID.Text == id {
			return &t.Data[i]
		}
	}
	return nil
}

func (t text) choice(id string) *syntax.Choice {
	for i := range t.Choices {
		if t.Choices[i].ID.Text == id {
			return &t.Choices[i]
		}
	}
	return nil
}

func (t text) source(id string) *syntax.Source {
	for i := range t.Sources {
		if t.Sources[i].ID.Text == id {
			return &t.Sources[i]
		}
	}
	return nil
}

func (t text) party(id string) *syntax.Party {
	for i := range t.Parties {
		if t.Parties[i].ID.Text == id {
			return &t.Parties[i]
		}
	}
	return nil
}

// personal reports whether a datum is personal data.
func (t text) personal(id string) bool {
	d := t.datum(id)
	return d == nil || d.Class.Text == "" || d.Class.Text == "personal"
}

// kept reports whether values of a datum are kept in the vault.
func (t text) kept(id string) bool {
	d := t.datum(id)
	return d != nil && (d.Held.Text == "" || d.Held.Text == "vault")
}

// collecting returns the rules that let a datum in at a point for a purpose;
// an empty point or purpose stands for any.
func (t text) collecting(datum, point, purpose string) []*syntax.Collect {
	var out []*syntax.Collect
	for i := range t.Collect {
		r := &t.Collect[i]
		if has(r.Data, datum) && (point == "" || has(r.Points, point)) && (purpose == "" || has(r.For, purpose)) {
			out = append(out, r)
		}
	}
	return out
}

// using returns the rules that let a role read a datum for a purpose; empty
// words stand for any.
func (t text) using(datum, purpose, role string) []*syntax.Use {
	var out []*syntax.Use
	for i := range t.Use {
		r := &t.Use[i]
		if has(r.Data, datum) && (purpose == "" || has(r.For, purpose)) && (role == "" || has(r.By, role)) {
			out = append(out, r)
		}
	}
	return out
}

// forbidden reports whether a rule of never forbids a verb on a datum for a
// purpose to a recipient, other than for one of the excepted rules.
func (t text) forbidden(verb, datum, purpose, recipient, rule string) bool {
	for i := range t.Never {
		n := &t.Never[i]
		if !has(n.Verbs, verb) && !(verb == "share" && (has(n.Verbs, "sell") || has(n.Verbs, "rent") || has(n.Verbs, "license") || has(n.Verbs, "distribute"))) {
			continue
		}
		if (len(n.Data) == 0 || has(n.Data, datum)) && (len(n.For) == 0 || has(n.For, purpose)) && (len(n.To) == 0 || has(n.To, recipient)) && !has(n.Except, rule) {
			return true
		}
	}
	return false
}

// carriers returns the entries that carry each clause.
func (t text) carriers() map[string][]syntax.Entry {
	out := make(map[string][]syntax.Entry)
	for e := range t.Entries() {
		for _, c := range e.Head.Clause {
			out[c.Text] = append(out[c.Text], e)
		}
	}
	return out
}

package vet

import (
	"cmp"
	"slices"
	"time"

	"avow.dev/policy/law"
	"avow.dev/policy/syntax"
	"avow.dev/policy/vocab"
)

// view is a policy as the lints look at it.
type view struct {
	file     *syntax.File
	entries  []syntax.Entry
	sections map[*syntax.Head]string
	packs    []law.Pack // of the laws that the policy names; unknown ones are left out
	today    law.Date
	used     map[*syntax.Accept]bool
	lint     string // the lint that runs
	source   string // where it is laid down
	found    []Finding
}

func newView(f *syntax.File, now time.Time) *view {
	v := &view{
		file: f, entries: slices.Collect(f.Entries()), sections: map[*syntax.Head]string{},
		today: law.Date(now.Format(time.DateOnly)), used: map[*syntax.Accept]bool{},
	}
	for _, e := range v.entries {
		v.sections[e.Head] = e.Section
	}
	for _, w := range f.Law {
		if p, err := law.Load(w.Text); err == nil {
			v.packs = append(v.packs, p)
		}
	}
	return v
}

// silent reports whether the original text has a clause on the entry and leaves
// its value to the operator, who has supplied it.
func silent(h *syntax.Head) bool { return h.Supplied.On && len(h.Clause) > 0 }

// original reports whether the original text itself says what the entry says.
func original(h *syntax.Head) bool { return !h.Supplied.On && len(h.Clause) > 0 }

func indexOf(words []syntax.Word, text string) int {
	return slices.IndexFunc(words, func(w syntax.Word) bool { return w.Text == text })
}

func hasAny(words []syntax.Word, texts ...string) bool {
	return slices.ContainsFunc(words, func(w syntax.Word) bool { return slices.Contains(texts, w.Text) })
}

// shared returns the words of a that b has too.
func shared(a, b []syntax.Word) []syntax.Word {
	var out []syntax.Word
	for _, w := range a {
		if syntax.Has(b, w.Text) {
			out = append(out, w)
		}
	}
	return out
}

// find returns the entry of a list with an id, or nil.
func find[T any](list []T, head func(*T) *syntax.Head, id string) *T {
	for i := range list {
		if head(&list[i]).ID.Text == id {
			return &list[i]
		}
	}
	return nil
}

func (v *view) datum(id string) *syntax.Datum {
	return find(v.file.Data, func(e *syntax.Datum) *syntax.Head { return &e.Head }, id)
}

func (v *view) choice(id string) *syntax.Choice {
	return find(v.file.Choices, func(e *syntax.Choice) *syntax.Head { return &e.Head }, id)
}

func (v *view) party(id string) *syntax.Party {
	return find(v.file.Parties, func(e *syntax.Party) *syntax.Head { return &e.Head }, id)
}

func (v *view) share(id string) *syntax.Share {
	return find(v.file.Share, func(e *syntax.Share) *syntax.Head { return &e.Head }, id)
}

// choices are the declared choices among words.
func (v *view) choices(words []syntax.Word) []*syntax.Choice {
	var out []*syntax.Choice
	for _, w := range words {
		if c := v.choice(w.Text); c != nil {
			out = append(out, c)
		}
	}
	return out
}

func personal(d *syntax.Datum) bool { return d.Class.Text == "" || d.Class.Text == "personal" }

// termOf is the vocabulary's row for a datum: by its term, or else by its id. A
// term that is an IRI stands for the first row with that IRI.
func termOf(d *syntax.Datum) (vocab.DatumTerm, bool) {
	word := cmp.Or(d.Term.Text, d.ID.Text)
	if t, ok := vocab.Datum(word); ok {
		return t, true
	}
	for t := range vocab.AllData() {
		if t.IRIs.Has(word) {
			return t, true
		}
	}
	return vocab.DatumTerm{}, false
}

// levelOf is the level of a datum: as written, or else the vocabulary's.
func levelOf(d *syntax.Datum) vocab.Level {
	if d.Level.Text != "" {
		return vocab.Level(d.Level.Text)
	}
	t, _ := termOf(d)
	return t.Level
}

// sensitive reports whether the policy, or one of its laws itself (not only a
// standard below it), calls a datum sensitive.
func (v *view) sensitive(d *syntax.Datum) bool {
	return levelOf(d) == vocab.LevelSensitive || v.lawSensitive(d) != ""
}

// lawSensitive returns the pack whose law calls the datum sensitive, or "".
func (v *view) lawSensitive(d *syntax.Datum) string {
	t, ok := termOf(d)
	if !ok {
		return ""
	}
	for _, p := range v.packs {
		if t.Sensitive.Has(p.ID) {
			return p.ID
		}
	}
	return ""
}

// collects reports whether anything personal is taken in.
func (v *view) collects() bool {
	return slices.ContainsFunc(v.file.Collect, func(c syntax.Collect) bool {
		return slices.ContainsFunc(c.Data, func(w syntax.Word) bool {
			d := v.datum(w.Text)
			return d == nil || personal(d)
		})
	})
}

// quote joins words for a sentence, and shortens a long list.
func quote(words []string) string {
	const most = 4
	switch n := len(words); {
	case n == 0:
		return ""
	case n == 1:
		return words[0]
	case n > most:
		words = append(slices.Clone(words[:most-1]), "others")
	}
	out := words[0]
	for _, w := range words[1 : len(words)-1] {
		out += ", " + w
	}
	return out + " and " + words[len(words)-1]
}

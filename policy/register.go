package policy

import (
	"fmt"
	"slices"

	"avow.dev"
	"avow.dev/policy/syntax"
	"avow.dev/policy/vocab"
)

// register lists what the policy declares.
func (c *compiler) register() {
	c.sections["clauses"] = map[string]bool{}
	for i := range c.file.Clauses {
		c.sections["clauses"][c.file.Clauses[i].ID.Text] = true
	}
	for e := range c.file.Entries() {
		if c.sections[e.Section] == nil {
			c.sections[e.Section] = map[string]bool{}
		}
		c.sections[e.Section][e.Head.ID.Text] = true
		c.entries = append(c.entries, e)
	}
}

// references checks every word that must name an entry.
func (c *compiler) references() {
	for r := range c.file.Refs() {
		if !c.sections[r.Section][r.Word.Text] {
			c.dangling(r.Word, r.Section)
		}
	}
	for i := range c.file.Collect {
		for _, w := range c.file.Collect[i].From {
			if w.Text != sourcePerson && w.Text != sourceDevice && !c.sections["sources"][w.Text] {
				c.dangling(w, "sources")
			}
		}
	}
	for i := range c.file.Never {
		for _, w := range c.file.Never[i].Except {
			if !c.declaredIn(w.Text, "share", "demands", "sources", "collect", "use", "statistics") {
				c.dangling(w, "collect, use, share, demands, sources or statistics")
			}
		}
	}
	for i := range c.file.Inform {
		for _, w := range c.file.Inform[i].For {
			if _, ok := c.file.Find(w.Text); !ok {
				c.dangling(w, "the policy")
			}
		}
	}
}

func (c *compiler) declaredIn(id string, sections ...string) bool {
	return slices.ContainsFunc(sections, func(s string) bool { return c.sections[s][id] })
}

func (c *compiler) dangling(w syntax.Word, section string) {
	c.fault(w.Pos, "unknown-reference", fmt.Sprintf("%q is not declared in %s", w.Text, section),
		"a rule about something that is not declared can never be kept or shown", "declare it there, or correct the spelling")
}

// vocabulary checks words that come from lists outside the file.
func (c *compiler) vocabulary() {
	for i := range c.file.Data {
		e := &c.file.Data[i]
		_, known := vocab.Datum(e.ID.Text)
		if e.Term.Text != "" {
			_, known = vocab.Datum(e.Term.Text)
		}
		c.term(&e.Head, e.Term, known, vocab.KindDatum)
	}
	for i := range c.file.Purposes {
		e := &c.file.Purposes[i]
		_, known := vocab.Purpose(e.ID.Text)
		if e.Term.Text != "" {
			_, known = vocab.Purpose(e.Term.Text)
		}
		c.term(&e.Head, e.Term, known, vocab.KindPurpose)
	}
	for i := range c.file.Permissions {
		w := c.file.Permissions[i].Slug
		if _, ok := vocab.Permission(w.Text); !ok {
			c.fault(w.Pos, "unknown-word", fmt.Sprintf("%q is no device permission of the vocabulary", w.Text),
				"permissions are held against the app's manifest by these words", near(vocab.KindPermission, w.Text))
		}
	}
	for e := range c.needs() {
		for _, w := range e.Facts {
			c.factWord(w)
		}
	}
	for i := range c.file.Sources {
		for _, w := range c.file.Sources[i].Needs {
			c.factWord(w)
		}
	}
}

// term checks the vocabulary term of a datum or purpose: its id is a slug of
// the vocabulary, or its term is a slug or an IRI of it.
func (c *compiler) term(h *syntax.Head, term syntax.Word, known bool, kind vocab.Kind) {
	if known {
		return
	}
	w := term
	if w.Text == "" {
		w = h.ID
	} else if _, ok := vocab.IRI(w.Text); ok {
		return
	}
	c.fault(w.Pos, "unknown-word", fmt.Sprintf("%q is no %s of the vocabulary", w.Text, kind),
		"every kind of data and every purpose maps to a term that others understand", near(kind, w.Text))
}

func near(kind vocab.Kind, word string) string {
	if n := vocab.Nearest(kind, word); n != "" {
		return fmt.Sprintf("did you mean %q? Otherwise give the nearest term with term:", n)
	}
	return "give the nearest term with term:"
}

func (c *compiler) factWord(w syntax.Word) {
	if _, ok := avow.ParseFact(w.Text); !ok {
		c.fault(w.Pos, "unknown-fact", fmt.Sprintf("%q is not a fact that can be shown", w.Text),
			"a condition that nothing can meet closes the rule for ever", "use one of citation, url, contract, case, provenance, finding, approval, picked …")
	}
}

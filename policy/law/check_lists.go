package law

import (
	"fmt"
	"slices"
)

// clocks checks every duty with a clock.
func (c *checker) clocks() {
	for i, r := range c.pack.Replies {
		c.words(r.Rights, "replies", i, "rights")
		c.maybe(r.Acknowledge, "replies", i, "acknowledge")
		c.maybe(r.Answer, "replies", i, "answer")
		c.maybe(r.Extension, "replies", i, "extension")
		c.maybe(r.ToldWithin, "replies", i, "told_within")
		c.note(r.Note, "replies", i, "note")
		c.cite(r.Cite, "replies", i)
	}
	for i, b := range c.pack.Breach {
		c.oneOf(b.To, []string{"authority", "people", "controller"}, "breach", i, "to")
		c.word(b.Tier, "breach", i, "tier")
		c.clock(b.Within, "breach", i, "within")
		c.text(b.When, "breach", i, "when")
		c.cite(b.Cite, "breach", i)
	}
	for i, r := range c.pack.ReAsk {
		c.word(r.What, "re_ask", i, "what")
		c.clock(r.Wait, "re_ask", i, "wait")
		c.note(r.Note, "re_ask", i, "note")
		c.cite(r.Cite, "re_ask", i)
	}
	for i, d := range c.pack.Changes {
		c.text(d.Duty, "changes", i, "duty")
		c.maybe(d.Review, "changes", i, "review")
		c.cite(d.Cite, "changes", i)
	}
	for i, k := range c.pack.Keep {
		c.word(k.Record, "keep", i, "record")
		c.clock(k.AtLeast, "keep", i, "at_least")
		c.cite(k.Cite, "keep", i)
	}
}

// lists checks the lists of slugs.
func (c *checker) lists() {
	c.cite(c.pack.LegalBasis.Cite, "legal_basis")
	for i, b := range c.pack.Bases {
		c.word(b.Basis, "bases", i, "basis")
		c.cite(b.Cite, "bases", i)
	}
	for i, s := range c.pack.SeparateConsent {
		c.word(s.Act, "separate_consent", i, "act")
		c.oneOf(s.Form, []string{"separate", "explicit"}, "separate_consent", i, "form")
		c.cite(s.Cite, "separate_consent", i)
	}
	for i, e := range c.pack.Exemptions {
		c.oneOf(e.Covers, []string{"collect", "provide"}, "exemptions", i, "covers")
		c.words(e.Cases, "exemptions", i, "cases")
		c.cite(e.Cite, "exemptions", i)
	}
	for i, s := range c.pack.Sensitive {
		c.words(s.Data, "sensitive", i, "data")
		c.note(s.Note, "sensitive", i, "note")
		c.cite(s.Cite, "sensitive", i)
	}
	for i, n := range c.pack.Notice {
		c.word(n.Topic, "notice", i, "topic")
		c.word(n.When, "notice", i, "when")
		c.text(Text{n.En, n.Zh}, "notice", i)
		c.cite(n.Cite, "notice", i)
	}
	c.necessary()
}

func (c *checker) necessary() {
	n := c.pack.Necessary
	if len(n.Types) == 0 {
		return
	}
	c.cite(n.Cite, "necessary")
	seen := make(map[string]bool, len(n.Types))
	for i, t := range n.Types {
		c.word(t.ID, "necessary", "types", i, "id")
		c.text(Text{t.En, t.Zh}, "necessary", "types", i)
		c.mark(t.Mark, "necessary", "types", i, "mark")
		if seen[t.ID] {
			c.fail(fmt.Sprintf("app type %q stands twice", t.ID), "necessary", "types", i, "id")
		}
		seen[t.ID] = true
		if len(t.Data) > 0 {
			c.words(t.Data, "necessary", "types", i, "data")
		}
	}
}

// people checks what counts people or years.
func (c *checker) people() {
	for i, g := range c.pack.Grades {
		c.word(g.Grade, "grades", i, "grade")
		c.positive(g.PeopleFrom, "grades", i, "people_from")
		c.cite(g.Cite, "grades", i)
	}
	for i, a := range c.pack.Ages {
		c.word(a.Rule, "ages", i, "rule")
		if a.Under < 1 || a.Under > 25 || a.Lowest < 0 || a.Lowest > a.Under {
			c.fail("an age rule needs 1 to 25 years, and a lowest age below that", "ages", i, "under")
		}
		c.note(a.Note, "ages", i, "note")
		c.cite(a.Cite, "ages", i)
	}
	for i, f := range c.pack.ForeignAuthority {
		c.oneOf(f.Rule, []string{"approval", "agreement"}, "foreign_authority", i, "rule")
		c.text(f.Note, "foreign_authority", i, "note")
		c.cite(f.Cite, "foreign_authority", i)
	}
	for i, g := range c.pack.Gag {
		c.text(g.When, "gag", i, "when")
		c.text(g.Until, "gag", i, "until")
		c.cite(g.Cite, "gag", i)
	}
	for i, t := range c.pack.Transfers {
		c.word(t.Route, "transfers", i, "route")
		if (t.PeopleFrom == 0) == (t.SensitiveFrom == 0) {
			c.fail("a route needs people_from or sensitive_from, not both", "transfers", i)
		}
		c.positive(max(t.PeopleFrom, t.SensitiveFrom), "transfers", i)
		c.note(t.Note, "transfers", i, "note")
		c.cite(t.Cite, "transfers", i)
	}
}

func (c *checker) positive(n int, path ...any) {
	if n < 1 {
		c.fail(fmt.Sprintf("%d is no number of people", n), slices.Clip(path)...)
	}
}

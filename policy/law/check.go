package law

import (
	"fmt"
	"slices"

	yaml "go.yaml.in/yaml/v4"
)

// checker finds what a decoder cannot: missing sources, dangling references,
// impossible numbers.
type checker struct {
	file   string
	root   *yaml.Node
	pack   Pack
	faults []error
}

// fail notes a fault at a path of keys and indexes.
func (c *checker) fail(what string, path ...any) {
	node := at(c.root, path)
	c.faults = append(c.faults, &Error{c.file, node.Line, node.Column, what})
}

func (c *checker) check() {
	p := c.pack
	c.word(p.ID, "id")
	c.date(p.Edition, "edition")
	c.text(p.Name, "name")
	if p.Place == "" {
		c.fail("a pack needs a place", "place")
	}
	if len(p.Instruments) == 0 {
		c.fail("a pack needs instruments", "instruments")
	}
	for i := range p.Instruments {
		c.instrument(i)
	}
	c.clocks()
	c.lists()
	c.people()
}

func (c *checker) instrument(i int) {
	in := c.pack.Instruments[i]
	c.word(in.ID, "instruments", i, "id")
	c.text(in.Title, "instruments", i, "title")
	c.mark(in.Mark, "instruments", i, "mark")
	if first := slices.IndexFunc(c.pack.Instruments, func(o Instrument) bool { return o.ID == in.ID }); first != i {
		c.fail(fmt.Sprintf("instrument %q stands twice", in.ID), "instruments", i, "id")
	}
	if in.Citation == "" {
		c.fail("an instrument needs a citation", "instruments", i, "citation")
	}
	switch in.Kind {
	case Law, Regulation, Rule, Standard:
		c.date(in.InForce, "instruments", i, "in_force")
	case Draft:
		if in.InForce != "" {
			c.fail("a draft is not in force", "instruments", i, "in_force")
		}
	default:
		c.fail(fmt.Sprintf("unknown kind %q: want law, regulation, rule, standard or draft", in.Kind), "instruments", i, "kind")
	}
	c.succession(i, in)
}

func (c *checker) succession(i int, in Instrument) {
	if (in.SupersededBy == "") != (in.SupersededOn == "") {
		c.fail("superseded_by and superseded_on go together", "instruments", i)
		return
	}
	if in.SupersededBy == "" {
		return
	}
	c.date(in.SupersededOn, "instruments", i, "superseded_on")
	if _, ok := c.pack.Instrument(in.SupersededBy); !ok || in.SupersededBy == in.ID {
		c.fail(fmt.Sprintf("no other instrument %q", in.SupersededBy), "instruments", i, "superseded_by")
	}
}

func (c *checker) cite(cite Cite, path ...any) {
	if _, ok := c.pack.Instrument(cite.Instrument); !ok {
		c.fail(fmt.Sprintf("no instrument %q: every number names the text it comes from", cite.Instrument), append(slices.Clip(path), "instrument")...)
	}
	if cite.Source == "" {
		c.fail("source is missing: name the article or clause", append(slices.Clip(path), "source")...)
	}
	c.mark(cite.Mark, append(slices.Clip(path), "mark")...)
}

func (c *checker) mark(m Mark, path ...any) {
	switch m {
	case Verified, Secondary, Known:
	case "":
		c.fail("mark is missing: say verified, secondary or known", path...)
	default:
		c.fail(fmt.Sprintf("unknown mark %q: want verified, secondary or known", m), path...)
	}
}

func (c *checker) date(d Date, path ...any) {
	if _, ok := d.Time(); !ok {
		c.fail(fmt.Sprintf("%q is no date: write year-month-day, such as 2026-01-31", d), path...)
	}
}

// word checks a slug: lower-case letters, digits, dashes.
func (c *checker) word(s string, path ...any) {
	ok := s != ""
	for _, r := range s {
		ok = ok && (r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-')
	}
	if !ok {
		c.fail(fmt.Sprintf("%q is no slug: use lower-case letters, digits and dashes", s), path...)
	}
}

func (c *checker) words(list []string, path ...any) {
	if len(list) == 0 {
		c.fail("the list is empty", path...)
	}
	for i, s := range list {
		c.word(s, append(slices.Clip(path), i)...)
	}
}

func (c *checker) text(t Text, path ...any) {
	if t.En == "" || t.Zh == "" {
		c.fail("text is needed in both languages, en and zh", path...)
	}
}

// note checks a text that may be left out, but not in one language only.
func (c *checker) note(t Text, path ...any) {
	if t != (Text{}) {
		c.text(t, path...)
	}
}

func (c *checker) clock(k Clock, path ...any) {
	if what := k.problem(); what != "" {
		c.fail(what, path...)
	}
}

// maybe checks a clock that may be left out.
func (c *checker) maybe(k Clock, path ...any) {
	if k != (Clock{}) {
		c.clock(k, path...)
	}
}

func (c *checker) oneOf(s string, words []string, path ...any) {
	if !slices.Contains(words, s) {
		c.fail(fmt.Sprintf("unknown word %q: want one of %q", s, words), path...)
	}
}

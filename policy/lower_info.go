package policy

import (
	"regexp"

	"avow.dev"
	"avow.dev/policy/syntax"
	"avow.dev/policy/vocab"
)

// lowerRuleInfo numbers the rules: all entries whose id is unique in the whole
// policy, then the things that rules speak of, as far as their ids are free.
func (c *compiler) lowerRuleInfo() {
	p := c.p
	p.byID = map[string]uint16{}
	p.told = []told{{}}
	p.clauses = map[avow.ClauseID]ClauseInfo{}
	for i := range c.file.Clauses {
		e := &c.file.Clauses[i]
		id := avow.ClauseID(e.ID.Text)
		p.clauses[id] = ClauseInfo{ID: id, Promise: e.Promise.Text, Class: e.Class.Text, Pos: e.ID.Pos}
	}
	for _, rules := range []bool{true, false} {
		for _, e := range c.entries {
			if (syntax.Namespace(e.Section) == syntax.Rules) == rules {
				c.addRule(e)
			}
		}
	}
}

func (c *compiler) addRule(e syntax.Entry) {
	p, id := c.p, e.Head.ID.Text
	info := RuleInfo{
		ID: avow.RuleID(id), Section: e.Section, Clauses: syntax.Slugs[avow.ClauseID](e.Head.Clause), Pos: e.Head.ID.Pos,
		Owner: avow.Role(e.Head.Owner.Text), Supplied: e.Head.Supplied.On, Entry: e.Value,
	}
	for _, cl := range info.Clauses {
		k := p.clauses[cl]
		k.Rules = append(k.Rules, info.ID)
		p.clauses[cl] = k
	}
	if _, taken := p.byID[id]; !taken && id != "" {
		p.byID[id] = uint16(len(p.rules))
		p.rules = append(p.rules, info)
		p.told = append(p.told, told{info.ID, info.Clauses})
	}
}

func (c *compiler) lowerInfo() {
	p := c.p
	p.forms = map[string]FormInfo{}
	for i := range c.file.Forms {
		e := &c.file.Forms[i]
		p.forms[e.ID.Text] = FormInfo{
			ID: e.ID.Text, Do: e.Do.Text, Ingest: e.When.Text == "ingest", Keep: numOr(e.Keep, -1), Digits: numOr(e.Digits, -1),
			Unit: e.Unit.Text, Data: syntax.Slugs[avow.Datum](e.Data), For: syntax.Slugs[avow.Purpose](e.For), Secret: e.Secret.On,
		}
	}
	for i := range c.file.Data {
		p.data = append(p.data, c.datumInfo(&c.file.Data[i]))
	}
}

func numOr(n syntax.Num, fallback int64) int64 {
	if n.Set {
		return n.N
	}
	return fallback
}

func (c *compiler) datumInfo(e *syntax.Datum) DatumInfo {
	d := DatumInfo{
		Slug: avow.Datum(e.ID.Text), Type: or(e.Type.Text, "text"), Class: or(e.Class.Text, "personal"), Level: e.Level.Text,
		About: or(e.About.Text, "user"), Held: or(e.Held.Text, "vault"), Max: numOr(e.Max, 4096), Lookup: e.Lookup.On, Many: e.Many.On,
	}
	if d.Level == "" {
		term, _ := vocab.Datum(or(e.Term.Text, e.ID.Text))
		d.Level = string(term.Level)
	}
	if e.Grammar.Text != "" {
		d.Grammar = regexp.MustCompile(e.Grammar.Text) // compiled before by the check of the data
	}
	for i := range c.file.Forms {
		if f := &c.file.Forms[i]; f.When.Text == "ingest" && syntax.Has(f.Data, e.ID.Text) {
			d.Ingest = append(d.Ingest, f.ID.Text)
		}
	}
	return d
}

package reference

import (
	"slices"

	"avow.dev"
	"avow.dev/policy/syntax"
)

// prohibition returns the id of the first rule of never that forbids what a
// rule ("" for none) would allow, or "".
func (c *Cell) prohibition(rule string, q Question) string {
	for _, e := range c.p.file.Never {
		if !c.forbidden(e) || c.open(e, rule, q) {
			continue
		}
		if len(e.To) == 0 || contains(e.To, string(q.Recipient)) {
			return e.ID.Text
		}
	}
	return ""
}

// forbidden reports whether a prohibition speaks of the cell. To sell, rent,
// license or distribute is to share, whatever the purpose is called.
func (c *Cell) forbidden(e syntax.Never) bool {
	if !lists(e.Data, c.datum) {
		return false
	}
	for _, w := range e.Verbs {
		switch w.Text {
		case "sell", "rent", "license", "distribute":
			if c.verb == avow.Share {
				return true
			}
		case c.verb.String():
			if lists(e.For, c.purpose) {
				return true
			}
		}
	}
	return false
}

// open reports whether a prohibition excepts the rule, the demand or the
// source.
func (c *Cell) open(e syntax.Never, rule string, q Question) bool {
	if rule != "" && contains(e.Except, rule) {
		return true
	}
	if d := c.p.demand(q.Ground); d != nil && contains(e.Except, d.ID.Text) {
		return true
	}
	return c.p.source(q.Source) != nil && contains(e.Except, string(q.Source))
}

// excused reports whether the named source excuses a rule that lists it from
// prior consent.
func (c *Cell) excused(r rule, q Question) bool {
	s := c.p.source(q.Source)
	if s == nil || !slices.Contains(r.sources, string(q.Source)) {
		return false
	}
	return contains(s.For, c.verb.String())
}

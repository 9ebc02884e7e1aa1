package reference

import (
	"slices"

	"avow.dev"
)

// owed returns what must be done when a rule allows a question.
func (c *Cell) owed(r rule, q Question) []avow.Obligation {
	var list []avow.Obligation
	add := func(kind avow.ObligationKind, arg string) {
		list = append(list, avow.Obligation{Kind: kind, Arg: arg})
	}
	for _, e := range c.p.file.Forms {
		here := e.When.Text == "ingest" && c.verb == avow.Collect || c.verb != avow.Collect && slices.Contains(r.forms, e.ID.Text)
		if here && contains(e.Data, c.datum) && lists(e.For, c.purpose) {
			add(avow.Transform, e.ID.Text)
		}
	}
	if c.verb == avow.Collect {
		for _, e := range c.p.file.Retain {
			if contains(e.Data, c.datum) && lists(e.For, c.purpose) {
				add(avow.Expire, e.ID.Text)
			}
		}
	}
	if !c.verb.Outbound() {
		return list
	}
	if p := c.p.party(q.Recipient); p != nil && p.Tagged.On {
		add(avow.Tag, c.purpose)
	}
	if d := c.p.demand(q.Ground); d != nil && (d.Notice.Text == "after" || d.Notice.Text == "when-gag-ends") {
		add(avow.NotifyAfter, d.ID.Text)
	}
	return list
}

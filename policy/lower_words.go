package policy

import (
	"avow.dev"
	"avow.dev/policy/syntax"
)

// The sources that need no entry: the person's own input, and what the device
// yields.
const (
	sourcePerson = "person"
	sourceDevice = "device"
)

func (c *compiler) lowerWords() {
	f, w := c.file, &c.p.words
	w.data = newNames(idList(f.Data, func(e *syntax.Datum) string { return e.ID.Text }))
	w.purposes = newNames(idList(f.Purposes, func(e *syntax.Purpose) string { return e.ID.Text }))
	w.choices = newNames(idList(f.Choices, func(e *syntax.Choice) string { return e.ID.Text }))
	w.dims[dimPoint] = newNames(idList(f.Points, func(e *syntax.Point) string { return e.ID.Text }))
	w.dims[dimFeature] = newNames(idList(f.Features, func(e *syntax.Feature) string { return e.ID.Text }))
	w.dims[dimSource] = newNames(append([]string{sourcePerson, sourceDevice}, idList(f.Sources, func(e *syntax.Source) string { return e.ID.Text })...))
	w.dims[dimRecipient] = newNames(idList(f.Parties, func(e *syntax.Party) string { return e.ID.Text }))
	w.dims[dimRole] = newNames(idList(f.Roles, func(e *syntax.Role) string { return e.ID.Text }))
	w.dims[dimRegion] = newNames(idList(f.Places, func(e *syntax.Place) string { return e.Region.Text }))
	w.dims[dimGround] = newNames(idList(f.Demands, func(e *syntax.Demand) string { return e.ID.Text }))
	c.nameGrounds()
	c.p.table.data, c.p.table.purposes = w.data.len(), w.purposes.len()
}

func idList[E any](entries []E, id func(*E) string) []string {
	out := make([]string, len(entries))
	for i := range entries {
		out[i] = id(&entries[i])
	}
	return out
}

// nameGrounds lets a request name a ground, such as "national-security", in
// place of the one demand that has it.
func (c *compiler) nameGrounds() {
	n := c.p.words.dims[dimGround]
	count := map[string]int{}
	for i := range c.file.Demands {
		count[c.file.Demands[i].Ground.Text]++
	}
	for i := range c.file.Demands {
		d := &c.file.Demands[i]
		if _, taken := n.id(d.Ground.Text); taken || count[d.Ground.Text] > 1 {
			continue
		}
		id, _ := n.id(d.ID.Text)
		n.alias(d.Ground.Text, id)
	}
}

func (c *compiler) lowerStanding() {
	st := &c.p.standing
	for i := range c.file.Choices {
		e := &c.file.Choices[i]
		st.choices = append(st.choices, choiceInfo{
			slug:    avow.Choice(e.ID.Text),
			optOut:  e.Kind.Text == "opt-out",
			event:   e.Kind.Text == "per-event",
			gpc:     syntax.Has(e.Signal, "gpc"),
			expires: e.Expires,
		})
	}
	for i := range c.file.Acceptance.Documents {
		d := &c.file.Acceptance.Documents[i]
		st.documents = append(st.documents, d.ID.Text+"@"+d.Version.Text)
	}
}

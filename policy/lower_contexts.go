package policy

import (
	"slices"
	"time"

	"avow.dev"
	"avow.dev/policy/syntax"
)

func (c *compiler) lowerContexts() {
	x := &c.p.context
	x.person, _ = c.p.words.dims[dimSource].id(sourcePerson)
	x.device, _ = c.p.words.dims[dimSource].id(sourceDevice)
	c.lowerSources()
	c.lowerRecipients()
	c.lowerGrounds()
	c.lowerRegions()
	c.lowerDocuments()
	c.lowerGuards()
}

func (c *compiler) lowerSources() {
	x, w := &c.p.context, &c.p.words
	x.sources = make([]sourceContext, w.dims[dimSource].len())
	for i := range c.file.Sources {
		e := &c.file.Sources[i]
		id, _ := w.dims[dimSource].id(e.ID.Text)
		s := &x.sources[id]
		s.need = factsOf(e.Needs)
		for _, v := range e.For {
			if verb, ok := avow.ParseVerb(v.Text); ok {
				s.excuses[verb] = true
			}
		}
		s.limitData, s.data = len(e.Data) > 0, setOf(w.data, e.Data)
		s.limitPurpose, s.purposes = len(e.Why) > 0, setOf(w.purposes, e.Why)
		s.limited = s.limitData || s.limitPurpose
	}
}

func factsOf(words []syntax.Word) uint64 {
	var need uint64
	for _, w := range words {
		if f, ok := avow.ParseFact(w.Text); ok {
			need |= factBit(f)
		}
	}
	return need
}

func (c *compiler) lowerRecipients() {
	x := &c.p.context
	x.recipients = make([]recipientContext, c.p.words.dims[dimRecipient].len())
	for i := range c.file.Parties {
		e := &c.file.Parties[i]
		id, _ := c.p.words.dims[dimRecipient].id(e.ID.Text)
		r := &x.recipients[id]
		r.tagged = e.Tagged.On
		if len(e.Requires) > 0 {
			r.need |= factBit(avow.FactQualified)
		}
		if e.Kind.Text == "successor" {
			r.need |= c.successorNeeds()
		}
		if !e.Expires.IsZero() {
			r.expires = dayAfter(e.Expires)
			x.expiring = true
		}
	}
}

// dayAfter returns the first instant after a date: terms that end on a day hold
// until it is over, in UTC.
func dayAfter(d syntax.Date) time.Time {
	return time.Date(d.Year, time.Month(d.Month), d.Day+1, 0, 0, 0, 0, time.UTC)
}

func (c *compiler) successorNeeds() uint64 {
	need := factBit(avow.FactSuccessorBound)
	for i := range c.file.Succeed {
		if syntax.Has(c.file.Succeed[i].Requires, "notice") {
			need |= factBit(avow.FactNotice)
		}
	}
	return need
}

// demandFacts maps what a demand requires on record to the fact that shows it.
// The scope of a demand is written in its instrument.
func demandFacts(word string) (avow.Fact, bool) {
	if word == "scope" {
		return avow.FactInstrument, true
	}
	return avow.ParseFact(word)
}

func (c *compiler) lowerGrounds() {
	x := &c.p.context
	x.grounds = make([]groundContext, c.p.words.dims[dimGround].len())
	told := uint8(0)
	for i := range c.file.Demands {
		e := &c.file.Demands[i]
		id, _ := c.p.words.dims[dimGround].id(e.ID.Text)
		g := &x.grounds[id]
		for _, w := range e.Requires {
			if f, ok := demandFacts(w.Text); ok {
				g.need |= factBit(f)
			}
		}
		if len(e.Instruments) > 0 {
			g.need |= factBit(avow.FactInstrument)
		}
		if e.Approvals.N > 0 {
			g.need |= factBit(avow.FactApproval)
		}
		switch e.Notice.Text {
		case "before":
			g.need |= factBit(avow.FactNotice)
		case "after", "when-gag-ends":
			told++
			g.notify = told
		}
	}
}

// lowerRegions gives a region what its places ask for: the notice and the separate
// consent of each. Where data is stored its copies lie in the backups too, so that
// a region of storage asks for what the backups ask for as well.
func (c *compiler) lowerRegions() {
	x, n := &c.p.context, c.p.words.dims[dimRegion]
	x.regions = make([]regionContext, n.len())
	for i := range x.regions {
		var choices []syntax.Word
		for _, e := range placesOf(c.file, n.word(i)) {
			if e.Notice.On {
				x.regions[i].need |= factBit(avow.FactNotice)
			}
			choices = append(choices, e.Choice...)
		}
		x.regions[i].choice, x.regions[i].chooses = c.choiceIDs(choices)
		x.regions[i].need |= c.eventNeeds(choices)
	}
}

// placesOf returns the places where data lies that goes to a region.
func placesOf(f *syntax.File, region string) []*syntax.Place {
	var out []*syntax.Place
	stored := slices.ContainsFunc(f.Places, func(e syntax.Place) bool { return e.Region.Text == region && e.Kind.Text == "primary" })
	for i := range f.Places {
		if e := &f.Places[i]; e.Region.Text == region || stored && e.Kind.Text == "backup" {
			out = append(out, e)
		}
	}
	return out
}

// choiceIDs packs up to maxNeeded choices; unused places repeat the first.
func (c *compiler) choiceIDs(words []syntax.Word) (ids [maxNeeded]uint8, chooses uint64) {
	found := idsOf(c.p.words.choices, words)
	if len(found) == 0 {
		return ids, 0
	}
	for i := range ids {
		ids[i] = uint8(found[0])
		if i < len(found) {
			ids[i] = uint8(found[i])
		}
	}
	return ids, choiceMask
}

// eventNeeds returns the token that choices for a single event need.
func (c *compiler) eventNeeds(words []syntax.Word) uint64 {
	for i := range c.file.Choices {
		if e := &c.file.Choices[i]; e.Kind.Text == "per-event" && syntax.Has(words, e.ID.Text) {
			return factBit(avow.FactToken)
		}
	}
	return 0
}

func (c *compiler) lowerDocuments() {
	n := c.p.words.dims[dimFeature]
	c.p.context.documents = make([]uint64, n.len())
	for i := range c.file.Acceptance.Documents {
		for _, w := range c.file.Acceptance.Documents[i].Opens {
			if id, ok := n.id(w.Text); ok {
				c.p.context.documents[id] |= 1 << i
			}
		}
	}
}

func (c *compiler) lowerGuards() {
	x, w := &c.p.context, &c.p.words
	for i := range c.file.Permissions {
		e := &c.file.Permissions[i]
		g := guard{
			data: setOf(w.data, e.Data), purposes: setOf(w.purposes, e.For), features: setOf(w.dims[dimFeature], e.Feature),
			need: factBit(avow.FactDevicePermission),
		}
		if e.While.Text == "feature-running" {
			g.need |= factBit(avow.FactInUse)
		}
		x.guards = append(x.guards, g)
		x.guarded.union(&g.data)
	}
}

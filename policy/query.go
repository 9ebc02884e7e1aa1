package policy

import "avow.dev"

// Query is one question about one kind of data, by name. An empty word is one
// that the request does not name.
type Query struct {
	Verb      avow.Verb
	Datum     avow.Datum
	Purpose   avow.Purpose
	Point     avow.Point
	Feature   avow.Feature
	Source    avow.Source
	Recipient avow.Recipient
	Role      avow.Role
	Region    avow.Region
	Ground    string // id of a demand, or its ground where only one demand has it
	Facts     avow.Facts
}

// IDs is a [Query] in the numbers of one program. The zero IDs, and those of
// another program, are refused.
type IDs struct {
	of      *Program
	need    uint64 // what the named source, recipient, ground and region need
	extra   uint64 // reasons that lie in the combination of words
	slot    uint32
	facts   avow.Facts
	datum   uint16
	purpose uint16
	named   uint16 // dimensions with a declared word, as reason bits
	absent  uint16 // dimensions without a word
	unknown uint16 // dimensions with an undeclared word
	dims    [numDims]uint8
	verb    uint8
	excused uint8 // 1 if the named source excuses from consent
	tagged  bool
	placed  bool // the region or the feature asks something of the person
	notify  uint8
	fitted  uint8 // alternatives of the slot that stand in fits
	fits    [foreseen]fit
}

// names reports whether the request names a declared word of a dimension.
func (ids *IDs) names(dim int) bool { return uint64(ids.named)&dimBit(dim) != 0 }

// in reports whether the request names a declared word of a dimension that is
// in s.
func (ids *IDs) in(dim int, s *set) bool { return ids.names(dim) && s.bit(ids.dims[dim]) != 0 }

// Intern turns a query into numbers, for callers that ask the same question
// many times.
func (p *Program) Intern(q *Query) IDs {
	var ids IDs
	p.intern(q, &ids)
	p.table.foresee(&ids)
	return ids
}

func (p *Program) intern(q *Query, ids *IDs) {
	p.frame(q, ids)
	p.aim(ids, q.Datum)
}

// frame fills in everything but the datum.
func (p *Program) frame(q *Query, ids *IDs) {
	ids.of = p
	ids.facts = q.Facts & (1<<avow.NumFacts - 1)
	if int(q.Verb) < avow.Verbs {
		ids.verb = uint8(q.Verb)
	}
	purpose, ok := p.words.purposes.id(string(q.Purpose))
	if !ok {
		purpose = uint16(p.table.purposes)
	}
	ids.purpose = purpose
	ids.absent = uint16(dimMask)
	// The empty word is looked for here and not in put: most words of most
	// questions are empty, and calls add up.
	if q.Point != "" {
		ids.put(p, dimPoint, string(q.Point))
	}
	if q.Role != "" {
		ids.put(p, dimRole, string(q.Role))
	}
	if q.Feature != "" && ids.put(p, dimFeature, string(q.Feature)) {
		ids.placed = p.context.documents[ids.dims[dimFeature]] != 0
	}
	if q.Source != "" && ids.put(p, dimSource, string(q.Source)) {
		p.fromSource(ids)
	}
	if q.Recipient != "" && ids.put(p, dimRecipient, string(q.Recipient)) {
		c := &p.context.recipients[ids.dims[dimRecipient]]
		ids.need |= c.need
		ids.tagged = c.tagged && avow.Verb(ids.verb).Outbound()
	}
	if q.Region != "" && ids.put(p, dimRegion, string(q.Region)) {
		r := &p.context.regions[ids.dims[dimRegion]]
		ids.need |= r.need
		ids.placed = ids.placed || r.chooses != 0
	}
	if q.Ground != "" && ids.put(p, dimGround, q.Ground) {
		p.onGround(ids)
	}
}

// put looks a word up and reports whether it is declared.
func (ids *IDs) put(p *Program, dim int, word string) bool {
	here := uint16(dimBit(dim))
	ids.absent &^= here
	id, ok := p.words.dims[dim].id(word)
	if !ok {
		ids.unknown |= here
		return false
	}
	ids.dims[dim] = uint8(id)
	ids.named |= here
	return true
}

func (p *Program) fromSource(ids *IDs) {
	c := &p.context.sources[ids.dims[dimSource]]
	ids.need |= c.need
	if c.excuses[ids.verb] {
		ids.excused = 1
	}
}

func (p *Program) onGround(ids *IDs) {
	c := &p.context.grounds[ids.dims[dimGround]]
	ids.need |= c.need
	if avow.Verb(ids.verb).Outbound() {
		ids.notify = c.notify
	}
}

// aim points a framed question at a datum.
func (p *Program) aim(ids *IDs, datum avow.Datum) {
	d, ok := p.words.data.id(string(datum))
	if !ok {
		d = uint16(p.table.data)
	}
	p.aimID(ids, d)
}

func (p *Program) aimID(ids *IDs, d uint16) {
	t := &p.table
	ids.datum = d
	ids.slot = t.cells[(uint32(ids.verb)*uint32(t.data+1)+uint32(d))*uint32(t.purposes+1)+uint32(ids.purpose)]
	ids.extra = 0
	if ids.names(dimSource) {
		ids.extra = p.context.beside(ids)
	}
}

// beside returns the reasons that the named source gives for this datum and
// purpose: it may not concern them, or a device permission stands before them.
func (c *contexts) beside(ids *IDs) uint64 {
	source := ids.dims[dimSource]
	s := &c.sources[source]
	if s.limited && !s.concerns(ids.datum, ids.purpose) {
		return dimBit(dimSource)
	}
	if uint16(source) == c.device && avow.Verb(ids.verb) == avow.Collect && ids.datum < maxWords && c.guarded.has(ids.datum) {
		return c.permission(ids)
	}
	return 0
}

func (s *sourceContext) concerns(datum, purpose uint16) bool {
	if s.limitData && (datum >= maxWords || !s.data.has(datum)) {
		return false
	}
	return !s.limitPurpose || purpose < maxWords && s.purposes.has(purpose)
}

// permission returns what the device permissions before a datum still miss.
// Any one permission that fits the purpose and feature will do.
func (c *contexts) permission(ids *IDs) uint64 {
	missing, fits := ^uint64(0), false
	for i := range c.guards {
		g := &c.guards[i]
		if !g.data.has(ids.datum) || ids.purpose >= maxWords || !g.purposes.has(ids.purpose) || !ids.in(dimFeature, &g.features) {
			continue
		}
		missing &= g.need &^ (uint64(ids.facts) << avow.FactReason)
		fits = true
	}
	if !fits {
		return dimBit(dimFeature)
	}
	return missing
}

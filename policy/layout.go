package policy

import (
	"encoding/binary"

	"avow.dev"
)

// layOut builds the cells from the lists. Cells that say the same share a slot.
func (c *compiler) layOut() {
	t := &c.p.table
	seen := map[string]uint32{}
	for v := range avow.Verbs {
		verb := avow.Verb(v)
		for d := range t.data + 1 {
			declared := c.anyRule(verb, uint16(d))
			for p := range t.purposes + 1 {
				k := cellKey{verb, uint16(d), uint16(p)}
				t.cells = append(t.cells, c.slotFor(seen, k, declared))
			}
		}
		for p := range t.purposes + 1 {
			c.groupUp(verb, uint16(p))
		}
	}
}

func (c *compiler) anyRule(verb avow.Verb, datum uint16) bool {
	for p := range c.p.table.purposes {
		if len(c.lists[cellKey{verb, datum, uint16(p)}]) > 0 {
			return true
		}
	}
	return false
}

func (c *compiler) slotFor(seen map[string]uint32, k cellKey, declared bool) uint32 {
	t := &c.p.table
	list := c.lists[k]
	var s slot
	if len(list) == 0 {
		s.base, s.ban = c.base(k, declared), c.banFor(k, "")
	}
	key := slotKey(s, list)
	if n, ok := seen[key]; ok {
		return n
	}
	s.from = uint32(len(t.entries))
	t.entries = append(t.entries, list...)
	s.to = uint32(len(t.entries))
	n := uint32(len(t.slots))
	t.slots = append(t.slots, s)
	seen[key] = n
	return n
}

// base returns why no rule speaks of a cell.
func (c *compiler) base(k cellKey, declared bool) uint64 {
	switch {
	case int(k.datum) == c.p.table.data:
		return bit(avow.DatumUndeclared)
	case !declared:
		return bit(avow.VerbUndeclared)
	}
	return bit(avow.PurposeUndeclared)
}

func slotKey(s slot, list []entry) string {
	b := binary.LittleEndian.AppendUint64(nil, s.base)
	b = binary.LittleEndian.AppendUint16(b, s.ban)
	for _, e := range list {
		b = binary.LittleEndian.AppendUint32(b, e.alternative)
		b = binary.LittleEndian.AppendUint32(b, e.obligations)
	}
	return string(b)
}

// groupUp gathers the alternatives of one verb and purpose, each with the data
// it allows.
func (c *compiler) groupUp(verb avow.Verb, purpose uint16) {
	t := &c.p.table
	g := group{from: uint32(len(t.members))}
	place := map[uint32]int{}
	for d := range t.data {
		for _, e := range c.lists[cellKey{verb, uint16(d), purpose}] {
			i, ok := place[e.alternative]
			if !ok {
				i = len(t.members)
				place[e.alternative] = i
				t.members = append(t.members, member{alternative: e.alternative})
			}
			t.members[i].data.add(uint16(d))
		}
	}
	g.to = uint32(len(t.members))
	t.groups = append(t.groups, g)
}

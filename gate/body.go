package gate

import (
	"time"

	"avow.dev"
)

// body is a person's row, decoded: the sealed standing, the tags that find the
// person, and one sealed cell for each datum held. Words and times stand in
// clear; what the person said or is stands sealed.
type body struct {
	slot     uint64 // number of the person's key
	standing []byte // sealed
	tags     []bodyTag
	cells    []cell
	items    int64 // the hour in which the first multi-valued item's time is over, or 0
}

// bodyTag remembers a tag, so that it can be dropped when the value changes or
// the person goes. The datum is empty for the application's reference.
type bodyTag struct {
	datum avow.Datum
	tag   Tag
}

// cell is one datum of one person.
type cell struct {
	datum   avow.Datum
	version uint64 // counts the writes of this datum, from 1
	used    time.Time
	rule    avow.RuleID // under which it was collected last
	source  avow.Source
	hidden  bool // deleted, waiting to be erased: never shown again
	public  bool // published
	grants  []grant
	sealed  []byte
}

// grant is one purpose for which a cell was collected.
type grant struct {
	purpose avow.Purpose
	at      time.Time
}

const bodyFormat = 1

// append writes the body. The result is what the store keeps.
func (b *body) append(buf []byte) []byte {
	w := writer{buf}
	w.uint(bodyFormat)
	w.uint(b.slot)
	w.bytes(b.standing)
	w.uint(uint64(b.items))
	w.uint(uint64(len(b.tags)))
	for i := range b.tags {
		w.string(string(b.tags[i].datum))
		w.b = append(w.b, b.tags[i].tag[:]...)
	}
	w.uint(uint64(len(b.cells)))
	for i := range b.cells {
		b.cells[i].append(&w)
	}
	return w.b
}

func (c *cell) append(w *writer) {
	w.string(string(c.datum))
	w.uint(c.version)
	w.time(c.used)
	w.string(string(c.rule))
	w.string(string(c.source))
	w.bool(c.hidden)
	w.bool(c.public)
	w.uint(uint64(len(c.grants)))
	for _, g := range c.grants {
		w.string(string(g.purpose))
		w.time(g.at)
	}
	w.bytes(c.sealed)
}

// decodeBody reads a body. Sealed bytes share memory with raw.
func decodeBody(raw []byte) (body, error) {
	r := reader{b: raw}
	if r.uint() != bodyFormat {
		return body{}, errBody
	}
	b := body{slot: r.uint(), standing: r.bytes(), items: int64(r.uint())}
	if n := r.count(); n > 0 {
		b.tags = make([]bodyTag, n)
	}
	for i := range b.tags {
		b.tags[i].datum = avow.Datum(r.string())
		if len(r.b) < len(Tag{}) {
			return body{}, errBody
		}
		r.b = r.b[copy(b.tags[i].tag[:], r.b):]
	}
	if n := r.count(); n > 0 {
		b.cells = make([]cell, n)
	}
	for i := range b.cells {
		b.cells[i].decode(&r)
	}
	return b, r.done()
}

func (c *cell) decode(r *reader) {
	c.datum = avow.Datum(r.string())
	c.version = r.uint()
	c.used = r.time()
	c.rule = avow.RuleID(r.string())
	c.source = avow.Source(r.string())
	c.hidden = r.bool()
	c.public = r.bool()
	if n := r.count(); n > 0 {
		c.grants = make([]grant, n)
	}
	for i := range c.grants {
		c.grants[i] = grant{avow.Purpose(r.string()), r.time()}
	}
	c.sealed = r.bytes()
}

// cell returns the cell of d, or nil.
func (b *body) cell(d avow.Datum) *cell {
	for i := range b.cells {
		if b.cells[i].datum == d {
			return &b.cells[i]
		}
	}
	return nil
}

// grantFor notes that the cell was collected for p at the given time.
func (c *cell) grantFor(p avow.Purpose, at time.Time) {
	for i := range c.grants {
		if c.grants[i].purpose == p {
			c.grants[i].at = at
			return
		}
	}
	c.grants = append(c.grants, grant{p, at})
}

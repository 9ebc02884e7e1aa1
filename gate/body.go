package gate

import (
	"slices"
	"time"

	"avow.dev"
	"avow.dev/vault/blob"
)

// body is a person's row, decoded: the sealed standing, the tags that find the
// person, and one sealed cell for each datum held. Words and times stand in
// clear; what the person said or is stands sealed.
type body struct {
	slot     uint64 // number of the person's key
	standing []byte // sealed, beside all that follows
	rest     []byte // what follows, as it was read
	tags     []bodyTag
	cells    []cell
	series   []series
	asks     []ask
}

// bodyTag remembers a tag, so that it can be dropped when the value changes or
// the person goes. The datum is empty for the application's reference.
type bodyTag struct {
	datum avow.Datum
	tag   Tag
}

// series stands for the items of a multi-valued datum, which lie beside the row
// as records.
type series struct {
	datum    avow.Datum
	due      int64     // the hour in which the first item's time is over, or 0
	last     time.Time // when the last item came
	audience []avow.Recipient
	events   []dated
}

// ask is an open request of the person. It stands in clear, so that it leaves
// the queue together with the person without a key.
type ask struct {
	key     [askKeySize]byte // in the queue
	overdue bool             // its time ran out, and evidence says so
}

// cell is one datum of one person.
type cell struct {
	datum   avow.Datum
	version uint64 // counts the writes of this datum, from 1
	used    time.Time
	rule    avow.RuleID // under which it was collected last
	source  avow.Source
	hidden  bool // deleted, waiting to be erased: never shown again
	grants  []grant
	sealed  []byte

	audience []avow.Recipient // to whom the person published it
	events   []dated          // what happened to it that a retention clock starts from
	file     blob.ID          // the object that holds the value, or zero
}

func (c *cell) isFile() bool { return c.file != blob.ID{} }

// grant is one purpose for which a cell was collected.
type grant struct {
	purpose avow.Purpose
	at      time.Time
}

const bodyFormat = 3

// appendHead writes the beginning of a body, up to the sealed standing. With what
// appendRest writes it is what the store keeps.
func (b *body) appendHead(buf []byte) []byte {
	w := writer{b: buf}
	w.uint(bodyFormat)
	w.uint(b.slot)
	w.bytes(b.standing)
	return w.b
}

// appendRest writes all that the standing is sealed beside.
func (b *body) appendRest(buf []byte) []byte {
	w := terseWriter{writer: writer{b: buf}}
	w.uint(uint64(len(b.tags)))
	for i := range b.tags {
		w.string(string(b.tags[i].datum))
		w.b = append(w.b, b.tags[i].tag[:]...)
	}
	w.uint(uint64(len(b.cells)))
	for i := range b.cells {
		b.cells[i].append(&w)
	}
	w.uint(uint64(len(b.series)))
	for i := range b.series {
		s := &b.series[i]
		w.string(string(s.datum))
		w.uint(uint64(s.due))
		w.moment(s.last)
		w.recipients(s.audience)
		w.dated(s.events)
	}
	w.uint(uint64(len(b.asks)))
	for i := range b.asks {
		w.b = append(w.b, b.asks[i].key[:]...)
		w.bool(b.asks[i].overdue)
	}
	return w.b
}

func (c *cell) append(w *terseWriter) {
	w.string(string(c.datum))
	w.uint(c.version)
	w.moment(c.used)
	w.word(string(c.rule))
	w.word(string(c.source))
	w.bool(c.hidden)
	w.recipients(c.audience)
	w.dated(c.events)
	w.bool(c.isFile())
	if c.isFile() {
		w.b = append(w.b, c.file[:]...)
	}
	w.uint(uint64(len(c.grants)))
	for _, g := range c.grants {
		w.word(string(g.purpose))
		w.moment(g.at)
	}
	w.bytes(c.sealed)
}

// decodeBody reads a body. Sealed bytes share memory with raw.
func decodeBody(raw []byte, words map[string]string) (body, error) {
	r := terseReader{reader: reader{b: raw, words: words}}
	if r.uint() != bodyFormat {
		return body{}, errBody
	}
	b := body{slot: r.uint(), standing: r.bytes()}
	b.rest = r.b
	if n := r.count(); n > 0 {
		b.tags = make([]bodyTag, n)
	}
	for i := range b.tags {
		b.tags[i].datum = avow.Datum(r.string())
		r.fixed(b.tags[i].tag[:])
	}
	if n := r.count(); n > 0 {
		b.cells = make([]cell, n)
	}
	grants := make([]grant, 0, len(b.cells)+2)
	for i := range b.cells {
		grants = b.cells[i].decode(&r, grants)
	}
	if n := r.count(); n > 0 {
		b.series = make([]series, n)
	}
	for i := range b.series {
		b.series[i] = series{avow.Datum(r.string()), int64(r.uint()), r.moment(), r.recipients(), r.dated()}
	}
	if n := r.count(); n > 0 {
		b.asks = make([]ask, n)
	}
	for i := range b.asks {
		r.fixed(b.asks[i].key[:])
		b.asks[i].overdue = r.bool()
	}
	return b, r.done()
}

// decode reads a cell. Its grants are appended to a list that cells share, where
// they stay together and no other cell's can be reached by appending to them.
func (c *cell) decode(r *terseReader, grants []grant) []grant {
	c.datum = avow.Datum(r.string())
	c.version = r.uint()
	c.used = r.moment()
	c.rule = avow.RuleID(r.word())
	c.source = avow.Source(r.word())
	c.hidden = r.bool()
	c.audience = r.recipients()
	c.events = r.dated()
	if r.bool() {
		r.fixed(c.file[:])
	}
	from := len(grants)
	for range r.count() {
		grants = append(grants, grant{avow.Purpose(r.word()), r.moment()})
	}
	c.grants = slices.Clip(grants[from:])
	c.sealed = r.bytes()
	return grants
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

// of returns the series of d, or nil.
func (b *body) of(d avow.Datum) *series {
	for i := range b.series {
		if b.series[i].datum == d {
			return &b.series[i]
		}
	}
	return nil
}

// lookSoon has the sweep look at every series: something happened that may have
// started or moved the clocks of its items, which nobody has opened for it.
func (b *body) lookSoon(now time.Time) {
	for i := range b.series {
		b.series[i].due = hourOf(now)
	}
}

// holds reports whether anything of the person is held.
func (b *body) holds() bool { return len(b.cells)+len(b.series)+len(b.asks) > 0 }

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

package sqlite

import (
	"bytes"
	"encoding/binary"
)

// mostPacked bounds what leaves are put in one row, in bytes.
const mostPacked = 16 << 20

// packed are the leaves that a group adds to one log: one row, because what a row
// costs SQLite is more than what a leaf costs.
type packed struct {
	first int64 // index of the first leaf
	body  []byte
	ends  []byte    // where each leaf ends in body, four bytes each
	rows  []leafRow // those that the group has written
}

func (p *packed) reset() { p.empty(); p.rows = nil }

func (p *packed) empty() { p.body, p.ends = p.body[:0], p.ends[:0] }

// add adds the leaf with an index, which follows the one before.
func (p *packed) add(index int64, leaf []byte) {
	if len(p.ends) == 0 {
		p.first = index
	}
	p.body = append(p.body, leaf...)
	p.ends = binary.BigEndian.AppendUint32(p.ends, uint32(len(p.body)))
}

// writeLeaves writes what the group added to the logs.
func (w *writer) writeLeaves() error {
	for policy, p := range w.pending.leaves {
		if len(p.ends) == 0 {
			continue
		}
		if err := w.writePacked(policy, p); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) writePacked(policy int64, p *packed) error {
	stmt := w.c.stmts[qLeafInsert]
	stmt.BindInt64(1, position(policy, p.first))
	stmt.BindBytes(2, p.body)
	stmt.BindBytes(3, p.ends)
	w.wrote += int64(len(p.body))
	p.keep()
	p.empty()
	return w.step(stepLeaf, qLeafInsert)
}

// unpack appends to list the leaves with indexes from from up to to that a row
// holds whose first leaf has index first and whose body has size bytes, of which part
// returns some. What does not fit is left out. Of the body only those leaves are read: a
// row may hold hundreds, and somebody ask for one.
func unpack(list [][]byte, first int64, ends []byte, from, to, size int64, part func(start, end int64) []byte) [][]byte {
	if len(ends) == 0 { // written before leaves were packed
		ends = binary.BigEndian.AppendUint32(ends, uint32(size))
	}
	n := int64(len(ends) / 4)
	lo, hi := min(max(from-first, 0), n), min(max(to-first, 0), n)
	if lo >= hi {
		return list
	}
	end := func(i int64) int64 {
		if i == 0 {
			return 0
		}
		return int64(binary.BigEndian.Uint32(ends[4*(i-1):]))
	}
	start := end(lo)
	if end(hi) < start || end(hi) > size {
		return list
	}
	body := part(start, end(hi))
	for i := lo; i < hi; i++ {
		a, b := end(i)-start, end(i+1)-start
		if a < 0 || b < a || b > int64(len(body)) {
			return list
		}
		list = append(list, body[a:b:b])
	}
	return list
}

// read copies a part of a column, which is empty if it cannot be read.
func read(body *bytes.Reader) func(start, end int64) []byte {
	return func(start, end int64) []byte {
		part := make([]byte, end-start)
		if _, err := body.ReadAt(part, start); err != nil && len(part) > 0 {
			return nil
		}
		return part
	}
}

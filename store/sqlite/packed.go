package sqlite

import "encoding/binary"

// mostPacked bounds what leaves are put in one row, in bytes.
const mostPacked = 16 << 20

// packed are the leaves that a group adds to one log: one row, because what a row
// costs SQLite is more than what a leaf costs.
type packed struct {
	first int64 // index of the first leaf
	body  []byte
	ends  []byte // where each leaf ends in body, four bytes each
}

func (p *packed) reset() { p.body, p.ends = p.body[:0], p.ends[:0] }

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
	p.reset()
	return w.step(stepLeaf, qLeafInsert)
}

// unpack appends to list the leaves with indexes from from up to to that a row
// holds whose first leaf has index first. What does not fit is left out.
func unpack(list [][]byte, first int64, body, ends []byte, from, to int64) [][]byte {
	if len(ends) == 0 { // written before leaves were packed
		return append(list, body)
	}
	start := 0
	for i := 0; i+4 <= len(ends); i += 4 {
		end := int(binary.BigEndian.Uint32(ends[i:]))
		if end < start || end > len(body) {
			return list
		}
		if index := first + int64(i/4); index >= from && index < to {
			list = append(list, body[start:end:end])
		}
		start = end
	}
	return list
}

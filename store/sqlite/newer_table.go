package sqlite

import (
	"cmp"
	"slices"

	"avow.dev/gate"
)

// mostNewer bounds the body of a row that waits in table newer, in bytes. A longer one
// fills pages of its own, and goes to its place at once.
const mostNewer = 64 << 10

// inPlace notes that table subject has what there is of a person. What waits of them is
// taken out of table newer: the start would take it for newer, and nothing is to be
// left of somebody who goes.
func (w *writer) inPlace(sid int64, r *gate.Row) (err error) {
	p := &w.pending
	if p.waits[sid] {
		if p.newer, err = without(p.newer, func(other int64) bool { return other == sid }); err != nil {
			return err
		}
	}
	p.rows[sid], p.waits[sid] = r, false
	return nil
}

// writeNewer writes what the group has to wait to a slot, and takes out of other slots
// what the group has put in its place or dropped.
func (w *writer) writeNewer() error {
	for sid, waits := range w.pending.waits {
		if waits {
			continue
		}
		for _, slot := range w.newer.slots(sid) {
			w.pending.stale[slot] = struct{}{}
		}
	}
	for slot := range w.pending.stale {
		if err := w.rewriteSlot(slot); err != nil {
			return err
		}
	}
	if len(w.pending.newer) == 0 {
		return nil
	}
	w.pending.slot = w.slots.next(w.pending.dropped)
	stmt := w.c.stmts[qNewerPut]
	stmt.BindInt64(1, w.pending.slot)
	stmt.BindInt64(2, w.slots.seq+1)
	stmt.BindBytes(3, w.pending.newer)
	w.wrote += int64(len(w.pending.newer))
	return w.step(stepNewer, qNewerPut)
}

// rewriteSlot leaves in a slot what the group has not put in its place.
func (w *writer) rewriteSlot(slot int64) error {
	stmt := w.c.stmts[qNewerGroup]
	stmt.BindInt64(1, slot)
	found, err := stmt.Step()
	var rows []byte
	if found {
		rows = column(stmt, 0)
	}
	if err := finish(stmt, err); err != nil || !found {
		return err
	}
	rows, err = without(rows, func(sid int64) bool {
		waits, changed := w.pending.waits[sid]
		return changed && !waits
	})
	if err != nil {
		return err
	}
	stmt = w.c.stmts[qNewerUpdate]
	stmt.BindInt64(1, slot)
	stmt.BindBytes(2, rows)
	return w.step(stepNewer, qNewerUpdate)
}

// loadNewer reads what waits, and the slots that it waits in.
func loadNewer(c *conn, h *heads, moved int64) (*newer, slots, error) {
	n, s := newNewer(), slots{seq: moved}
	groups, err := readNewer(c)
	for _, g := range groups {
		s.last, s.seq = max(s.last, g.slot), max(s.seq, g.seq)
		s.held = append(s.held, g.held)
		for _, r := range g.rows {
			if g.seq <= moved {
				n.moved[r.SID] = append(n.moved[r.SID], g.slot)
				continue
			}
			name, known := h.name(r.policy)
			if !known {
				return nil, slots{}, g.damaged(errNewer)
			}
			r.Policy = name
			n.add(g.slot, r.Row)
		}
	}
	s.moved(moved)
	return n, s, err
}

// readNewer reads table newer, in the order of the groups.
func readNewer(c *conn) (groups []group, err error) {
	stmt := c.stmts[qNewer]
	stmt.BindInt64(1, 0)
	for {
		found, err := stmt.Step()
		if err != nil || !found {
			slices.SortFunc(groups, func(a, b group) int { return cmp.Compare(a.seq, b.seq) })
			return groups, finish(stmt, err)
		}
		g := group{held: held{stmt.ColumnInt64(0), stmt.ColumnInt64(1)}}
		for rest := column(stmt, 2); len(rest) > 0; {
			var r numbered
			if r, rest, err = cutNewer(rest); err != nil {
				return nil, finish(stmt, g.damaged(err))
			}
			g.rows = append(g.rows, r)
		}
		groups = append(groups, g)
	}
}

package sqlite

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sync"

	"zombiezen.com/go/sqlite"

	"avow.dev/gate"
)

// mostNewer bounds the body of a row that waits in table newer, in bytes. A longer one
// fills pages of its own, and goes to its place at once.
const mostNewer = 64 << 10

// waitingRow is the latest row of a person that is not in table subject yet.
type waitingRow struct {
	row   gate.Row
	slots []int64 // those that hold this row or an earlier one
	one   [1]int64
}

// newer holds the rows that wait in table newer. Memory and table agree: the committer
// changes both, and the start reads them again.
//
// The rows that came since the mover began are active; frozen are those that it moves.
// Those that it has moved are in subject, and their slots hold them until they are taken
// or deleted.
type newer struct {
	mu             sync.RWMutex
	active, frozen map[int64]*waitingRow
	moved          map[int64][]int64 // slots that may hold something of a person
	bytes          int               // about how much is active
}

func newNewer() *newer {
	return &newer{active: map[int64]*waitingRow{}, frozen: map[int64]*waitingRow{}, moved: map[int64][]int64{}}
}

// get returns the row of a person that waits.
func (n *newer) get(sid int64) (gate.Row, bool) {
	n.mu.RLock()
	defer n.mu.RUnlock()
	for _, rows := range [...]map[int64]*waitingRow{n.active, n.frozen} {
		if r, ok := rows[sid]; ok {
			return r.row, true
		}
	}
	return gate.Row{}, false
}

// slots returns the slots that may hold something of a person.
func (n *newer) slots(sid int64) []int64 {
	n.mu.RLock()
	defer n.mu.RUnlock()
	list := slices.Clone(n.moved[sid])
	for _, rows := range [...]map[int64]*waitingRow{n.active, n.frozen} {
		if r, ok := rows[sid]; ok {
			list = append(list, r.slots...)
		}
	}
	return list
}

// add says that a slot holds a row. The caller holds the lock.
func (n *newer) add(slot int64, row gate.Row) {
	r := n.active[row.SID]
	if r == nil {
		r = &waitingRow{}
		r.slots = r.one[:0]
		n.active[row.SID] = r
	}
	r.row = row
	r.slots = append(r.slots, slot)
	n.bytes += len(row.Body) + newerHead
}

// forget says that no slot holds anything of a person any more. The caller holds the lock.
func (n *newer) forget(sid int64) {
	delete(n.active, sid)
	delete(n.frozen, sid)
	delete(n.moved, sid)
}

// empty reports that no slot holds anything.
func (n *newer) empty() bool {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return len(n.active)+len(n.frozen)+len(n.moved) == 0
}

// moving reports whether there are rows that were set aside.
func (n *newer) moving() bool {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return len(n.frozen) > 0
}

// waits returns about how many bytes wait that no move has begun with.
func (n *newer) waits() int {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return n.bytes
}

// freeze sets aside what waits now.
func (n *newer) freeze() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.frozen, n.active, n.bytes = n.active, map[int64]*waitingRow{}, 0
}

// clean says that no slot holds anything that was moved.
func (n *newer) clean() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.moved = map[int64][]int64{}
}

// thaw says that what was set aside is in table subject. What was moved before has been
// cleaned away.
func (n *newer) thaw() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.moved = make(map[int64][]int64, len(n.frozen))
	for sid, r := range n.frozen {
		n.moved[sid] = r.slots
		r.row = gate.Row{} // the slots keep r
	}
	n.frozen = map[int64]*waitingRow{}
}

// toMove returns the people whose rows were set aside, in the order of table subject.
func (n *newer) toMove() []int64 {
	n.mu.RLock()
	defer n.mu.RUnlock()
	sids := make([]int64, 0, len(n.frozen))
	for sid := range n.frozen {
		sids = append(sids, sid)
	}
	slices.Sort(sids)
	return sids
}

// setAside returns the row of a person that is to be moved: none once a newer one came,
// or the person went.
func (n *newer) setAside(sid int64) (gate.Row, bool) {
	n.mu.RLock()
	defer n.mu.RUnlock()
	if _, ok := n.active[sid]; ok {
		return gate.Row{}, false
	}
	r, ok := n.frozen[sid]
	if !ok {
		return gate.Row{}, false
	}
	return r.row, true
}

// newerHead is about what a row takes in table newer besides its body.
const newerHead = 12

// appendNewer appends a row to those of a group.
func appendNewer(dst []byte, policy int64, r *gate.Row) []byte {
	for _, n := range [...]int64{r.SID, policy, r.Version, r.Due, int64(len(r.Body))} {
		dst = binary.AppendUvarint(dst, uint64(n))
	}
	return append(dst, r.Body...)
}

var errNewer = errors.New("rows that wait are cut or mixed up")

// cutNewer takes the first row off those of a group. The body stays part of rows.
func cutNewer(rows []byte) (policy int64, r gate.Row, rest []byte, err error) {
	var size int64
	for _, n := range [...]*int64{&r.SID, &policy, &r.Version, &r.Due, &size} {
		v, used := binary.Uvarint(rows)
		if used <= 0 || v > 1<<62 {
			return 0, gate.Row{}, nil, errNewer
		}
		*n, rows = int64(v), rows[used:]
	}
	if r.SID == 0 || r.Version == 0 || size > int64(len(rows)) {
		return 0, gate.Row{}, nil, errNewer
	}
	r.Body = rows[:size:size]
	return policy, r, rows[size:], nil
}

// without returns the rows of a group less those of people who are gone.
func without(rows []byte, gone func(sid int64) bool) (kept []byte, err error) {
	for len(rows) > 0 {
		_, r, rest, err := cutNewer(rows)
		if err != nil {
			return nil, err
		}
		if !gone(r.SID) {
			kept = append(kept, rows[:len(rows)-len(rest)]...)
		}
		rows = rest
	}
	return kept, nil
}

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

// group is what a slot holds.
type group struct {
	held
	rows []numbered
}

// numbered is a row whose policy goes by its number.
type numbered struct {
	gate.Row
	policy int64
}

func (g *group) damaged(cause error) error {
	return fmt.Errorf("slot %d of table newer: %w: %w", g.slot, sqlite.ResultCorrupt.ToError(), cause)
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
			if r.policy, r.Row, rest, err = cutNewer(rest); err != nil {
				return nil, finish(stmt, g.damaged(err))
			}
			g.rows = append(g.rows, r)
		}
		groups = append(groups, g)
	}
}

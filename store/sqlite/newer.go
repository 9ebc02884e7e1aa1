package sqlite

import (
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
	row  gate.Row
	seqs []int64 // the rows of table newer that hold this one or an earlier one
}

// newer holds the rows that wait in table newer. Memory and table agree: the committer
// changes both, and the start reads them again.
//
// The rows that came since the mover began are active; frozen are those that it moves;
// moved ones are in subject, and wait only to be deleted from table newer.
type newer struct {
	mu                    sync.RWMutex
	active, frozen, moved map[int64]*waitingRow
	bytes                 int // about how much is active
}

func newNewer() *newer {
	return &newer{active: map[int64]*waitingRow{}, frozen: map[int64]*waitingRow{}, moved: map[int64]*waitingRow{}}
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

// holders returns the rows of table newer that hold something of a person.
func (n *newer) holders(sid int64) (seqs []int64) {
	n.mu.RLock()
	defer n.mu.RUnlock()
	for _, rows := range [...]map[int64]*waitingRow{n.active, n.frozen, n.moved} {
		if r, ok := rows[sid]; ok {
			seqs = append(seqs, r.seqs...)
		}
	}
	return seqs
}

// add says that a row of table newer holds a row. The caller holds the lock.
func (n *newer) add(seq int64, row gate.Row) {
	enter(n.active, seq, row)
	n.bytes += len(row.Body) + newerHead
}

func enter(rows map[int64]*waitingRow, seq int64, row gate.Row) {
	r := rows[row.SID]
	if r == nil {
		r = &waitingRow{}
		rows[row.SID] = r
	}
	r.row = row
	r.seqs = append(r.seqs, seq)
}

// forget says that table newer holds nothing of a person any more. The caller holds
// the lock.
func (n *newer) forget(sid int64) {
	for _, rows := range [...]map[int64]*waitingRow{n.active, n.frozen, n.moved} {
		delete(rows, sid)
	}
}

// none reports that nothing waits.
func (n *newer) none() bool {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return len(n.active)+len(n.frozen) == 0
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

// thaw says that what was set aside is in table subject.
func (n *newer) thaw() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.moved, n.frozen = n.frozen, map[int64]*waitingRow{}
}

// deleted says that table newer holds no row any more that was moved.
func (n *newer) deleted() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.moved = map[int64]*waitingRow{}
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

// writeNewer writes what the group has to wait, as one row, and takes out of earlier
// rows what the group has put in its place or dropped.
func (w *writer) writeNewer() error {
	for sid, waits := range w.pending.waits {
		if waits {
			continue
		}
		for _, seq := range w.newer.holders(sid) {
			w.pending.stale[seq] = struct{}{}
		}
	}
	for seq := range w.pending.stale {
		if err := w.rewriteNewer(seq); err != nil {
			return err
		}
	}
	if len(w.pending.newer) == 0 {
		return nil
	}
	// The new row takes the pages of an old one, which are written once then.
	if _, err := w.dropNewer(1); err != nil {
		return err
	}
	stmt := w.c.stmts[qNewerInsert]
	stmt.BindInt64(1, w.newerSeq+1)
	stmt.BindBytes(2, w.pending.newer)
	w.wrote += int64(len(w.pending.newer))
	return w.step(stepNewer, qNewerInsert)
}

// rewriteNewer leaves in a row of table newer what the group has not put in its place.
func (w *writer) rewriteNewer(seq int64) error {
	stmt := w.c.stmts[qNewerGroup]
	stmt.BindInt64(1, seq)
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
	stmt.BindInt64(1, seq)
	stmt.BindBytes(2, rows)
	return w.step(stepNewer, qNewerUpdate)
}

// loadNewer reads what waits, and the number of the last row that there was.
func loadNewer(c *conn, h *heads, moved int64) (n *newer, last int64, err error) {
	n = newNewer()
	if last, _, err = c.integer(qNewerLast); err != nil {
		return nil, 0, err
	}
	err = eachNewer(c, func(seq, policy int64, r gate.Row) error {
		name, known := h.name(policy)
		if !known {
			return errNewer
		}
		r.Policy = name
		if seq <= moved {
			enter(n.moved, seq, r)
		} else {
			n.add(seq, r)
		}
		return nil
	})
	return n, max(last, moved), err
}

// eachNewer calls f for each row that table newer holds, in the order in which they were
// committed.
func eachNewer(c *conn, f func(seq, policy int64, r gate.Row) error) error {
	stmt := c.stmts[qNewer]
	stmt.BindInt64(1, 0)
	for {
		found, err := stmt.Step()
		if err != nil || !found {
			return finish(stmt, err)
		}
		seq, rows := stmt.ColumnInt64(0), column(stmt, 1)
		for len(rows) > 0 {
			policy, r, rest, err := cutNewer(rows)
			if err == nil {
				err = f(seq, policy, r)
			}
			if err != nil {
				return finish(stmt, fmt.Errorf("row %d of table newer: %w: %w", seq, sqlite.ResultCorrupt.ToError(), err))
			}
			rows = rest
		}
	}
}

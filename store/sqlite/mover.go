package sqlite

import (
	"slices"
	"time"
)

const (
	// moveRows is how many rows take part in one transaction.
	moveRows = 64
	// dropSlots is how many slots one transaction deletes.
	dropSlots = 16
	// moveAfter is about how long a row waits at most.
	moveAfter = time.Minute
)

// mover moves rows from table newer to table subject, in the background. Many are moved
// together in the order of subject, so that a page of it is written once for all that
// lie on it, and a row that changed several times is moved once.
//
// Until all rows that were set aside are in subject, the start would read them from
// newer; then one number says that they are. Later groups take their slots in newer, and
// what no group has taken is deleted at rest, or before the next move.
type mover struct {
	background
	moveAt int // bytes that are due to be moved
}

func newMover(s *Store, moveAt int) *mover { return &mover{newBackground(s), moveAt} }

// round does what there is to do now: if it rested, also with little that waits.
func (m *mover) round(rested bool) error {
	n := m.s.newer
	if n.empty() || n.waits() < m.moveAt && !rested && !n.moving() {
		return nil
	}
	if err := m.clean(); err != nil || n.empty() {
		return err
	}
	if err := m.move(); err != nil || !rested {
		return err
	}
	return m.clean()
}

func (m *mover) move() error {
	if err := m.call(false, (*writer).beginMove); err != nil {
		return err
	}
	for sids := range slices.Chunk(m.s.newer.toMove(), moveRows) {
		if err := m.call(false, func(w *writer) error { return w.moveRows(sids) }); err != nil {
			return err
		}
	}
	return m.call(false, (*writer).endMove)
}

// clean deletes the slots that are free.
func (m *mover) clean() error {
	for more := true; more; {
		err := m.call(false, func(w *writer) (err error) {
			more, err = w.dropFree()
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// beginMove sets aside what waits. After a move that failed, it is aside already.
func (w *writer) beginMove() error {
	w.pending.after = append(w.pending.after, func() {
		if !w.newer.moving() {
			w.newer.freeze()
			w.asideSeq = w.slots.seq
		}
	})
	return nil
}

// moveRows writes rows to table subject, except of people who changed since.
func (w *writer) moveRows(sids []int64) error {
	for _, sid := range sids {
		row, aside := w.newer.setAside(sid)
		if _, changed := w.pending.rows[sid]; changed || !aside {
			continue
		}
		policy, _ := w.number(row.Policy)
		if err := w.bindRow(qRowUpdate, &row, policy); err != nil {
			return err
		}
	}
	return nil
}

// endMove says that everything that was set aside is in table subject.
func (w *writer) endMove() error {
	upTo := w.asideSeq
	w.c.stmts[qMoved].BindInt64(1, upTo)
	w.pending.after = append(w.pending.after, func() {
		w.slots.moved(upTo)
		w.newer.thaw()
	})
	return w.step(stepNewer, qMoved)
}

// dropFree deletes some free slots, and reports whether there were any.
func (w *writer) dropFree() (some bool, err error) {
	free := w.slots.free[w.pending.dropped:]
	for _, slot := range free[:min(len(free), dropSlots)] {
		w.c.stmts[qNewerDrop].BindInt64(1, slot)
		if err := w.step(stepNewer, qNewerDrop); err != nil {
			return false, err
		}
		w.pending.dropped++
	}
	if len(free) == 0 {
		w.pending.after = append(w.pending.after, w.newer.clean)
	}
	return len(free) > 0, nil
}

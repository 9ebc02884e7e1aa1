package sqlite

import (
	"slices"
	"sync"

	"avow.dev/gate"
)

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

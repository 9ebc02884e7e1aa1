package sqlite

// slots are the rows of table newer. A group takes one whose rows were moved, if there
// is one: its pages are in use already, and are written once.
type slots struct {
	seq  int64  // of the last group
	last int64  // the highest slot
	held []held // those whose rows wait, in the order of the groups
	free []int64
}

// held is a slot and the group that it holds.
type held struct{ slot, seq int64 }

// next returns the slot of the next group, when some of the free ones are about to be
// deleted.
func (s *slots) next(dropped int) int64 {
	if len(s.free) > dropped {
		return s.free[len(s.free)-1]
	}
	return s.last + 1
}

// take says that the next group has the slot that next returned.
func (s *slots) take(slot int64) {
	if n := len(s.free); n > 0 && s.free[n-1] == slot {
		s.free = s.free[:n-1]
	}
	s.seq++
	s.last = max(s.last, slot)
	s.held = append(s.held, held{slot, s.seq})
}

// moved says that what groups up to seq had to wait is in its place.
func (s *slots) moved(seq int64) {
	n := 0
	for ; n < len(s.held) && s.held[n].seq <= seq; n++ {
		s.free = append(s.free, s.held[n].slot)
	}
	s.held = append([]held(nil), s.held[n:]...)
}

// dropped says that the first n free slots are deleted.
func (s *slots) dropped(n int) { s.free = s.free[n:] }

package gate

import (
	"hash/maphash"
	"sync"

	"avow.dev"
)

// lines are where turns queue that lost a race for the same person, so that one
// of them wins the next, and the one after it the next but one. Whoever comes
// first does not queue.
type lines struct {
	seed maphash.Seed
	all  [64]sync.Mutex
}

func (l *lines) of(ref avow.SubjectRef) *sync.Mutex {
	return &l.all[maphash.String(l.seed, string(ref))%uint64(len(l.all))]
}

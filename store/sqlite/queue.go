package sqlite

import (
	"sync"
	"sync/atomic"

	"avow.dev/gate"
)

// call is one caller's wish to write, waiting for the committer.
type call struct {
	change *gate.Change
	work   func(*writer) error // in the place of a change: what the store itself writes
	alone  bool                // in a transaction of its own

	state atomic.Uint32
	first int64
	err   error
	done  chan struct{} // receives one value when first and err are set
}

// calls lends what a caller waits with. Whoever took a call back may not lend it on:
// the committer may still look at it. Each store has its own: what a caller waits with
// is of the caller's bubble of time, if it has one (testing/synctest).
type calls struct{ pool sync.Pool }

func (p *calls) get(c *gate.Change) *call {
	w, ok := p.pool.Get().(*call)
	if !ok {
		w = &call{done: make(chan struct{}, 1)}
	}
	w.change = c
	return w
}

// put gives a call back that was answered.
func (p *calls) put(c *call) {
	c.change, c.first, c.err = nil, 0, nil
	c.state.Store(waiting)
	p.pool.Put(c)
}

// newcomer returns the number of the person that the call adds, or 0.
func (c *call) newcomer() int64 {
	if c.change == nil || c.change.Insert == nil {
		return 0
	}
	return c.change.Insert.SID
}

const (
	waiting uint32 = iota
	taken
	withdrawn
)

// take claims the call for the committer; withdraw takes it back. Exactly one
// of them succeeds.
func (c *call) take() bool     { return c.state.CompareAndSwap(waiting, taken) }
func (c *call) withdraw() bool { return c.state.CompareAndSwap(waiting, withdrawn) }

func (c *call) answer(err error) {
	c.err = err
	c.done <- struct{}{}
}

// queue holds the calls that wait, in order of arrival, and says how many of them
// make a group.
//
// The callers of a loaded store come back as soon as they are answered. Were a group
// all that waits, then before long all callers would be in one: nobody works while it is
// flushed, then all do, and the first to come back makes a group of one whose flush the
// others wait for. So a group is at most half of those who are there, and while one is
// flushed the next is not begun before most of its half has come: one half works, the
// other is written and flushed.
type queue struct {
	mu       sync.Mutex
	calls    []*call
	closed   bool
	wake     chan struct{}
	flushing int        // calls that the flusher has
	crowd    int        // about how many callers there are
	enough   int        // how many calls the committer waits for; 0: it does not wait
	changed  *sync.Cond // it has what it waits for
}

func newQueue() *queue {
	q := &queue{wake: make(chan struct{}, 1)}
	q.changed = sync.NewCond(&q.mu)
	return q
}

// push reports false when the queue is closed.
func (q *queue) push(c *call) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return false
	}
	q.calls = append(q.calls, c)
	if len(q.calls) == q.enough {
		q.changed.Signal()
	}
	return true
}

// signal wakes the committer, now or when it next rests.
func (q *queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

func (q *queue) close() {
	q.mu.Lock()
	q.closed = true
	q.changed.Signal()
	q.mu.Unlock()
	q.signal()
}

func (q *queue) len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.calls)
}

// handed notes that the flusher was given so many calls, or, below zero, that it
// has answered them.
func (q *queue) handed(n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.flushing += n
	if q.flushing == 0 {
		q.changed.Signal()
	}
}

// gather waits until a group is worth beginning: nothing is being flushed, or most of
// those who may still come have come.
func (q *queue) gather() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for {
		q.enough = max(1, min(q.half(), q.crowd-q.flushing)*3/4)
		if q.closed || q.flushing == 0 || len(q.calls) >= q.enough {
			break
		}
		q.changed.Wait()
	}
	q.enough = 0
}

// half is how many calls make a group at most. A few share one however few they are:
// then a group costs more than what is in it.
func (q *queue) half() int { return min(max(fewest, (q.crowd+1)/2), groupLimit) }

// fewest callers are not halved.
const fewest = 4

// take returns the calls of the next group and claims them. ended reports that there
// are none and that the queue is closed.
func (q *queue) take() (group []*call, ended bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	// Who is working is not seen; but each is seen here when all of their half are.
	q.crowd = max(q.flushing+len(q.calls), q.crowd-q.crowd/16)
	for len(group) == 0 && len(q.calls) > 0 {
		n := min(len(q.calls), q.half())
		for _, c := range q.calls[:n] {
			if c.take() {
				group = append(group, c)
			}
		}
		q.calls = append(q.calls[:0], q.calls[n:]...)
	}
	return group, q.closed && len(group) == 0
}

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
// the committer may still look at it.
var calls = sync.Pool{New: func() any { return &call{done: make(chan struct{}, 1)} }}

func newCall(c *gate.Change) *call {
	w, ok := calls.Get().(*call)
	if !ok {
		panic("store: a pool of calls holds something else")
	}
	w.change = c
	return w
}

// release gives a call back that was answered.
func (c *call) release() {
	c.change, c.first, c.err = nil, 0, nil
	c.state.Store(waiting)
	calls.Put(c)
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

// queue holds the calls that wait, in order of arrival.
type queue struct {
	mu     sync.Mutex
	calls  []*call
	closed bool
	wake   chan struct{}
}

func newQueue() *queue { return &queue{wake: make(chan struct{}, 1)} }

// push reports false when the queue is closed.
func (q *queue) push(c *call) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return false
	}
	q.calls = append(q.calls, c)
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
	q.mu.Unlock()
	q.signal()
}

func (q *queue) len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.calls)
}

// take returns up to most waiting calls and claims them. ended reports that there are
// none and that the queue is closed.
func (q *queue) take(most int) (group []*call, ended bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(group) == 0 && len(q.calls) > 0 {
		n := min(len(q.calls), most)
		for _, c := range q.calls[:n] {
			if c.take() {
				group = append(group, c)
			}
		}
		q.calls = append(q.calls[:0], q.calls[n:]...)
	}
	return group, q.closed && len(group) == 0
}

package sqlite

import (
	"context"
	"errors"
	"sync/atomic"
	"time"
)

// retryAfter is how long background work that failed waits.
const retryAfter = time.Second

var errStopping = errors.New("store is closing")

// background is work beside the callers' own: it tidies what they left in the order of
// their coming. All its writes are small calls to the committer, which travel in
// the groups of others; so they cost hardly a flush and hold nobody up for long.
type background struct {
	s       *Store
	wake    chan struct{}
	stop    chan struct{}
	done    chan struct{}
	failing atomic.Bool // the last try failed
}

func newBackground(s *Store) background {
	return background{s: s, wake: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{})}
}

// signal says that there may be something to do.
func (b *background) signal() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

func (b *background) close() {
	close(b.stop)
	<-b.done
}

// work does a round at the start, at each signal and whenever rest is over (0: never),
// until it is stopped. After an error it waits a while and tries again: what it tidies is
// safe where it is.
func (b *background) work(round func(rested bool) error, rest time.Duration) {
	defer close(b.done)
	var due <-chan time.Time
	if rest > 0 {
		ticker := time.NewTicker(rest)
		defer ticker.Stop()
		due = ticker.C
	}
	for rested := false; ; {
		err := round(rested)
		b.failing.Store(err != nil && !errors.Is(err, errStopping))
		if err != nil {
			if !b.pause() {
				return
			}
			continue
		}
		select {
		case <-b.wake:
			rested = false
		case <-due:
			rested = true
		case <-b.stop:
			return
		}
	}
}

// pause reports false if the work was stopped meanwhile.
func (b *background) pause() bool {
	t := time.NewTimer(retryAfter)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-b.stop:
		return false
	}
}

// call lets the committer do work in a transaction.
func (b *background) call(alone bool, work func(*writer) error) error {
	select {
	case <-b.stop:
		return errStopping
	default:
	}
	return b.s.wait(context.Background(), &call{work: work, alone: alone, done: make(chan struct{}, 1)})
}

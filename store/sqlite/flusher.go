package sqlite

import (
	"context"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"avow.dev/gate"
	"avow.dev/internal/disk"
)

// flusher makes durable what the committer has written to the log, beside the
// next group: while one group is flushed, another is written.
//
// The committer's connection does not flush (synchronous = NORMAL): SQLite then
// writes the same bytes in the same order, and after a loss of power it takes of
// the log what is whole up to a COMMIT, as always. What FULL adds is the flush at
// the end of each COMMIT, and that is done here, before anybody is answered.
// Whatever carries the log over to the database file flushes the log first, in
// either mode.
//
// Readers see what is committed, and are answered when it is durable too; see
// [flusher.settle].
type flusher struct {
	file  *os.File // the log
	todo  chan []*call
	done  chan struct{}
	fault fault
	stats *counters
	queue *queue
	now   func() time.Time

	mu     sync.Mutex // one flush at a time: an error is reported once
	failed error      // the first flush that failed
	halted atomic.Bool

	begun   atomic.Int64 // groups of which something may be seen
	written atomic.Int64 // groups that are in the log, or were rolled back
	durable atomic.Int64 // groups that need no flush any more

	waiting sync.RWMutex
	news    chan struct{}   // closed at the next flush
	people  map[int64]int64 // rows of groups that may not be durable: the group
}

func newFlusher(path string, w *writer) (*flusher, error) {
	f, err := os.OpenFile(path+"-wal", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	return &flusher{file: f, todo: make(chan []*call), done: make(chan struct{}),
		fault: w.fault, stats: w.stats, now: w.now, news: make(chan struct{}), people: map[int64]int64{}}, nil
}

func (f *flusher) work() {
	defer close(f.done)
	wakeEarly()
	for group := range f.todo {
		f.finish(group)
		f.queue.handed(-len(group))
	}
}

// finish flushes and answers a group that is committed.
func (f *flusher) finish(group []*call) {
	err := f.flush()
	for _, c := range group {
		if err != nil {
			c.err = fmt.Errorf("commit: %w", err)
		}
		c.answer(c.err)
	}
}

// flush makes durable what was written before it is called. After one that
// failed, nobody knows what the disk holds: a later one may answer success for
// pages that the kernel has already dropped.
func (f *flusher) flush() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.failed != nil {
		return f.failed
	}
	upTo, began := f.written.Load(), f.now()
	if err := f.sync(); err != nil {
		f.failed = stopped(err)
		f.halted.Store(true)
		f.settled(f.begun.Load()) // whoever waits hears of it
		return f.failed
	}
	f.stats.nanos.Add(int64(f.now().Sub(began)))
	f.settled(upTo)
	return nil
}

func (f *flusher) sync() error {
	if f.fault != nil {
		if err := f.fault(stepFlush, false); err != nil {
			return err
		}
	}
	if err := disk.Flush(f.file); err != nil {
		return err
	}
	if f.fault != nil {
		return f.fault(stepFlush, true)
	}
	return nil
}

// begin announces a group before it can be seen by anybody.
func (f *flusher) begin(rows map[int64]*gate.Row) {
	f.waiting.Lock()
	defer f.waiting.Unlock()
	n := f.begun.Add(1)
	for sid := range rows {
		f.people[sid] = n
	}
}

// wrote says that the group announced last is in the log.
func (f *flusher) wrote() { f.written.Store(f.begun.Load()) }

// undone says that the group announced last was rolled back. Readers may wait for
// it; the flush lets them go.
func (f *flusher) undone() {
	f.wrote()
	_ = f.flush() // whoever writes next hears of a failure
}

// settled says that the groups up to n need no flush any more.
func (f *flusher) settled(n int64) {
	f.waiting.Lock()
	defer f.waiting.Unlock()
	if f.durable.Load() >= n {
		return
	}
	f.durable.Store(n)
	for sid, group := range f.people {
		if group <= n {
			delete(f.people, sid)
		}
	}
	close(f.news)
	f.news = make(chan struct{})
}

// settle waits until everything that can be seen is durable.
func (f *flusher) settle(ctx context.Context) error {
	return f.wait(ctx, f.begun.Load())
}

// settleRow waits until the row of a person that can be seen is durable.
func (f *flusher) settleRow(ctx context.Context, sid int64) error {
	if f.durable.Load() >= f.begun.Load() {
		return f.broken()
	}
	f.waiting.RLock()
	n := f.people[sid]
	f.waiting.RUnlock()
	return f.wait(ctx, n)
}

func (f *flusher) wait(ctx context.Context, n int64) error {
	for f.durable.Load() < n {
		f.waiting.RLock()
		news := f.news
		f.waiting.RUnlock()
		if f.durable.Load() >= n {
			break
		}
		select {
		case <-news:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return f.broken()
}

// broken returns why a flush has failed, if one has: what can be seen since then
// may not outlast a loss of power, and is not shown.
func (f *flusher) broken() error {
	if !f.halted.Load() {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.failed
}

// close waits for the groups that were handed over.
func (f *flusher) close() error {
	close(f.todo)
	<-f.done
	return f.file.Close()
}

func stopped(cause error) error {
	return fmt.Errorf("%w after a failed write (%w); what was acknowledged is safe; "+
		"look after the disk, then start avow again", ErrStopped, cause)
}

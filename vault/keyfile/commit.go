package keyfile

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

// ErrHalted says that an earlier write or flush failed, after which nobody knows
// what the disk holds: a later flush may answer success for pages that the
// kernel has already dropped. The file takes no more changes until it is opened
// again, on a disk that was looked at.
var ErrHalted = errors.New("the key file takes no more changes, because an earlier write or flush failed; check the disk and start again")

// batch is a group of changes that share one write and one flush.
type batch struct {
	changes []*change
	done    chan struct{}
}

// change is one caller's wish: stage says what to write, or refuses.
type change struct {
	stage func(*staging) error
	err   error // to be read after the batch is done
}

// commit makes a change durable together with those of all callers that come
// while the previous flush runs. There is no committer to start and stop: the
// callers of a batch wait either for it to be done or for their turn to do it.
func (f *File) commit(stage func(*staging) error) error {
	c := &change{stage: stage}
	b := f.join(c)
	select {
	case <-b.done:
	case f.turn <- struct{}{}:
		f.lead(b)
		<-f.turn
	}
	return c.err
}

func (f *File) join(c *change) *batch {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.open == nil {
		f.open = &batch{done: make(chan struct{})}
	}
	f.open.changes = append(f.open.changes, c)
	return f.open
}

// lead runs b unless someone else has; it holds the turn.
func (f *File) lead(b *batch) {
	f.mu.Lock()
	mine := f.open == b
	if mine {
		f.open = nil
	}
	f.mu.Unlock()
	if mine {
		f.run(b)
		close(b.done)
	}
}

func (f *File) run(b *batch) {
	s := &staging{file: f, blocks: map[uint64]block{}}
	var staged []*change
	for _, c := range b.changes {
		before := len(s.blocks) + s.rewritten
		if c.err = f.admit(c, s); c.err == nil && len(s.blocks)+s.rewritten > before {
			staged = append(staged, c)
		}
	}
	if len(staged) == 0 {
		return
	}
	if err := f.flush(s.blocks); err != nil {
		f.halted = err
		for _, c := range staged {
			c.err = fmt.Errorf("write key file: %w", err)
		}
	}
}

func (f *File) admit(c *change, s *staging) error {
	if f.halted != nil {
		return fmt.Errorf("%w (%w)", ErrHalted, f.halted)
	}
	if f.closed { // only changes under the turn
		return ErrClosed
	}
	return c.stage(s)
}

// flush writes the blocks, neighbours together, and returns when they are durable.
func (f *File) flush(blocks map[uint64]block) error {
	if f.halted != nil { // while making room for a later change of this batch
		return f.halted
	}
	if err := f.write(blocks); err != nil {
		return err
	}
	return f.disk.Sync()
}

func (f *File) write(blocks map[uint64]block) error {
	f.read.Lock()
	defer f.read.Unlock()
	sids := slices.Sorted(maps.Keys(blocks))
	// Before the write, and even if it fails: a number that may have been
	// written must be read, and not be taken for empty.
	f.max.Store(max(f.max.Load(), sids[len(sids)-1]))
	var run []byte
	for i, sid := range sids {
		b := blocks[sid]
		run = append(run, b[:]...)
		if i+1 < len(sids) && sids[i+1] == sid+1 {
			continue
		}
		start := sid + 1 - uint64(len(run)/slotSize)
		if _, err := f.disk.WriteAt(run, offset(start)); err != nil {
			return err
		}
		run = run[:0]
	}
	return nil
}

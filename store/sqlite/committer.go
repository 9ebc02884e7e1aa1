package sqlite

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"

	"avow.dev/gate"
)

// groupLimit bounds how many changes share a transaction, and so how long the
// first of them waits for the others.
const groupLimit = 256

// Commit implements gate.Committer. While c waits for its turn, the end of ctx
// takes it back; once it has begun, Commit waits for the outcome.
//
// Within one change, what is removed goes first (Purge, Delete, DropTags), then
// what is written, then the leaves, then the seal.
func (s *Store) Commit(ctx context.Context, c *gate.Change) (int64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if err := checkChange(c); err != nil {
		return 0, fmt.Errorf("commit: %w", err)
	}
	w := s.calls.get(c)
	err := s.wait(ctx, w)
	if w.state.Load() != taken {
		return 0, err // taken back, or never let in
	}
	first := w.first
	s.calls.put(w)
	return first, err
}

// wait has w committed and waits for the answer. Who comes while nobody commits does
// it without waiting for another goroutine to wake up, which would take a caller who
// is alone about as long as the flush. Under load it is the committer's.
func (s *Store) wait(ctx context.Context, w *call) error {
	if !s.queue.push(w) {
		return ErrClosed
	}
	select {
	case s.turn <- struct{}{}:
		s.lead()
	default:
		s.queue.signal()
	}
	select {
	case <-w.done:
		return w.err
	case <-ctx.Done():
	}
	if w.withdraw() {
		return ctx.Err()
	}
	<-w.done
	return w.err
}

// lead commits what waits now, and leaves what came meanwhile to the committer. The
// caller has the turn, and gives it back by this.
func (s *Store) lead() {
	if group, _ := s.queue.take(); len(group) > 0 {
		s.writer.round(group)
	}
	<-s.turn
	if s.queue.len() > 0 {
		s.queue.signal()
	}
}

// commitGroups is the committer. It takes what waits, commits it, and takes again
// while the flusher makes that durable, so that groups grow with the load. Whoever
// writes has the turn; at the end the committer keeps it.
func (s *Store) commitGroups(w *writer) {
	defer close(s.done)
	for ended := false; !ended; {
		<-s.queue.wake
		s.turn <- struct{}{}
		for {
			var group []*call
			s.queue.gather()
			if group, ended = s.queue.take(); len(group) == 0 {
				break
			}
			w.round(group)
			runtime.Gosched() // lets those just answered come back: else the next group is one of them
		}
		if !ended {
			<-s.turn
		}
	}
	close(w.carrier.todo)
	<-w.carrier.done
	s.ended = errors.Join(w.carrier.err, w.flusher.close(), w.close())
}

// round commits a group, and what has to be done between two of them.
func (w *writer) round(group []*call) {
	w.commit(group)
	w.carry()
}

// commit writes a group in one transaction and has everybody in it answered.
//
// A change is checked by reads before its first write, and then it is written
// by statements that fail only if the disk, the file or memory does. Thus no
// savepoint is needed around each change. If a write fails all the same, the
// transaction is rolled back and each change of the group is tried again in a
// transaction of its own, so that it fails alone.
func (w *writer) commit(group []*call) {
	for len(group) > 1 && slices.ContainsFunc(group, isAlone) {
		n := max(slices.IndexFunc(group, isAlone), 1)
		w.commit(group[:n])
		group = group[n:]
	}
	err := w.transact(group)
	switch {
	case err == nil:
		w.settle(group)
	case len(group) == 1 || w.broken() != nil:
		for _, c := range group {
			c.answer(fmt.Errorf("commit: %w", err))
		}
	default:
		for i := range group {
			w.commit(group[i : i+1])
		}
	}
}

func isAlone(c *call) bool { return c.alone }

// settle has a committed group flushed and answered: by the flusher, beside the
// next group, or at once if nobody waits to be in one.
func (w *writer) settle(group []*call) {
	if w.queue.len() == 0 {
		w.flusher.finish(group)
		return
	}
	w.queue.handed(len(group))
	w.flusher.todo <- group
}

// transact runs group in one transaction, which then stands in the log and waits
// for its flush. A refusal is left in the call's err;
// the returned error is that of all.
func (w *writer) transact(group []*call) error {
	if err := w.broken(); err != nil {
		return err
	}
	w.pending.reset()
	began := w.now()
	if err := w.step(stepBegin, qBegin); err != nil {
		return w.rollback(w.stopIfDoubtful(err))
	}
	slices.SortStableFunc(group, byNewcomer)
	for _, c := range group {
		c.first, c.err = 0, nil
		if err := w.do(c); err != nil {
			return w.rollback(err)
		}
	}
	if err := w.strike(); err != nil {
		return w.rollback(err)
	}
	if err := w.writeNewer(); err != nil {
		return w.rollback(err)
	}
	if err := w.writeEntries(); err != nil {
		return w.rollback(err)
	}
	if err := w.writeLeaves(); err != nil {
		return w.rollback(err)
	}
	w.flusher.begin(w.pending.rows)
	if err := w.step(stepCommit, qCommit); err != nil {
		err = w.rollback(w.stopIfDoubtful(err))
		w.flusher.undone()
		return err
	}
	w.flusher.wrote()
	w.publish()
	w.stats.group(len(group), w.now().Sub(began))
	return nil
}

// byNewcomer puts those who add a person behind the others, in the order of the people's
// numbers: what is added at the end of a tree in order moves nothing that is there.
// Calls that wait together have no order of their own.
func byNewcomer(a, b *call) int { return cmp.Compare(a.newcomer(), b.newcomer()) }

// do carries out one call. An error that is not a refusal ends the group.
func (w *writer) do(c *call) error {
	if c.change == nil {
		return c.work(w)
	}
	refusal, err := w.verify(c.change)
	if err != nil || refusal != nil {
		c.err = refusal
		return err
	}
	c.first, err = w.write(c.change)
	return err
}

// rollback undoes the transaction. A connection that cannot roll back is of no
// use any more.
func (w *writer) rollback(cause error) error {
	cause = explain("write", cause)
	if w.c.db.AutocommitEnabled() {
		return cause // SQLite rolled back by itself
	}
	if err := w.c.run(qRollback); err != nil && !w.c.db.AutocommitEnabled() {
		w.stop(err)
		return errors.Join(cause, err)
	}
	return cause
}

// stopIfDoubtful stops the store when err leaves it unknown whether the
// transaction is on disk.
func (w *writer) stopIfDoubtful(err error) error {
	if doubtful(err) {
		w.stop(err)
	}
	return err
}

func (w *writer) stop(cause error) { w.stopped = stopped(cause) }

// broken returns why the store takes no more changes.
func (w *writer) broken() error {
	if w.stopped == nil {
		w.stopped = w.flusher.broken()
	}
	return w.stopped
}

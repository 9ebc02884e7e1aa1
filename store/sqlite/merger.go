package sqlite

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"slices"

	"avow.dev/store/sqlite/internal/run"
)

const (
	// flushEntries is how many entries of one index wait in memory before they
	// are sorted into a run: about 4 MB.
	flushEntries = 1 << 16
	// fanOut runs of one level are merged into one of the next.
	fanOut = 4
	// sliceChunks is how many chunks take part in one transaction.
	sliceChunks = 64
	// sliceRows is how many rows of table entry one transaction deletes.
	sliceRows = 256
)

// merger writes runs in the background. All its writes are small calls to the
// committer, which travel in the groups of others; so they cost hardly a flush
// and hold nobody up for long.
//
// A flush or a merge begins and ends with a call that runs alone. In between,
// the committer notes what is removed from the indexes, and the end removes it
// from the new run too. Nobody reads the new run before the end is committed,
// and its inputs are deleted after it; a crash leaves chunks that belong to no
// run, which the next start deletes.
type merger struct {
	s      *Store
	nextID int64
	waste  []int64 // ids of runs whose chunks can be deleted
	upTo   int64   // rows of table entry up to this one can be deleted
	wake   chan struct{}
	stop   chan struct{}
	done   chan struct{}
}

func newMerger(s *Store, nextID int64, waste []int64, upTo int64) *merger {
	return &merger{
		s: s, nextID: nextID, waste: waste, upTo: upTo,
		wake: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{}),
	}
}

// signal says that there may be something to do.
func (m *merger) signal() {
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

func (m *merger) close() {
	close(m.stop)
	<-m.done
}

var errStopping = errors.New("store is closing")

// work flushes and merges until it is stopped. After an error, it tries again
// with the next signal: the entries are safe where they are.
func (m *merger) work() {
	defer close(m.done)
	for {
		if err := m.round(); err == nil {
			m.s.stats.mergeFailed.Store(false)
		} else if !errors.Is(err, errStopping) {
			m.s.stats.mergeFailed.Store(true)
		}
		select {
		case <-m.wake:
		case <-m.stop:
			return
		}
	}
}

// round does what there is to do now.
func (m *merger) round() error {
	if err := m.clean(); err != nil {
		return err
	}
	if err := m.flushIfMany(); err != nil {
		return err
	}
	for n := range kinds {
		for inputs := m.s.index.mergeable(n); inputs != nil; inputs = m.s.index.mergeable(n) {
			if err := m.merge(n, inputs); err != nil {
				return err
			}
		}
	}
	return nil
}

// call lets the committer do work in a transaction.
func (m *merger) call(alone bool, work func(*writer) error) error {
	select {
	case <-m.stop:
		return errStopping
	default:
	}
	return m.s.wait(context.Background(), &call{work: work, alone: alone, done: make(chan struct{}, 1)})
}

func (m *merger) newRun(level int64) *sorted {
	m.nextID++
	return &sorted{id: m.nextID - 1, level: level}
}

// clean deletes the chunks of runs that are no more.
func (m *merger) clean() error {
	for len(m.waste) > 0 {
		id := m.waste[0]
		var more bool
		err := m.call(false, func(w *writer) (err error) {
			more, err = w.dropChunks(id)
			return err
		})
		if err != nil {
			return err
		}
		if !more {
			m.waste = m.waste[1:]
		}
	}
	for m.upTo > 0 {
		upTo := m.upTo
		err := m.call(false, func(w *writer) error {
			more, err := w.dropEntries(upTo)
			if err == nil && !more {
				upTo = 0
			}
			return err
		})
		if err != nil {
			return err
		}
		m.upTo = upTo
	}
	return nil
}

func (m *merger) flushIfMany() error {
	x := m.s.index
	x.mu.RLock()
	many := x.frozen != nil || x.active.size() >= flushEntries
	x.mu.RUnlock()
	if !many {
		return nil
	}
	return m.flush()
}

// flush writes what is in memory to a run of each index.
func (m *merger) flush() error {
	if err := m.call(true, (*writer).beginFlush); err != nil {
		return err
	}
	x := m.s.index
	var made [kinds]*sorted
	for n := range kinds {
		entries := x.frozen.entries(n)
		made[n] = m.newRun(0)
		b := &run.Builder{}
		if n == tagIndex {
			b.Filter = run.NewFilter(len(entries))
		}
		if err := m.write(made[n], b, slices.Values(entries)); err != nil {
			return err
		}
	}
	var upTo int64
	err := m.call(true, func(w *writer) (err error) {
		upTo, err = w.endFlush(made)
		return err
	})
	if err != nil {
		m.waste = append(m.waste, made[tagIndex].id, made[trailIndex].id)
		return err
	}
	m.upTo = upTo
	return m.clean()
}

// merge makes one run of several.
func (m *merger) merge(n kind, inputs []*sorted) error {
	if err := m.call(true, func(w *writer) error { return w.beginMerge(n) }); err != nil {
		return err
	}
	out := m.newRun(inputs[0].level + 1)
	b := &run.Builder{}
	if n == tagIndex {
		b.Filter = run.NewFilter(total(inputs))
	}
	in := newJoined(m.s.readers, inputs)
	err := m.write(out, b, in.all)
	if err = errors.Join(err, in.err); err == nil {
		err = m.call(true, func(w *writer) error { return w.endMerge(n, inputs, out) })
	}
	if err != nil {
		m.waste = append(m.waste, out.id)
		return err
	}
	for _, r := range inputs {
		m.waste = append(m.waste, r.id)
	}
	return m.clean()
}

func total(runs []*sorted) (n int) {
	for _, r := range runs {
		n += r.entries
	}
	return n
}

// write makes chunks of ascending entries and describes them in r. A flush that
// becomes due meanwhile goes first.
func (m *merger) write(r *sorted, b *run.Builder, entries iter.Seq[run.Entry]) error {
	next := 0
	put := func(chunks []run.Chunk) error {
		first := next
		next += len(chunks)
		return m.call(false, func(w *writer) error { return w.putChunks(r.id, first, chunks) })
	}
	for e := range entries {
		b.Add(e)
		if b.Full() < sliceChunks {
			continue
		}
		if err := put(b.Take(false)); err != nil {
			return err
		}
		if r.level == 0 {
			continue
		}
		if err := m.flushIfMany(); err != nil {
			return err
		}
	}
	r.fences, r.filter, r.entries = b.Fences, b.Filter, b.Entries
	return put(b.Take(true))
}

// entries returns the frozen entries of an index in ascending order.
func (r *recent) entries(n kind) []run.Entry {
	var list []run.Entry
	if n == tagIndex {
		for k, e := range r.tags {
			list = append(list, run.Entry{Key: k, Value: e.value})
		}
	} else {
		for i := range r.trail.all {
			if k := r.trail.all[i].key; k != (run.Key{}) {
				list = append(list, run.Entry{Key: k, Value: 1})
			}
		}
	}
	slices.SortFunc(list, func(a, b run.Entry) int { return bytes.Compare(a.Key[:], b.Key[:]) })
	return list
}

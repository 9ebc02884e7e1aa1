package sqlite

import (
	"bytes"
	"errors"
	"iter"
	"slices"

	"avow.dev/store/sqlite/internal/run"
)

const (
	// fanOut runs of one level are merged into one of the next.
	fanOut = 4
	// sliceChunks is how many chunks take part in one transaction.
	sliceChunks = 64
	// sliceRows is how many rows of table entry one transaction deletes.
	sliceRows = 256
)

// merger writes runs in the background.
//
// A flush or a merge begins and ends with a call that runs alone. In between,
// the committer notes what is removed from the indexes, and the end removes it
// from the new run too. Nobody reads the new run before the end is committed,
// and its inputs are deleted after it; a crash leaves chunks that belong to no
// run, which the next start deletes.
type merger struct {
	background
	flushAt int // entries of one index in memory that are due to be flushed
	nextID  int64
	waste   []int64 // ids of runs whose chunks can be deleted
	upTo    int64   // rows of table entry up to this one can be deleted
}

func newMerger(s *Store, flushAt int, nextID int64, waste []int64, upTo int64) *merger {
	return &merger{background: newBackground(s), flushAt: flushAt, nextID: nextID, waste: waste, upTo: upTo}
}

// round does what there is to do now.
func (m *merger) round(bool) error {
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

// close stops the work. A run that was not finished may hold what was removed since it was
// begun: it goes now, and only if that fails at the next start.
func (m *merger) close() {
	m.background.close()
	m.stop = nil // nothing stops what is done here
	_ = m.clean()
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
	for more := m.upTo > 0; more; {
		err := m.call(false, func(w *writer) (err error) {
			more, err = w.dropEntries(m.upTo)
			return err
		})
		if err != nil {
			return err
		}
	}
	m.upTo = 0
	return nil
}

func (m *merger) flushIfMany() error {
	x := m.s.index
	x.mu.RLock()
	many := x.frozen != nil || x.active.size() >= m.flushAt
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
	made := [kinds]*sorted{m.newRun(0), m.newRun(0)}
	upTo, err := m.flushTo(made)
	if err != nil {
		m.waste = append(m.waste, made[tagIndex].id, made[trailIndex].id)
		return err
	}
	m.upTo = upTo
	return m.clean()
}

func (m *merger) flushTo(made [kinds]*sorted) (upTo int64, err error) {
	for n, r := range made {
		entries := m.s.index.frozen.entries(kind(n))
		if err := m.write(r, newBuilder(kind(n), len(entries)), slices.Values(entries)); err != nil {
			return 0, err
		}
	}
	err = m.call(true, func(w *writer) (err error) {
		upTo, err = w.endFlush(made)
		return err
	})
	return upTo, err
}

// newBuilder gives tags a filter: most questions about a tag are about one that
// is nowhere. A trail is asked for people who have one.
func newBuilder(n kind, entries int) *run.Builder {
	if n == tagIndex {
		return &run.Builder{Filter: run.NewFilter(entries)}
	}
	return &run.Builder{}
}

// merge makes one run of several.
func (m *merger) merge(n kind, inputs []*sorted) error {
	if err := m.call(true, func(w *writer) error { return w.beginMerge(n) }); err != nil {
		return err
	}
	out := m.newRun(inputs[0].level + 1)
	in := newJoined(m.s.readers, inputs)
	err := m.write(out, newBuilder(n, total(inputs)), in.all)
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

package sqlite

import (
	"bytes"
	"maps"
	"slices"

	"avow.dev/store/sqlite/internal/run"
)

// merging is a merge under way: what was removed from the index since it began.
type merging struct {
	index kind
	gone  map[run.Key]struct{}
}

// beginFlush sets the entries in memory aside. After a flush that failed, they
// are aside already.
func (w *writer) beginFlush() error {
	if w.index.frozen == nil {
		w.pending.after = append(w.pending.after, func() {
			w.index.freeze()
			w.frozenSeq = w.seq
		})
	}
	return nil
}

// endFlush puts the new runs in the place of the frozen entries. It returns up
// to which row of table entry is in runs now.
func (w *writer) endFlush(made [kinds]*sorted) (upTo int64, err error) {
	for n, r := range made {
		if err := w.enterRun(kind(n), r, w.index.gone[n]); err != nil {
			return 0, err
		}
	}
	upTo = w.frozenSeq
	w.c.stmts[qFlushed].BindInt64(1, upTo)
	w.pending.after = append(w.pending.after, func() {
		for n, r := range made {
			w.index.replace(kind(n), nil, r)
		}
		w.index.thaw()
	})
	return upTo, w.step(stepEntries, qFlushed)
}

func (w *writer) beginMerge(n kind) error {
	w.pending.after = append(w.pending.after, func() {
		w.merging = &merging{n, map[run.Key]struct{}{}}
	})
	return nil
}

func (w *writer) endMerge(n kind, inputs []*sorted, out *sorted) error {
	if err := w.enterRun(n, out, w.merging.gone); err != nil {
		return err
	}
	for _, r := range inputs {
		w.c.stmts[qRunDelete].BindInt64(1, r.id)
		if err := w.step(stepEntries, qRunDelete); err != nil {
			return err
		}
	}
	w.pending.after = append(w.pending.after, func() {
		w.index.replace(n, inputs, out)
		w.merging = nil
	})
	return nil
}

// enterRun writes the row of a run whose chunks are written, less what is gone.
func (w *writer) enterRun(n kind, r *sorted, gone map[run.Key]struct{}) error {
	keys := slices.SortedFunc(maps.Keys(gone), func(a, b run.Key) int { return bytes.Compare(a[:], b[:]) })
	if err := w.strip(r, keys); err != nil {
		return err
	}
	stmt := w.c.stmts[qRunInsert]
	stmt.BindInt64(1, r.id)
	stmt.BindInt64(2, int64(n))
	stmt.BindInt64(3, r.level)
	stmt.BindInt64(4, int64(r.entries))
	stmt.BindBytes(5, r.fences)
	stmt.BindBytes(6, r.filter)
	return w.step(stepEntries, qRunInsert)
}

// strip removes ascending keys from a run, chunk by chunk.
func (w *writer) strip(r *sorted, keys []run.Key) error {
	for len(keys) > 0 {
		at := r.fences.Find(keys[0])
		here := map[run.Key]struct{}{}
		for len(keys) > 0 && r.fences.Find(keys[0]) == at {
			here[keys[0]] = struct{}{}
			keys = keys[1:]
		}
		if at < 0 {
			continue
		}
		if err := w.rewriteChunk(r, at, func(e run.Entry) bool { return has(here, e.Key) }); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) putChunks(id int64, first int, chunks []run.Chunk) error {
	stmt := w.c.stmts[qChunkInsert]
	for i, chunk := range chunks {
		stmt.BindInt64(1, chunkPos(id, first+i))
		stmt.BindBytes(2, chunk)
		if err := w.step(stepEntries, qChunkInsert); err != nil {
			return err
		}
	}
	return nil
}

// dropChunks deletes some chunks of a run and reports whether there were any.
func (w *writer) dropChunks(id int64) (more bool, err error) {
	w.c.stmts[qChunkNext].BindInt64(1, chunkPos(id, 0))
	first, _, err := w.integer(qChunkNext)
	if err != nil || first>>chunkBits != id {
		return false, err
	}
	return true, w.dropRange(qChunkDrop, first, first+sliceChunks)
}

// dropEntries deletes some rows of table entry that are in runs, and reports
// whether there were any.
func (w *writer) dropEntries(upTo int64) (more bool, err error) {
	first, found, err := w.integer(qEntryFirst)
	if err != nil || !found || first == 0 || first > upTo {
		return false, err
	}
	return true, w.dropRange(qEntryDrop, first, min(first+sliceRows, upTo+1))
}

func (w *writer) dropRange(q query, from, to int64) error {
	w.c.stmts[q].BindInt64(1, from)
	w.c.stmts[q].BindInt64(2, to)
	return w.step(stepEntries, q)
}

// mergeable returns runs of one level that are due to be merged, the lowest
// level first.
func (x *index) mergeable(n kind) []*sorted {
	x.mu.RLock()
	defer x.mu.RUnlock()
	byLevel := map[int64][]*sorted{}
	for _, r := range x.runs[n] {
		byLevel[r.level] = append(byLevel[r.level], r)
	}
	for _, level := range slices.Sorted(maps.Keys(byLevel)) {
		if len(byLevel[level]) >= fanOut {
			return byLevel[level][:fanOut]
		}
	}
	return nil
}

// loadIndex reads the runs and the recent entries.
func loadIndex(c *conn, flushed int64) (x *index, last int64, err error) {
	x = &index{}
	if x.active, last, err = loadRecent(c, flushed); err != nil {
		return nil, 0, err
	}
	return x, last, loadRuns(c, x)
}

func loadRuns(c *conn, x *index) error {
	stmt := c.stmts[qRuns]
	for {
		row, err := stmt.Step()
		if err != nil || !row {
			return finish(stmt, err)
		}
		n := min(max(stmt.ColumnInt64(1), 0), int64(kinds)-1)
		x.runs[n] = append(x.runs[n], &sorted{
			id: stmt.ColumnInt64(0), level: stmt.ColumnInt64(2), entries: stmt.ColumnInt(3),
			fences: column(stmt, 4), filter: column(stmt, 5),
		})
	}
}

// findWaste returns the runs of which only chunks are left, and a number above
// that of any run.
func findWaste(c *conn, x *index) (waste []int64, nextID int64, err error) {
	nextID = 1
	live := map[int64]bool{}
	for _, runs := range x.runs {
		for _, r := range runs {
			live[r.id] = true
			nextID = max(nextID, r.id+1)
		}
	}
	for id := int64(0); ; id++ {
		c.stmts[qChunkNext].BindInt64(1, chunkPos(id, 0))
		pos, _, err := c.integer(qChunkNext)
		if err != nil || pos == 0 {
			return waste, nextID, err
		}
		if id = pos >> chunkBits; !live[id] {
			waste = append(waste, id)
		}
		nextID = max(nextID, id+1)
	}
}

package sqlite

import (
	"avow.dev/gate"
	"avow.dev/store/sqlite/internal/run"
)

// tagOwner returns the person a tag belongs to as the transaction sees it, and
// where the entry is; 0 means that the tag is free.
func (w *writer) tagOwner(k run.Key) (sid int64, at place, err error) {
	if sid, ok := w.pending.tags[k]; ok {
		return sid, place{pending: true}, nil
	}
	e, found, runs, _ := w.index.tag(k)
	if found {
		if has(w.pending.removed[tagIndex], k) {
			return 0, place{}, nil
		}
		return e.value, place{seq: e.seq}, nil
	}
	sid, in, err := search(w.c, runs, k)
	return sid, place{in: in}, err
}

// place says where an entry is: in this transaction, in a row of table entry,
// or in a run.
type place struct {
	pending bool
	seq     int64
	in      *sorted
}

// removeTag removes an entry where it is, so that nothing of it stays in the
// file.
func (w *writer) removeTag(k run.Key, at place) error {
	if at.pending {
		delete(w.pending.tags, k)
		return nil
	}
	w.pending.removed[tagIndex][k] = struct{}{}
	if at.in == nil {
		w.pending.struck[at.seq] = struct{}{}
		return nil
	}
	return w.rewriteChunk(at.in, at.in.fences.Find(k), func(e run.Entry) bool { return e.Key == k })
}

// strike takes what the group removed out of the rows of table entry that hold it. The
// entries of a person came in one row, with those of others of their group, who are as
// likely to go together: each row is written once for all of them.
func (w *writer) strike() error {
	for seq := range w.pending.struck {
		if err := w.rewriteEntry(seq); err != nil {
			return err
		}
	}
	return nil
}

// rewriteEntry leaves in a row of table entry what the group has not removed.
func (w *writer) rewriteEntry(seq int64) error {
	stmt := w.c.stmts[qEntry]
	stmt.BindInt64(1, seq)
	found, err := stmt.Step()
	var parts [kinds]run.Chunk
	if found {
		parts = [kinds]run.Chunk{column(stmt, 0), column(stmt, 1)}
	}
	if err := finish(stmt, err); err != nil || !found {
		return err
	}
	for n, removed := range w.pending.removed {
		if err := parts[n].Valid(); err != nil {
			return err
		}
		parts[n] = parts[n].Without(func(e run.Entry) bool { return has(removed, e.Key) })
	}
	stmt = w.c.stmts[qEntryUpdate]
	stmt.BindInt64(1, seq)
	stmt.BindBytes(2, parts[tagIndex])
	stmt.BindBytes(3, parts[trailIndex])
	return w.step(stepEntries, qEntryUpdate)
}

// rewriteChunk removes entries from a chunk of a run. The chunk's fence still
// holds: no entry left is below it.
func (w *writer) rewriteChunk(r *sorted, n int, drop func(run.Entry) bool) error {
	chunk, err := readChunk(w.c, r, n)
	if err != nil {
		return err
	}
	stmt := w.c.stmts[qChunkUpdate]
	stmt.BindInt64(1, chunkPos(r.id, n))
	stmt.BindBytes(2, chunk.Without(drop))
	return w.step(stepEntries, qChunkUpdate)
}

// writeTags drops first: a tag can pass from one person to another in one
// change. A tag that belongs to somebody else than the entry says is a missing
// one.
func (w *writer) writeTags(c *gate.Change, policy int64) error {
	for i := range c.DropTags {
		k := tagKey(policy, c.DropTags[i].Tag)
		owner, at, err := w.tagOwner(k)
		if err != nil {
			return err
		}
		if owner == 0 || owner != c.DropTags[i].SID {
			continue
		}
		if err := w.removeTag(k, at); err != nil {
			return err
		}
	}
	for i := range c.AddTags {
		w.pending.tags[tagKey(policy, c.AddTags[i].Tag)] = c.AddTags[i].SID
	}
	return nil
}

// writeEntries writes what the group added to the indexes, as one row.
func (w *writer) writeEntries() error {
	p := &w.pending
	if len(p.tags) == 0 && len(p.trail) == 0 {
		return nil
	}
	p.seq = w.seq + 1
	p.tagBytes, p.trailBytes = p.tagBytes[:0], p.trailBytes[:0]
	for k, sid := range p.tags {
		p.tagBytes = run.Append(p.tagBytes, run.Entry{Key: k, Value: sid})
	}
	for _, k := range p.trail {
		p.trailBytes = run.Append(p.trailBytes, run.Entry{Key: k, Value: 1})
	}
	stmt := w.c.stmts[qEntryInsert]
	stmt.BindInt64(1, p.seq)
	stmt.BindBytes(2, p.tagBytes)
	stmt.BindBytes(3, p.trailBytes)
	return w.step(stepEntries, qEntryInsert)
}

// loadRecent reads the entries that are in no run yet, and the number of the
// last row of them.
func loadRecent(c *conn, flushed int64) (r *recent, last int64, err error) {
	r, last = newRecent(0), flushed
	stmt := c.stmts[qEntries]
	stmt.BindInt64(1, flushed)
	for {
		row, err := stmt.Step()
		if err != nil || !row {
			return r, last, finish(stmt, err)
		}
		last = stmt.ColumnInt64(0)
		tags, trail := run.Chunk(column(stmt, 1)), run.Chunk(column(stmt, 2))
		if err := firstError(tags.Valid(), trail.Valid()); err != nil {
			return nil, 0, finish(stmt, err)
		}
		for i := range tags.Len() {
			e := tags.Entry(i)
			r.tags[e.Key] = logged{e.Value, last}
		}
		for i := range trail.Len() {
			r.trail.add(trail.Entry(i).Key, last)
		}
	}
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

package sqlite

import (
	"slices"

	"avow.dev/gate"
	"avow.dev/store/sqlite/internal/run"
)

// purge removes records and trail entries of a person, up to the limit.
func (w *writer) purge(c *gate.Change) error {
	if c.Purge == 0 {
		return nil
	}
	left := c.PurgeLimit
	for _, part := range [...]func(sid int64, limit int) (n int, more bool, err error){
		w.purgeRecords, w.purgeRecent, w.purgeRuns,
	} {
		n, more, err := part(c.Purge, left)
		if err != nil {
			return err
		}
		left -= n
		if more {
			c.PurgedMore = true
			return nil
		}
	}
	c.PurgedMore = false
	return nil
}

func (w *writer) purgeRecords(sid int64, limit int) (n int, more bool, err error) {
	found, err := w.recordKeys(sid, limit+1)
	if err != nil {
		return 0, false, err
	}
	n = min(len(found), limit)
	for i := range found[:n] {
		bindKey(w.c.stmts[qRecordDelete], &found[i])
		if err := w.step(stepPurge, qRecordDelete); err != nil {
			return 0, false, err
		}
	}
	return n, len(found) > n, nil
}

func (w *writer) recordKeys(sid int64, limit int) (keys []gate.Record, err error) {
	stmt := w.c.stmts[qRecordPurge]
	stmt.BindInt64(1, sid)
	stmt.BindInt64(2, int64(limit))
	for {
		row, err := stmt.Step()
		if err != nil || !row {
			return keys, finish(stmt, err)
		}
		keys = append(keys, gate.Record{SID: sid, Kind: stmt.ColumnText(0), Key: column(stmt, 1)})
	}
}

// purgeRecent removes trail entries that are in no run yet.
func (w *writer) purgeRecent(sid int64, limit int) (n int, more bool, err error) {
	mine := func(k run.Key) bool { return trailSID(k) == sid }
	for slices.ContainsFunc(w.pending.trail, mine) {
		if n == limit {
			return n, true, nil
		}
		i := slices.IndexFunc(w.pending.trail, mine)
		w.pending.trail = slices.Delete(w.pending.trail, i, i+1)
		n++
	}
	found, _, _ := w.index.trailOf(sid)
	for _, e := range found {
		if has(w.pending.removed[trailIndex], e.key) {
			continue
		}
		if n == limit {
			more = true
			break
		}
		w.pending.struck[e.seq] = struct{}{}
		w.pending.removed[trailIndex][e.key] = struct{}{}
		n++
	}
	return n, more, nil
}

// purgeRuns removes trail entries from runs.
func (w *writer) purgeRuns(sid int64, limit int) (n int, more bool, err error) {
	for _, r := range w.index.runs[trailIndex] {
		keys, err := collect(w.c, r, trailKey(sid, 0, 0), limit-n+1, nil)
		if err != nil {
			return 0, false, err
		}
		take := min(len(keys), limit-n)
		for _, k := range keys[:take] {
			w.pending.removed[trailIndex][k] = struct{}{}
		}
		if err := w.strip(r, keys[:take]); err != nil {
			return 0, false, err
		}
		n += take
		if len(keys) > take {
			return n, true, nil
		}
	}
	return n, false, nil
}

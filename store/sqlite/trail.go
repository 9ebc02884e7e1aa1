package sqlite

import (
	"cmp"
	"slices"

	"zombiezen.com/go/sqlite"

	"avow.dev/gate"
)

// entry is one line of the trail: a leaf of a policy's log is about person sid.
type entry struct{ sid, index, policy int64 }

func (e entry) compare(f entry) int {
	return cmp.Or(cmp.Compare(e.sid, f.sid), cmp.Compare(e.index, f.index))
}

func (e entry) bind(stmt *sqlite.Stmt) {
	stmt.BindInt64(1, e.sid)
	stmt.BindInt64(2, e.index)
	stmt.BindInt64(3, e.policy)
}

// enterTrail enters the leaves from index from on; sids says whom they are
// about.
func (w *writer) enterTrail(policy, from int64, sids []int64) error {
	var entries []entry
	for i, sid := range sids {
		if sid != 0 {
			entries = append(entries, entry{sid, from + int64(i), policy})
		}
	}
	slices.SortFunc(entries, entry.compare)
	stmt := w.c.stmts[qTrailInsert]
	for _, e := range entries {
		e.bind(stmt)
		if err := w.step(stepSeal, qTrailInsert); err != nil {
			return err
		}
	}
	return nil
}

// purge removes records and trail entries of a person, up to the limit, and
// makes the leaves forget the person. A leaf that is not sealed yet has no
// entry: it forgets here too, and so never gets one.
func (w *writer) purge(c *gate.Change) error {
	if c.Purge == 0 {
		return nil
	}
	left := c.PurgeLimit
	for _, part := range [...]func(sid int64, limit int) (int, error){w.purgeRecords, w.purgeTrail, w.purgeFresh} {
		n, err := part(c.Purge, left+1)
		if err != nil {
			return err
		}
		if n > left {
			c.PurgedMore = true
			return nil
		}
		left -= n
	}
	c.PurgedMore = false
	return nil
}

// purgeRecords removes up to limit-1 records; it returns limit when there are
// more. So do purgeTrail and purgeFresh.
func (w *writer) purgeRecords(sid int64, limit int) (n int, err error) {
	found, err := w.recordKeys(sid, limit)
	if err != nil {
		return 0, err
	}
	for i := range found[:min(len(found), limit-1)] {
		bindKey(w.c.stmts[qRecordDelete], &found[i])
		if err := w.step(stepPurge, qRecordDelete); err != nil {
			return 0, err
		}
	}
	return len(found), nil
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

func (w *writer) purgeTrail(sid int64, limit int) (n int, err error) {
	found, err := w.trailOf(sid, limit)
	if err != nil {
		return 0, err
	}
	for _, e := range found[:min(len(found), limit-1)] {
		e.bind(w.c.stmts[qTrailDelete])
		if err := w.step(stepPurge, qTrailDelete); err != nil {
			return 0, err
		}
		if err := w.forgetLeaf(position(e.policy, e.index)); err != nil {
			return 0, err
		}
	}
	return len(found), nil
}

func (w *writer) trailOf(sid int64, limit int) (found []entry, err error) {
	stmt := w.c.stmts[qTrailPurge]
	stmt.BindInt64(1, sid)
	stmt.BindInt64(2, int64(limit))
	for {
		row, err := stmt.Step()
		if err != nil || !row {
			return found, finish(stmt, err)
		}
		found = append(found, entry{sid, stmt.ColumnInt64(0), stmt.ColumnInt64(1)})
	}
}

func (w *writer) forgetLeaf(pos int64) error {
	w.c.stmts[qLeafForget].BindInt64(1, pos)
	return w.step(stepPurge, qLeafForget)
}

func (w *writer) purgeFresh(sid int64, limit int) (n int, err error) {
	for _, policy := range w.policyNumbers() {
		h := w.log(policy)
		cut, found, err := w.forgetFresh(policy, h, sid, limit-n)
		if err != nil {
			return 0, err
		}
		if found > 0 {
			h.fresh = cut
			w.pending.logs[policy] = h
		}
		n += found
	}
	return n, nil
}

// forgetFresh works on a copy, because a rollback brings the old one back.
func (w *writer) forgetFresh(policy int64, h head, sid int64, limit int) (cut []int64, n int, err error) {
	for i, about := range h.fresh {
		if about != sid {
			continue
		}
		if n++; n >= limit {
			return cut, n, nil
		}
		if cut == nil {
			cut = slices.Clone(h.fresh)
		}
		cut[i] = 0
		if err := w.forgetLeaf(position(policy, h.Sealed+int64(i))); err != nil {
			return nil, 0, err
		}
	}
	return cut, n, nil
}

package sqlite

import (
	"errors"
	"slices"

	"zombiezen.com/go/sqlite"

	"avow.dev/gate"
)

// tileBytes is the size of a full tile: 256 SHA-256 hashes (C2SP tlog-tiles).
const tileBytes = 256 * 32

// write writes a verified change and returns the index of its first leaf.
func (w *writer) write(c *gate.Change) (first int64, err error) {
	policy, err := w.ensureNumber(c.Policy)
	if err != nil {
		return 0, err
	}
	if err := w.purge(c); err != nil {
		return 0, err
	}
	if err := w.writeRow(c, policy); err != nil {
		return 0, err
	}
	if err := w.writeTags(c, policy); err != nil {
		return 0, err
	}
	if err := w.writeRecords(c); err != nil {
		return 0, err
	}
	first, err = w.append(policy, c.Leaves)
	if err != nil || c.Seal == nil {
		return first, err
	}
	return first, w.seal(policy, c.Seal)
}

func (w *writer) writeRow(c *gate.Change, policy int64) error {
	switch {
	case c.Insert != nil:
		return w.putRow(qRowInsert, c.Insert, policy, 0)
	case c.Update != nil:
		_, due, err := w.stored(c.Update.SID)
		if err != nil {
			return err
		}
		if len(c.Update.Body) <= mostNewer {
			return w.putNewer(c.Update, policy, due)
		}
		return w.putRow(qRowUpdate, c.Update, policy, due)
	case c.Drop != nil:
		return w.dropRow(c.Drop.SID)
	}
	return nil
}

func (w *writer) putRow(q query, r *gate.Row, policy, oldDue int64) error {
	if err := w.bindRow(q, r, policy); err != nil {
		return err
	}
	if err := w.inPlace(r.SID, r); err != nil {
		return err
	}
	return w.moveDue(r.SID, oldDue, r.Due)
}

// bindRow writes a row to table subject.
func (w *writer) bindRow(q query, r *gate.Row, policy int64) error {
	stmt := w.c.stmts[q]
	stmt.BindInt64(1, r.SID)
	stmt.BindInt64(2, policy)
	stmt.BindInt64(3, r.Version)
	stmt.BindInt64(4, r.Due)
	stmt.BindBytes(5, r.Body)
	w.wrote += int64(len(r.Body))
	return w.step(stepRow, q)
}

// putNewer has a row wait in table newer.
func (w *writer) putNewer(r *gate.Row, policy, oldDue int64) error {
	w.pending.newer = appendNewer(w.pending.newer, policy, r)
	w.pending.rows[r.SID], w.pending.waits[r.SID] = r, true
	return w.moveDue(r.SID, oldDue, r.Due)
}

// moveDue keeps table due in step with the row.
func (w *writer) moveDue(sid, from, to int64) error {
	if from == to {
		return nil
	}
	if from != 0 {
		if err := w.setDue(qDueDelete, sid, from); err != nil {
			return err
		}
	}
	if to == 0 {
		return nil
	}
	return w.setDue(qDueInsert, sid, to)
}

func (w *writer) setDue(q query, sid, bucket int64) error {
	w.c.stmts[q].BindInt64(1, bucket)
	w.c.stmts[q].BindInt64(2, sid)
	return w.step(stepRow, q)
}

func (w *writer) dropRow(sid int64) error {
	_, due, err := w.stored(sid)
	if err != nil {
		return err
	}
	w.c.stmts[qRowDelete].BindInt64(1, sid)
	if err := w.step(stepRow, qRowDelete); err != nil {
		return err
	}
	if err := w.inPlace(sid, nil); err != nil {
		return err
	}
	return w.moveDue(sid, due, 0)
}

func (w *writer) writeRecords(c *gate.Change) error {
	for i := range c.Delete {
		bindKey(w.c.stmts[qRecordDelete], &c.Delete[i])
		if err := w.step(stepRecord, qRecordDelete); err != nil {
			return err
		}
	}
	for _, list := range [...][]gate.Record{c.Put, c.PutNew} {
		for i := range list {
			if list[i].SID == 0 {
				w.absent.note(list[i].Kind)
			}
			stmt := w.c.stmts[qRecordPut]
			bindKey(stmt, &list[i])
			stmt.BindBytes(4, list[i].Body)
			if err := w.step(stepRecord, qRecordPut); err != nil {
				return err
			}
		}
	}
	return nil
}

func bindKey(stmt *sqlite.Stmt, r *gate.Record) {
	stmt.BindInt64(1, r.SID)
	stmt.BindText(2, r.Kind)
	stmt.BindBytes(3, r.Key)
}

// append records leaves at the end of the log.
func (w *writer) append(policy int64, leaves []gate.Leaf) (first int64, err error) {
	l := w.log(policy)
	first = l.Recorded
	if len(leaves) == 0 {
		return first, nil
	}
	if first+int64(len(leaves)) > mostIndex {
		return 0, errors.New("log is full")
	}
	p := w.pending.leaves[policy]
	if p == nil {
		p = &packed{}
		w.pending.leaves[policy] = p
	}
	for i := range leaves {
		if len(p.body) > 0 && len(p.body)+len(leaves[i].Body) > mostPacked {
			if err := w.writePacked(policy, p); err != nil {
				return 0, err
			}
		}
		p.add(l.Recorded, leaves[i].Body)
		if sid := leaves[i].SID; sid != 0 {
			w.pending.trail = append(w.pending.trail, trailKey(sid, l.Recorded, policy))
		}
		l.Recorded++
	}
	w.pending.logs[policy] = l
	return first, nil
}

// seal moves leaves to the tree.
func (w *writer) seal(policy int64, s *gate.Seal) error {
	for i := range s.Tiles {
		stmt := w.c.stmts[qTileInsert]
		stmt.BindInt64(1, policy)
		stmt.BindInt64(2, int64(s.Tiles[i].Level))
		stmt.BindInt64(3, s.Tiles[i].N)
		stmt.BindBytes(4, s.Tiles[i].Data)
		if err := w.step(stepSeal, qTileInsert); err != nil {
			return err
		}
	}
	stmt := w.c.stmts[qLogSeal]
	stmt.BindInt64(1, policy)
	stmt.BindInt64(2, s.Size)
	stmt.BindBytes(3, s.Checkpoint)
	if err := w.step(stepSeal, qLogSeal); err != nil {
		return err
	}
	l := w.log(policy)
	l.Sealed, l.Checkpoint = s.Size, slices.Clone(s.Checkpoint)
	w.pending.logs[policy] = l
	return nil
}

package sqlite

import (
	"bytes"
	"errors"
	"fmt"

	"avow.dev"
	"avow.dev/gate"
)

const (
	mostKey  = 64        // bytes of a record's key
	mostBody = 256 << 20 // bytes of any body; SQLite's own limit is near 1 GB
)

// checkChange refuses what no state of the store could make right.
func checkChange(c *gate.Change) error {
	if c.Policy == "" {
		return errors.New("change names no policy; every change belongs to one")
	}
	if err := checkRows(c); err != nil {
		return err
	}
	for _, r := range c.AddTags {
		if r.SID <= 0 {
			return fmt.Errorf("tag of person %d: numbers of people start at 1", r.SID)
		}
	}
	for _, list := range [][]gate.Record{c.Put, c.PutNew, c.Delete} {
		if err := checkRecords(list); err != nil {
			return err
		}
	}
	for i := range c.Leaves {
		if len(c.Leaves[i].Body) > mostBody || c.Leaves[i].SID < 0 {
			return fmt.Errorf("leaf %d: body over %d bytes or a negative person", i, mostBody)
		}
	}
	if c.Purge < 0 || (c.Purge > 0 && c.PurgeLimit <= 0) {
		return fmt.Errorf("purge of person %d with limit %d: both must be positive", c.Purge, c.PurgeLimit)
	}
	return checkSeal(c.Seal)
}

func checkRows(c *gate.Change) error {
	set := 0
	for _, r := range []*gate.Row{c.Insert, c.Update, c.Drop} {
		if r != nil {
			set++
		}
	}
	if set > 1 {
		return errors.New("change sets more than one of Insert, Update and Drop; split it")
	}
	for _, r := range []*gate.Row{c.Insert, c.Update} {
		if err := checkRow(r, c.Policy); err != nil {
			return err
		}
	}
	return nil
}

func checkRow(r *gate.Row, policy avow.PolicyID) error {
	switch {
	case r == nil:
		return nil
	case r.SID <= 0:
		return fmt.Errorf("row of person %d: numbers of people start at 1", r.SID)
	case r.Policy != policy:
		return fmt.Errorf("row of person %d: it is of policy %q, the change of %q", r.SID, r.Policy, policy)
	case r.Version < 1 || r.Due < 0:
		return fmt.Errorf("row of person %d: version %d, due %d: versions start at 1, due at 0", r.SID, r.Version, r.Due)
	case len(r.Body) > mostBody:
		return fmt.Errorf("row of person %d: body over %d bytes", r.SID, mostBody)
	}
	return nil
}

func checkRecords(list []gate.Record) error {
	for i := range list {
		r := &list[i]
		if r.SID < 0 || r.Kind == "" || len(r.Key) > mostKey || len(r.Body) > mostBody {
			return fmt.Errorf("record %q of person %d: a record has a kind, a key of at most %d bytes and a body of at most %d",
				r.Kind, r.SID, mostKey, mostBody)
		}
	}
	return nil
}

func checkSeal(s *gate.Seal) error {
	if s == nil {
		return nil
	}
	if s.From < 0 || s.Size < s.From {
		return fmt.Errorf("seal from %d to %d: a log only grows", s.From, s.Size)
	}
	for i := range s.Tiles {
		t := &s.Tiles[i]
		if t.Level < 0 || t.N < 0 || !tileLength(t.Level, len(t.Data)) {
			return fmt.Errorf("tile %d of level %d: %d bytes, a full tile has %d", t.N, t.Level, len(t.Data), tileBytes)
		}
	}
	return nil
}

// verify reads whether c can be written now, in the transaction that would
// write it. A refusal means that nothing of c was or will be written.
func (w *writer) verify(c *gate.Change) (refusal, err error) {
	for _, check := range [...]func(*gate.Change) (bool, error){w.rowsUnchanged, w.sealFits} {
		if ok, err := check(c); err != nil || !ok {
			return gate.ErrChanged, err
		}
	}
	for _, check := range [...]func(*gate.Change) (bool, error){w.tagsFree, w.keysFree} {
		if ok, err := check(c); err != nil || !ok {
			return gate.ErrTaken, err
		}
	}
	return nil, nil
}

func (w *writer) rowsUnchanged(c *gate.Change) (bool, error) {
	if r := c.Insert; r != nil {
		if ok, err := w.hasVersion(r.SID, 0); err != nil || !ok {
			return false, err
		}
	}
	if r := c.Update; r != nil {
		if ok, err := w.hasVersion(r.SID, r.Version-1); err != nil || !ok || r.Version == 1 {
			return false, err
		}
	}
	for _, r := range [...]*gate.Row{c.Drop, c.Unchanged} {
		if r == nil {
			continue
		}
		if ok, err := w.hasVersion(r.SID, r.Version); err != nil || !ok || r.Version == 0 {
			return false, err
		}
	}
	for i := range c.Others {
		r := &c.Others[i]
		if ok, err := w.hasVersion(r.SID, r.Version); err != nil || !ok || r.Version == 0 {
			return false, err
		}
	}
	return true, nil
}

// hasVersion reports whether the row of sid has version v; 0 asks for no row.
func (w *writer) hasVersion(sid, v int64) (bool, error) {
	have, _, err := w.stored(sid)
	return have == v, err
}

func (w *writer) tagsFree(c *gate.Change) (bool, error) {
	policy, _ := w.number(c.Policy) // a policy without a number has no tags, nor has number 0
	for i, t := range c.AddTags {
		for _, earlier := range c.AddTags[:i] {
			if earlier.Tag == t.Tag {
				return false, nil
			}
		}
		owner, _, err := w.tagOwner(tagKey(policy, t.Tag))
		if err != nil {
			return false, err
		}
		if owner != 0 && !dropsTag(c, gate.TagEntry{Tag: t.Tag, SID: owner}) {
			return false, nil
		}
	}
	return true, nil
}

func dropsTag(c *gate.Change, e gate.TagEntry) bool {
	for _, d := range c.DropTags {
		if d == e {
			return true
		}
	}
	return false
}

func (w *writer) keysFree(c *gate.Change) (bool, error) {
	for i := range c.PutNew {
		r := &c.PutNew[i]
		if holds(c.Put, r) || holds(c.PutNew[:i], r) {
			return false, nil
		}
		if holds(c.Delete, r) {
			continue
		}
		if taken, err := w.hasRecord(r); err != nil || taken {
			return false, err
		}
	}
	return true, nil
}

func holds(list []gate.Record, r *gate.Record) bool {
	for i := range list {
		if list[i].SID == r.SID && list[i].Kind == r.Kind && bytes.Equal(list[i].Key, r.Key) {
			return true
		}
	}
	return false
}

func (w *writer) hasRecord(r *gate.Record) (bool, error) {
	stmt := w.c.stmts[qRecord]
	bindKey(stmt, r)
	found, err := stmt.Step()
	return found, finish(stmt, err)
}

func (w *writer) sealFits(c *gate.Change) (bool, error) {
	if c.Seal == nil {
		return true, nil
	}
	policy, _ := w.number(c.Policy)
	log := w.log(policy)
	if c.Seal.From != log.Sealed {
		return false, nil
	}
	return c.Seal.Size <= log.Recorded+int64(len(c.Leaves)), nil
}

// tileLength reports whether a tile may have n bytes: the last one of an upper
// level grows, hash by hash, until it is full.
func tileLength(level, n int) bool {
	return n == tileBytes || level > 0 && n > 0 && n < tileBytes && n%32 == 0
}

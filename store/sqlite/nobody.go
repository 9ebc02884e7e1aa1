package sqlite

import (
	"context"
	"sync"
)

// absent knows which kinds of records of nobody (person 0) the file may hold. Most
// kinds wait for something that seldom happens, such as somebody who opted out by an
// address, and are asked for at every registration: that there are none of a kind is
// answered without a look into the file.
//
// A kind is noted before it is written and stays noted, so that the file never holds
// one that is not.
type absent struct {
	mu    sync.RWMutex
	kinds map[string]struct{}
}

// loadAbsent reads the kinds that the file holds.
func loadAbsent(c *conn) (*absent, error) {
	a := &absent{kinds: map[string]struct{}{}}
	stmt := c.stmts[qRecordKind]
	for last := ""; ; {
		stmt.BindText(1, last)
		row, err := stmt.Step()
		if row {
			last = stmt.ColumnText(0)
			a.kinds[last] = struct{}{}
		}
		if err := finish(stmt, err); err != nil || !row {
			return a, err
		}
	}
}

// note says that a record of nobody is about to be written.
func (a *absent) note(kind string) {
	if !a.none(kind) {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.kinds[kind] = struct{}{}
}

// none reports that the file holds no record of nobody of that kind.
func (a *absent) none(kind string) bool {
	a.mu.RLock()
	defer a.mu.RUnlock()
	_, some := a.kinds[kind]
	return !some
}

// nothing reports that there is no record of a person and a kind, without a look
// into the file.
func (s *Store) nothing(ctx context.Context, sid int64, kind string) (bool, error) {
	if sid != 0 || !s.absent.none(kind) {
		return false, nil
	}
	if err := ctx.Err(); err != nil {
		return false, err
	}
	if s.closed() {
		return false, ErrClosed
	}
	return true, nil
}

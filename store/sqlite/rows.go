package sqlite

import (
	"context"
	"sync"

	"zombiezen.com/go/sqlite"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/store/sqlite/internal/run"
)

// Lookup implements gate.Rows.
func (s *Store) Lookup(ctx context.Context, policy avow.PolicyID, tag gate.Tag) (gate.Row, bool, error) {
	number, ok := s.heads.number(policy)
	if !ok {
		return gate.Row{}, false, ctx.Err()
	}
	if err := ctx.Err(); err != nil {
		return gate.Row{}, false, err
	}
	key := tagKey(number, tag)
	for before := int64(0); ; {
		sid, err := s.owner(ctx, key)
		if err != nil || sid == 0 || sid == before {
			return gate.Row{}, false, wrapRead("lookup", err)
		}
		row, found, err := s.Load(ctx, sid)
		if err != nil || found {
			return row, found, err
		}
		// The person went between the two reads; the tag may have a new owner.
		before = sid
	}
}

// owner returns the person of a tag, 0 if it has none.
func (s *Store) owner(ctx context.Context, k run.Key) (int64, error) {
	if e, ok, _, _ := s.index.tag(k); ok {
		return e.value, nil
	}
	sid, ok, ticket := s.owners.get(k)
	if ok {
		return sid, nil
	}
	c, err := s.readers.borrow(ctx)
	if err != nil {
		return 0, err
	}
	defer s.readers.give(c)
	sid, err = s.index.owner(c, k)
	if err == nil && sid != 0 {
		s.owners.fill(k, sid, ownerCost, ticket)
	}
	return sid, err
}

// wrapRead explains an error of a read; nil stays nil.
func wrapRead(doing string, err error) error {
	if err == nil {
		return nil
	}
	return explain(doing, err)
}

// Load implements gate.Rows.
func (s *Store) Load(ctx context.Context, sid int64) (gate.Row, bool, error) {
	if err := ctx.Err(); err != nil {
		return gate.Row{}, false, err
	}
	if s.closed() {
		return gate.Row{}, false, ErrClosed
	}
	row, ok, ticket := s.rows.get(sid)
	if ok {
		return row, true, s.flusher.settleRow(ctx, sid)
	}
	if row, ok := s.newer.get(sid); ok {
		return row, true, s.flusher.settleRow(ctx, sid)
	}
	c, err := s.readers.borrow(ctx)
	if err != nil {
		return gate.Row{}, false, err
	}
	defer s.readers.give(c)
	row, found, err := s.loadRow(c, sid)
	if err == nil && found {
		s.rows.fill(sid, row, rowCost(&row), ticket)
		err = s.flusher.settleRow(ctx, sid)
	}
	return row, found, wrapRead("load", err)
}

func (s *Store) loadRow(c *conn, sid int64) (gate.Row, bool, error) {
	stmt := c.stmts[qRow]
	stmt.BindInt64(1, sid)
	found, err := stmt.Step()
	var row gate.Row
	var number int64
	if found {
		number = stmt.ColumnInt64(0)
		row = gate.Row{SID: sid, Version: stmt.ColumnInt64(1), Due: stmt.ColumnInt64(2), Body: column(stmt, 3)}
	}
	if err := finish(stmt, err); err != nil || !found {
		return gate.Row{}, false, err
	}
	row.Policy, err = s.policyName(c, number)
	return row, err == nil, err
}

// policyName finds the name of a number. A row can be read a moment before the
// number of its policy is published to memory; then the file has it.
func (s *Store) policyName(c *conn, number int64) (avow.PolicyID, error) {
	if name, ok := s.heads.name(number); ok {
		return name, nil
	}
	stmt := c.stmts[qPolicyName]
	stmt.BindInt64(1, number)
	row, err := stmt.Step()
	if err == nil && !row {
		err = sqlite.ResultCorrupt.ToError()
	}
	name := avow.PolicyID("")
	if row {
		name = avow.PolicyID(stmt.ColumnText(0))
	}
	return name, finish(stmt, err)
}

// Due implements gate.Rows.
func (s *Store) Due(ctx context.Context, bucket int64, limit int) ([]int64, error) {
	c, err := s.readers.borrow(ctx)
	if err != nil {
		return nil, err
	}
	defer s.readers.give(c)
	stmt := c.stmts[qDue]
	stmt.BindInt64(1, bucket)
	stmt.BindInt64(2, int64(max(limit, 0)))
	sids, err := integers(stmt)
	return sids, wrapRead("due", err)
}

func integers(stmt *sqlite.Stmt) (list []int64, err error) {
	for {
		row, err := stmt.Step()
		if err != nil || !row {
			return list, finish(stmt, err)
		}
		list = append(list, stmt.ColumnInt64(0))
	}
}

// numberBlock is how many person numbers are reserved with one flush.
const numberBlock = 1024

// numbers gives out the person numbers between next and mark, which are
// reserved on disk.
type numbers struct {
	mu         sync.Mutex
	next, mark int64
}

// NextSubject implements gate.Rows. Numbers that were reserved and not given
// out before a restart are lost.
func (s *Store) NextSubject(ctx context.Context, floor int64) (int64, error) {
	s.numbers.mu.Lock()
	defer s.numbers.mu.Unlock()
	n := max(s.numbers.next, floor+1)
	if n > s.numbers.mark {
		mark := n + numberBlock - 1
		if err := s.wait(ctx, &call{work: func(w *writer) error { return w.reserve(mark) }, done: make(chan struct{}, 1)}); err != nil {
			return 0, err
		}
		s.numbers.mark = mark
	}
	s.numbers.next = n + 1
	return n, nil
}

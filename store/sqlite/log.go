package sqlite

import (
	"context"
	"fmt"

	"avow.dev"
	"avow.dev/gate"
)

// LogState implements gate.Log. The checkpoint must not be modified.
func (s *Store) LogState(ctx context.Context, policy avow.PolicyID) (gate.LogState, error) {
	if err := ctx.Err(); err != nil {
		return gate.LogState{}, err
	}
	state := s.heads.log(policy)
	return state, s.flusher.settle(ctx)
}

// Leaves implements gate.Log.
func (s *Store) Leaves(ctx context.Context, policy avow.PolicyID, from, to int64) ([][]byte, error) {
	if from < 0 || to < from {
		return nil, fmt.Errorf("leaves %d to %d of %s: not a range", from, to, policy)
	}
	recorded := s.heads.log(policy).Recorded
	if to > recorded {
		return nil, fmt.Errorf("leaves %d to %d of %s: only %d are recorded", from, to, policy, recorded)
	}
	number, _ := s.heads.number(policy)
	list := make([][]byte, 0, to-from)
	if list, all := s.tail.leaves(list, number, from, to); all {
		return list, ctx.Err()
	}
	c, err := s.readers.borrow(ctx)
	if err != nil {
		return nil, err
	}
	defer s.readers.give(c)
	stmt := c.stmts[qLeaves]
	stmt.BindInt64(1, position(number, from))
	stmt.BindInt64(2, position(number, to))
	stmt.BindInt64(3, position(number, 0))
	for {
		row, err := stmt.Step()
		if err != nil || !row {
			return complete(list, to-from, wrapRead("leaves", finish(stmt, err)))
		}
		body := stmt.ColumnReader(1)
		list = unpack(list, stmt.ColumnInt64(0)-position(number, 0), column(stmt, 2), from, to, body.Size(), read(body))
	}
}

// complete refuses a list that lacks leaves which the log says are recorded.
func complete(list [][]byte, want int64, err error) ([][]byte, error) {
	if err == nil && int64(len(list)) != want {
		err = fmt.Errorf("leaves: %d of %d found: %w", len(list), want, ErrCorrupt)
	}
	if err != nil {
		return nil, err
	}
	return list, nil
}

// Tile implements gate.Log.
func (s *Store) Tile(ctx context.Context, policy avow.PolicyID, level int, n int64) ([]byte, error) {
	number, _ := s.heads.number(policy)
	c, err := s.readers.borrow(ctx)
	if err != nil {
		return nil, err
	}
	defer s.readers.give(c)
	stmt := c.stmts[qTile]
	stmt.BindInt64(1, number)
	stmt.BindInt64(2, int64(level))
	stmt.BindInt64(3, n)
	found, err := stmt.Step()
	var data []byte
	if found {
		data = column(stmt, 0)
	}
	if err := finish(stmt, err); err != nil {
		return nil, explain("tile", err)
	}
	if !found {
		return nil, fmt.Errorf("tile %d of level %d of %s: not full yet", n, level, policy)
	}
	return data, nil
}

// Trail implements gate.Log.
func (s *Store) Trail(ctx context.Context, sid int64, after int64, limit int) ([]int64, error) {
	c, err := s.readers.borrow(ctx)
	if err != nil {
		return nil, err
	}
	defer s.readers.give(c)
	list, err := s.index.leaves(c, sid, after, limit)
	return list, wrapRead("trail", err)
}

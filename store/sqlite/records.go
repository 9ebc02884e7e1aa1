package sqlite

import (
	"context"

	"avow.dev/gate"
)

// Scan implements gate.Records.
func (s *Store) Scan(ctx context.Context, sid int64, kind string, after []byte, limit int) ([]gate.Record, error) {
	if none, err := s.nothing(ctx, sid, kind); none || err != nil {
		return nil, err
	}
	c, err := s.readers.borrow(ctx)
	if err != nil {
		return nil, err
	}
	defer s.readers.give(c)
	q := qRecordScan
	if after == nil {
		q = qRecordFirst // an empty key is a key too
	}
	stmt := c.stmts[q]
	stmt.BindInt64(1, sid)
	stmt.BindText(2, kind)
	stmt.BindInt64(3, int64(max(limit, 0)))
	if after != nil {
		stmt.BindBytes(4, after)
	}
	var list []gate.Record
	for {
		row, err := stmt.Step()
		if err != nil || !row {
			err = finish(stmt, err)
			if err == nil && len(list) > 0 {
				err = s.flusher.settle(ctx)
			}
			return list, wrapRead("scan", err)
		}
		list = append(list, gate.Record{SID: sid, Kind: kind, Key: column(stmt, 0), Body: column(stmt, 1)})
	}
}

// Get implements gate.Records.
func (s *Store) Get(ctx context.Context, sid int64, kind string, key []byte) (gate.Record, bool, error) {
	if none, err := s.nothing(ctx, sid, kind); none || err != nil {
		return gate.Record{}, false, err
	}
	c, err := s.readers.borrow(ctx)
	if err != nil {
		return gate.Record{}, false, err
	}
	defer s.readers.give(c)
	r := gate.Record{SID: sid, Kind: kind, Key: key}
	stmt := c.stmts[qRecord]
	bindKey(stmt, &r)
	found, err := stmt.Step()
	if found {
		r.Body = column(stmt, 0)
	}
	if err := finish(stmt, err); err != nil || !found {
		return gate.Record{}, false, wrapRead("get", err)
	}
	return r, true, s.flusher.settle(ctx)
}

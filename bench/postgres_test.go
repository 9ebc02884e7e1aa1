package bench_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// postgresEnv names the variable with the address of a PostgreSQL whose
// database may be filled; without it that peer is left out.
const postgresEnv = "AVOW_BENCH_POSTGRES"

// postgresStore is the obvious schema in PostgreSQL. A group goes over in one
// round trip: one statement for each table, with its rows as arrays.
type postgresStore struct{ pool *pgxpool.Pool }

const postgresSchema = `
	drop schema if exists avow_bench cascade;
	create schema avow_bench;
	create table avow_bench.people (sid bigint primary key, wrapped bytea not null);
	create table avow_bench.cells (sid bigint not null, datum text not null, body bytea not null, primary key (sid, datum));
	create table avow_bench.tags (tag bytea primary key, sid bigint not null);
	create table avow_bench.leaves (n bigint generated always as identity primary key, body bytea not null);`

func openPostgres(b *testing.B) backend {
	b.Helper()
	ctx := context.Background()
	pool, err := pgxpool.New(ctx, os.Getenv(postgresEnv))
	must(b, err)
	_, err = pool.Exec(ctx, postgresSchema)
	must(b, err)
	var fsync, commit string
	must(b, pool.QueryRow(ctx, "select current_setting('fsync'), current_setting('synchronous_commit')").Scan(&fsync, &commit))
	if fsync != "on" || commit != "on" {
		b.Fatalf("PostgreSQL runs with fsync %s and synchronous_commit %s: not durable", fsync, commit)
	}
	return &postgresStore{pool}
}

func (s *postgresStore) close() error {
	_, err := s.pool.Exec(context.Background(), "drop schema avow_bench cascade")
	s.pool.Close()
	return err
}

func (s *postgresStore) write(ctx context.Context, group []*work) error {
	var sids, cellSids, tagSids []int64
	var keys, cells, tags, leaves [][]byte
	var data []string
	for _, w := range group {
		leaves = append(leaves, w.leaf)
		if w.person == nil {
			continue
		}
		sids, keys = append(sids, w.sid), append(keys, w.key)
		for i, c := range w.cells {
			cellSids, data, cells = append(cellSids, w.sid), append(data, string(six[i])), append(cells, c)
		}
		for _, t := range w.tags {
			tagSids, tags = append(tagSids, w.sid), append(tags, t)
		}
	}
	batch := new(pgx.Batch) // one implicit transaction
	if len(sids) > 0 {
		batch.Queue("insert into avow_bench.people select * from unnest($1::bigint[], $2::bytea[])", sids, keys)
		batch.Queue("insert into avow_bench.cells select * from unnest($1::bigint[], $2::text[], $3::bytea[])", cellSids, data, cells)
		batch.Queue("insert into avow_bench.tags select * from unnest($1::bytea[], $2::bigint[])", tags, tagSids)
	}
	batch.Queue("insert into avow_bench.leaves (body) select * from unnest($1::bytea[])", leaves)
	return s.pool.SendBatch(ctx, batch).Close()
}

func (s *postgresStore) read(ctx context.Context, tag []byte) (person, error) {
	var p person
	found, err := s.pool.Query(ctx, "select p.sid, p.wrapped, c.body from avow_bench.tags t join avow_bench.people p using (sid) join avow_bench.cells c using (sid) where t.tag = $1", tag)
	if err != nil {
		return p, err
	}
	defer found.Close()
	n := 0
	for ; found.Next() && n < len(p.cells); n++ {
		if err := found.Scan(&p.sid, &p.key, &p.cells[n]); err != nil {
			return p, err
		}
	}
	if n != len(p.cells) {
		return p, fmt.Errorf("%d cells found: %w", n, found.Err())
	}
	return p, found.Err()
}

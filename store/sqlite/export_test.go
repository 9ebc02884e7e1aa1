package sqlite

import (
	"context"
	"fmt"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"avow.dev/gate"
)

// Steps is how many places there are at which a write can be made to fail.
const (
	Steps       = int(steps)
	StepCommit  = int(stepCommit)
	StepFlush   = int(stepFlush)
	StepRow     = int(stepRow)
	StepEntries = int(stepEntries)
)

// OpenFaulty opens a store whose writes fail where fail says so.
func OpenFaulty(cfg Config, fail func(step int, ran bool) error) (*Store, error) {
	return openFaulty(cfg, func(s step, ran bool) error { return fail(int(s), ran) })
}

// ErrFullDisk and ErrBrokenDisk are what SQLite says then.
var (
	ErrFullDisk   = sqlite.ResultFull.ToError()
	ErrBrokenDisk = sqlite.ResultIOErrFsync.ToError()
)

// Queries returns the text of every statement.
func Queries() []string { return queryTexts[:] }

// SetUp makes a connection's file a database of ours.
func SetUp(db *sqlite.Conn) error { return setUp(db, 1024) }

// SetUpTo makes a connection's file a database as an earlier version left it.
func SetUpTo(db *sqlite.Conn, schema int) error { return migrateTo(db, 0, schema) }

// LimitPages makes the file full at n pages.
func (s *Store) LimitPages(n int) error {
	return s.wait(context.Background(), &call{alone: true, done: make(chan struct{}, 1), work: func(w *writer) error {
		return sqlitex.ExecuteTransient(w.c.db, fmt.Sprintf("PRAGMA max_page_count = %d", n), nil)
	}})
}

// Pragma returns a setting of the connection that writes.
func (s *Store) Pragma(name string) (value string, err error) {
	err = s.wait(context.Background(), &call{alone: true, done: make(chan struct{}, 1), work: func(w *writer) (err error) {
		value, err = queryText(w.c.db, "PRAGMA "+name)
		return err
	}})
	return value, err
}

// Runs returns how many runs the index of tags has, by level.
func (s *Store) Runs() map[int64]int {
	s.index.mu.RLock()
	defer s.index.mu.RUnlock()
	byLevel := map[int64]int{}
	for _, r := range s.index.runs[tagIndex] {
		byLevel[r.level]++
	}
	return byLevel
}

// Cache is a cache of words by number, of which each costs 1.
type Cache struct{ c *cache[int64, string] }

func NewCache(most int) Cache {
	return Cache{newCache[int64, string](most, func(k int64) uint64 { return 0 })}
}

func (c Cache) Get(k int64) (string, bool, uint64)    { return c.c.get(k) }
func (c Cache) Fill(k int64, v string, ticket uint64) { c.c.fill(k, v, 1, ticket) }
func (c Cache) Put(k int64, v string)                 { c.c.put(k, v, 1) }
func (c Cache) Drop(k int64)                          { c.c.drop(k) }

// Waiting is how many calls wait for a group.
func Waiting(s *Store) int { return s.queue.len() }

// MostNewer is the longest body that waits to be moved.
const MostNewer = mostNewer

// MoveAfter is about how long a row waits to be moved at most.
const MoveAfter = moveAfter

// Waits returns how many people's rows wait to be moved, and how many rows hold them.
func Waits(s *Store) (people int, groups int64, err error) {
	err = s.wait(context.Background(), &call{done: make(chan struct{}, 1), work: func(w *writer) (err error) {
		s.newer.mu.RLock()
		people = len(s.newer.active) + len(s.newer.frozen)
		s.newer.mu.RUnlock()
		groups, err = queryInt(w.c.db, "SELECT count(*) FROM newer")
		return err
	}})
	return people, groups, err
}

// CutNewer takes the first of rows that wait off the others.
func CutNewer(rows []byte) (policy int64, row gate.Row, rest []byte, err error) {
	r, rest, err := cutNewer(rows)
	return r.policy, r.Row, rest, err
}

// AppendNewer is the other way.
func AppendNewer(dst []byte, policy int64, r gate.Row) []byte { return appendNewer(dst, policy, &r) }

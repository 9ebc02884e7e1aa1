package sqlite

import (
	"context"
	"fmt"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// Steps is how many places there are at which a write can be made to fail.
const (
	Steps      = int(steps)
	StepCommit = int(stepCommit)
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

// Newest is the number of the newest schema.
func Newest() int { return len(schemaNames()) }

// LimitPages makes the file full at n pages.
func (s *Store) LimitPages(n int) error {
	return s.wait(context.Background(), &call{alone: true, done: make(chan struct{}, 1), work: func(w *writer) error {
		return sqlitex.ExecuteTransient(w.c.db, fmt.Sprintf("PRAGMA max_page_count = %d", n), nil)
	}})
}

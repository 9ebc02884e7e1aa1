package sqlite

import (
	"errors"
	"fmt"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

const (
	fileName = "avow.db"
	lockName = "avow.lock"
)

// busyWait bounds how long a connection waits for one of another program (a
// shell, a copy tool) that holds the file.
const busyWait = 5 * time.Second

// conn is a connection with its statements prepared. Only one goroutine uses
// it at a time.
type conn struct {
	db      *sqlite.Conn
	stmts   [queries]*sqlite.Stmt
	scratch []byte
}

// settings make a commit durable before it returns, keep writers and readers
// out of each other's way, and overwrite what is deleted. The
// log is carried over to the database file by the carrier alone.
var settings = [...]string{
	`PRAGMA page_size = 4096`,
	`PRAGMA journal_mode = WAL`,
	`PRAGMA synchronous = FULL`,
	`PRAGMA secure_delete = ON`,
	`PRAGMA wal_autocheckpoint = 0`,
	`PRAGMA journal_size_limit = 134217728`,
	`PRAGMA temp_store = MEMORY`,
	`PRAGMA trusted_schema = OFF`,
}

// connect opens the file at path and does nothing with it.
func connect(path string, flags sqlite.OpenFlags) (*sqlite.Conn, error) {
	db, err := sqlite.OpenConn(path, flags|sqlite.OpenPrivateCache)
	if err != nil {
		return nil, err
	}
	db.SetBusyTimeout(busyWait)
	return db, nil
}

// setUp makes the database ours: nothing is written before it is known that it
// is not another program's, nor from a newer version.
func setUp(db *sqlite.Conn, cacheKiB int) error {
	have, err := inspect(db)
	if err != nil {
		return err
	}
	if err := configure(db, cacheKiB); err != nil {
		return err
	}
	if err := writable(db, have); err != nil {
		return err
	}
	return migrate(db, have)
}

// writable makes a file that can only be read an error now, not at the first
// change. SQLite opens it all the same, and begins transactions in it.
func writable(db *sqlite.Conn, version int) error {
	same := fmt.Sprintf("PRAGMA user_version = %d", version)
	for _, text := range [...]string{queryTexts[qBegin], same, queryTexts[qRollback]} {
		if err := sqlitex.ExecuteTransient(db, text, nil); err != nil {
			return err
		}
	}
	return nil
}

func configure(db *sqlite.Conn, cacheKiB int) error {
	for _, text := range settings {
		if err := sqlitex.ExecuteTransient(db, text, nil); err != nil {
			return err
		}
	}
	mode, err := queryText(db, "PRAGMA journal_mode")
	if err == nil && mode != "wal" {
		err = fmt.Errorf("write-ahead log: the file system does not let it be used (mode %q); choose a local disk", mode)
	}
	if err != nil {
		return err
	}
	return sqlitex.ExecuteTransient(db, fmt.Sprintf("PRAGMA cache_size = -%d", cacheKiB), nil)
}

// prepare makes a conn of db, which it closes on failure.
func prepare(db *sqlite.Conn) (*conn, error) {
	c, err := prepareOn(db)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return c, nil
}

func prepareOn(db *sqlite.Conn) (*conn, error) {
	c := &conn{db: db}
	for q, text := range queryTexts {
		stmt, err := db.Prepare(text)
		if err != nil {
			return nil, err
		}
		c.stmts[q] = stmt
	}
	return c, nil
}

// run steps a statement that returns no row, and resets it.
func (c *conn) run(q query) error {
	stmt := c.stmts[q]
	_, err := stmt.Step()
	return finish(stmt, err)
}

// integer runs a statement that returns at most one row and returns its first
// column, 0 for null.
func (c *conn) integer(q query) (n int64, found bool, err error) {
	stmt := c.stmts[q]
	found, err = stmt.Step()
	if found {
		n = stmt.ColumnInt64(0)
	}
	return n, found, finish(stmt, err)
}

// finish resets stmt, which ends the read it may hold open. Step's own error
// says more than the reset's, which repeats it.
func finish(stmt *sqlite.Stmt, err error) error {
	if reset := stmt.Reset(); err == nil {
		err = reset
	}
	return err
}

// column copies a blob out of the current row.
func column(stmt *sqlite.Stmt, col int) []byte {
	b := make([]byte, stmt.ColumnLen(col))
	stmt.ColumnBytes(col, b)
	return b
}

func (c *conn) close() error { return c.db.Close() }

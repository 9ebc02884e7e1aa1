package sqlite

import (
	"context"
	"errors"
	"path/filepath"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"avow.dev"
	"avow.dev/gate"
)

// Glance reads a few records out of a database that somebody else may be working
// on. It takes no lock and writes nothing.
type Glance struct{ conn *sqlite.Conn }

// OpenGlance opens the database in folder dir.
func OpenGlance(dir string) (*Glance, error) {
	c, err := sqlite.OpenConn(filepath.Join(dir, fileName), sqlite.OpenReadWrite|sqlite.OpenPrivateCache)
	if err != nil {
		return nil, explain("look into "+dir, err)
	}
	c.SetBusyTimeout(busyWait)
	if err := checkBackup(c); err != nil {
		return nil, explain("look into "+dir, errors.Join(err, c.Close()))
	}
	return &Glance{c}, nil
}

// Close ends it.
func (g *Glance) Close() error { return g.conn.Close() }

// Policies returns the names under which there is a log.
func (g *Glance) Policies() ([]avow.PolicyID, error) {
	logs, err := readLogs(g.conn)
	if err != nil {
		return nil, explain("read the policies", err)
	}
	var out []avow.PolicyID
	for id, at := range logs {
		if at.Recorded > 0 {
			out = append(out, id)
		}
	}
	return out, nil
}

// Get returns a record, and whether it is there.
func (g *Glance) Get(_ context.Context, sid int64, kind string, key []byte) (gate.Record, bool, error) {
	rec, found := gate.Record{SID: sid, Kind: kind, Key: key}, false
	const query = `SELECT body FROM record WHERE sid = ?1 AND kind = ?2 AND key = ?3`
	err := sqlitex.ExecuteTransient(g.conn, query, &sqlitex.ExecOptions{Args: []any{sid, kind, key}, ResultFunc: func(stmt *sqlite.Stmt) error {
		rec.Body, found = column(stmt, 0), true
		return nil
	}})
	if err != nil {
		return gate.Record{}, false, explain("read a record", err)
	}
	return rec, found, nil
}

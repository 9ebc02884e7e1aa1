package sqlite

import (
	"embed"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// applicationID marks the file as Avow's ("avow" in ASCII).
const applicationID = 0x61766f77

// inspect returns the number of the schema that the file has. It refuses a file
// of another program, and one from a newer version.
func inspect(c *sqlite.Conn) (have int, err error) {
	var got [3]int64
	for i, query := range [...]string{
		"PRAGMA user_version", "PRAGMA application_id", "SELECT count(*) FROM sqlite_schema",
	} {
		if got[i], err = queryInt(c, query); err != nil {
			return 0, err
		}
	}
	version, owner, tables := got[0], got[1], got[2]
	if owner != applicationID && (version != 0 || tables != 0) {
		return 0, fmt.Errorf("%w: it is the database of another program; choose another folder", ErrCorrupt)
	}
	if newest := len(schemaNames()); version > int64(newest) {
		return 0, fmt.Errorf("%w: schema %d, this version knows %d; run the newer version, or restore a backup made by this one",
			ErrNewer, version, newest)
	}
	return int(version), nil
}

func schemaNames() []string {
	names, err := fs.Glob(schemaFiles, "schema/*.sql")
	if err != nil {
		panic("schema: " + err.Error()) // the pattern is a constant
	}
	return names
}

// migrate brings the file to the newest schema, one numbered file after the
// other, each in a transaction with the number it reaches.
func migrate(c *sqlite.Conn, have int) error { return migrateTo(c, have, len(schemaNames())) }

func migrateTo(c *sqlite.Conn, have, want int) error {
	for i, name := range schemaNames()[have:want] {
		if err := applyFile(c, name, have+i+1); err != nil {
			return fmt.Errorf("migrate %s: %w", strings.TrimPrefix(name, "schema/"), err)
		}
	}
	return nil
}

func applyFile(c *sqlite.Conn, name string, reaches int) error {
	text, err := schemaFiles.ReadFile(name)
	if err != nil {
		return err
	}
	script := string(text) +
		"\nPRAGMA user_version = " + strconv.Itoa(reaches) + ";" +
		"\nPRAGMA application_id = " + strconv.Itoa(applicationID) + ";"
	return sqlitex.ExecuteScript(c, script, nil)
}

func queryInt(c *sqlite.Conn, query string) (n int64, err error) {
	err = sqlitex.ExecuteTransient(c, query, &sqlitex.ExecOptions{
		ResultFunc: func(s *sqlite.Stmt) error { n = s.ColumnInt64(0); return nil },
	})
	return n, err
}

func queryText(c *sqlite.Conn, query string) (text string, err error) {
	err = sqlitex.ExecuteTransient(c, query, &sqlitex.ExecOptions{
		ResultFunc: func(s *sqlite.Stmt) error { text = s.ColumnText(0); return nil },
	})
	return text, err
}

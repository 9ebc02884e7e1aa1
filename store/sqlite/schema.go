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

// migrate brings the file to the newest schema, one numbered file after the
// other, each in a transaction with the number it reaches.
func migrate(c *sqlite.Conn) error {
	names, err := fs.Glob(schemaFiles, "schema/*.sql")
	if err != nil {
		return err
	}
	have, err := pragma(c, "user_version")
	if err != nil {
		return err
	}
	if have > int64(len(names)) {
		return fmt.Errorf("%w: schema %d, this version knows %d; run the newer version, or restore a backup made by this one",
			ErrNewer, have, len(names))
	}
	if err := checkOwner(c, have); err != nil {
		return err
	}
	for i, name := range names[have:] {
		if err := applyFile(c, name, have+int64(i)+1); err != nil {
			return fmt.Errorf("migrate %s: %w", strings.TrimPrefix(name, "schema/"), err)
		}
	}
	return nil
}

// checkOwner refuses a database that some other program made.
func checkOwner(c *sqlite.Conn, version int64) error {
	id, err := pragma(c, "application_id")
	if err != nil {
		return err
	}
	tables, err := queryInt(c, "SELECT count(*) FROM sqlite_schema")
	if err != nil {
		return err
	}
	if id == applicationID || (version == 0 && tables == 0) {
		return nil
	}
	return fmt.Errorf("%w: it is the database of another program; choose another folder", ErrCorrupt)
}

func applyFile(c *sqlite.Conn, name string, reaches int64) error {
	text, err := schemaFiles.ReadFile(name)
	if err != nil {
		return err
	}
	script := string(text) +
		"\nPRAGMA user_version = " + strconv.FormatInt(reaches, 10) + ";" +
		"\nPRAGMA application_id = " + strconv.Itoa(applicationID) + ";"
	return sqlitex.ExecuteScript(c, script, nil)
}

func pragma(c *sqlite.Conn, name string) (int64, error) {
	return queryInt(c, "PRAGMA "+name)
}

func queryInt(c *sqlite.Conn, query string) (n int64, err error) {
	err = sqlitex.ExecuteTransient(c, query, &sqlitex.ExecOptions{
		ResultFunc: func(s *sqlite.Stmt) error { n = s.ColumnInt64(0); return nil },
	})
	return n, err
}

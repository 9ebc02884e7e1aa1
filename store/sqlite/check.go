package sqlite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"avow.dev/store/sqlite/internal/run"
)

// mostFindings bounds what Check reports of each question.
const mostFindings = 20

// questions ask for what must not be there. Each answer is a number that the
// words go with.
var questions = [...]struct{ words, query string }{
	{"person %d: the row is due and the list of due people lacks it, or says another hour",
		`SELECT sid FROM person s WHERE due <> 0
		 AND NOT EXISTS (SELECT 1 FROM due d WHERE d.bucket = s.due AND d.sid = s.sid)`},
	{"person %d: listed as due without a row that says so",
		`SELECT sid FROM due d WHERE NOT EXISTS (SELECT 1 FROM person s WHERE s.sid = d.sid AND s.due = d.bucket)`},
	{"person %d: the row is of a policy that is not there",
		`SELECT sid FROM person WHERE policy NOT IN (SELECT id FROM policy)`},
	{"person %d: the number was never given out",
		`SELECT sid FROM person WHERE sid > (SELECT subject FROM progress) AND (SELECT subject FROM progress) > 0`},
	{"person %d: a change waits for a row that is not there, or is newer",
		`SELECT w.sid FROM temp.waiting w LEFT JOIN subject s ON s.sid = w.sid WHERE s.sid IS NULL OR s.ver > w.ver`},
	{"log of policy %d: a leaf is missing",
		`SELECT pos >> 40 FROM leaf GROUP BY pos >> 40
		 HAVING sum(coalesce(length(ends) / 4, 1)) <> max((pos & 0xffffffffff) + coalesce(length(ends) / 4, 1))`},
	{"log of policy %d: more is sealed than recorded",
		`SELECT policy FROM log WHERE sealed > (SELECT coalesce(sum(coalesce(length(ends) / 4, 1)), 0) FROM leaf WHERE pos >> 40 = policy)`},
}

// Check reads the whole database, on a connection of its own, and returns what
// is wrong with it in words; nothing when all is well. It may take minutes, and
// sees one state: that of its beginning.
func (s *Store) Check(ctx context.Context) (findings []string, err error) {
	if s.closed() {
		return nil, ErrClosed
	}
	db, err := connect(filepath.Join(s.dir, fileName), sqlite.OpenReadOnly)
	if err != nil {
		return nil, explain("check", err)
	}
	db.SetInterrupt(ctx.Done())
	findings, err = checkAll(db)
	db.SetInterrupt(nil)
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	if err != nil {
		err = explain("check", err)
	}
	return findings, errors.Join(err, db.Close())
}

func checkAll(db *sqlite.Conn) (findings []string, err error) {
	if err := sqlitex.ExecuteTransient(db, "BEGIN", nil); err != nil {
		return nil, err
	}
	err = sqlitex.ExecuteTransient(db, "PRAGMA integrity_check(20)", &sqlitex.ExecOptions{
		ResultFunc: func(stmt *sqlite.Stmt) error {
			for text := range strings.Lines(stmt.ColumnText(0)) {
				if text = strings.TrimSpace(text); text != "ok" && !strings.HasPrefix(text, "***") {
					findings = append(findings, "file is damaged: "+text)
				}
			}
			return nil
		},
	})
	if kind, _ := diagnose(sqlite.ErrCode(err)); kind == ErrCorrupt {
		return append(findings, "file is damaged: SQLite cannot read all of it"), nil
	}
	if err != nil || len(findings) > 0 {
		return findings, err
	}
	c, err := prepareOn(db)
	if err != nil {
		return findings, err
	}
	err = findPeople(c)
	if kind, _ := diagnose(sqlite.ErrCode(err)); kind == ErrCorrupt {
		return append(findings, err.Error()), nil
	}
	if err != nil {
		return findings, err
	}
	for _, q := range questions {
		if findings, err = ask(db, q.words, q.query, findings); err != nil {
			return findings, err
		}
	}
	return checkRuns(c, findings)
}

// findPeople makes a view of the people as they are: with the rows that wait in table newer
// in the place of theirs in table subject.
func findPeople(c *conn) error {
	done, err := readProgress(c)
	if err != nil {
		return err
	}
	err = each(c.db, `CREATE TEMP TABLE waiting (sid INTEGER PRIMARY KEY, policy INTEGER, ver INTEGER, due INTEGER)`,
		`CREATE TEMP VIEW person AS SELECT sid, policy, due FROM waiting
		 UNION ALL SELECT sid, policy, due FROM subject s WHERE NOT EXISTS (SELECT 1 FROM waiting w WHERE w.sid = s.sid)`)
	if err != nil {
		return err
	}
	groups, err := readNewer(c)
	for _, g := range groups {
		if g.seq <= done.moved {
			continue
		}
		for _, r := range g.rows {
			if err := sqlitex.Execute(c.db, `INSERT OR REPLACE INTO temp.waiting VALUES (?1, ?2, ?3, ?4)`,
				&sqlitex.ExecOptions{Args: []any{r.SID, r.policy, r.Version, r.Due}}); err != nil {
				return err
			}
		}
	}
	return err
}

func ask(db *sqlite.Conn, words, query string, findings []string) ([]string, error) {
	asked := 0
	err := sqlitex.ExecuteTransient(db, query, &sqlitex.ExecOptions{
		ResultFunc: func(stmt *sqlite.Stmt) error {
			if asked++; asked <= mostFindings {
				findings = append(findings, fmt.Sprintf(words, stmt.ColumnInt64(0)))
			}
			return nil
		},
	})
	return findings, err
}

// checkRuns looks for chunks that are missing, out of order or cut.
func checkRuns(c *conn, findings []string) ([]string, error) {
	x := &index{}
	if err := loadRuns(c, x); err != nil {
		return findings, err
	}
	for n := range kinds {
		for _, r := range x.runs[n] {
			if err := checkRun(c, r); errors.Is(err, ErrCorrupt) || errors.Is(err, errMerged) {
				findings = append(findings, fmt.Sprintf("index %d, run %d: %v", n, r.id, err))
			} else if err != nil {
				return findings, err
			}
		}
	}
	return findings, nil
}

func checkRun(c *conn, r *sorted) error {
	var last run.Key
	for n := range r.fences.Len() {
		chunk, err := readChunk(c, r, n)
		if err != nil {
			return fmt.Errorf("chunk %d: %w", n, err)
		}
		for i := range chunk.Len() {
			k := chunk.Entry(i).Key
			if bytes.Compare(k[:], last[:]) <= 0 || r.fences.Find(k) != n || !r.filter.May(k) {
				return fmt.Errorf("chunk %d, entry %d: out of place: %w", n, i, ErrCorrupt)
			}
			last = k
		}
	}
	return nil
}

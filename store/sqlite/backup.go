package sqlite

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"avow.dev"
	"avow.dev/gate"
)

// backupPages is how many pages are copied between two looks at the context.
const backupPages = 1024

// Backup copies the database in folder dir to the file named to, as it is at one
// moment, also while a store works on it: it takes no lock, and writers do not
// wait for it. It returns where the logs stood at that moment.
//
// The copy is made beside to and renamed when it is whole and durable. progress,
// which may be nil, hears the number of pages done.
func Backup(ctx context.Context, dir, to string, progress func(done, total int)) (map[avow.PolicyID]gate.LogState, error) {
	logs, err := backup(ctx, filepath.Join(dir, fileName), to, progress)
	if err != nil {
		return nil, explain("back up "+dir, err)
	}
	return logs, nil
}

func backup(ctx context.Context, from, to string, progress func(done, total int)) (logs map[avow.PolicyID]gate.LogState, err error) {
	src, err := sqlite.OpenConn(from, sqlite.OpenReadWrite|sqlite.OpenPrivateCache)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	src.SetBusyTimeout(busyWait)
	// The transaction holds the moment: what is written meanwhile is not seen.
	if err := each(src, "BEGIN", "SELECT one FROM progress"); err != nil {
		return nil, err
	}
	if err := checkBackup(src); err != nil {
		return nil, err
	}
	part := to + ".partial"
	if err := copyPages(ctx, part, src, progress); err != nil {
		return nil, errors.Join(err, removeIfThere(part))
	}
	if logs, err = readLogs(src); err != nil {
		return nil, err
	}
	return logs, errors.Join(os.Rename(part, to), syncDir(filepath.Dir(to)))
}

// each runs statements one by one.
func each(c *sqlite.Conn, texts ...string) error {
	for _, text := range texts {
		if err := sqlitex.ExecuteTransient(c, text, nil); err != nil {
			return err
		}
	}
	return nil
}

// checkBackup refuses a file that is not ours.
func checkBackup(src *sqlite.Conn) error {
	var owner int64
	err := sqlitex.ExecuteTransient(src, "PRAGMA application_id", &sqlitex.ExecOptions{ResultFunc: func(stmt *sqlite.Stmt) error {
		owner = stmt.ColumnInt64(0)
		return nil
	}})
	if err == nil && owner != applicationID {
		err = ErrCorrupt
	}
	return err
}

func removeIfThere(path string) error {
	if err := os.Remove(path); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

func copyPages(ctx context.Context, to string, src *sqlite.Conn, progress func(done, total int)) error {
	f, err := os.OpenFile(to, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	err = stepPages(ctx, to, src, progress)
	return errors.Join(err, f.Sync(), f.Close())
}

func stepPages(ctx context.Context, to string, src *sqlite.Conn, progress func(done, total int)) (err error) {
	dst, err := sqlite.OpenConn(to, sqlite.OpenReadWrite|sqlite.OpenPrivateCache)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dst.Close()) }()
	// What makes the copy durable is the flush at its end.
	if err := each(dst, "PRAGMA journal_mode = OFF", "PRAGMA synchronous = OFF"); err != nil {
		return err
	}
	b, err := sqlite.NewBackup(dst, "main", src, "main")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		more, err := b.Step(backupPages)
		if err != nil || !more {
			return err
		}
		if progress != nil {
			progress(b.PageCount()-b.Remaining(), b.PageCount())
		}
	}
}

// readLogs reads where every log stands.
func readLogs(c *sqlite.Conn) (map[avow.PolicyID]gate.LogState, error) {
	logs := make(map[avow.PolicyID]gate.LogState)
	const query = `SELECT name, coalesce(sealed, 0), coalesce(checkpoint, x''),
		coalesce((SELECT pos - (p.id << ?1) + coalesce(length(ends) / 4, 1) FROM leaf
			WHERE pos >= p.id << ?1 AND pos < (p.id + 1) << ?1 ORDER BY pos DESC LIMIT 1), 0)
		FROM policy p LEFT JOIN log ON log.policy = p.id`
	err := sqlitex.ExecuteTransient(c, query, &sqlitex.ExecOptions{Args: []any{indexBits}, ResultFunc: func(stmt *sqlite.Stmt) error {
		logs[avow.PolicyID(stmt.ColumnText(0))] = gate.LogState{Sealed: stmt.ColumnInt64(1), Checkpoint: column(stmt, 2), Recorded: stmt.ColumnInt64(3)}
		return nil
	}})
	return logs, err
}

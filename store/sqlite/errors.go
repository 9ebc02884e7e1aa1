package sqlite

import (
	"errors"
	"fmt"

	"zombiezen.com/go/sqlite"
)

// Faults of the folder or the file. They are told apart with errors.Is; the
// error's text says where it happened and what to try.
var (
	// ErrLocked: another process has the folder open.
	ErrLocked = errors.New("folder is in use by another process")
	// ErrReadOnly: the folder or the file cannot be written.
	ErrReadOnly = errors.New("folder or file is not writable")
	// ErrFull: the disk, or the file's allowance, is full.
	ErrFull = errors.New("disk is full")
	// ErrCorrupt: the file is damaged or is no SQLite database.
	ErrCorrupt = errors.New("file is damaged or no avow database")
	// ErrNewer: the file was written by a newer version of Avow.
	ErrNewer = errors.New("file was written by a newer version")
	// ErrStopped: a write failed in a way that leaves the disk in doubt; the
	// store takes no more changes until it is opened again.
	ErrStopped = errors.New("store has stopped taking changes")
	// ErrClosed: the store was closed.
	ErrClosed = errors.New("store is closed")
)

// explain adds to an SQLite error what it means here and what to try. Errors
// of SQLite name tables and codes only, never values.
func explain(doing string, err error) error {
	kind, advice := diagnose(sqlite.ErrCode(err))
	if kind == nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return fmt.Errorf("%s: %w (%w); %s", doing, kind, err, advice)
}

func diagnose(code sqlite.ResultCode) (kind error, advice string) {
	switch code.ToPrimary() {
	case sqlite.ResultFull:
		return ErrFull, "what was stored before is safe; free some space and try again"
	case sqlite.ResultReadOnly, sqlite.ResultPerm, sqlite.ResultCantOpen:
		return ErrReadOnly, "give the user that runs avow the right to write the folder and every file in it"
	case sqlite.ResultNotADB, sqlite.ResultCorrupt:
		return ErrCorrupt, "keep the files as they are, restore the latest backup into another folder, and check the disk"
	case sqlite.ResultBusy, sqlite.ResultLocked:
		return ErrLocked, "close the other program that has avow.db open"
	}
	return nil, ""
}

// doubtful reports whether a failed commit leaves it unknown what the disk
// holds. After a failed flush the kernel may drop what was not written and let
// the next flush succeed, so going on would be a lie.
func doubtful(err error) bool {
	switch sqlite.ErrCode(err).ToPrimary() {
	case sqlite.ResultFull, sqlite.ResultBusy, sqlite.ResultNoMem, sqlite.ResultTooBig,
		sqlite.ResultConstraint, sqlite.ResultInterrupt:
		return false
	}
	return true
}

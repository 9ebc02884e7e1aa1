package sqlite

import (
	"os"
	"time"

	"zombiezen.com/go/sqlite"

	"avow.dev/internal/disk"
)

const (
	// walBytes is how much is written to the write-ahead log before it is
	// carried over to the database file.
	walBytes = 48 << 20
	pageSize = 4096
	// restPages is how much of the log the committer may carry over itself.
	restPages = 512
	// passes bounds how often the background tries to catch up with the
	// committer.
	passes = 3
	// restartWait bounds how long the committer waits for readers of the log.
	restartWait = 2 * time.Millisecond
)

// carrier carries the log over to the database file on a connection of its
// own, while groups go on. The log can only start again from its beginning
// when all of it is carried over; so the committer does the small rest between
// two groups.
//
// SQLite flushes the database file when all of the log is in it, thus in the committer's
// hands and while everybody waits. What the background has written it flushes itself
// before that, and so leaves little to flush, too.
type carrier struct {
	c    *conn
	file *os.File      // the database; closed last, because that ends SQLite's locks on it
	todo chan struct{} // closed to stop
	rest chan error    // receives a value when a small rest is left, or why the disk is in doubt
	done chan struct{}
	err  error
}

func newCarrier(c *conn, file *os.File) *carrier {
	return &carrier{c: c, file: file, todo: make(chan struct{}, 1), rest: make(chan error, 1), done: make(chan struct{})}
}

func (k *carrier) work() {
	defer close(k.done)
	for range k.todo {
		k.rest <- k.catchUp()
	}
	k.err = k.c.close()
}

// catchUp carries over until what came meanwhile is little. To carry may fail: then the log grows
// until a later try succeeds, and nothing is lost. A failed flush is another matter, see [doubtful].
func (k *carrier) catchUp() error {
	before := 0
	for range passes {
		carried, err := checkpoint(k.c, qCheckpointPassive)
		if err != nil || carried-before < restPages {
			return nil
		}
		if err := disk.Flush(k.file); err != nil {
			return err
		}
		before = carried
	}
	return nil
}

// checkpoint returns how many pages of the log are carried over.
func checkpoint(c *conn, q query) (carried int, err error) {
	stmt := c.stmts[q]
	row, err := stmt.Step()
	if row {
		carried = stmt.ColumnInt(2)
	}
	return carried, finish(stmt, err)
}

// carry starts the background when enough was written, and does the rest when
// the background is done. The committer calls it between groups.
func (w *writer) carry() {
	if w.broken() != nil {
		return // nobody knows what the log holds on the disk
	}
	select {
	case err := <-w.carrier.rest:
		if err != nil {
			w.stop(err)
			return
		}
		w.restart()
		w.carrying = false
	default:
	}
	if !w.carrying && w.wrote >= walBytes {
		w.carrying, w.wrote = true, 0
		w.carrier.todo <- struct{}{}
	}
}

// restart carries the rest over and lets the log begin again. A reader that
// takes long, such as a backup, keeps the log as it is: the next turn tries
// again.
func (w *writer) restart() {
	w.c.db.SetBusyTimeout(restartWait)
	defer w.c.db.SetBusyTimeout(busyWait)
	if _, err := checkpoint(w.c, qCheckpointRestart); sqlite.ErrCode(err).ToPrimary() == sqlite.ResultIOErr {
		w.stop(err)
	}
}

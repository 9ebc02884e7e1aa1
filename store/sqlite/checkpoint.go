package sqlite

import (
	"time"

	"zombiezen.com/go/sqlite"
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
	passes = 2
	// restartWait bounds how long the committer waits for readers of the log.
	restartWait = 2 * time.Millisecond
)

// carrier carries the log over to the database file on a connection of its
// own, while groups go on. The log can only start again from its beginning
// when all of it is carried over; so the committer does the small rest between
// two groups.
type carrier struct {
	c    *conn
	todo chan struct{} // closed to stop
	rest chan struct{} // receives a value when a small rest is left
	done chan struct{}
	err  error
}

func newCarrier(c *conn) *carrier {
	return &carrier{c: c, todo: make(chan struct{}, 1), rest: make(chan struct{}, 1), done: make(chan struct{})}
}

func (k *carrier) work() {
	defer close(k.done)
	for range k.todo {
		k.catchUp()
		k.rest <- struct{}{}
	}
	k.err = k.c.close()
}

// catchUp carries over until what came meanwhile is little. It may fail: then the log grows until a later try succeeds, and nothing
// is lost.
func (k *carrier) catchUp() {
	before := 0
	for range passes {
		carried, err := checkpoint(k.c, qCheckpointPassive)
		if err != nil || carried-before < restPages {
			return
		}
		before = carried
	}
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
	case <-w.carrier.rest:
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

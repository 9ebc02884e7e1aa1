package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"avow.dev/gate"
	"avow.dev/store/sqlite/internal/run"
)

// Config says where the database is and what it may use.
type Config struct {
	// Dir is the folder of avow.db. It is made if it is not there.
	Dir string
	// Readers is how many reads run at the same time; 0 means 4.
	Readers int
	// CacheMiB is how much memory holds what was used lately: half of it rows, a
	// quarter the committer's pages, a quarter the readers'. 0 means 128.
	CacheMiB int
	// RecentEntries is how many entries of an index wait in memory before they
	// are sorted into a run on disk. 0 means 65,536, about 5 MB.
	RecentEntries int
	// WaitingBytes is how much of changed rows waits, in memory too, before they are
	// moved to their places on disk together. 0 means 64 MiB.
	WaitingBytes int
	// Now is the clock for Stats.Seconds; without it they are not counted.
	Now func() time.Time
}

func (c Config) withDefaults() Config {
	if c.Readers <= 0 {
		c.Readers = 4
	}
	if c.CacheMiB <= 0 {
		c.CacheMiB = 128
	}
	if c.RecentEntries <= 0 {
		c.RecentEntries = 1 << 16
	}
	if c.WaitingBytes <= 0 {
		c.WaitingBytes = 64 << 20
	}
	if c.Now == nil {
		c.Now = func() time.Time { return time.Time{} }
	}
	return c
}

// Store is a gate.Store in one SQLite file. It is safe for concurrent use.
type Store struct {
	dir     string
	lock    *os.File
	heads   *heads
	tail    *tail
	index   *index
	rows    *cache[int64, gate.Row]
	newer   *newer
	owners  *cache[run.Key, int64]
	absent  *absent
	merger  *merger
	mover   *mover
	readers *pool
	queue   *queue
	calls   calls
	turn    chan struct{} // holds a value while somebody writes
	writer  *writer       // of whoever has the turn
	flusher *flusher
	numbers numbers
	stats   counters
	done    chan struct{} // closed when the committer has ended
	ended   error         // what the committer's connection said when it was closed
	once    sync.Once
	closing error
}

var _ gate.Store = (*Store)(nil)

// Open opens the database in cfg.Dir, making or migrating it as needed. ctx
// bounds nothing but the start: a store runs until Close.
//
// The errors are ErrLocked, ErrReadOnly, ErrFull, ErrCorrupt and ErrNewer; none
// of them changes a file that was there.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return openFaulty(cfg, nil)
}

func openFaulty(cfg Config, fail fault) (*Store, error) {
	cfg = cfg.withDefaults()
	lock, err := claim(cfg.Dir)
	if err != nil {
		return nil, fmt.Errorf("open store in %s: %w", cfg.Dir, err)
	}
	s, err := open(cfg, fail)
	if err != nil {
		return nil, errors.Join(explain("open store in "+cfg.Dir, err), lock.Close())
	}
	s.lock = lock
	return s, nil
}

// claim makes the folder and takes its lock.
func claim(dir string) (*os.File, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, readOnly(err)
	}
	lock, err := os.OpenFile(filepath.Join(dir, lockName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, readOnly(err)
	}
	err = lockFile(lock)
	if errors.Is(err, ErrLocked) {
		err = fmt.Errorf("%w; stop the other avow, or give this one a folder of its own", err)
	}
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return lock, nil
}

func readOnly(err error) error {
	if !errors.Is(err, os.ErrPermission) {
		return err
	}
	return fmt.Errorf("%w: %w; give the user that runs avow the right to write it", ErrReadOnly, err)
}

func open(cfg Config, fail fault) (*Store, error) {
	path := filepath.Join(cfg.Dir, fileName)
	db, err := connect(path, sqlite.OpenReadWrite|sqlite.OpenCreate)
	if err != nil {
		return nil, err
	}
	if err := setUp(db, cfg.CacheMiB<<8); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	c, err := prepare(db)
	if err != nil {
		return nil, err
	}
	s := &Store{dir: cfg.Dir, queue: newQueue(), turn: make(chan struct{}, 1), done: make(chan struct{})}
	if err := s.start(c, path, cfg, fail); err != nil {
		return nil, errors.Join(err, c.close())
	}
	return s, nil
}

// start reads what is kept in memory and lets the committer run.
func (s *Store) start(c *conn, path string, cfg Config, fail fault) error {
	w, err := newWriter(c, cfg.CacheMiB<<19)
	if err != nil {
		return err
	}
	waste, nextID, err := findWaste(c, w.index)
	if err != nil {
		return err
	}
	if s.readers, err = openPool(path, cfg.Readers, cfg.CacheMiB<<8/cfg.Readers); err != nil {
		return err
	}
	carrying, err := openConn(path, 256)
	if err != nil {
		return errors.Join(err, s.readers.close())
	}
	w.fault, w.now, w.stats = fail, cfg.Now, &s.stats
	flusher, err := newFlusher(path, w)
	if err != nil {
		return errors.Join(err, s.readers.close(), carrying.close())
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return errors.Join(err, s.readers.close(), carrying.close(), flusher.file.Close())
	}
	// From here on the flusher flushes.
	if err := sqlitex.ExecuteTransient(c.db, "PRAGMA synchronous = NORMAL", nil); err != nil {
		return errors.Join(err, s.readers.close(), carrying.close(), flusher.file.Close(), file.Close())
	}
	s.flusher = flusher
	s.heads, s.tail, s.index, s.rows, s.newer, s.owners, s.absent = w.heads, w.tail, w.index, w.rows, w.newer, w.owners, w.absent
	s.numbers.mark, s.numbers.next = w.reserved, w.reserved+1
	s.merger = newMerger(s, cfg.RecentEntries, nextID, waste, w.upTo)
	w.queue, w.flusher, flusher.queue = s.queue, flusher, s.queue
	s.mover = newMover(s, cfg.WaitingBytes)
	w.merger, w.mover, w.carrier = s.merger, s.mover, newCarrier(carrying, file)
	s.writer = w
	go flusher.work()
	go s.commitGroups(w)
	go s.merger.work(s.merger.round, 0)
	go s.mover.work(s.mover.round, moveAfter)
	go w.carrier.work()
	return nil
}

// closed reports whether Close was called.
func (s *Store) closed() bool {
	select {
	case <-s.readers.closed:
		return true
	default:
		return false
	}
}

// Close takes no further change, waits until those that wait are committed and
// the reads that run have ended, and closes the file.
func (s *Store) Close() error {
	s.once.Do(func() {
		s.merger.close()
		s.mover.close()
		s.queue.close()
		<-s.done
		s.closing = errors.Join(s.readers.close(), s.ended, s.writer.carrier.file.Close(), unlockFile(s.lock), s.lock.Close())
	})
	return s.closing
}

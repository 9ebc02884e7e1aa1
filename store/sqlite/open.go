package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"zombiezen.com/go/sqlite"

	"avow.dev/gate"
)

// Config says where the database is and what it may use.
type Config struct {
	// Dir is the folder of avow.db. It is made if it is not there.
	Dir string
	// Readers is how many reads run at the same time; 0 means 4.
	Readers int
	// CacheMiB is the page memory of the committer's connection; each reader
	// has a quarter of it. 0 means 64.
	CacheMiB int
}

func (c Config) withDefaults() Config {
	if c.Readers <= 0 {
		c.Readers = 4
	}
	if c.CacheMiB <= 0 {
		c.CacheMiB = 64
	}
	return c
}

// Store is a gate.Store in one SQLite file. It is safe for concurrent use.
type Store struct {
	dir     string
	lock    *os.File
	heads   *heads
	readers *pool
	queue   *queue
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
	cfg = cfg.withDefaults()
	lock, err := claim(cfg.Dir)
	if err != nil {
		return nil, fmt.Errorf("open store in %s: %w", cfg.Dir, err)
	}
	s, err := open(cfg, nil)
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

func open(cfg Config, fault func(step) error) (*Store, error) {
	path := filepath.Join(cfg.Dir, fileName)
	db, err := connect(path, sqlite.OpenReadWrite|sqlite.OpenCreate, cfg.CacheMiB<<10)
	if err != nil {
		return nil, err
	}
	if err := migrate(db); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	c, err := prepare(db)
	if err != nil {
		return nil, err
	}
	s := &Store{dir: cfg.Dir, queue: newQueue(), done: make(chan struct{})}
	w, err := newWriter(c, &s.stats)
	if err != nil {
		return nil, errors.Join(err, c.close())
	}
	w.fault = fault
	s.heads = w.heads
	s.numbers.mark = w.reserved
	s.numbers.next = w.reserved + 1
	s.readers, err = openPool(path, cfg.Readers, cfg.CacheMiB<<8)
	if err != nil {
		return nil, errors.Join(err, c.close())
	}
	go s.commitGroups(w)
	return s, nil
}

// Close takes no further change, waits until those that wait are committed and
// the reads that run have ended, and closes the file.
func (s *Store) Close() error {
	s.once.Do(func() {
		s.queue.close()
		<-s.done
		s.closing = errors.Join(s.readers.close(), s.ended, s.lock.Close())
	})
	return s.closing
}

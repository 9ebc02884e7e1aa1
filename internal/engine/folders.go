package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"avow.dev/vault"
)

// Names inside the folders.
const (
	DataFile   = "avow.db"
	BlobFolder = "blobs"
	KeysFolder = "keys"
	RingFile   = "keyring.json"
	// JournalFile remembers what must outlive any backup of the data.
	JournalFile = "journal.log"
	// PassphraseFile says how the root key comes from a passphrase.
	PassphraseFile = "root.passphrase.json"
)

// What keeps an engine from starting, beside what store and vault say. They are
// told apart with errors.Is.
var (
	// ErrMissing: a folder that should hold data or keys does not.
	ErrMissing = errors.New("nothing is there")
	// ErrClock: the clock stands before the newest evidence.
	ErrClock = errors.New("the clock is behind the log")
	// ErrRollback: the log has been longer than it is.
	ErrRollback = errors.New("the log is older than a checkpoint that was published")
)

// private is the mode of folders: their owner only.
const private fs.FileMode = 0o700

// prepare makes the folders of a first start, and refuses a start that would
// begin half of a new world beside half of an old one.
func (c *Config) prepare(ctx context.Context) error {
	data, err := exists(filepath.Join(c.Data, DataFile))
	if err != nil {
		return err
	}
	keys, err := exists(filepath.Join(c.Keys, RingFile))
	if err != nil {
		return err
	}
	switch {
	case data && keys:
		return nil
	case data:
		return fmt.Errorf("%w: %s holds data, but %s holds no keyring; name the keys folder that belongs to it, or restore it", ErrMissing, c.Data, c.Keys)
	case keys && c.Create && !c.fresh():
		return fmt.Errorf("%w: %s holds keys that have a history, but %s holds no data; restore a backup into it, or name new folders for both", ErrMissing, c.Keys, c.Data)
	case !c.Create:
		return fmt.Errorf("%w: %s holds no %s; check the path, or add --create on the very first start", ErrMissing, c.Data, DataFile)
	}
	if err := os.MkdirAll(c.Data, private); err != nil {
		return err
	}
	if keys {
		return nil
	}
	return vault.Init(ctx, c.Keys, c.Root, c.Clock())
}

// fresh reports whether the keys folder has never served anybody.
func (c *Config) fresh() bool {
	d, err := vault.Describe(c.Keys)
	if err != nil {
		return false
	}
	for _, p := range d.Policies {
		if p.Live+p.Erased+p.Damaged > 0 {
			return false
		}
	}
	return true
}

// CheckData makes sure that a folder holds data, before something is opened that
// would make it.
func CheckData(dir string) error {
	there, err := exists(filepath.Join(dir, DataFile))
	if err == nil && !there {
		err = fmt.Errorf("%w: %s holds no %s; check the path", ErrMissing, dir, DataFile)
	}
	return err
}

func exists(path string) (bool, error) {
	_, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

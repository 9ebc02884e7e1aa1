//go:build unix

package durable

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// ErrLocked says that another process, or another part of this one, holds the lock.
var ErrLocked = errors.New("in use by another process")

// Lock takes an exclusive advisory lock on an open file or folder, without
// waiting. The lock ends with [Release] or when the process dies.
func Lock(f *os.File) error {
	err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return ErrLocked
	}
	return err
}

// Release gives the lock back at once and closes f. Closing alone is not enough while
// a process is being started: it holds f until it runs its program.
func Release(f *os.File) error {
	return errors.Join(unix.Flock(int(f.Fd()), unix.LOCK_UN), f.Close())
}

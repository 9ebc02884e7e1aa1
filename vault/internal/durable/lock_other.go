//go:build !unix

package durable

import (
	"errors"
	"fmt"
	"os"
)

// ErrLocked says that another process, or another part of this one, holds the lock.
var ErrLocked = errors.New("in use by another process")

// Lock refuses: without a lock, two processes could each believe to hold the
// only copy of a key.
func Lock(*os.File) error {
	return fmt.Errorf("lock the file: %w on this system", errors.ErrUnsupported)
}

// Release closes f.
func Release(f *os.File) error { return f.Close() }

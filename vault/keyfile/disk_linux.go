package keyfile

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// Reserve allocates blocks, so that a later write cannot fail for want of space.
// A file system that cannot allocate ahead only gets the length.
func (d osDisk) Reserve(size int64) error {
	for {
		err := unix.Fallocate(int(d.Fd()), 0, 0, size)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.EOPNOTSUPP), errors.Is(err, unix.ENOSYS):
			return d.lengthen(size)
		case err != nil:
			return &os.PathError{Op: "fallocate", Path: d.Name(), Err: err}
		}
		return nil
	}
}

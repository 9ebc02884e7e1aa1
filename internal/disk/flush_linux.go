package disk

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// Flush returns once the bytes of f are durable, and of what is known about f what is
// needed to read them: the time of a write is not worth a second flush.
func Flush(f *os.File) error {
	for {
		err := unix.Fdatasync(int(f.Fd()))
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return &os.PathError{Op: "fdatasync", Path: f.Name(), Err: err}
		}
		return nil
	}
}

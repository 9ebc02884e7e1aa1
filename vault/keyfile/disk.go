package keyfile

import (
	"io"
	"os"

	"avow.dev/internal/disk"
	"avow.dev/vault/internal/durable"
)

// Disk is what a key file needs from the system. Sync returns once all that was
// written before is durable. Tests put faults here.
type Disk interface {
	io.ReaderAt
	io.WriterAt
	// Reserve makes the file at least size bytes long, new bytes reading as
	// zero, and reports a full disk now rather than at a later write.
	Reserve(size int64) error
	Sync() error
	Close() error
}

// osDisk is a real file.
type osDisk struct{ *os.File }

// Sync makes the data durable.
func (d osDisk) Sync() error { return disk.Flush(d.File) }

// Close gives the lock back.
func (d osDisk) Close() error { return durable.Release(d.File) }

func (d osDisk) lengthen(size int64) error {
	info, err := d.Stat()
	if err != nil {
		return err
	}
	if info.Size() >= size {
		return nil
	}
	return d.Truncate(size)
}

package disk

import (
	"os"
	"sync/atomic"
)

var flushes atomic.Int64

// Flush returns once the bytes of f are durable, and of what is known about f what is
// needed to read them: the time of a write is not worth a second flush.
func Flush(f *os.File) error {
	flushes.Add(1)
	return flush(f)
}

// Flushes returns how often this process called [Flush].
func Flushes() int64 { return flushes.Load() }

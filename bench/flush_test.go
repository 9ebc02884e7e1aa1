//go:build linux

package bench_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// BenchmarkFlush is the floor of every durable operation of one caller: 4 KiB
// of a file that is laid out already, written and flushed, on the disk and in
// the folder where everything else is measured.
func BenchmarkFlush(b *testing.B) {
	f, err := os.Create(filepath.Join(benchDir(b), "floor"))
	must(b, err)
	page := make([]byte, 4096)
	const pages = 256
	for i := range int64(pages) {
		_, err := f.WriteAt(page, i*4096)
		must(b, err)
	}
	must(b, f.Sync())
	measureOne(b, func(i int64) error {
		if _, err := f.WriteAt(page, i%pages*4096); err != nil {
			return err
		}
		return unix.Fdatasync(int(f.Fd()))
	})
	must(b, f.Close())
}

func measureOne(b *testing.B, op func(i int64) error) {
	b.Helper()
	var waits []time.Duration
	for i := int64(0); b.Loop(); i++ {
		start := time.Now()
		must(b, op(i))
		waits = append(waits, time.Since(start))
	}
	report(b, sorted(waits))
}

// peakMemory is the most memory in MiB that this process has had so far.
func peakMemory(b *testing.B) float64 {
	b.Helper()
	var u unix.Rusage
	must(b, unix.Getrusage(unix.RUSAGE_SELF, &u))
	return float64(u.Maxrss) / 1024
}

// processTime is the processor time of this process, of which other programs on
// the machine take nothing.
func processTime(b *testing.B) time.Duration {
	b.Helper()
	var u unix.Rusage
	must(b, unix.Getrusage(unix.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

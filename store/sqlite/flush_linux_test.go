package sqlite_test

import (
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func flush(f *os.File) error { return unix.Fdatasync(int(f.Fd())) }

// cpu returns the processor time of this process: on a machine that others use
// too, it says more than the clock.
func cpu(b *testing.B) time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

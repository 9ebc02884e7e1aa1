package sqlite

import (
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// wakeSlice is the shortest that Linux grants.
const wakeSlice = 100 * time.Microsecond

// wakeEarly gives the goroutine a thread of its own, which the system runs soon after what it
// waits for has come, though others keep the processors busy: its slices are short, and who asks
// for less has it earlier (EEVDF, Linux 6.12; an older Linux takes no notice). Where that is
// refused, nothing is lost but time.
func wakeEarly() {
	runtime.LockOSThread() // for good: the thread ends with the goroutine
	attr, err := unix.SchedGetAttr(0, 0)
	if err != nil || attr.Policy != unix.SCHED_NORMAL {
		return
	}
	attr.Runtime = uint64(wakeSlice)
	_ = unix.SchedSetAttr(0, attr, 0)
}

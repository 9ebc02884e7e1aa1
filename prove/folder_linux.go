package prove

import (
	"math"

	"golang.org/x/sys/unix"
)

// enough is how much room a place in memory must have, in bytes: what the engines of
// five policies write, several times over.
const enough = 2 << 30

// inMemory is a folder in memory with enough room, or "".
func inMemory() string {
	const place = "/dev/shm"
	var s unix.Statfs_t
	if err := unix.Statfs(place, &s); err != nil || s.Type != unix.TMPFS_MAGIC || s.Bsize <= 0 {
		return ""
	}
	if unix.Access(place, unix.W_OK|unix.X_OK) != nil || s.Bavail > math.MaxInt64/uint64(s.Bsize) || s.Bavail*uint64(s.Bsize) < enough {
		return ""
	}
	var m unix.Sysinfo_t // what is free of the place must be free of the memory, too
	if err := unix.Sysinfo(&m); err != nil || (m.Freeram+m.Bufferram)*uint64(m.Unit) < enough {
		return ""
	}
	return place
}

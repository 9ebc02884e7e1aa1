package prove

import "os"

// folder makes a throw-away folder for engines under proof. It lies in memory where
// the system has room for it there, unless TMPDIR names a place: flushes then cost
// nothing, and there are thousands of them. Nothing that a proof shows depends on
// a disk. It kills processes, whose files outlive them in memory as on a disk; that
// a machine may lose its power is not played on either.
func folder() (string, error) {
	if os.Getenv("TMPDIR") != "" {
		return os.MkdirTemp("", "avow-proof-")
	}
	return os.MkdirTemp(inMemory(), "avow-proof-")
}

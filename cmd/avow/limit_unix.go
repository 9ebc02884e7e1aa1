//go:build unix

package main

import "golang.org/x/sys/unix"

// limitSystem is done as well as the system lets it: a container that forbids
// it has its own limits.
func limitSystem() {
	unix.Umask(0o077)
	_ = unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{})
}

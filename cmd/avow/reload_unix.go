//go:build unix

package main

import (
	"os"
	"syscall"
)

// reloadSignals ask a server to read its policies again.
func reloadSignals() []os.Signal { return []os.Signal{syscall.SIGHUP} }

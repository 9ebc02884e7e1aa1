//go:build !unix

package main

import "os"

// reloadSignals is empty where the system has none.
func reloadSignals() []os.Signal { return nil }

//go:build !linux

package disk

import "os"

// Flush returns once what was written to f is durable.
func Flush(f *os.File) error { return f.Sync() }

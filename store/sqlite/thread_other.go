//go:build !linux

package sqlite

// wakeEarly does nothing here.
func wakeEarly() {}

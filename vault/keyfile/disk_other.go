//go:build !linux

package keyfile

// Reserve sets the length; whether blocks are allocated is up to the file system.
func (d osDisk) Reserve(size int64) error { return d.lengthen(size) }

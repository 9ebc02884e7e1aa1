// Package durable makes files that survive: a file is replaced or created whole,
// and the call returns only when the disk has it and its name.
package durable

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Private is the mode of every file the vault writes, PrivateDir that of its folders.
const (
	Private    fs.FileMode = 0o600
	PrivateDir fs.FileMode = 0o700
)

// Replace gives path the content data, or leaves what was there. The temporary
// file stands in the same folder, because a rename is atomic only within one
// file system; a crash can leave it behind, with mode 0600.
func Replace(path string, data []byte) error {
	temp, err := writeTemp(path, data)
	if err != nil {
		return err
	}
	if err := os.Rename(temp, path); err != nil {
		return errors.Join(err, os.Remove(temp))
	}
	return SyncDir(filepath.Dir(path))
}

// Create is Replace for a path that must not exist yet; otherwise the error is
// [fs.ErrExist] and the existing file is untouched, even if it appeared just now.
func Create(path string, data []byte) error {
	temp, err := writeTemp(path, data)
	if err != nil {
		return err
	}
	// A link, unlike a rename, refuses to replace.
	if err := os.Link(temp, path); err != nil {
		return errors.Join(err, os.Remove(temp))
	}
	if err := os.Remove(temp); err != nil {
		return err
	}
	return SyncDir(filepath.Dir(path))
}

func writeTemp(path string, data []byte) (string, error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.tmp") // mode 0600
	if err != nil {
		return "", err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}

// SyncDir makes the names in dir durable.
func SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// CheckPrivate refuses a file that anyone but its owner may read or write.
func CheckPrivate(info fs.FileInfo) error {
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return fmt.Errorf("the file is open to other users (mode %04o); run chmod 600 on it", mode)
	}
	return nil
}

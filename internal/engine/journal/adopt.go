package journal

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Adopt replaces the journal at path by a later copy of it, and says how many
// notes that adds. A copy that does not continue what is at path is refused with
// ErrOther; one that is no longer is left alone.
func Adopt(path, later string) (int, error) {
	have, err := sums(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, fmt.Errorf("adopt journal: %w", err)
	}
	then, err := sums(later)
	if err != nil {
		return 0, fmt.Errorf("adopt journal: %w", err)
	}
	for i := range min(len(have), len(then)) {
		if have[i] != then[i] {
			return 0, fmt.Errorf("adopt journal: %w from line %d on", ErrOther, i+1)
		}
	}
	if len(then) <= len(have) {
		return 0, nil
	}
	if err := copyWhole(path, later); err != nil {
		return 0, fmt.Errorf("adopt journal: %w", err)
	}
	return len(then) - len(have), nil
}

func sums(path string) ([]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	var all []string
	for l, err := range lines(f) {
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		all = append(all, l.Sum)
	}
	return all, nil
}

// copyWhole replaces a file by a copy of another, at once.
func copyWhole(path, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }() // it was only read
	out, err := os.CreateTemp(filepath.Dir(path), ".journal.*")
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if err = errors.Join(err, out.Sync(), out.Close()); err == nil {
		err = os.Rename(out.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(out.Name()))
	}
	return syncDir(filepath.Dir(path))
}

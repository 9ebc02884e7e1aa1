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
	if err := continues(have, then); err != nil {
		return 0, fmt.Errorf("adopt journal: %w", err)
	}
	added := 0
	for _, l := range then {
		if len(have) == 0 || l.N > have[len(have)-1].N {
			added++
		}
	}
	if added == 0 {
		return 0, nil
	}
	if err := copyWhole(path, later); err != nil {
		return 0, fmt.Errorf("adopt journal: %w", err)
	}
	return added, nil
}

// continues reports whether one journal has the history of another, as far as both
// remember it: the sum of a note speaks for all before it.
func continues(have, then []read) error {
	if len(have) == 0 || len(then) == 0 {
		return nil
	}
	if then[0].N > have[len(have)-1].N {
		return fmt.Errorf("%w: the later one begins after note %d, and this one ends at %d", ErrOther, then[0].N, have[len(have)-1].N)
	}
	known := make(map[uint64]string, len(have))
	for _, l := range have {
		known[l.N] = l.Sum
	}
	for _, l := range then {
		if sum, ok := known[l.N]; ok && sum != l.Sum {
			return fmt.Errorf("%w from note %d on", ErrOther, l.N)
		}
	}
	return nil
}

func sums(path string) ([]read, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	var all []read
	for l, err := range lines(f) {
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		all = append(all, l)
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

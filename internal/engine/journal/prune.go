package journal

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"avow.dev"
	"avow.dev/gate"
)

// Old implements gate.Journal.
func (j *File) Old(before time.Time) (map[avow.PolicyID]gate.OldNotes, error) {
	f, err := os.Open(j.path)
	if err != nil {
		return nil, fmt.Errorf("prune journal: %w", err)
	}
	defer func() { _ = f.Close() }() // it was only read
	old := make(map[avow.PolicyID]gate.OldNotes)
	for l, err := range lines(f) {
		if err != nil {
			return nil, fmt.Errorf("prune journal: %w", err)
		}
		if !l.At.Before(before) {
			break
		}
		if l.Pruned == nil {
			old[l.Policy] = gate.OldNotes{Count: old[l.Policy].Count + 1, Last: l.N}
		}
	}
	return old, nil
}

// Prune implements gate.Journal. A first line takes the place of the notes that go. It says up to
// which number each policy's notes are gone, and goes on with the chain, so that what
// is left reads as before. The file is replaced at once, and is whole at every moment.
func (j *File) Prune(before time.Time) error {
	j.turn <- struct{}{}
	defer func() { <-j.turn }()
	j.mu.Lock()
	halted := j.halted
	j.mu.Unlock()
	if halted {
		return ErrHalted
	}
	if err := j.prune(before); err != nil {
		return fmt.Errorf("prune journal: %w", err)
	}
	return nil
}

func (j *File) prune(before time.Time) error {
	text, err := os.ReadFile(j.path)
	if err != nil {
		return err
	}
	text = text[:j.end]
	first, gone, err := j.firstAfter(before)
	if err != nil || gone == 0 {
		return err
	}
	head, err := json.Marshal(first)
	if err != nil {
		return err
	}
	text = append(append(head, '\n'), text[gone:]...)
	f, err := os.CreateTemp(filepath.Dir(j.path), ".journal.*")
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync()); err == nil {
		err = os.Rename(f.Name(), j.path)
	}
	if err != nil {
		return errors.Join(err, f.Close(), os.Remove(f.Name()))
	}
	old, end := j.f, int64(len(text))
	j.f, j.end, j.room = f, end, end
	j.mu.Lock()
	j.pruned = first.Pruned
	j.mu.Unlock()
	return errors.Join(old.Close(), syncDir(filepath.Dir(j.path)))
}

// firstAfter returns the line that stands for all notes before a time, and how many
// bytes they take.
func (j *File) firstAfter(before time.Time) (first line, gone int64, err error) {
	f, err := os.Open(j.path)
	if err != nil {
		return first, 0, err
	}
	defer func() { _ = f.Close() }() // it was only read
	first.Pruned = make(map[avow.PolicyID]uint64)
	notes := false
	for l, err := range lines(f) {
		if err != nil {
			return first, 0, err
		}
		if !l.At.Before(before) {
			break
		}
		for id, n := range l.Pruned {
			first.Pruned[id] = n
		}
		if l.Pruned == nil {
			first.Pruned[l.Policy], notes = l.N, true
		}
		first.N, first.At, first.Sum = l.N, l.At, l.Sum
		gone += l.size
	}
	if !notes {
		return first, 0, nil
	}
	return first, gone, nil
}

// Forgotten implements gate.Journal.
func (j *File) Forgotten(policy avow.PolicyID) uint64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.pruned[policy]
}

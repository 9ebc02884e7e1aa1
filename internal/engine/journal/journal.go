// Package journal keeps a gate.Journal in a file of the keys folder: one line for
// each note, chained, flushed before it counts.
package journal

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"sync"
	"time"

	"avow.dev"
	"avow.dev/gate"
)

var (
	// ErrDamaged: a line in the middle is not what was written there.
	ErrDamaged = errors.New("the journal is damaged")
	// ErrOther: a copy of the journal does not continue this one.
	ErrOther = errors.New("the journals have different histories")
	// ErrHalted: an earlier write failed, and nobody knows what the disk holds.
	ErrHalted = errors.New("the journal takes no more notes, because an earlier write failed; check the disk and start again")
)

// line is a note as it is written. Sum chains it to the line before.
type line struct {
	N      uint64        `json:"n"`
	At     time.Time     `json:"at"`
	Policy avow.PolicyID `json:"policy"`
	SID    int64         `json:"person,omitempty"`
	Slot   uint64        `json:"key,omitempty"`
	Said   []byte        `json:"said,omitempty"`
	Gap    bool          `json:"gap,omitempty"` // notes up to N are lost, and somebody has accepted it
	Sum    string        `json:"sum"`
}

// File is a journal in a file. It is safe for concurrent use.
type File struct {
	path string

	mu     sync.Mutex
	f      *os.File
	number uint64
	sum    string
	last   map[avow.PolicyID]uint64
	halted bool
}

var _ gate.Journal = (*File)(nil)

// Open opens the journal at path and makes it if it is not there. A last line
// that a crash cut short is taken away: its note was never confirmed.
func Open(path string) (*File, error) {
	j := &File{path: path, last: make(map[avow.PolicyID]uint64)}
	if err := j.open(); err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	return j, nil
}

func (j *File) open() error {
	f, err := os.OpenFile(j.path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	end, err := j.load(f)
	if err == nil {
		err = f.Truncate(end)
	}
	if err == nil {
		_, err = f.Seek(end, io.SeekStart)
	}
	if err == nil {
		err = syncDir(filepath.Dir(j.path))
	}
	if err != nil {
		return errors.Join(err, f.Close())
	}
	j.f = f
	return nil
}

// load reads every line and returns where the last whole one ends.
func (j *File) load(f *os.File) (int64, error) {
	end := int64(0)
	for l, err := range lines(f) {
		if err != nil {
			return 0, fmt.Errorf("%s: %w", j.path, err)
		}
		j.number, j.sum = l.N, l.Sum
		j.last[l.Policy] = l.N
		end += l.size
	}
	return end, nil
}

// read is a line with its length in the file.
type read struct {
	line
	size int64
}

// lines yields the lines of a journal, checking the chain. A last line without an
// end is left out.
func lines(r io.Reader) iter.Seq2[read, error] {
	return func(yield func(read, error) bool) {
		in := bufio.NewReaderSize(r, 64<<10)
		var number uint64
		var sum string
		for {
			text, err := in.ReadBytes('\n')
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(read{}, err)
				return
			}
			var l line
			if err := json.Unmarshal(text, &l); err != nil || l.N <= number || l.Sum != chain(sum, l) {
				yield(read{}, fmt.Errorf("%w after note %d; put its own copy back", ErrDamaged, number))
				return
			}
			number, sum = l.N, l.Sum
			if !yield(read{l, int64(len(text))}, nil) {
				return
			}
		}
	}
}

// chain is the sum of a line after the one before.
func chain(before string, l line) string {
	l.Sum = before
	text, err := json.Marshal(l)
	if err != nil { // a line holds nothing that has no JSON form
		return ""
	}
	h := sha256.Sum256(text)
	return hex.EncodeToString(h[:16])
}

// Append implements gate.Journal.
func (j *File) Append(_ context.Context, notes ...gate.Note) (uint64, error) {
	batch := make([]line, len(notes))
	for i, n := range notes {
		batch[i] = line{At: n.At.UTC(), Policy: n.Policy, SID: n.SID, Slot: n.Slot, Said: n.Sealed}
	}
	return j.write(batch)
}

// Skip accepts that the notes of a policy up to a number are lost.
func (j *File) Skip(policy avow.PolicyID, to uint64, now time.Time) error {
	j.mu.Lock()
	jump := to > j.number
	j.mu.Unlock()
	if !jump {
		to = 0
	}
	_, err := j.write([]line{{N: to, At: now.UTC(), Policy: policy, Gap: true}})
	return err
}

func (j *File) write(batch []line) (uint64, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.halted {
		return 0, ErrHalted
	}
	number, sum := j.number, j.sum
	var text bytes.Buffer
	for i := range batch {
		l := &batch[i]
		number = max(number+1, l.N)
		l.N = number
		l.Sum = chain(sum, *l)
		sum = l.Sum
		b, err := json.Marshal(l)
		if err != nil {
			return 0, fmt.Errorf("journal: %w", err)
		}
		text.Write(append(b, '\n'))
	}
	_, err := j.f.Write(text.Bytes())
	if err == nil {
		err = j.f.Sync()
	}
	if err != nil {
		j.halted = true
		return 0, fmt.Errorf("journal: %w", err)
	}
	j.number, j.sum = number, sum
	for _, l := range batch {
		j.last[l.Policy] = l.N
	}
	return number, nil
}

// Since implements gate.Journal.
func (j *File) Since(policy avow.PolicyID, n uint64) iter.Seq2[gate.Note, error] {
	return func(yield func(gate.Note, error) bool) {
		f, err := os.Open(j.path)
		if err != nil {
			yield(gate.Note{}, err)
			return
		}
		defer func() { _ = f.Close() }() // it was only read
		for l, err := range lines(f) {
			if err == nil && (l.Policy != policy || l.N <= n || l.Gap) {
				continue
			}
			if !yield(l.note(), err) || err != nil {
				return
			}
		}
	}
}

func (l *line) note() gate.Note {
	return gate.Note{Number: l.N, At: l.At, Policy: l.Policy, SID: l.SID, Slot: l.Slot, Sealed: l.Said}
}

// Last implements gate.Journal.
func (j *File) Last(policy avow.PolicyID) uint64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.last[policy]
}

// Close closes the file.
func (j *File) Close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.f.Close()
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

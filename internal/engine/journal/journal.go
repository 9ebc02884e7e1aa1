// Package journal keeps a gate.Journal in a file of the keys folder: one line for
// each note, chained, flushed before it counts. Callers that come at the same time
// share a write and a flush. The file is laid out with zeros ahead of what is
// written: to overwrite costs one flush, and to grow costs two.
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
	"maps"
	"os"
	"path/filepath"
	"sync"
	"time"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/disk"
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
	// From is the number of the first line that was written together with this one,
	// 0 for this one's own. It tells a write that a crash has torn from damage.
	From uint64 `json:"from,omitempty"`
	// Pruned, only in a first line, stands for the notes up to N, which are gone: the
	// number of the last one of each policy. Sum is that of note N.
	Pruned map[avow.PolicyID]uint64 `json:"pruned,omitempty"`
	Sum    string                   `json:"sum"`
}

// File is a journal in a file. It is safe for concurrent use.
type File struct {
	path string

	turn chan struct{} // holds a value while somebody writes; guards what follows
	f    *os.File
	end  int64 // where the last line ends
	room int64 // how far the file is laid out
	text []byte

	mu     sync.Mutex // guards what follows
	open   *batch     // takes further notes
	number uint64
	sum    string
	last   map[avow.PolicyID]uint64
	pruned map[avow.PolicyID]uint64
	halted bool
}

// batch is what callers have to write who come while the last write is flushed.
type batch struct {
	lists [][]line // one for each caller; numbered when written
	done  chan struct{}
	err   error
}

var _ gate.Journal = (*File)(nil)

// Open opens the journal at path and makes it if it is not there. A last line
// that a crash cut short is taken away: its note was never confirmed.
func Open(path string) (*File, error) {
	j := &File{path: path, turn: make(chan struct{}, 1), last: make(map[avow.PolicyID]uint64)}
	if err := j.load(); err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	return j, nil
}

func (j *File) load() error {
	f, err := os.OpenFile(j.path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	err = j.loadFrom(f)
	if err == nil {
		err = f.Truncate(j.end)
	}
	if err == nil {
		err = syncDir(filepath.Dir(j.path))
	}
	if err != nil {
		return errors.Join(err, f.Close())
	}
	j.f, j.room = f, j.end
	return nil
}

// loadFrom reads every line and finds where the last whole one ends.
func (j *File) loadFrom(f *os.File) error {
	for l, err := range lines(f) {
		if err != nil {
			return fmt.Errorf("%s: %w", j.path, err)
		}
		j.number, j.sum = l.N, l.Sum
		if l.Pruned != nil {
			j.pruned, j.last = l.Pruned, maps.Clone(l.Pruned)
		} else {
			j.last[l.Policy] = l.N
		}
		j.end += l.size
	}
	return nil
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
			err = json.Unmarshal(text, &l)
			first := number == 0 && l.Pruned != nil // nothing is left that it could be chained to
			if err != nil || l.N <= number || !first && (l.Pruned != nil || l.Sum != chain(sum, l)) {
				if torn(text, in, number) {
					return
				}
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

// torn reports whether a line that does not hold is where a crash tore the last
// write: bytes of it are as they were laid out, and no line was written after it.
// What was torn was not confirmed to anybody.
func torn(text []byte, rest *bufio.Reader, number uint64) bool {
	if bytes.IndexByte(text, 0) < 0 {
		return false
	}
	for {
		text, err := rest.ReadBytes('\n')
		if err != nil {
			return errors.Is(err, io.EOF)
		}
		var l line
		if json.Unmarshal(text, &l) != nil {
			continue
		}
		if l.From == 0 || l.From > number+1 {
			return false
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

// Append implements gate.Journal. Notes of one call have consecutive numbers.
func (j *File) Append(_ context.Context, notes ...gate.Note) (uint64, error) {
	list := make([]line, len(notes))
	for i, n := range notes {
		list[i] = line{At: n.At.UTC(), Policy: n.Policy, SID: n.SID, Slot: n.Slot, Said: n.Sealed}
	}
	return j.write(list)
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

// write makes lines durable together with those of all callers that come while
// the previous flush runs, and returns the number of the last. Whoever comes first
// writes for all of a batch.
func (j *File) write(list []line) (uint64, error) {
	b := j.join(list)
	select {
	case <-b.done:
	case j.turn <- struct{}{}:
		j.lead(b)
		<-j.turn
	}
	if b.err != nil {
		return 0, fmt.Errorf("journal: %w", b.err)
	}
	return list[len(list)-1].N, nil
}

func (j *File) join(list []line) *batch {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.open == nil {
		j.open = &batch{done: make(chan struct{})}
	}
	j.open.lists = append(j.open.lists, list)
	return j.open
}

// lead writes b unless somebody else has; it holds the turn.
func (j *File) lead(b *batch) {
	j.mu.Lock()
	if j.open != b {
		j.mu.Unlock()
		return
	}
	j.open = nil
	number, sum, halted := j.number, j.sum, j.halted
	j.mu.Unlock()
	if halted {
		b.err = ErrHalted
	} else if number, sum, b.err = j.spell(b, number, sum); b.err == nil {
		b.err = j.flush()
		j.publish(b, number, sum)
	}
	close(b.done)
}

// spell numbers and chains the lines of a batch and writes them into j.text.
func (j *File) spell(b *batch, number uint64, sum string) (uint64, string, error) {
	from := number + 1
	j.text = j.text[:0]
	for _, list := range b.lists {
		for i := range list {
			l := &list[i]
			number = max(number+1, l.N)
			l.N = number
			if number > from {
				l.From = from
			}
			l.Sum = chain(sum, *l)
			sum = l.Sum
			text, err := json.Marshal(l)
			if err != nil {
				return 0, "", err
			}
			j.text = append(append(j.text, text...), '\n')
		}
	}
	return number, sum, nil
}

// roomStep is how far ahead the file is laid out.
const roomStep = 64 << 10

// flush makes j.text durable behind the last line.
func (j *File) flush() error {
	for j.room < j.end+int64(len(j.text)) {
		if _, err := j.f.WriteAt(make([]byte, roomStep), j.room); err != nil {
			return err
		}
		j.room += roomStep
	}
	if _, err := j.f.WriteAt(j.text, j.end); err != nil {
		return err
	}
	return disk.Flush(j.f)
}

// publish takes over what was written. After a write that failed, nobody knows
// what the disk holds.
func (j *File) publish(b *batch, number uint64, sum string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if b.err != nil {
		j.halted = true
		return
	}
	j.end += int64(len(j.text))
	j.number, j.sum = number, sum
	for _, list := range b.lists {
		for i := range list {
			j.last[list[i].Policy] = list[i].N
		}
	}
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
	j.turn <- struct{}{}
	defer func() { <-j.turn }()
	err := j.f.Truncate(j.end) // what was laid out ahead is for this run
	return errors.Join(err, j.f.Close())
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

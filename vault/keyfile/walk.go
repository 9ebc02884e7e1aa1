package keyfile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
)

// All goes through the live slots in order of number. A damaged slot is yielded
// as its error, with its number, and the walk goes on; the caller decides. Slots
// put meanwhile may or may not be seen.
func (f *File) All() iter.Seq2[Slot, error] {
	return f.Range(1, MaxSID)
}

// Range is All for the numbers first to last.
func (f *File) Range(first, last uint64) iter.Seq2[Slot, error] {
	return func(yield func(Slot, error) bool) {
		for sid := max(first, 1); sid <= min(last, f.Max()); sid++ {
			s, err := f.Get(sid)
			if errors.Is(err, ErrEmpty) || errors.Is(err, ErrDestroyed) {
				continue
			}
			if !yield(Slot{SID: sid, Epoch: s.Epoch, Nonce: s.Nonce, Wrapped: s.Wrapped}, err) {
				return
			}
			if errors.Is(err, ErrClosed) {
				return
			}
		}
	}
}

// rewrapBatch is how many slots of a rotation share a flush: large enough that
// flushes do not count, small enough that other callers do not wait for it.
const rewrapBatch = 512

// Rewrap replaces every live slot from first to last whose epoch is not current
// by what wrap makes of it, in place, beside all other callers. It can be
// stopped (by ctx or a crash) and called again: each slot says by its epoch
// whether it is done. It passes over slots it cannot rewrap, and reports the
// first of them at the end. It returns how many it rewrote.
func (f *File) Rewrap(ctx context.Context, first, last uint64, current uint16, wrap func(Slot) (Slot, error)) (int, error) {
	r := rewrapper{file: f}
	for old, err := range f.Range(first, last) {
		if stop := ctx.Err(); stop != nil {
			r.fail(stop)
			break
		}
		if err == nil && old.Epoch == current {
			continue
		}
		if err == nil {
			err = r.add(old, wrap)
		}
		r.fail(err)
	}
	r.fail(r.flush())
	if r.err != nil {
		return r.total, fmt.Errorf("rewrap subject keys: %w", r.err)
	}
	return r.total, nil
}

type rewrapper struct {
	file  *File
	swaps []Swap
	total int
	err   error // the first
}

func (r *rewrapper) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

func (r *rewrapper) add(old Slot, wrap func(Slot) (Slot, error)) error {
	fresh, err := wrap(old)
	if err != nil {
		return fmt.Errorf("slot %d: %w", old.SID, err)
	}
	r.swaps = append(r.swaps, Swap{Old: old, New: fresh})
	if len(r.swaps) < rewrapBatch {
		return nil
	}
	return r.flush()
}

func (r *rewrapper) flush() error {
	n, err := r.file.Replace(r.swaps...)
	r.total += n
	r.swaps = r.swaps[:0]
	return err
}

// Count is how many slots are in which state.
type Count struct {
	Live      map[uint16]uint64 // by epoch
	Destroyed uint64
	Damaged   uint64
}

// Inspect counts the slots of the file at path without opening any key, without
// the lock, and so also while another process works on it; then the numbers are
// those of some moment.
func Inspect(path string) (policy string, c Count, err error) {
	file, err := os.Open(path)
	if err != nil {
		return "", Count{}, fmt.Errorf("inspect key file: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	policy, c, err = inspect(file)
	if err != nil {
		return "", Count{}, fmt.Errorf("inspect key file: %s: %w", path, err)
	}
	return policy, c, nil
}

func inspect(r io.Reader) (string, Count, error) {
	header := make([]byte, headerSize)
	if _, err := io.ReadFull(r, header); err != nil {
		return "", Count{}, fmt.Errorf("read header: %w", err)
	}
	policy, err := decodeHeader(header)
	if err != nil {
		return "", Count{}, err
	}
	c := Count{Live: map[uint16]uint64{}}
	buf := make([]byte, 1024*slotSize)
	for {
		n, err := io.ReadFull(r, buf)
		for at := 0; at+slotSize <= n; at += slotSize {
			b := block(buf[at : at+slotSize])
			c.add(&b)
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return policy, c, nil
		}
		if err != nil {
			return "", Count{}, fmt.Errorf("read slots: %w", err)
		}
	}
}

func (c *Count) add(b *block) {
	switch state, err := b.state(); {
	case err != nil:
		c.Damaged++
	case state == Live:
		c.Live[uint16(b[1])<<8|uint16(b[2])]++
	case state == Destroyed:
		c.Destroyed++
	}
}

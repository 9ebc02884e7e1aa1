package keyfile_test

import (
	"errors"
	"io"
	"slices"
	"sync"
)

var errDisk = errors.New("input/output error")

// faulty is a disk with a cache: what was not synced is lost by a crash, except
// the sectors that the test lets survive. It can fail the n-th write or sync,
// with or without effect.
type faulty struct {
	mu       sync.Mutex
	stable   []byte // what a crash leaves
	cache    []byte // what reads see
	dirty    []int  // 512-byte sectors that differ
	writes   int
	syncs    int
	failAt   int  // the operation (write, sync or reserve) that fails, from 1; 0 never
	effect   bool // whether the failing operation takes effect all the same
	full     bool // whether Reserve fails
	ops      int
	blocking chan struct{} // if set, each sync waits for a value
}

func newFaulty(image []byte) *faulty {
	return &faulty{stable: slices.Clone(image), cache: slices.Clone(image)}
}

func (d *faulty) ReadAt(p []byte, off int64) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if off >= int64(len(d.cache)) {
		return 0, io.EOF
	}
	n := copy(p, d.cache[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (d *faulty) fails() bool {
	d.ops++
	return d.ops == d.failAt
}

func (d *faulty) WriteAt(p []byte, off int64) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.writes++
	failed := d.fails()
	if failed && !d.effect {
		return 0, errDisk
	}
	copy(d.cache[off:], p)
	for s := int(off) / 512; s <= (int(off)+len(p)-1)/512; s++ {
		d.dirty = append(d.dirty, s)
	}
	if failed {
		return 0, errDisk
	}
	return len(p), nil
}

func (d *faulty) Reserve(size int64) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.full {
		return errors.New("no space left on device")
	}
	if grow := int(size) - len(d.cache); grow > 0 {
		d.cache = append(d.cache, make([]byte, grow)...)
		d.stable = append(d.stable, make([]byte, grow)...)
	}
	return nil
}

func (d *faulty) Sync() error {
	if d.blocking != nil {
		<-d.blocking
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.syncs++
	failed := d.fails()
	if !failed || d.effect {
		copy(d.stable, d.cache)
	}
	d.dirty = nil // as Linux does: after a failed flush the pages count as clean
	if failed {
		return errDisk
	}
	return nil
}

func (d *faulty) Close() error { return nil }

// crash is the image after a power cut that let the sectors chosen by survives reach the disk.
func (d *faulty) crash(survives func(sector int) bool) []byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	image := slices.Clone(d.stable)
	for _, s := range d.dirty {
		if survives(s) {
			copy(image[s*512:(s+1)*512], d.cache[s*512:])
		}
	}
	return image
}

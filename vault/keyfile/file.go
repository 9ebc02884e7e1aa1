package keyfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"
	"sync/atomic"

	"avow.dev/vault/internal/durable"
)

// ErrClosed says that the file was closed.
var ErrClosed = errors.New("the key file is closed")

// File is an open key file. It is safe for concurrent use.
type File struct {
	disk   Disk
	policy string

	// read guards against reading a slot while it is being written: the kernel
	// does not promise that a read sees the old or the new 64 bytes. It is held
	// for the write and not for the flush.
	read   sync.RWMutex
	closed bool // under read

	max atomic.Uint64 // highest number ever written

	// mu guards open. Whoever holds turn (a slot in a channel, so that a waiter
	// can wait for its batch instead) owns slots, halted and the right to write.
	mu     sync.Mutex
	open   *batch
	turn   chan struct{}
	slots  uint64 // allocated and zeroed
	halted error  // the first failed write or flush
}

// Create makes an empty key file for policy at path, readable by its owner only.
// It refuses to touch a file that exists. Creating is apart from opening so that
// a wrong path cannot quietly start a second file, in which every key is missing.
func Create(path, policy string) error {
	header, err := encodeHeader(policy)
	if err == nil {
		err = durable.Create(path, header)
	}
	if err != nil {
		return fmt.Errorf("create key file: %w", err)
	}
	return nil
}

// Open opens the key file of policy and takes an exclusive lock on it, held
// until Close. It refuses a file of another policy, a file that others may read,
// and one that another process has open.
func Open(path, policy string) (*File, error) {
	f, err := openLocked(path, policy)
	if err != nil {
		return nil, fmt.Errorf("open key file: %w", err)
	}
	return f, nil
}

func openLocked(path, policy string) (*File, error) {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	f, err := check(file, policy)
	if err != nil {
		// The path is the operator's; it names a policy, never a person.
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), durable.Release(file))
	}
	return f, nil
}

func check(file *os.File, policy string) (*File, error) {
	if err := durable.Lock(file); err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "open", Path: file.Name(), Err: fs.ErrInvalid}
	}
	if err := durable.CheckPrivate(info); err != nil {
		return nil, err
	}
	return On(osDisk{file}, info.Size(), policy)
}

// On opens the key file of policy that already stands on disk, size bytes long.
// Open is On for a path; tests bring their own disk.
func On(disk Disk, size int64, policy string) (*File, error) {
	if err := checkSize(size); err != nil {
		return nil, err
	}
	header := make([]byte, headerSize)
	if _, err := disk.ReadAt(header, 0); err != nil {
		return nil, fmt.Errorf("read header: %w", err)
	}
	owner, err := decodeHeader(header)
	if err != nil {
		return nil, err
	}
	if owner != policy {
		return nil, fmt.Errorf("the file belongs to policy %q, not to %q", owner, policy)
	}
	f := &File{disk: disk, policy: policy, turn: make(chan struct{}, 1), slots: uint64(size-headerSize) / slotSize}
	last, err := lastWritten(disk, f.slots)
	if err != nil {
		return nil, err
	}
	f.max.Store(last)
	return f, nil
}

// lastWritten looks from the end for the last slot that is not empty. The zeroed
// tail is at most a chunk, unless a crash left more.
func lastWritten(disk io.ReaderAt, slots uint64) (uint64, error) {
	const step = 1024
	buf := make([]byte, step*slotSize)
	for end := slots; end > 0; {
		n := min(end, step)
		part := buf[:n*slotSize]
		if _, err := disk.ReadAt(part, offset(end-n+1)); err != nil && !errors.Is(err, io.EOF) {
			return 0, fmt.Errorf("read slots: %w", err)
		}
		for i := n; i > 0; i-- {
			if block(part[(i-1)*slotSize:i*slotSize]) != (block{}) {
				return end - n + i, nil
			}
		}
		end -= n
	}
	return 0, nil
}

// Policy is the name of the policy whose keys these are.
func (f *File) Policy() string { return f.policy }

// Max is the highest subject number ever written, live or not. A store
// hands out numbers above it, also after it was restored from an older backup:
// a number once used is never used for another person.
func (f *File) Max() uint64 { return f.max.Load() }

// Get returns the subject's slot. The errors are [ErrEmpty], [ErrDestroyed],
// [ErrDamaged] and what the disk says.
func (f *File) Get(sid uint64) (Slot, error) {
	if err := checkSID(sid); err != nil {
		return Slot{}, err
	}
	b, err := f.readBlock(sid)
	if err != nil {
		return Slot{}, err
	}
	return b.slot(sid)
}

func (f *File) readBlock(sid uint64) (block, error) {
	var b block
	if sid > f.max.Load() {
		return b, nil
	}
	f.read.RLock()
	defer f.read.RUnlock()
	if f.closed {
		return b, ErrClosed
	}
	if _, err := f.disk.ReadAt(b[:], offset(sid)); err != nil {
		return b, fmt.Errorf("read slot %d: %w", sid, err)
	}
	return b, nil
}

// Close waits for the write under way, releases the lock and closes the file.
func (f *File) Close() error {
	f.turn <- struct{}{}
	defer func() { <-f.turn }()
	f.read.Lock()
	defer f.read.Unlock()
	if f.closed {
		return nil
	}
	f.closed = true
	return f.disk.Close()
}

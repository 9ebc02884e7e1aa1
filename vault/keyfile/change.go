package keyfile

import (
	"errors"
	"fmt"
)

// chunkSlots is how many slots are allocated at a time: a megabyte.
const chunkSlots = 1 << 20 / slotSize

// maxGap is how far a new number may lie beyond the highest one. Numbers are
// dense; a far jump is a mistake that would fill the disk with empty slots.
const maxGap = 1 << 20

// staging is what a batch is about to write, over what the file holds.
type staging struct {
	file      *File
	blocks    map[uint64]block
	rewritten int // blocks staged a second time within the batch
}

func (s *staging) get(sid uint64) (block, error) {
	if b, ok := s.blocks[sid]; ok {
		return b, nil
	}
	return s.file.readBlock(sid)
}

func (s *staging) set(sid uint64, b block) {
	if _, again := s.blocks[sid]; again {
		s.rewritten++
	}
	s.blocks[sid] = b
}

// reserve makes room for sid. A full disk refuses the change that needs room and
// halts nothing: keys can still be destroyed.
func (s *staging) reserve(sid uint64) error {
	f := s.file
	if err := checkSID(sid); err != nil {
		return err
	}
	if highest := f.max.Load(); sid > highest+maxGap {
		return fmt.Errorf("subject number %d lies far beyond the highest one, %d; numbers are handed out in order", sid, highest)
	}
	if sid <= f.slots {
		return nil
	}
	want := min((sid+chunkSlots-1)/chunkSlots*chunkSlots, MaxSID)
	if err := f.disk.Reserve(offset(want + 1)); err != nil {
		return fmt.Errorf("allocate slots: %w", err)
	}
	// Allocated blocks are not enough: the first write to each would change the
	// block map and cost a second flush. Zeros written now are overwritten later.
	zeros := make([]byte, chunkSlots*slotSize)
	for first := f.slots + 1; first <= want; first += chunkSlots {
		n := min(want-first+1, chunkSlots) * slotSize
		if _, err := f.disk.WriteAt(zeros[:n], offset(first)); err != nil {
			return fmt.Errorf("allocate slots: %w", err)
		}
	}
	if err := f.disk.Sync(); err != nil {
		f.halted = err
		return fmt.Errorf("allocate slots: %w", err)
	}
	f.slots = want
	return nil
}

// Put writes the keys of new subjects and returns when they are durable; an
// error that is not [ErrTaken], [ErrDestroyed] or [ErrDamaged] leaves open
// whether they are. All are written or, if any has a number in use, none. The
// data sealed under a key must not be committed before Put has returned.
func (f *File) Put(slots ...Slot) error {
	for _, s := range slots {
		if s.Epoch == 0 {
			return errors.New("put subject key: epoch 0 does not exist; epochs count from 1")
		}
	}
	if len(slots) == 0 {
		return nil
	}
	return f.commit(func(st *staging) error {
		seen := make(map[uint64]bool, len(slots))
		for _, s := range slots {
			if err := st.free(s.SID); err != nil {
				return fmt.Errorf("put subject key: %w", err)
			}
			if seen[s.SID] {
				return fmt.Errorf("put subject key: %w", ErrTaken)
			}
			seen[s.SID] = true
		}
		for _, s := range slots {
			st.set(s.SID, s.block())
		}
		return nil
	})
}

// free makes room for sid and refuses a number that was ever used.
func (s *staging) free(sid uint64) error {
	if err := s.reserve(sid); err != nil {
		return err
	}
	b, err := s.get(sid)
	if err != nil {
		return err
	}
	state, err := b.state()
	switch {
	case err != nil:
		return fmt.Errorf("slot %d: %w", sid, err)
	case state == Live:
		return ErrTaken
	case state != Empty:
		return ErrDestroyed
	}
	return nil
}

// Destroy overwrites the keys of the subjects and returns when that is durable.
// It asks for no state: a slot already destroyed stays so, one never written can
// never be, and a damaged one is overwritten as well. On an error, try again
// after the file was reopened.
func (f *File) Destroy(sids ...uint64) error {
	if len(sids) == 0 {
		return nil
	}
	return f.commit(func(st *staging) error {
		for _, sid := range sids {
			if err := st.reserve(sid); err != nil {
				return fmt.Errorf("destroy subject key: %w", err)
			}
		}
		for _, sid := range sids {
			st.set(sid, tombstone())
		}
		return nil
	})
}

// Withdraw takes back keys that nobody was ever given: it overwrites each slot that
// still stands as it is given here, and returns when that is durable, with the number
// overwritten. A slot that stands otherwise, above all one destroyed, is left alone.
// The number of a withdrawn key is never used again: a copy of the file from before
// still has the key under it. After an error each slot may stand either way.
func (f *File) Withdraw(slots ...Slot) (int, error) {
	list := make([]exchange, 0, len(slots))
	for _, s := range slots {
		if s.Epoch != 0 { // such a key was never put
			list = append(list, exchange{s.SID, s.block(), withdrawn()})
		}
	}
	n, err := f.exchange(list)
	if err != nil {
		return 0, fmt.Errorf("withdraw subject key: %w", err)
	}
	return n, nil
}

// Swap is a slot as it was read and as it shall be.
type Swap struct{ Old, New Slot }

// Replace writes each new slot whose old one still stands unchanged and returns
// when that is durable, with the number written. A slot changed meanwhile, above
// all one destroyed, is left alone: a rotation never brings a key back.
func (f *File) Replace(swaps ...Swap) (int, error) {
	list := make([]exchange, len(swaps))
	for i, w := range swaps {
		if w.Old.SID != w.New.SID || w.New.Epoch == 0 {
			return 0, errors.New("replace subject key: old and new slot must have one number and an epoch")
		}
		list[i] = exchange{w.Old.SID, w.Old.block(), w.New.block()}
	}
	n, err := f.exchange(list)
	if err != nil {
		return 0, fmt.Errorf("replace subject key: %w", err)
	}
	return n, nil
}

// exchange is a block as it must stand and as it shall be.
type exchange struct {
	sid      uint64
	old, new block
}

// exchange writes each block whose old one still stands, and returns when that is
// durable, with the number written.
func (f *File) exchange(list []exchange) (written int, err error) {
	if len(list) == 0 {
		return 0, nil
	}
	err = f.commit(func(st *staging) error {
		for _, x := range list {
			b, err := st.get(x.sid)
			if err != nil {
				return err
			}
			if b == x.old {
				st.set(x.sid, x.new)
				written++
			}
		}
		return nil
	})
	return written, err
}

package keyfile

import (
	"encoding/binary"
	"errors"
	"fmt"
)

const (
	headerSize  = 4096
	slotSize    = 64
	wrappedSize = 48
	nonceSize   = 12
)

// MaxSID is the highest subject number. It is 2³²-1 so that the wraps under one
// policy key stay within the 2³² random nonces that AES-GCM allows a key.
const MaxSID uint64 = 1<<32 - 1

// State is what a slot says about its subject's key.
type State uint8

// The states of a slot. The values are four bits apart, so that no single flipped
// bit makes one of another: a tombstone must not decay into an empty slot.
const (
	Empty     State = 0x00 // never written
	Live      State = 0x4b // holds the wrapped key
	Destroyed State = 0xd8 // held one, or was forbidden ever to
	Withdrawn State = 0x95 // held one that nobody was ever given
)

var (
	// ErrEmpty says that the subject never had a key: none was written, or it was
	// withdrawn before anybody was given it.
	ErrEmpty = errors.New("this subject never had a key")
	// ErrDestroyed says that the subject's key was destroyed; it never comes back.
	ErrDestroyed = errors.New("the subject's key was destroyed")
	// ErrTaken says that the subject already has a key; a second would shut the first one's data.
	ErrTaken = errors.New("the subject already has a key")
	// ErrDamaged says that a slot or a header holds what this package never writes.
	ErrDamaged = errors.New("damaged key file")
)

// Slot is one subject's wrapped key.
type Slot struct {
	SID     uint64 // subject number, from 1
	Epoch   uint16 // of the policy key that wraps it, from 1
	Nonce   [nonceSize]byte
	Wrapped [wrappedSize]byte
}

// block is a slot as it stands in the file.
type block [slotSize]byte

func tombstone() block { return block{0: byte(Destroyed)} }

func withdrawn() block { return block{0: byte(Withdrawn)} }

func (s Slot) block() block {
	var b block
	b[0] = byte(Live)
	binary.BigEndian.PutUint16(b[1:3], s.Epoch)
	copy(b[4:16], s.Nonce[:])
	copy(b[16:], s.Wrapped[:])
	return b
}

// state reads the state byte and refuses a block that its state does not allow.
func (b *block) state() (State, error) {
	switch State(b[0]) {
	case Empty:
		if *b == (block{}) {
			return Empty, nil
		}
	case Live:
		if b[3] == 0 && binary.BigEndian.Uint16(b[1:3]) != 0 {
			return Live, nil
		}
	case Destroyed:
		if *b == tombstone() {
			return Destroyed, nil
		}
	case Withdrawn:
		if *b == withdrawn() {
			return Withdrawn, nil
		}
	}
	return 0, ErrDamaged
}

// slot decodes a live block; the other states answer with their error.
func (b *block) slot(sid uint64) (Slot, error) {
	state, err := b.state()
	switch {
	case err != nil:
		return Slot{}, fmt.Errorf("slot %d: %w; restore the key file from its own backup", sid, err)
	case state == Empty, state == Withdrawn:
		return Slot{}, ErrEmpty
	case state == Destroyed:
		return Slot{}, ErrDestroyed
	}
	s := Slot{SID: sid, Epoch: binary.BigEndian.Uint16(b[1:3])}
	copy(s.Nonce[:], b[4:16])
	copy(s.Wrapped[:], b[16:])
	return s, nil
}

func offset(sid uint64) int64 { return headerSize + int64(sid-1)*slotSize }

func checkSID(sid uint64) error {
	if sid == 0 || sid > MaxSID {
		return fmt.Errorf("subject number %d is outside 1 to %d", sid, MaxSID)
	}
	return nil
}

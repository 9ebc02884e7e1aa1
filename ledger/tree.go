package ledger

import (
	"fmt"
	"math/bits"
)

// A Tree is the state of a log that one root commits to.
type Tree struct {
	Size int64
	Root Hash
}

// CheckInclusion reports with [ErrProof] unless proof leads from the leaf hash at index to the root
// (RFC 9162 section 2.1.3.2). It allocates nothing.
func (t Tree) CheckInclusion(index int64, leaf Hash, proof []Hash) error {
	if index < 0 || index >= t.Size {
		return fmt.Errorf("leaf %d in a tree of %d leaves: %w", index, t.Size, ErrProof)
	}
	at, last, h := index, t.Size-1, leaf
	for _, sibling := range proof {
		if last == 0 {
			return ErrProof
		}
		if at&1 == 1 || at == last {
			h = NodeHash(sibling, h)
			// On the right edge a node without sibling rises unchanged.
			skip := bits.TrailingZeros64(uint64(at))
			at, last = at>>skip, last>>skip
		} else {
			h = NodeHash(h, sibling)
		}
		at, last = at>>1, last>>1
	}
	if last != 0 || h != t.Root {
		return ErrProof
	}
	return nil
}

// CheckConsistency reports with [ErrProof] unless proof shows that the leaves of old are the first leaves of t
// (RFC 9162 section 2.1.4.2). Every tree continues the empty one, and itself, with an empty proof.
func (t Tree) CheckConsistency(old Tree, proof []Hash) error {
	switch {
	case old.Size < 0 || old.Size > t.Size:
		return fmt.Errorf("tree of %d leaves before one of %d: %w", old.Size, t.Size, ErrProof)
	case old.Size == t.Size:
		return proved(len(proof) == 0 && old.Root == t.Root)
	case old.Size == 0:
		return proved(len(proof) == 0 && old.Root == EmptyRoot())
	}
	at, last := old.Size-1, t.Size-1
	skip := bits.TrailingZeros64(^uint64(at))
	at, last = at>>skip, last>>skip
	// When the old tree is complete its root is the first node, and the proof leaves it out.
	start := old.Root
	if at != 0 {
		if len(proof) == 0 {
			return ErrProof
		}
		start, proof = proof[0], proof[1:]
	}
	before, after := start, start
	for _, node := range proof {
		if last == 0 {
			return ErrProof
		}
		if at&1 == 1 || at == last {
			before, after = NodeHash(node, before), NodeHash(node, after)
			skip := bits.TrailingZeros64(uint64(at))
			at, last = at>>skip, last>>skip
		} else {
			after = NodeHash(after, node)
		}
		at, last = at>>1, last>>1
	}
	return proved(last == 0 && before == old.Root && after == t.Root)
}

func proved(ok bool) error {
	if !ok {
		return ErrProof
	}
	return nil
}

package policy

import (
	"iter"
	"math/bits"
)

// set is a set of word numbers.
type set [maxWords / 64]uint64

func (s *set) add(i uint16) { s[i>>6&3] |= 1 << (i & 63) }

func (s *set) has(i uint16) bool { return s[i>>6&3]>>(i&63)&1 != 0 }

// bit returns 1 if i is in the set and 0 if not, without a branch.
func (s *set) bit(i uint8) uint64 { return s[i>>6] >> (i & 63) & 1 }

func (s *set) union(t *set) {
	for i := range s {
		s[i] |= t[i]
	}
}

func (s *set) intersect(t *set) {
	for i := range s {
		s[i] &= t[i]
	}
}

func (s *set) all() iter.Seq[uint16] {
	return func(yield func(uint16) bool) {
		for w, word := range s {
			for ; word != 0; word &= word - 1 {
				if !yield(uint16(w<<6 | bits.TrailingZeros64(word))) {
					return
				}
			}
		}
	}
}

package policy

import "math/bits"

// maxWords is how many words of one kind a policy may declare: sets of words
// are bit sets of this size.
const maxWords = 256

// names gives dense numbers to the words of one kind. Look-ups cost more than
// the decision itself, hence a table of our own: at most a quarter full, so
// that nearly every look-up is one hash and one comparison.
type names struct {
	slots []nameSlot
	words []string
}

type nameSlot struct {
	word string
	id   uint16
}

// newNames numbers the words in their order. A word given twice keeps its
// first number.
func newNames(words []string) *names {
	size := 1 << bits.Len(uint(4*len(words)+3))
	n := &names{slots: make([]nameSlot, size)}
	for _, w := range words {
		if w == "" {
			continue
		}
		if _, ok := n.id(w); !ok {
			n.add(w)
		}
	}
	return n
}

func (n *names) add(word string) {
	n.alias(word, uint16(len(n.words)))
	n.words = append(n.words, word)
}

// alias gives a further word to the number id. It is for tables that have more
// than half of their slots left.
func (n *names) alias(word string, id uint16) {
	mask := uint64(len(n.slots) - 1)
	i := hash(word) & mask
	for n.slots[i].word != "" {
		i = (i + 1) & mask
	}
	n.slots[i] = nameSlot{word: word, id: id}
}

// id returns the number of a word. The empty word has none.
func (n *names) id(word string) (uint16, bool) {
	slots := n.slots
	mask := uint64(len(slots) - 1)
	for i := hash(word) & mask; ; i = (i + 1) & mask {
		s := &slots[i&uint64(len(slots)-1)]
		if s.word == word {
			return s.id, word != ""
		}
		if s.word == "" {
			return 0, false
		}
	}
}

func (n *names) len() int { return len(n.words) }

func (n *names) word(i int) string {
	if i < 0 || i >= len(n.words) {
		return ""
	}
	return n.words[i]
}

// hash mixes the length and the first and last sixteen bytes of a word. It need
// not resist an attacker: the words of the table are the policy's own, and a
// foreign word only ever finds an empty slot or a short run of others.
func hash(s string) uint64 {
	const k0, k1 = 0x9e3779b97f4a7c15, 0xd6e8feb86659fd93
	n := len(s)
	var a, b uint64
	switch {
	case n >= 8:
		a, b = load64(s[:8]), load64(s[n-8:])
		if n > 16 {
			a ^= bits.RotateLeft64(load64(s[8:16]), 29)
			b ^= bits.RotateLeft64(load64(s[n-16:n-8]), 31)
		}
	case n >= 4:
		a, b = load32(s[:4]), load32(s[n-4:])
	case n > 0:
		a = uint64(s[0])<<16 | uint64(s[n>>1])<<8 | uint64(s[n-1])
	}
	hi, lo := bits.Mul64(a^k0^uint64(n), b^k1)
	return hi ^ lo
}

func load64(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

func load32(s string) uint64 {
	_ = s[3]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24
}

package policy

import "math/bits"

// maxWords is how many words of one kind a policy may declare: sets of words
// are bit sets of this size.
const maxWords = 256

// names gives dense numbers to the words of one kind. Look-ups cost more than
// the decision itself, hence a table of our own: at most a quarter full, and
// words are compared as three integers, so that nearly every look-up takes the
// same few steps whatever the word's length.
type names struct {
	slots []nameSlot
	words []string
}

// nameSlot is free if its key is zero, which is the key of the empty word.
type nameSlot struct {
	key nameKey
	id  uint16
}

// nameKey is a word as five samples of four bytes and its length. Words of up
// to wholeKey bytes are equal exactly if their keys are; the samples of longer
// words leave gaps.
type nameKey struct{ a, b, c uint64 }

const wholeKey = 20

func shortKey(s string) nameKey {
	n := len(s)
	if n == 0 {
		return nameKey{}
	}
	return nameKey{a: uint64(s[0]) | uint64(s[n>>1])<<8 | uint64(s[n-1])<<16, c: uint64(n) << 32}
}

func load(s string, at int) uint64 {
	s = s[at : at+4]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24
}

// hash need not resist an attacker: the words of a table are the policy's own,
// and a foreign word only ever meets a free slot or a short run of others.
func (k nameKey) hash() uint64 {
	hi, lo := bits.Mul64(k.a^0x9e3779b97f4a7c15, k.b^0xd6e8feb86659fd93^k.c*0xff51afd7ed558ccd)
	return hi ^ lo
}

// newNames numbers the words in their order. A word given twice keeps its first
// number, and the empty word has none.
func newNames(words []string) *names {
	size := 1 << bits.Len(uint(4*len(words)+3))
	n := &names{slots: make([]nameSlot, size)}
	for _, w := range words {
		if _, ok := n.id(w); !ok && w != "" {
			n.alias(w, uint16(len(n.words)))
			n.words = append(n.words, w)
		}
	}
	return n
}

// alias gives a further word to the number id. It is for tables that have more
// than half of their slots left, and for words that are whole in their key or
// stand in n.words under that number.
func (n *names) alias(word string, id uint16) {
	s, key, _ := n.seek(word)
	*s = nameSlot{key: key, id: id}
}

// seek returns the slot of a word, or the free one where it would be. It is one function,
// because calls would take a third of a look-up.
func (n *names) seek(word string) (s *nameSlot, key nameKey, found bool) {
	if k := len(word) - 4; k >= 0 {
		key.a = load(word, 0) | load(word, k>>2)<<32
		key.b = load(word, k>>1) | load(word, k-k>>2)<<32
		key.c = load(word, k) | uint64(len(word))<<32
	} else {
		key = shortKey(word)
	}
	for i := key.hash(); ; i++ {
		s = &n.slots[i&uint64(len(n.slots)-1)]
		if (s.key.a^key.a)|(s.key.b^key.b)|(s.key.c^key.c) == 0 && (len(word) <= wholeKey || n.words[s.id] == word) {
			return s, key, word != ""
		}
		if s.key.c == 0 {
			return s, key, false
		}
	}
}

// id returns the number of a word.
func (n *names) id(word string) (uint16, bool) {
	s, _, found := n.seek(word)
	return s.id, found
}

func (n *names) len() int { return len(n.words) }

// word returns the word of a number, or "".
func (n *names) word(i int) string {
	if i < 0 || i >= len(n.words) {
		return ""
	}
	return n.words[i]
}

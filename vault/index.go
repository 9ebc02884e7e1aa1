package vault

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"maps"
	"sync"
	"sync/atomic"

	"avow.dev/internal/secret"
)

// Tag is an entry of a blind index: equal values have equal tags, and without the
// index key a tag says nothing. 128 bits keep two values among 2³² apart with a
// chance of 2⁻⁶⁵ of a collision.
type Tag = [16]byte

// indexInfo begins the derivation of each datum's key; the datum follows.
const indexInfo = "avow blind index 1"

// index makes tags, with a key per datum, so that a phone number kept as "phone"
// and one kept as "emergency contact" cannot be matched.
type index struct {
	key secret.Bytes
	mu  sync.Mutex // one maker of taggers at a time
	by  atomic.Pointer[map[string]*tagger]
}

func newIndex(key secret.Bytes) *index {
	x := &index{key: key}
	x.by.Store(&map[string]*tagger{})
	return x
}

func (x *index) tagger(datum string) (*tagger, error) {
	if t, ok := (*x.by.Load())[datum]; ok {
		return t, nil
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if t, ok := (*x.by.Load())[datum]; ok {
		return t, nil
	}
	info := appendPart(appendPart(nil, indexInfo), datum)
	key, err := hkdf.Key(sha256.New, x.key.Expose(), nil, string(info), keySize)
	if err != nil {
		return nil, err
	}
	t := newTagger(secret.Adopt(key))
	next := maps.Clone(*x.by.Load())
	next[datum] = t
	x.by.Store(&next)
	return t, nil
}

// tagger is HMAC-SHA-256 under one key, with keyed states kept for reuse: keying
// costs twice what hashing a short value does.
type tagger struct{ states sync.Pool }

type state struct {
	mac hash.Hash
	sum [sha256.Size]byte
	in  []byte
}

func newTagger(key secret.Bytes) *tagger {
	t := &tagger{}
	t.states.New = func() any { return &state{mac: hmac.New(sha256.New, key.Expose())} }
	return t
}

// borrow returns a state to be given back; its mac is fresh.
func (t *tagger) borrow() *state {
	s, ok := t.states.Get().(*state)
	if !ok {
		panic("vault: a pool of states holds something else")
	}
	s.mac.Reset()
	return s
}

func (t *tagger) giveBack(s *state) {
	clear(s.sum[:])
	t.states.Put(s)
}

func (t *tagger) tag(value []byte) Tag {
	s := t.borrow()
	s.mac.Write(value)
	s.mac.Sum(s.sum[:0])
	tag := Tag(s.sum[:16])
	t.giveBack(s)
	return tag
}

// Tag is the blind index entry of a value of datum, already brought to its normal
// form; see [Normalise]. datum is a slug of the policy: a key is kept in memory
// for each one ever asked for.
func (v *Vault) Tag(datum string, normal []byte) (Tag, error) {
	t, err := v.index.tagger(datum)
	if err != nil {
		return Tag{}, err
	}
	return t.tag(normal), nil
}

// Pseudonym is the number by which a person is known to one audience, a recipient
// or a purpose: stable for it, and not to be matched with what another audience
// or another policy's vault is told. It is derived from a key of the policy and
// not of the person, so it can still be computed after an erasure by whoever has
// that key and the subject number; the number must go with the person.
func (v *Vault) Pseudonym(sid uint64, audience string) [16]byte {
	s := v.pseudonyms.borrow()
	s.in = binary.BigEndian.AppendUint64(s.in[:0], sid)
	s.in = append(s.in, audience...) // the number has a fixed length
	s.mac.Write(s.in)
	s.mac.Sum(s.sum[:0])
	p := [16]byte(s.sum[:16])
	v.pseudonyms.giveBack(s)
	return p
}

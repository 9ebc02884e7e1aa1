package vault

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"sync"
	"sync/atomic"

	"avow.dev/internal/secret"
)

// SubjectKey is the key of one person, expanded and ready. It is safe for
// concurrent use. Do not keep one beyond a request: the vault revokes the keys
// that it knows of, and an erasure should not meet strays. The zero value opens
// nothing.
type SubjectKey struct {
	held func() *subject // a closure, where no printer finds the key
}

type subject struct {
	sid    uint64
	policy string
	aead   cipher.AEAD
	dead   atomic.Bool
	loose  atomic.Bool // taken from the stock and not kept: it may go back
	lent   *buffers

	mu     sync.Mutex // guards what follows
	raw    [keySize]byte
	salter *salter // made for the first salt
}

// salter is a keyed hash with room for its input and output: what a hash is given
// escapes to the heap, and this is there already.
type salter struct {
	mac  hash.Hash
	leaf [16]byte
	sum  [sha256.Size]byte
}

func newSalter(raw []byte) (*salter, error) {
	key, err := hkdf.Key(sha256.New, raw, nil, saltInfo, sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("derive salt key: %w", err)
	}
	defer clear(key)
	return &salter{mac: hmac.New(sha256.New, key)}, nil
}

func (s *salter) salt(leaf [16]byte) [sha256.Size]byte {
	s.leaf = leaf
	s.mac.Reset()
	s.mac.Write(s.leaf[:])
	s.mac.Sum(s.sum[:0])
	return s.sum
}

// newSubject expands s.raw.
func newSubject(s *subject) (SubjectKey, error) {
	aead, err := newAEAD(s.raw[:])
	if err != nil {
		return SubjectKey{}, err
	}
	s.aead = aead
	return SubjectKey{func() *subject { return s }}, nil
}

// live returns the key, or ErrErased once it was revoked.
func (k SubjectKey) live() (*subject, error) {
	if k.held == nil {
		return nil, ErrNoKey
	}
	s := k.held()
	if s.dead.Load() {
		return nil, ErrErased
	}
	return s, nil
}

// revoke makes the key useless to everyone who holds it. What crypto/aes expanded
// cannot be overwritten from here and goes with the next garbage collection.
func (k SubjectKey) revoke() {
	s := k.held()
	s.dead.Store(true)
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.raw[:])
	s.salter = nil
}

// copyRaw returns a copy of the key's bytes, none if it was revoked.
func (s *subject) copyRaw() secret.Bytes {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dead.Load() {
		return secret.Bytes{}
	}
	return secret.New(s.raw[:])
}

// Keep says that from now on something sealed under the key may be on a disk: it is its
// person's for good, and [Vault.GiveBack] leaves it alone.
func (k SubjectKey) Keep() {
	if k.held != nil {
		k.held().loose.Store(false)
	}
}

// SID is the subject number, 0 for the zero key.
func (k SubjectKey) SID() uint64 {
	if k.held == nil {
		return 0
	}
	return k.held().sid
}

// Seal appends to dst the cell of plaintext at a. The subject number in a must be
// the key's own.
func (k SubjectKey) Seal(dst []byte, a Address, plaintext []byte) ([]byte, error) {
	return k.SealBeside(dst, a, nil, plaintext)
}

// SealBeside is Seal of a cell that opens only beside the same bytes, which stay where
// they are, in clear; nil binds it to nothing more than its address.
func (k SubjectKey) SealBeside(dst []byte, a Address, beside, plaintext []byte) ([]byte, error) {
	s, err := k.live()
	if err != nil {
		return nil, err
	}
	if a.SID != s.sid || a.Kind == 0 {
		return nil, errors.New("seal cell: the address must have a kind and the number of the key's own subject")
	}
	buf := s.lent.get()
	aad := a.beside(*buf, s.policy, beside)
	cell := sealCell(dst, s.aead, plaintext, aad)
	s.lent.put(buf, aad)
	return cell, nil
}

// Open appends to dst the plaintext of the cell that was sealed at a. The errors
// are [ErrCell] and [ErrErased]. Prefer OpenSecret where the plaintext travels.
func (k SubjectKey) Open(dst []byte, a Address, cell []byte) ([]byte, error) {
	return k.OpenBeside(dst, a, nil, cell)
}

// OpenBeside is Open of a cell that was sealed beside other bytes.
func (k SubjectKey) OpenBeside(dst []byte, a Address, beside, cell []byte) ([]byte, error) {
	s, err := k.live()
	if err != nil {
		return nil, err
	}
	if a.SID != s.sid || a.Kind == 0 {
		return nil, ErrCell
	}
	buf := s.lent.get()
	aad := a.beside(*buf, s.policy, beside)
	plaintext, err := openCell(dst, s.aead, cell, aad)
	s.lent.put(buf, aad)
	return plaintext, err
}

// OpenSecret is Open with a plaintext that cannot be printed.
func (k SubjectKey) OpenSecret(a Address, cell []byte) (secret.Bytes, error) {
	plaintext, err := k.Open(nil, a, cell)
	if err != nil {
		return secret.Bytes{}, err
	}
	return secret.Adopt(plaintext), nil
}

// saltInfo separates the salt key from all else derived from a subject key.
const saltInfo = "avow evidence salt 1"

// Salt is the salt of an evidence leaf of this person. It is derived and stored
// nowhere, so that destroying the key erases every salt of the person at once:
// their leaves stay in the tree, and mean nothing.
func (k SubjectKey) Salt(leaf [16]byte) ([sha256.Size]byte, error) {
	s, err := k.live()
	if err != nil {
		return [sha256.Size]byte{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dead.Load() { // revoked while waiting: raw is zeros now
		return [sha256.Size]byte{}, ErrErased
	}
	if s.salter == nil {
		if s.salter, err = newSalter(s.raw[:]); err != nil {
			return [sha256.Size]byte{}, err
		}
	}
	return s.salter.salt(leaf), nil
}

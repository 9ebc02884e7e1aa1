package vault

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"sync"
)

const (
	keySize   = 32
	nonceSize = 12
	tagSize   = 16
)

// newAEAD expands a 256-bit key. It seals with a random nonce that it draws
// itself and puts first: no caller can choose a nonce, and so none can repeat
// one. Random 96-bit nonces are safe for 2³² messages a key; see
// docs/design/keys-and-cells.md for why no key here comes near.
func newAEAD(key []byte) (cipher.AEAD, error) {
	if len(key) != keySize { // a shorter one would quietly be AES-128
		return nil, fmt.Errorf("a key has %d bytes; it must have %d", len(key), keySize)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

func newKey() []byte {
	key := make([]byte, keySize)
	rand.Read(key) // never fails: it ends the process instead
	return key
}

// appendPart appends a part and, before it, its length as four bytes, so that no
// two lists of parts have one spelling.
func appendPart[T string | []byte](dst []byte, part T) []byte {
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(part)))
	return append(dst, part...)
}

func appendNumber(dst []byte, n uint64) []byte {
	dst = binary.BigEndian.AppendUint32(dst, 8)
	return binary.BigEndian.AppendUint64(dst, n)
}

// buffers lends short-lived memory for associated data, which holds no personal data.
type buffers struct{ pool sync.Pool }

func (b *buffers) get() *[]byte {
	if buf, ok := b.pool.Get().(*[]byte); ok {
		return buf
	}
	fresh := make([]byte, 0, 256)
	return &fresh
}

func (b *buffers) put(buf *[]byte, used []byte) {
	*buf = used[:0]
	b.pool.Put(buf)
}

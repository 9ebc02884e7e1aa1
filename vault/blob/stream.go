package blob

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"errors"

	"avow.dev/vault"
)

// ErrBlob says that an object does not open: damaged, cut, put together from
// others, or not the one asked for. It does not say which or where.
var ErrBlob = errors.New("the object does not open")

const (
	format     = 1
	keySize    = 32
	headerSize = 1 + keySize + vault.CellOverhead
	chunkSize  = 64 << 10
	tagSize    = 16
	sealedSize = chunkSize + tagSize
)

// Ref says which object it is: whose, and its ID.
type Ref struct {
	SID uint64
	ID  ID
}

func (r Ref) keyAddress() vault.Address {
	return vault.Address{SID: r.SID, Datum: "blob/" + r.ID.String(), Kind: vault.KindBlobKey}
}

// chunks seals and opens the chunks of one object. Its AEAD is in a closure,
// where no printer finds it.
type chunks struct {
	aead func() cipher.AEAD
	aad  []byte
}

func newChunks(key []byte, policy string, ref Ref) (chunks, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return chunks{}, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return chunks{}, err
	}
	aad := binary.BigEndian.AppendUint32(nil, uint32(len(policy)))
	aad = append(aad, policy...)
	aad = binary.BigEndian.AppendUint32(aad, 8)
	aad = binary.BigEndian.AppendUint64(aad, ref.SID)
	aad = binary.BigEndian.AppendUint32(aad, uint32(len(ref.ID)))
	aad = append(aad, ref.ID[:]...)
	return chunks{aead: func() cipher.AEAD { return aead }, aad: aad}, nil
}

// nonce is safe because the key is of one object, which is written once, from
// front to back, with each number used once.
func nonce(number uint64, last bool) []byte {
	n := make([]byte, 12)
	binary.BigEndian.PutUint64(n[3:], number)
	if last {
		n[11] = 1
	}
	return n
}

func (c chunks) seal(dst []byte, number uint64, last bool, plaintext []byte) []byte {
	return c.aead().Seal(dst, nonce(number, last), plaintext, c.aad)
}

func (c chunks) open(dst []byte, number uint64, last bool, sealed []byte) ([]byte, error) {
	plaintext, err := c.aead().Open(dst, nonce(number, last), sealed, c.aad)
	if err != nil {
		return nil, ErrBlob
	}
	return plaintext, nil
}

// shape is what the size of an object says about its chunks.
type shape struct {
	count uint64 // of chunks, at least 1
	size  int64  // of the plaintext
}

func shapeOf(size int64) (shape, error) {
	body := size - headerSize
	if body < tagSize {
		return shape{}, ErrBlob
	}
	count := (body + sealedSize - 1) / sealedSize
	last := body - (count-1)*sealedSize
	if last < tagSize || last == tagSize && count > 1 {
		return shape{}, ErrBlob
	}
	return shape{count: uint64(count), size: body - count*tagSize}, nil
}

package ledger

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
)

// HashSize is the length of a [Hash] in bytes.
const HashSize = sha256.Size

// A Hash is a SHA-256 node of the tree.
type Hash [HashSize]byte

// String returns the hash in standard base64, as all C2SP text formats write it.
func (h Hash) String() string { return base64.StdEncoding.EncodeToString(h[:]) }

// ParseHash reads what [Hash.String] writes, and nothing else: padding bits must be zero.
func ParseHash(s string) (Hash, error) {
	var h Hash
	raw, err := decodeBase64(s)
	if err != nil || len(raw) != HashSize {
		return Hash{}, fmt.Errorf("want %d bytes in standard base64", HashSize)
	}
	copy(h[:], raw)
	return h, nil
}

// EmptyRoot returns the root of a tree without leaves (RFC 6962 section 2.1).
func EmptyRoot() Hash { return sha256.Sum256(nil) }

// LeafHash returns the hash of a leaf (RFC 6962 section 2.1: the prefix 0x00 keeps leaves and nodes apart).
func LeafHash(leaf []byte) Hash {
	// Leaves of ordinary length are hashed from the stack: one pass, no allocation.
	var buf [512]byte
	if n := copy(buf[1:], leaf); n == len(leaf) {
		return sha256.Sum256(buf[:1+n])
	}
	digest := sha256.New()
	digest.Write(buf[:1])
	digest.Write(leaf)
	var h Hash
	digest.Sum(h[:0])
	return h
}

// NodeHash returns the hash of an inner node (RFC 6962 section 2.1).
func NodeHash(left, right Hash) Hash {
	var buf [1 + 2*HashSize]byte
	buf[0] = 1
	copy(buf[1:], left[:])
	copy(buf[1+HashSize:], right[:])
	return sha256.Sum256(buf[:])
}

// decodeBase64 accepts exactly one text per value, so that no bit of a signed or compared line can be changed unseen.
func decodeBase64(s string) ([]byte, error) {
	raw, err := base64.StdEncoding.Strict().DecodeString(s)
	if err != nil {
		return nil, fmt.Errorf("decode base64: %w", err)
	}
	// The decoder skips line breaks, which the length gives away.
	if base64.StdEncoding.EncodedLen(len(raw)) != len(s) {
		return nil, fmt.Errorf("decode base64: line break inside the value")
	}
	return raw, nil
}

package vault

import "crypto/cipher"

// Kind is what a cell is for. It is bound to the cell, so that one kind can never
// be passed off as another. The zero kind is refused.
type Kind uint8

// The kinds of cell. Their numbers are part of the format.
const (
	KindValue   Kind = 1 // a datum of the subject
	KindBlobKey Kind = 2 // the key of a large object; see vault/blob
	KindMessage Kind = 3 // words to or from the subject: a request, a notice that waits
)

// Address says which cell it is: whose, of which datum, in which version. Sealing
// binds it and opening checks it, so a cell moved to another address stays shut.
type Address struct {
	SID     uint64 // subject number
	Datum   string // slug of the datum
	Version uint64 // of the datum
	Kind    Kind
}

// cellFormat is the first byte of a cell. After it come 12 bytes of nonce, the
// ciphertext and 16 bytes of tag.
const cellFormat = 1

// CellOverhead is how many bytes a cell is longer than its plaintext.
const CellOverhead = 1 + nonceSize + tagSize

// appendTo spells the address as associated data: policy, subject number, datum,
// version and kind, each with its length before it.
func (a Address) appendTo(dst []byte, policy string) []byte {
	dst = appendPart(dst, policy)
	dst = appendNumber(dst, a.SID)
	dst = appendPart(dst, a.Datum)
	dst = appendNumber(dst, a.Version)
	return appendPart(dst, []byte{byte(a.Kind)})
}

// beside is appendTo with what the cell lies beside, if it is bound to that.
func (a Address) beside(dst []byte, policy string, what []byte) []byte {
	dst = a.appendTo(dst, policy)
	if what == nil {
		return dst
	}
	return appendPart(dst, what)
}

func sealCell(dst []byte, aead cipher.AEAD, plaintext, aad []byte) []byte {
	return aead.Seal(append(dst, cellFormat), nil, plaintext, aad)
}

func openCell(dst []byte, aead cipher.AEAD, cell, aad []byte) ([]byte, error) {
	if len(cell) < CellOverhead || cell[0] != cellFormat {
		return nil, ErrCell
	}
	plaintext, err := aead.Open(dst, nil, cell[1:], aad)
	if err != nil {
		return nil, ErrCell
	}
	return plaintext, nil
}

package gate

import (
	"crypto/rand"
	"crypto/sha256"
	"fmt"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/policy"
	"avow.dev/vault"
)

// This file is the only one that knows how the vault works.

// seal seals bytes of this person under a name and a version.
func (p *person) seal(name avow.Datum, version uint64, plain []byte) ([]byte, error) {
	return p.key.Seal(p.piece(len(plain)+vault.CellOverhead), vault.Address{SID: p.body.slot, Datum: string(name), Version: version, Kind: vault.KindValue}, plain)
}

// unseal opens what seal sealed under the same name and version.
func (p *person) unseal(name avow.Datum, version uint64, sealed []byte) ([]byte, error) {
	return p.key.Open(p.piece(len(sealed)), vault.Address{SID: p.body.slot, Datum: string(name), Version: version, Kind: vault.KindValue}, sealed)
}

// sealStanding seals the standing of a row beside all else that stands there: what is in
// clear and the sealed values, so that neither is changed, taken away, or put back from an
// older row, without the whole row.
func (p *person) sealStanding(version int64, row, plain []byte) ([]byte, error) {
	return p.key.SealBeside(p.piece(len(plain)+vault.CellOverhead), p.standingAddress(version), row, plain)
}

// openStanding opens what sealStanding sealed.
func (p *person) openStanding(version int64, row, sealed []byte) ([]byte, error) {
	return p.key.OpenBeside(p.piece(len(sealed)), p.standingAddress(version), row, sealed)
}

func (p *person) standingAddress(version int64) vault.Address {
	return vault.Address{SID: p.body.slot, Datum: standingDatum, Version: uint64(version), Kind: vault.KindValue}
}

// piece returns memory of no length and room for n bytes that nothing else uses. A
// person's cells are many and small: a piece of a page costs less than each its own.
func (p *person) piece(n int) []byte {
	if n > cap(p.room) {
		p.room = make([]byte, 0, max(n, roomSize))
	}
	piece := p.room[:0:n]
	p.room = p.room[n:n]
	return piece
}

// roomSize is about what the six values of a person take.
const roomSize = 512

// takeKey gives a new person a key and the root of their evidence.
func (p *person) takeKey(key vault.SubjectKey) {
	p.key, p.body.slot = key, key.SID()
	_, _ = rand.Read(p.state.root[:]) // documented never to return an error
}

// commitment binds a leaf to this person and a request. Salt and pseudonym come
// from a root that is sealed with the standing, and so die with the key.
func (p *person) commitment(leaf [16]byte, digest [32]byte) [32]byte {
	return evidence.Commit(p.salt(leaf), p.pseudonym(), digest)
}

func (p *person) salt(leaf [16]byte) [32]byte { return p.derive("salt", leaf) }

func (p *person) pseudonym() [32]byte { return p.derive("pseudonym", [16]byte{}) }

// derive makes a value that nobody can tell from random bytes without the root:
// SHA-256 of the root, a label and an id, each of a fixed length, the label padded
// with zeros. HMAC is not needed for that. Its second pass keeps a longer input
// from being appended to a hashed one; here all inputs have the same length, so
// that none is the beginning of another. What remains to be assumed is what HMAC
// assumes as well: that SHA-256's compression, with a secret of 256 random bits in
// its input, is a pseudo-random function of the rest.
func (p *person) derive(label string, id [16]byte) [32]byte {
	var in [64]byte
	copy(in[:32], p.state.root[:])
	copy(in[32:48], label)
	copy(in[48:], id[:])
	return sha256.Sum256(in[:])
}

// tag is the blind index entry of bytes under a name.
func (s *served) tag(name avow.Datum, normal []byte) (Tag, error) {
	tag, err := s.keys.Tag(string(name), normal)
	if err != nil {
		return Tag{}, fmt.Errorf("make index entry: %w", err)
	}
	return Tag(tag), nil
}

// tagOf is the blind index entry of a value, in the normal form of its datum.
func (s *served) tagOf(info *policy.DatumInfo, v []byte) (Tag, error) {
	normal, err := vault.Normalise(normalForm(info.Type), string(v))
	if err != nil {
		return Tag{}, err
	}
	return s.tag(info.Slug, normal)
}

func normalForm(kind string) vault.Normal {
	switch kind {
	case "email":
		return vault.Email
	case "phone":
		return vault.Phone
	case "text", "":
		return vault.Text
	}
	return vault.Opaque
}

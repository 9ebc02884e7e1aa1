package evidence

import (
	"crypto/sha256"
	"encoding/binary"
	"time"

	"avow.dev"
)

// Consent is what somebody said about one choice, and about which words. The leaf
// of it is bound to this: whoever is given it together with the opening of the
// leaf's commitment can check that the log says so, offline.
type Consent struct {
	Choice   avow.Choice
	State    string // given, refused or withdrawn
	At       time.Time
	Expires  time.Time // zero: does not expire
	Policy   avow.Hash // the text that was in force
	Version  string    // the operator's label of it
	Language avow.Language
	Words    [32]byte // SHA-256 of the exact words that were shown; zero if nobody said
	Gesture  string   // what the person did
	Origin   string   // where
}

// Digest is a digest of everything in c: SHA-256 over its fields in their order,
// each with its length before it, times as nanoseconds of Unix time.
func (c *Consent) Digest() [32]byte {
	buf := append(make([]byte, 0, 512), "avow consent 1\x00"...)
	for _, s := range [...]string{string(c.Choice), c.State, string(c.Policy), c.Version, string(c.Language), c.Gesture, c.Origin, string(c.Words[:])} {
		buf = prefixed(buf, s)
	}
	for _, t := range [...]time.Time{c.At, c.Expires} {
		n := int64(0)
		if !t.IsZero() {
			n = t.UnixNano()
		}
		buf = binary.BigEndian.AppendUint64(buf, uint64(n))
	}
	return sha256.Sum256(buf)
}

// Opening opens the commitment of one leaf, and of no other.
type Opening struct {
	Salt, Pseudonym [32]byte
}

// Opens reports whether a leaf is about what c says, by the person of the opening.
func (o Opening) Opens(l *Leaf, c *Consent) bool {
	return l.Choice == c.Choice && l.Hash == c.Policy && l.Commitment == Commit(o.Salt, o.Pseudonym, c.Digest())
}

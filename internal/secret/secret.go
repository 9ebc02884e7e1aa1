// Package secret holds bytes that no printer can print: personal data in the
// clear, keys, passphrases. The one way to the bytes is [Bytes.Expose], so that
// a search for that word finds every place where a secret is laid open.
package secret

import (
	"bytes"
	"crypto/subtle"
	"fmt"
	"io"
	"log/slog"
)

// Withheld is what every printer and encoder shows in place of a secret.
const Withheld = "[withheld]"

// Bytes is a secret. The zero value is an empty secret.
//
// The bytes live in a closure and not in a field. A field would leak: fmt cannot
// call methods on a value that sits in an unexported field of another struct and
// prints its memory instead, through pointers too. It cannot look into a closure.
//
// A Bytes may be copied; copies share the same memory and are wiped together.
// It is safe for concurrent use except that nobody may use it while Wipe runs.
type Bytes struct {
	held func() *[]byte
}

// New returns a secret with a copy of b. The caller still owns b, and wipes it.
func New(b []byte) Bytes {
	return Adopt(bytes.Clone(b))
}

// Adopt returns a secret that takes b over without copying it. The caller must
// not use b afterwards.
func Adopt(b []byte) Bytes {
	held := b
	return Bytes{held: func() *[]byte { return &held }}
}

// Expose returns the secret itself, not a copy: the caller must not change it,
// must not keep it, and must not hand it to anything that prints. It is nil when
// the secret is empty or wiped.
func (b Bytes) Expose() []byte {
	if b.held == nil {
		return nil
	}
	return *b.held()
}

// Len is the number of bytes held.
func (b Bytes) Len() int { return len(b.Expose()) }

// Equal reports whether two secrets hold the same bytes, in a time that depends
// on their lengths only.
func (b Bytes) Equal(other Bytes) bool {
	return subtle.ConstantTimeCompare(b.Expose(), other.Expose()) == 1
}

// Wipe overwrites the bytes with zeros and leaves the secret empty. It is empty
// afterwards rather than all zeros, so that a wiped key cannot pass for a key.
// Copies that the runtime or other code made earlier are out of its reach.
func (b Bytes) Wipe() {
	if b.held == nil {
		return
	}
	held := b.held()
	clear(*held)
	*held = nil
}

// Format answers every verb of fmt with [Withheld].
func (b Bytes) Format(s fmt.State, _ rune) {
	// fmt.State cannot report a failed write to anyone; neither can we.
	_, _ = io.WriteString(s, Withheld)
}

// String answers [Withheld].
func (b Bytes) String() string { return Withheld }

// MarshalJSON answers [Withheld] as a JSON string.
func (b Bytes) MarshalJSON() ([]byte, error) { return []byte(`"` + Withheld + `"`), nil }

// MarshalText answers [Withheld].
func (b Bytes) MarshalText() ([]byte, error) { return []byte(Withheld), nil }

// LogValue answers [Withheld].
func (b Bytes) LogValue() slog.Value { return slog.StringValue(Withheld) }

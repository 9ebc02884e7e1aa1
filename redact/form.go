package redact

import (
	"errors"
	"fmt"

	"avow.dev/internal/secret"
)

// Act is what a form does.
type Act string

// The acts, as the policy language names them.
const (
	Mask          Act = "mask"           // all but the last Keep characters become "*"
	Truncate      Act = "truncate"       // the first Keep characters stay; of an IP address, the first Keep bits
	Coarsen       Act = "coarsen"        // coordinates to Digits decimals, dates to Unit, postal codes to Digits characters
	Pseudonymise  Act = "pseudonymise"   // a keyed pseudonym, different for each purpose
	HashPassword  Act = "hash-password"  // Argon2id, salted
	StripMetadata Act = "strip-metadata" // EXIF, XMP, IPTC and comments out of JPEG, PNG and WebP
	Scrub         Act = "scrub"          // tokens, mail addresses, phone and long numbers out of a free text
	RoundTime     Act = "round-time"     // a time to Unit
	Drop          Act = "drop"           // nothing remains
	Keep          Act = "keep"           // unchanged, said openly
)

// Form is one transformation of a value.
type Form struct {
	ID      string
	Do      Act
	Keep    int
	Digits  int
	Unit    string // hour, day, month, year
	IP      bool   // the value is an IP address
	Memory  uint32 // Argon2id, KiB
	Passes  uint32
	Purpose string // Pseudonymise: the purpose it is for
}

// Keyed is a keyed pseudonym function that the vault supplies. It must be a
// pseudo-random function of label and value.
type Keyed func(label string, value []byte) ([16]byte, error)

// ErrForm is the error for a value that a form cannot reduce.
var ErrForm = errors.New("value does not fit the form it has to be reduced to")

// Apply returns v in form f. The second result is false if nothing remains.
// The caller wipes v.
func Apply(f *Form, v secret.Bytes, key Keyed) (secret.Bytes, bool, error) {
	out, err := f.reduce(v.Expose(), key)
	if err != nil {
		return secret.Bytes{}, false, fmt.Errorf("form %s: %w", f.ID, err)
	}
	if out == nil {
		return secret.Bytes{}, false, nil
	}
	return secret.Adopt(out), true, nil
}

// reduce returns fresh memory, or nil if nothing remains.
func (f *Form) reduce(v []byte, key Keyed) ([]byte, error) {
	switch f.Do {
	case Keep:
		return append([]byte{}, v...), nil
	case Drop:
		return nil, nil
	case Mask:
		return mask(v, f.Keep), nil
	case Truncate:
		if f.IP {
			return truncateIP(v, f.Keep)
		}
		return truncate(v, f.Keep), nil
	case Coarsen:
		return coarsen(v, f.Digits, f.Unit)
	case RoundTime:
		return roundTime(v, f.Unit)
	case Scrub:
		return scrub(v), nil
	case StripMetadata:
		return StripImage(v)
	case HashPassword:
		return hashPassword(v, f.Memory, f.Passes)
	case Pseudonymise:
		if key == nil {
			return nil, fmt.Errorf("%w: no pseudonym key", ErrForm)
		}
		p, err := key(f.Purpose, v)
		if err != nil {
			return nil, err
		}
		return pseudonym(p), nil
	}
	return nil, fmt.Errorf("%w: unknown form", ErrForm)
}

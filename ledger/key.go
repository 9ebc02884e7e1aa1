package ledger

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/note"
)

const (
	maxOrigin = 255
	// typeEd25519 is the signature type of C2SP signed-note that every public log must use.
	typeEd25519 = 1
)

// ValidOrigin reports whether name can name a log and its key: 1 to 255 bytes of UTF-8 without spaces, plus signs or
// control characters. The name of a URL without scheme is advised, such as example.com/app (C2SP signed-note).
func ValidOrigin(name string) error {
	bad := func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || r == '+' }
	switch {
	case name == "" || len(name) > maxOrigin:
		return fmt.Errorf("log name of %d bytes, want 1 to %d: %w", len(name), maxOrigin, ErrKey)
	case !utf8.ValidString(name):
		return fmt.Errorf("log name is not UTF-8: %w", ErrKey)
	case strings.IndexFunc(name, bad) >= 0:
		return fmt.Errorf("log name %q holds a space, a plus sign or a control character: %w", name, ErrKey)
	}
	return nil
}

// A Key signs the checkpoints of one log with Ed25519. It prints as its public half; only [Key.Private] reveals it.
// The zero Key signs nothing.
type Key struct {
	origin string
	// A function has no bytes to print: fmt reaches around methods into unexported fields of other structs.
	secret func() ed25519.PrivateKey
}

// NewKey makes a key for the log named origin from 32 bytes of random, which must be fit for secrets.
func NewKey(random io.Reader, origin string) (Key, error) {
	seed := make([]byte, ed25519.SeedSize)
	if _, err := io.ReadFull(random, seed); err != nil {
		return Key{}, fmt.Errorf("make log key: read random: %w", err)
	}
	return KeyFromSeed(origin, seed)
}

// KeyFromSeed returns the key that an RFC 8032 seed of 32 bytes determines.
func KeyFromSeed(origin string, seed []byte) (Key, error) {
	if err := ValidOrigin(origin); err != nil {
		return Key{}, fmt.Errorf("make log key: %w", err)
	}
	if len(seed) != ed25519.SeedSize {
		return Key{}, fmt.Errorf("make log key: seed of %d bytes, want %d: %w", len(seed), ed25519.SeedSize, ErrKey)
	}
	secret := ed25519.NewKeyFromSeed(seed)
	return Key{origin: origin, secret: func() ed25519.PrivateKey { return secret }}, nil
}

// ParseKey reads what [Key.Private] writes. Its errors do not repeat the text.
func ParseKey(text string) (Key, error) {
	rest, ok := strings.CutPrefix(text, "PRIVATE+KEY+")
	fields := strings.Split(rest, "+")
	if !ok || len(fields) < 3 {
		return Key{}, fmt.Errorf("read log key: want PRIVATE+KEY+name+id+base64: %w", ErrKey)
	}
	// Base64 may itself hold plus signs.
	raw, err := decodeBase64(strings.Join(fields[2:], "+"))
	if err != nil || len(raw) != 1+ed25519.SeedSize || raw[0] != typeEd25519 {
		return Key{}, fmt.Errorf("read log key: not an Ed25519 key: %w", ErrKey)
	}
	key, err := KeyFromSeed(fields[0], raw[1:])
	if err != nil {
		return Key{}, err
	}
	if key.Private() != text {
		return Key{}, fmt.Errorf("read log key: id does not belong to the key: %w", ErrKey)
	}
	return key, nil
}

// Origin returns the name of the log.
func (k Key) Origin() string { return k.origin }

// Public returns the verifier key, name+id+base64, which everyone may have (C2SP signed-note); "" for no key.
func (k Key) Public() string {
	if k.secret == nil {
		return ""
	}
	return k.encode(k.public())
}

// Private returns the whole key as PRIVATE+KEY+name+id+base64, for a key file and nothing else; "" for no key.
func (k Key) Private() string {
	if k.secret == nil {
		return ""
	}
	return "PRIVATE+KEY+" + k.encode(k.secret().Seed())
}

// String returns [Key.Public], so that a key printed by mistake gives nothing away.
func (k Key) String() string {
	if k.secret == nil {
		return "no key"
	}
	return k.Public()
}

// Format prints [Key.String] for every verb.
func (k Key) Format(f fmt.State, _ rune) {
	// fmt's State writes to memory and reports no useful error; fmt itself offers no way to return one.
	_, _ = io.WriteString(f, k.String())
}

// MarshalText encodes [Key.String]: a key inside a value that is logged or stored as JSON stays shut.
func (k Key) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// Signer returns the key in the form that [Sealer] takes.
func (k Key) Signer() (note.Signer, error) {
	if k.secret == nil {
		return nil, fmt.Errorf("use log key: empty: %w", ErrKey)
	}
	signer, err := note.NewSigner(k.Private())
	if err != nil {
		// The library's errors are constants and do not hold the key.
		return nil, fmt.Errorf("use log key: %w: %w", err, ErrKey)
	}
	return signer, nil
}

// Verifier returns the public half in the form that [OpenCheckpoint] takes.
func (k Key) Verifier() (note.Verifier, error) {
	if k.secret == nil {
		return nil, fmt.Errorf("use log key: empty: %w", ErrKey)
	}
	return ParseVerifier(k.Public())
}

// ParseVerifier reads a verifier key as [Key.Public] writes it. Only Ed25519 keys are known.
func ParseVerifier(vkey string) (note.Verifier, error) {
	name, _, _ := strings.Cut(vkey, "+")
	if err := ValidOrigin(name); err != nil {
		return nil, fmt.Errorf("read verifier key: %w", err)
	}
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return nil, fmt.Errorf("read verifier key of %q: %w: %w", name, err, ErrKey)
	}
	return verifier, nil
}

func (k Key) public() []byte { return k.secret()[ed25519.SeedSize:] }

func (k Key) encode(half []byte) string {
	typed := append([]byte{typeEd25519}, half...)
	return fmt.Sprintf("%s+%x+%s", k.origin, keyID(k.origin, k.public()), base64.StdEncoding.EncodeToString(typed))
}

// keyID is the first four bytes of SHA-256(name ‖ newline ‖ type ‖ public key), as signed-note advises.
func keyID(name string, public []byte) []byte {
	text := append([]byte(name), '\n', typeEd25519)
	sum := sha256.Sum256(append(text, public...))
	return sum[:4]
}

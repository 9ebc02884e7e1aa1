package envelope

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"filippo.io/age"
)

// A sealed file holds an envelope and its payload for one reader: an age file
// (age-encryption.org/v1) to one X25519 recipient. Inside are the envelope, a line
// feed, and the payload to the last byte, so that any age tool and any JOSE library
// open it without this program.

// SealedExtension is the file name extension of a sealed file.
const SealedExtension = ".age"

// mostSealed bounds what is read of a sealed file, in bytes.
const mostSealed = 256 << 20

// CheckKey reports whether a text is the public half of an age key, "age1…", in its
// one spelling.
func CheckKey(key string) error {
	r, err := age.ParseX25519Recipient(key)
	if err != nil || r.String() != key {
		return fmt.Errorf("check key: not an age X25519 recipient: %w", ErrForm)
	}
	return nil
}

// SealFor seals an envelope and its payload, so that only the holder of the key
// reads them.
func SealFor(key, text string, payload []byte) ([]byte, error) {
	to, err := age.ParseX25519Recipient(key)
	if err != nil {
		return nil, fmt.Errorf("seal file: not an age X25519 recipient: %w", ErrForm)
	}
	var b bytes.Buffer
	w, err := age.Encrypt(&b, to)
	if err != nil {
		return nil, fmt.Errorf("seal file: %w", err)
	}
	for _, part := range [...][]byte{[]byte(text), {'\n'}, payload} {
		if _, err := w.Write(part); err != nil {
			return nil, fmt.Errorf("seal file: %w", err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("seal file: %w", err)
	}
	return b.Bytes(), nil
}

// Unseal opens a sealed file with the private half of the key, "AGE-SECRET-KEY-1…".
// It believes nothing of what it finds: pass it to [Open] and [Envelope.Read].
func Unseal(sealed io.Reader, identity string) (text string, payload []byte, err error) {
	id, err := age.ParseX25519Identity(strings.TrimSpace(identity))
	if err != nil {
		return "", nil, fmt.Errorf("unseal file: not an age X25519 identity") // the cause may quote it
	}
	r, err := age.Decrypt(sealed, id)
	if err != nil {
		return "", nil, fmt.Errorf("unseal file: %w", err)
	}
	raw, err := io.ReadAll(io.LimitReader(r, mostSealed+1))
	if err != nil {
		return "", nil, fmt.Errorf("unseal file: %w", err)
	}
	text, payload, sealedWith := Split(raw)
	if !sealedWith || len(raw) > mostSealed {
		return "", nil, fmt.Errorf("unseal file: no envelope with a payload: %w", ErrForm)
	}
	return text, payload, nil
}

// Split takes apart what was in a sealed file. Without a payload it is an envelope
// alone.
func Split(raw []byte) (text string, payload []byte, both bool) {
	head, rest, _ := bytes.Cut(raw, []byte{'\n'})
	return strings.TrimSpace(string(head)), rest, len(bytes.TrimSpace(rest)) > 0
}

package envelope

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// MediaType is the type that stands in the head of every envelope.
const MediaType = "avow-envelope+jwt"

// head is the protected header. It has one spelling for a key, and nothing in it is
// ever followed: not which algorithm, not where a key might be.
type head struct {
	Algorithm string `json:"alg"`
	Key       string `json:"kid"`
	Type      string `json:"typ"`
}

// KeyID names a key in the head of an envelope: the name of the log and the key's
// number, as in a verifier key (C2SP signed-note).
func KeyID(k interface {
	Name() string
	KeyHash() uint32
}) string {
	return fmt.Sprintf("%s+%08x", k.Name(), k.KeyHash())
}

// headOf writes the head for a key.
func headOf(kid string) (string, error) {
	raw, err := json.Marshal(head{"EdDSA", kid, MediaType}) // RFC 8037, section 3.1
	return encode(raw), err
}

func encode(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }

// Sign writes and signs an envelope with the Ed25519 key of the policy's log.
func Sign(e *Envelope, key note.Signer) (string, error) {
	if err := e.check(); err != nil {
		return "", fmt.Errorf("sign envelope: %w: %w", err, ErrForm)
	}
	if key == nil || key.Name() != e.Log {
		return "", fmt.Errorf("sign envelope: the key is not that of the log: %w", ErrForm)
	}
	h, err := headOf(KeyID(key))
	if err != nil {
		return "", fmt.Errorf("sign envelope: %w", err)
	}
	body, err := json.Marshal(e.claims())
	if err != nil {
		return "", fmt.Errorf("sign envelope: %w", err)
	}
	said := h + "." + encode(body)
	sig, err := key.Sign([]byte(said))
	if err != nil {
		return "", fmt.Errorf("sign envelope: %w", err)
	}
	if text := said + "." + encode(sig); len(text) <= Size {
		return text, nil
	}
	return "", fmt.Errorf("sign envelope: longer than %d bytes: %w", Size, ErrForm)
}

// Open reads an envelope and believes it only when a trusted key of the very log that
// it names signed it. It does not look at the clock; see [Envelope.Over].
//
// It accepts only what [Sign] writes: one spelling of each envelope.
func Open(text string, trusted ...note.Verifier) (Envelope, error) {
	parts, e, err := parse(text)
	if err != nil {
		return Envelope{}, fmt.Errorf("open envelope: %w: %w", err, ErrForm)
	}
	sig, err := decode(parts[2])
	if err != nil {
		return Envelope{}, fmt.Errorf("open envelope: signature: %w: %w", err, ErrForm)
	}
	for _, key := range trusted {
		if key == nil || key.Name() != e.Log {
			continue
		}
		if h, err := headOf(KeyID(key)); err != nil || h != parts[0] {
			continue
		}
		if key.Verify([]byte(parts[0]+"."+parts[1]), sig) {
			return e, nil
		}
	}
	return Envelope{}, fmt.Errorf("open envelope: %w", ErrSignature)
}

func parse(text string) ([]string, Envelope, error) {
	parts := strings.Split(text, ".")
	if len(text) > Size || len(parts) != 3 {
		return nil, Envelope{}, fmt.Errorf("want three parts with dots between them, in at most %d bytes", Size)
	}
	raw, err := decode(parts[1])
	if err != nil {
		return nil, Envelope{}, err
	}
	var c claims
	if err := json.Unmarshal(raw, &c); err != nil {
		return nil, Envelope{}, fmt.Errorf("claims are not those of an envelope")
	}
	// One spelling: no key twice, unknown, in another order or another case.
	if again, err := json.Marshal(c); err != nil || string(again) != string(raw) {
		return nil, Envelope{}, fmt.Errorf("claims are not written as they should be")
	}
	e, err := c.envelope()
	return parts, e, err
}

func decode(part string) ([]byte, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(part)
	if err != nil || strings.ContainsAny(part, "\r\n") { // which the decoder skips
		return nil, fmt.Errorf("not base64url without padding")
	}
	return raw, nil
}

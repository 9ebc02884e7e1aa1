package vault

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"avow.dev/internal/secret"
)

const (
	ringFormat = "avow keyring 1"
	ringName   = "keyring.json"
	checkText  = "avow keyring check"
)

// ringFile is keyring.json: every key wrapped by the root key, nothing in the clear.
type ringFile struct {
	Format   string       `json:"format"`
	ID       string       `json:"id"` // 16 random bytes, bound to every wrap
	Created  time.Time    `json:"created"`
	Check    []byte       `json:"check"` // a known text, wrapped: tells a wrong root key from damage
	Policies []ringPolicy `json:"policies"`
}

// ringPolicy holds the keys of one policy. Only the policy key has epochs. The
// index and pseudonym keys must not change with it: a look-up or a pseudonym
// that changed would no longer find the person.
type ringPolicy struct {
	Name      string      `json:"name"`
	Created   time.Time   `json:"created"`
	Epochs    []ringEpoch `json:"epochs"` // ascending from 1; the last is current
	Index     []byte      `json:"index_key"`
	Pseudonym []byte      `json:"pseudonym_key"`
	Log       []byte      `json:"log_seed"` // Ed25519 seed that signs the policy's evidence log
}

type ringEpoch struct {
	Epoch   uint16     `json:"epoch"`
	Created time.Time  `json:"created"`
	Retired *time.Time `json:"retired,omitempty"`
	Key     []byte     `json:"key,omitempty"` // gone when retired
}

// The kinds of key that the root wraps; part of what is bound to each wrap.
const (
	kindCheck     = "check"
	kindPolicy    = "policy key"
	kindIndex     = "index key"
	kindPseudonym = "pseudonym key"
	kindLog       = "log seed"
)

func decodeRing(text []byte) (ringFile, error) {
	var f ringFile
	if err := unmarshal(text, &f); err != nil {
		return ringFile{}, err
	}
	if err := f.check(); err != nil {
		return ringFile{}, err
	}
	return f, nil
}

func (f *ringFile) check() error {
	if f.Format != ringFormat {
		return fmt.Errorf("format is %q; this program reads %q", f.Format, ringFormat)
	}
	if id, err := hex.DecodeString(f.ID); err != nil || len(id) != 16 {
		return errors.New("id is not 32 hexadecimal digits")
	}
	if len(f.Check) == 0 {
		return errors.New("check is empty")
	}
	before := ""
	for i := range f.Policies {
		p := &f.Policies[i]
		if err := checkName(p.Name); err != nil {
			return err
		}
		if p.Name <= before {
			return fmt.Errorf("policy %q is repeated or out of order", p.Name)
		}
		before = p.Name
		if err := p.check(); err != nil {
			return fmt.Errorf("policy %q: %w", p.Name, err)
		}
	}
	return nil
}

func (p *ringPolicy) check() error {
	if len(p.Index) == 0 || len(p.Pseudonym) == 0 || len(p.Log) == 0 {
		return errors.New("a key is missing")
	}
	for i, e := range p.Epochs {
		if int(e.Epoch) != i+1 {
			return fmt.Errorf("epoch %d stands in place %d", e.Epoch, i+1)
		}
		if (e.Retired == nil) != (len(e.Key) > 0) {
			return fmt.Errorf("epoch %d must either have a key or be retired", e.Epoch)
		}
	}
	if n := len(p.Epochs); n == 0 || p.Epochs[n-1].Retired != nil {
		return errors.New("no current epoch")
	}
	return nil
}

// checkName keeps policy names fit for a file name on every system.
func checkName(name string) error {
	const letters = "abcdefghijklmnopqrstuvwxyz0123456789"
	if name == "" || len(name) > 64 || strings.Trim(name, letters+"-_") != "" || !strings.Contains(letters, name[:1]) {
		return fmt.Errorf("policy name %q: up to 64 small letters, digits, - and _, with a letter or digit first", name)
	}
	return nil
}

func (f *ringFile) policy(name string) (*ringPolicy, error) {
	for i := range f.Policies {
		if f.Policies[i].Name == name {
			return &f.Policies[i], nil
		}
	}
	return nil, fmt.Errorf("no keys for policy %q; add it to the keyring first", name)
}

// sealer wraps and unwraps the keys of one keyring under its root.
type sealer struct {
	root Root
	id   string
}

// aad binds a wrapped key to its keyring, policy, kind and epoch, so that a hand
// that swaps two members of keyring.json gets an error and not the wrong key.
func (s sealer) aad(policy, kind string, epoch uint16) []byte {
	aad := appendPart(nil, ringFormat)
	aad = appendPart(aad, s.id)
	aad = appendPart(aad, policy)
	aad = appendPart(aad, kind)
	return appendNumber(aad, uint64(epoch))
}

func (s sealer) wrap(ctx context.Context, key secret.Bytes, policy, kind string, epoch uint16) ([]byte, error) {
	wrapped, err := s.root.Wrap(ctx, key, s.aad(policy, kind, epoch))
	if err != nil {
		return nil, fmt.Errorf("wrap %s: %w", kind, err)
	}
	return wrapped, nil
}

func (s sealer) unwrap(ctx context.Context, wrapped []byte, policy, kind string, epoch uint16) (secret.Bytes, error) {
	key, err := s.root.Unwrap(ctx, wrapped, s.aad(policy, kind, epoch))
	if err != nil {
		return secret.Bytes{}, fmt.Errorf("unwrap %s: %w", kind, err)
	}
	if kind != kindCheck && key.Len() != keySize {
		return secret.Bytes{}, fmt.Errorf("unwrap %s: %d bytes; it must have %d", kind, key.Len(), keySize)
	}
	return key, nil
}

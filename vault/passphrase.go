package vault

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"

	"golang.org/x/crypto/argon2"

	"avow.dev/internal/secret"
	"avow.dev/vault/internal/durable"
)

// Cost is what one guess at a passphrase costs, in Argon2id's terms.
type Cost struct {
	MemoryKiB uint32 `json:"memory_kib"`
	Passes    uint32 `json:"passes"`
	Lanes     uint8  `json:"lanes"`
}

// FloorCost is the least that is accepted: OWASP's password storage floor,
// about 50 ms on one core. DefaultCost is a fifth of a second: a root key is
// derived once per start, not once per visitor.
func FloorCost() Cost { return Cost{MemoryKiB: 19456, Passes: 2, Lanes: 1} }

// DefaultCost is the second of RFC 9106's recommended settings.
func DefaultCost() Cost { return Cost{MemoryKiB: 64 << 10, Passes: 3, Lanes: 4} }

func (c Cost) check() error {
	floor := FloorCost()
	if c.MemoryKiB < floor.MemoryKiB || c.Passes < floor.Passes || c.Lanes < floor.Lanes {
		return fmt.Errorf("a cost of %d KiB, %d passes and %d lanes is below the floor of %d, %d and %d",
			c.MemoryKiB, c.Passes, c.Lanes, floor.MemoryKiB, floor.Passes, floor.Lanes)
	}
	// A damaged or hostile file must not take the machine down before it is refused.
	if c.MemoryKiB > 4<<20 || c.Passes > 64 {
		return fmt.Errorf("a cost of %d KiB and %d passes is beyond 4 GiB and 64 passes", c.MemoryKiB, c.Passes)
	}
	return nil
}

const (
	passphraseFormat = "avow passphrase root 1"
	saltSize         = 16
	minPassphrase    = 12
)

// passphraseFile is what derives the root key together with the passphrase. It
// is no secret, but without it the passphrase is of no use.
type passphraseFile struct {
	Format string `json:"format"`
	KDF    string `json:"kdf"`
	Cost   Cost   `json:"cost"`
	Salt   []byte `json:"salt"`
}

// CreatePassphraseRoot writes to path how the root key comes from the passphrase
// (Argon2id, cost and a fresh salt), and refuses to touch a file that exists.
// The passphrase itself is stored nowhere.
func CreatePassphraseRoot(path string, passphrase secret.Bytes, cost Cost) error {
	if passphrase.Len() < minPassphrase {
		return fmt.Errorf("create passphrase root: the passphrase is shorter than %d bytes; five or six random words do", minPassphrase)
	}
	if err := cost.check(); err != nil {
		return fmt.Errorf("create passphrase root: %w", err)
	}
	f := passphraseFile{Format: passphraseFormat, KDF: "argon2id", Cost: cost, Salt: make([]byte, saltSize)}
	rand.Read(f.Salt)
	text, err := marshal(f)
	if err == nil {
		err = durable.Create(path, text)
	}
	if err != nil {
		return fmt.Errorf("create passphrase root: %w", err)
	}
	return nil
}

// OpenPassphraseRoot derives the root key from the passphrase and the file that
// CreatePassphraseRoot wrote. A wrong passphrase shows when the keyring is opened.
func OpenPassphraseRoot(path string, passphrase secret.Bytes) (Root, error) {
	text, err := readPrivate(path)
	if err != nil {
		return nil, fmt.Errorf("open passphrase root: %w", err)
	}
	var f passphraseFile
	if err := unmarshal(text, &f); err != nil {
		return nil, fmt.Errorf("open passphrase root: %s: %w", path, err)
	}
	if f.Format != passphraseFormat || f.KDF != "argon2id" || len(f.Salt) != saltSize {
		return nil, fmt.Errorf("open passphrase root: %s: not a file of format %q", path, passphraseFormat)
	}
	if err := f.Cost.check(); err != nil {
		return nil, fmt.Errorf("open passphrase root: %s: %w", path, err)
	}
	key := argon2.IDKey(passphrase.Expose(), f.Salt, f.Cost.Passes, f.Cost.MemoryKiB, f.Cost.Lanes, keySize)
	defer clear(key)
	return newLocalRoot(key)
}

func marshal(v any) ([]byte, error) {
	text, err := json.MarshalIndent(v, "", "  ")
	return append(text, '\n'), err
}

// unmarshal accepts only what marshal writes, white space aside. That refuses
// unknown, repeated, re-cased and missing members in one comparison.
func unmarshal(text []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	again, err := json.Marshal(v)
	if err != nil {
		return err
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, text); err != nil {
		return err
	}
	if !bytes.Equal(compact.Bytes(), again) {
		return errors.New("not as it was written: a member is repeated, missing, spelt otherwise or in another place")
	}
	return nil
}

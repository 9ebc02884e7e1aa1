package officer

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"errors"
	"fmt"
	"image/png"
	"time"

	"avow.dev/gate"
	"avow.dev/internal/password"
	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"
	"golang.org/x/crypto/argon2"
)

// The cost of an officer's password: twice the memory of the OWASP floor, since
// there are few officers and much to protect.
const (
	memoryKiB = 47104
	passes    = 1
	lanes     = 1
)

// credential is how an account is signed in to.
type credential struct {
	Memory uint32 `json:"memory_kib"`
	Passes uint32 `json:"passes"`
	Salt   []byte `json:"salt"`
	Check  []byte `json:"check"`  // SHA-256 of the first key
	Sealed []byte `json:"sealed"` // the secret of the one-time codes, under the second key
}

// keys derives the two keys of a password.
func (c *credential) keys(pw []byte) (check, seal []byte) {
	out := argon2.IDKey(pw, c.Salt, c.Passes, c.Memory, lanes, 64)
	sum := sha256.Sum256(out[:32])
	return sum[:], out[32:]
}

// nobody's credential costs as much as any other, and nothing matches it.
func nobodys() *credential {
	return &credential{Memory: memoryKiB, Passes: passes, Salt: make([]byte, 16), Check: make([]byte, 32)}
}

// open compares a password and returns the secret of the one-time codes.
func (c *credential) open(pw []byte) (secret string, ok bool) {
	check, seal := c.keys(pw)
	if subtle.ConstantTimeCompare(check, c.Check) != 1 || len(c.Sealed) == 0 {
		return "", false
	}
	box, err := newBox(seal)
	if err != nil {
		return "", false
	}
	plain, err := box.Open(nil, make([]byte, box.NonceSize()), c.Sealed, nil)
	return string(plain), err == nil
}

func newBox(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// ErrWeak is the error for a password that is too easily guessed.
var ErrWeak = errors.New("this password is too easily guessed: use 12 characters or more")

const shortest = 12

func newCredential(pw []byte, secret string, about ...[]byte) (*credential, error) {
	if password.Weak(pw, about...) || len([]rune(string(pw))) < shortest {
		return nil, ErrWeak
	}
	c := nobodys()
	_, _ = rand.Read(c.Salt) // documented never to return an error
	check, seal := c.keys(pw)
	box, err := newBox(seal)
	if err != nil {
		return nil, fmt.Errorf("seal one-time secret: %w", err)
	}
	c.Check = check
	// The key is of this salt alone and seals once, so that a nonce of zeros is fresh.
	c.Sealed = box.Seal(nil, make([]byte, box.NonceSize()), []byte(secret), nil)
	return c, nil
}

// Enrolment is what somebody needs to set their authenticator up.
type Enrolment struct {
	Account Account
	Secret  string // base32, to type
	URL     string // otpauth, to scan

	key *otp.Key
}

// secretSize is the length of an authenticator's secret (RFC 4226, section 4, R6).
const secretSize = 20

var base32Text = base32.StdEncoding.WithPadding(base32.NoPadding)

// Picture draws the address as a QR code, a PNG of so many pixels a side.
func (e *Enrolment) Picture(side int) ([]byte, error) {
	img, err := e.key.Image(side, side)
	if err != nil {
		return nil, fmt.Errorf("draw one-time secret: %w", err)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		return nil, fmt.Errorf("draw one-time secret: %w", err)
	}
	return b.Bytes(), nil
}

// Enrol begins to make an invited account its owner's: it returns a secret for their
// authenticator, the one that they were shown already or, with "", a new one. Nothing
// is kept until [Keeper.Accept].
func (k *Keeper) Enrol(ctx context.Context, invitation, issuer, shown string) (Enrolment, error) {
	a, _, err := k.invited(ctx, invitation)
	if err != nil {
		return Enrolment{}, err
	}
	raw := make([]byte, secretSize)
	_, _ = rand.Read(raw) // documented never to return an error
	if shown != "" {
		if raw, err = base32Text.DecodeString(shown); err != nil || len(raw) != secretSize {
			return Enrolment{}, ErrInvitation
		}
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: issuer, AccountName: a.Login, Secret: raw})
	if err != nil {
		return Enrolment{}, fmt.Errorf("make one-time secret: %w", err)
	}
	return Enrolment{*a, key.Secret(), key.URL(), key}, nil
}

// Accept makes an invited account its owner's, who has chosen a password and shows
// by a code that their authenticator holds the secret. The invitation is spent.
func (k *Keeper) Accept(ctx context.Context, invitation, pw, secret, code string) error {
	a, rec, err := k.invited(ctx, invitation)
	if err != nil {
		return err
	}
	if raw, err := base32Text.DecodeString(secret); err != nil || len(raw) != secretSize {
		return ErrRefused
	}
	if _, ok := stepOf(secret, code, k.now()); !ok {
		return ErrRefused
	}
	var c *credential
	err = k.hash(ctx, func() (err error) {
		c, err = newCredential([]byte(pw), secret, []byte(a.Login), []byte(a.Person))
		return err
	})
	if err != nil {
		return err
	}
	a.State, a.Credential = Active, c
	return k.own(ctx, a, rec)
}

// own writes an account that its owner has made theirs. The invitation is spent: of two who
// come with it at once one is told that it does not work any more.
func (k *Keeper) own(ctx context.Context, a *Account, invitation gate.Record, made ...gate.Record) error {
	err := k.put(ctx, a, made, invitation)
	if errors.Is(err, errAltered) {
		return ErrInvitation
	}
	return err
}

// hash waits for its turn to hash a password.
func (k *Keeper) hash(ctx context.Context, act func() error) error {
	select {
	case k.hashing <- struct{}{}:
		defer func() { <-k.hashing }()
		return act()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Code is what an authenticator that holds a secret shows at a time.
func Code(secret string, now time.Time) (string, error) {
	if raw, err := base32Text.DecodeString(secret); err != nil || len(raw) != secretSize {
		return "", fmt.Errorf("make one-time code: the key is not one of ours: 32 letters and digits from 2 to 7 are needed")
	}
	return totp.GenerateCode(secret, now)
}

// period is that of the codes (RFC 6238, section 4.1).
const period = 30 * time.Second

// stepOf returns the time step that a code is of: this one, the one before or the
// one after, since clocks differ.
func stepOf(secret, code string, now time.Time) (uint64, bool) {
	opts := totp.ValidateOpts{Period: uint(period.Seconds()), Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1}
	step, found := uint64(0), false
	for _, at := range []time.Time{now.Add(-period), now, now.Add(period)} {
		want, err := totp.GenerateCodeCustom(secret, at, opts)
		if err == nil && subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			step, found = uint64(at.Unix())/uint64(period.Seconds()), true
		}
	}
	return step, found
}

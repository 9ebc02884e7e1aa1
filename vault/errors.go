package vault

import (
	"errors"
	"fmt"

	"avow.dev/vault/keyfile"
)

var (
	// ErrCell says that a cell does not open: damaged, moved from another person,
	// datum, version, kind or policy, or sealed under another key. It does not say
	// which, because the answer would help whoever is trying.
	ErrCell = errors.New("the cell does not open")
	// ErrErased says that the subject's key was destroyed. Nothing sealed or
	// derived under it comes back.
	ErrErased = errors.New("the subject was erased")
	// ErrNoKey says that the subject never had a key.
	ErrNoKey = errors.New("the subject has no key")
	// ErrTaken says that the subject number already has a key.
	ErrTaken = errors.New("the subject number is in use")
	// ErrRoot says that a root key did not make what it was asked to unwrap.
	ErrRoot = errors.New("root key does not match")
)

// plainly turns what the key file says about a slot into the vault's words.
func plainly(err error) error {
	switch {
	case errors.Is(err, keyfile.ErrDestroyed):
		return ErrErased
	case errors.Is(err, keyfile.ErrEmpty):
		return ErrNoKey
	case errors.Is(err, keyfile.ErrTaken):
		return ErrTaken
	}
	return fmt.Errorf("vault: %w", err)
}

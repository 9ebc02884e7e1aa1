package officer

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"avow.dev/gate"
	"avow.dev/internal/passkey"
)

// A passkey shows what somebody has and, since its owner unlocks it each time, what
// they are or know: it stands for password and code together. What is kept of one is
// no secret.

// Passkey is one as its owner sees it.
type Passkey struct {
	ID     string    `json:"id"` // to name it in a list; opens nothing
	Name   string    `json:"name"`
	Made   time.Time `json:"made"`
	Used   time.Time `json:"used,omitzero"`
	Synced bool      `json:"synced,omitempty"` // it may leave its device
	// Copied is when its device counted backwards: there may be a second one of it,
	// and it signs nobody in any more.
	Copied time.Time `json:"copied,omitzero"`
}

const (
	passkeyKind = "officer-passkey" // under the hash of its id
	// passkeyUseKind says how it was used last. It lies apart from the passkey, so that
	// a sign-in under way cannot bring back one that was removed.
	passkeyUseKind = "officer-passkey-use"
	longestName    = 60

	// MostPasskeys is how many passkeys an account may have, and PasskeyPatience how long
	// its owner may take to unlock one.
	MostPasskeys    = passkey.Most
	PasskeyPatience = passkey.Patience
)

var (
	// ErrCopied: there may be a copy of the passkey, so that it signs nobody in.
	ErrCopied = errors.New("there may be a copy of this passkey")
	// ErrLast: without this passkey its owner could not sign in.
	ErrLast = errors.New("nobody could sign in to the account without this passkey")
	// ErrNoPasskey: the account has no such passkey.
	ErrNoPasskey = errors.New("the account has no such passkey")
	// ErrMany: the account has as many passkeys as it may have.
	ErrMany = errors.New("the account has too many passkeys")
	// ErrNoPasskeys: passkeys do not work at the address of this console, or the account
	// is signed in to at the organisation's provider, which answers for its people.
	ErrNoPasskeys = errors.New("there are no passkeys here")
)

// UsePasskeys lets people sign in by passkeys of a site; nil means that there are none.
func (k *Keeper) UsePasskeys(site *passkey.Site) { k.site = site }

// PasskeyOrigin returns the one address at which passkeys work, "" if there is none.
func (k *Keeper) PasskeyOrigin() string {
	if k.site == nil {
		return ""
	}
	return k.site.Origin()
}

// keptPasskey is one at rest.
type keptPasskey struct {
	Login  string    `json:"login"`
	Handle []byte    `json:"handle"` // of the account when it was made
	Name   string    `json:"name"`
	Made   time.Time `json:"made"`
	passkey.Passkey
}

type passkeyUse struct {
	Count  uint32    `json:"count"`
	At     time.Time `json:"at,omitzero"`
	Copied time.Time `json:"copied,omitzero"`
}

func passkeyKey(id []byte) []byte {
	sum := sha256.Sum256(id)
	return sum[:]
}

func parsePasskey(rec *gate.Record) (*keptPasskey, error) {
	var p keptPasskey
	if err := json.Unmarshal(rec.Body, &p); err != nil {
		return nil, errors.New("read passkey: the stored one is malformed")
	}
	return &p, nil
}

func (k *Keeper) use(ctx context.Context, key []byte) (u passkeyUse, err error) {
	rec, ok, err := k.store.Get(ctx, 0, passkeyUseKind, key)
	if err != nil {
		return u, fmt.Errorf("read passkey: %w", err)
	}
	if ok && json.Unmarshal(rec.Body, &u) != nil {
		return u, errors.New("read passkey: what is known of its use is malformed")
	}
	return u, nil
}

func (k *Keeper) used(ctx context.Context, key []byte, u passkeyUse, from ...gate.Record) error {
	rec, err := record(passkeyUseKind, key, u)
	if err == nil {
		_, err = k.store.Commit(ctx, &gate.Change{Policy: gate.House, Put: []gate.Record{rec}, PutNew: from})
	}
	if err != nil {
		return fmt.Errorf("write passkey: %w", err)
	}
	return nil
}

// passkeysOf returns the passkeys of an account, the oldest first.
func (k *Keeper) passkeysOf(ctx context.Context, a *Account) ([]keptPasskey, error) {
	var out []keptPasskey
	for rec, err := range k.records(ctx, passkeyKind) {
		if err != nil {
			return nil, err
		}
		p, err := parsePasskey(rec)
		if err != nil {
			return nil, err
		}
		if p.Login == a.Login && bytes.Equal(p.Handle, a.handle()) {
			out = append(out, *p)
		}
	}
	slices.SortStableFunc(out, func(a, b keptPasskey) int { return a.Made.Compare(b.Made) })
	return out, nil
}

func credentials(list []keptPasskey) []passkey.Passkey {
	out := make([]passkey.Passkey, len(list))
	for i := range list {
		out[i] = list[i].Passkey
	}
	return out
}

// passkeyRecords are the records of an account's passkeys.
func (k *Keeper) passkeyRecords(ctx context.Context, a *Account) ([]gate.Record, error) {
	all, err := k.passkeysOf(ctx, a)
	var out []gate.Record
	for i := range all {
		out = append(out, recordsOf(&all[i])...)
	}
	return out, err
}

func recordsOf(p *keptPasskey) []gate.Record {
	key := passkeyKey(p.ID)
	return []gate.Record{{Kind: passkeyKind, Key: key}, {Kind: passkeyUseKind, Key: key}}
}

func nameOfPasskey(p *keptPasskey) string {
	return base64.RawURLEncoding.EncodeToString(passkeyKey(p.ID)[:9])
}

// Passkeys lists the passkeys of an account, the oldest first.
func (k *Keeper) Passkeys(ctx context.Context, login string) ([]Passkey, error) {
	a, err := k.known(ctx, login)
	if err != nil {
		return nil, err
	}
	all, err := k.passkeysOf(ctx, a)
	if err != nil {
		return nil, err
	}
	var out []Passkey
	for i := range all {
		p := &all[i]
		u, err := k.use(ctx, passkeyKey(p.ID))
		if err != nil {
			return nil, err
		}
		out = append(out, Passkey{nameOfPasskey(p), p.Name, p.Made, u.At, p.Synced, u.Copied})
	}
	return out, nil
}

// RemovePasskey takes a passkey from an account, as the operator does after a device was
// lost. What it signed in is signed out. Without any other way to sign in, the owner
// has to be invited again.
func (k *Keeper) RemovePasskey(ctx context.Context, login, id string) error {
	a, err := k.known(ctx, login)
	if err != nil {
		return err
	}
	return k.removePasskey(ctx, a, id, false)
}

// DropPasskey is RemovePasskey by the owner, who is signed in, has shown who they are a
// short time ago, and keeps a way to sign in.
func (k *Keeper) DropPasskey(ctx context.Context, secret, id string) error {
	_, a, err := k.freshOwner(ctx, secret)
	if err != nil {
		return err
	}
	return k.removePasskey(ctx, a, id, a.Credential == nil)
}

func (k *Keeper) removePasskey(ctx context.Context, a *Account, id string, keepOne bool) error {
	all, err := k.passkeysOf(ctx, a)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(all, func(p keptPasskey) bool { return nameOfPasskey(&p) == id })
	switch {
	case at < 0:
		return ErrNoPasskey
	case keepOne:
		if usable, err := k.usable(ctx, slices.Delete(slices.Clone(all), at, at+1)); err != nil || !usable {
			return cmp.Or(err, ErrLast)
		}
	}
	if _, err := k.store.Commit(ctx, &gate.Change{Policy: gate.House, Delete: recordsOf(&all[at])}); err != nil {
		return fmt.Errorf("remove passkey: %w", err)
	}
	return nil
}

// usable reports whether any of some passkeys signs its owner in.
func (k *Keeper) usable(ctx context.Context, list []keptPasskey) (bool, error) {
	for i := range list {
		u, err := k.use(ctx, passkeyKey(list[i].ID))
		if err != nil || u.Copied.IsZero() {
			return err == nil, err
		}
	}
	return false, nil
}

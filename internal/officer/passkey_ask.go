package officer

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"avow.dev/gate"
	"avow.dev/internal/passkey"
)

// Each passkey answers one question, which one browser was asked a short time ago.

const askedKind = "officer-passkey-asked" // under the hash of the browser's secret

// asked is what a browser was asked for, until it answers.
type asked struct {
	Challenge string    `json:"challenge"`
	For       string    `json:"for"`
	Login     string    `json:"login,omitempty"`   // of who is known already
	Session   []byte    `json:"session,omitempty"` // its key
	Until     time.Time `json:"until"`
}

// What a browser is asked for.
const (
	toSignIn = "sign-in"
	toAgain  = "again"
	toAdd    = "add"
	toAccept = "accept"
)

// Asking is what a browser needs in order to make or show a passkey.
type Asking struct {
	Options []byte // JSON, for its script
	// Browser is a secret that belongs in a cookie: the answer works in that browser only.
	Browser string
}

// ask remembers what a browser was asked for.
func (k *Keeper) ask(ctx context.Context, options []byte, a *asked) (Asking, error) {
	secret, key := newSecret()
	a.Until = k.now().Add(passkey.Patience)
	rec, err := record(askedKind, key, a)
	if err == nil {
		_, err = k.store.Commit(ctx, &gate.Change{Policy: gate.House, PutNew: []gate.Record{rec}})
	}
	if err != nil {
		return Asking{}, fmt.Errorf("ask for a passkey: %w", err)
	}
	return Asking{options, secret}, nil
}

// answered takes what a browser was asked for; it is spent, whatever comes of it.
func (k *Keeper) answered(ctx context.Context, browser, what string) (*asked, error) {
	key, ok := keyOf(browser)
	if !ok || k.site == nil {
		return nil, ErrRefused
	}
	rec, ok, err := k.store.Get(ctx, 0, askedKind, key)
	if err != nil {
		return nil, fmt.Errorf("read what was asked: %w", err)
	}
	var a asked
	if !ok || json.Unmarshal(rec.Body, &a) != nil || !k.now().Before(a.Until) || a.For != what {
		return nil, ErrRefused
	}
	return &a, k.spend(ctx, rec, a.Until)
}

// owner returns the account of a live session that may have passkeys, and the session's
// key.
func (k *Keeper) owner(ctx context.Context, secret string) ([]byte, *Account, error) {
	s, err := k.Session(ctx, secret)
	if err != nil {
		return nil, nil, err
	}
	if k.site == nil || s.Provided {
		return nil, nil, ErrNoPasskeys
	}
	a, err := k.known(ctx, s.Account.Login)
	key, _ := keyOf(secret)
	return key, a, err
}

// freshOwner is owner for what needs a proof of a short time ago.
func (k *Keeper) freshOwner(ctx context.Context, secret string) ([]byte, *Account, error) {
	s, err := k.Session(ctx, secret)
	if err != nil {
		return nil, nil, err
	}
	if k.now().Sub(s.Proved) > FreshFor {
		return nil, nil, ErrStale
	}
	return k.owner(ctx, secret)
}

// answeredBy is answered for a session, which must be the one that was asked.
func (k *Keeper) answeredBy(ctx context.Context, secret, browser, what string) (*asked, error) {
	key, _, err := k.owner(ctx, secret)
	if err != nil {
		return nil, err
	}
	a, err := k.answered(ctx, browser, what)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(a.Session, key) {
		return nil, ErrRefused
	}
	return a, nil
}

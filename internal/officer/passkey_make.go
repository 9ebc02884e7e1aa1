package officer

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"avow.dev/gate"
	"avow.dev/internal/passkey"
)

// OfferPasskey begins to add a passkey to the account of who is signed in and has shown
// who they are a short time ago.
func (k *Keeper) OfferPasskey(ctx context.Context, secret string) (Asking, error) {
	key, a, err := k.freshOwner(ctx, secret)
	if err != nil {
		return Asking{}, err
	}
	all, err := k.passkeysOf(ctx, a)
	if err != nil {
		return Asking{}, err
	}
	if len(all) >= passkey.Most {
		return Asking{}, ErrMany
	}
	options, challenge, err := k.site.Make(&passkey.Owner{Handle: a.handle(), Name: a.Login, Title: a.Person, Has: credentials(all)})
	if err != nil {
		return Asking{}, err
	}
	return k.ask(ctx, options, &asked{Challenge: challenge, For: toAdd, Login: a.Login, Session: key})
}

// AddPasskey adds the passkey that a browser made when it was asked by OfferPasskey.
func (k *Keeper) AddPasskey(ctx context.Context, secret, browser, name string, answer []byte) error {
	_, a, err := k.freshOwner(ctx, secret)
	if err != nil {
		return err
	}
	as, err := k.answeredBy(ctx, secret, browser, toAdd)
	if err != nil {
		return err
	}
	rec, err := k.madePasskey(as, a, name, answer)
	if err != nil {
		return err
	}
	_, err = k.store.Commit(ctx, &gate.Change{Policy: gate.House, PutNew: []gate.Record{rec}})
	if errors.Is(err, gate.ErrTaken) {
		return ErrRefused
	}
	if err != nil {
		return fmt.Errorf("write passkey: %w", err)
	}
	return nil
}

// EnrolPasskey begins to make an invited account its owner's, by a passkey in place of
// a password. Nothing is kept of it until AcceptPasskey.
func (k *Keeper) EnrolPasskey(ctx context.Context, invitation string) (Asking, error) {
	if k.site == nil {
		return Asking{}, ErrNoPasskeys
	}
	a, _, err := k.invited(ctx, invitation)
	if err != nil {
		return Asking{}, err
	}
	options, challenge, err := k.site.Make(&passkey.Owner{Handle: a.handle(), Name: a.Login, Title: a.Person})
	if err != nil {
		return Asking{}, err
	}
	return k.ask(ctx, options, &asked{Challenge: challenge, For: toAccept, Login: a.Login})
}

// AcceptPasskey makes an invited account its owner's by the passkey that their browser
// made. It has no password. The invitation is spent.
func (k *Keeper) AcceptPasskey(ctx context.Context, invitation, browser, name string, answer []byte) error {
	a, rec, err := k.invited(ctx, invitation)
	if err != nil {
		return err
	}
	as, err := k.answered(ctx, browser, toAccept)
	if err != nil {
		return err
	}
	made, err := k.madePasskey(as, a, name, answer)
	if err != nil {
		return err
	}
	a.State, a.Credential = Active, nil
	return k.own(ctx, a, rec, made)
}

// madePasskey is the record of a passkey that a browser made for an account.
func (k *Keeper) madePasskey(as *asked, a *Account, name string, answer []byte) (gate.Record, error) {
	p, err := k.site.Made(as.Challenge, a.handle(), answer)
	if err != nil || as.Login != a.Login {
		return gate.Record{}, ErrRefused
	}
	return record(passkeyKind, passkeyKey(p.ID), keptPasskey{a.Login, a.handle(), shortName(name), k.now(), p})
}

// shortName is what somebody calls a passkey; nothing depends on it.
func shortName(name string) string {
	runes := []rune(strings.Join(strings.Fields(name), " "))
	return string(runes[:min(len(runes), longestName)])
}

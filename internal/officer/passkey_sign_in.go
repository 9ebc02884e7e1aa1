package officer

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"avow.dev/gate"
	"avow.dev/internal/passkey"
)

// asksOfNetwork bounds how often one network may ask to sign in by a passkey, in the
// stretch of time in which tries are counted.
const asksOfNetwork = 120

// AskPasskey asks somebody who is not known yet to show a passkey, whichever they have.
// network is where they are, to count by.
func (k *Keeper) AskPasskey(ctx context.Context, network string) (Asking, error) {
	if k.site == nil {
		return Asking{}, ErrNoPasskeys
	}
	of := sha256.Sum256([]byte("network " + network))
	if _, err := k.takeOf(ctx, of[:], asksOfNetwork); err != nil {
		return Asking{}, err
	}
	options, challenge, err := k.site.Show(nil)
	if err != nil {
		return Asking{}, err
	}
	return k.ask(ctx, options, &asked{Challenge: challenge, For: toSignIn})
}

// SignInByPasskey begins a session by what a browser answered to AskPasskey. before is
// the secret of the session that the browser has already, if any; it ends.
func (k *Keeper) SignInByPasskey(ctx context.Context, browser string, answer []byte, before string) (string, Session, error) {
	a, err := k.answered(ctx, browser, toSignIn)
	if err != nil {
		return "", Session{}, err
	}
	return k.enterByPasskey(ctx, a, answer, before)
}

// AskPasskeyAgain asks somebody who is signed in to show one of their passkeys.
func (k *Keeper) AskPasskeyAgain(ctx context.Context, secret string) (Asking, error) {
	s, a, err := k.owner(ctx, secret)
	if err != nil {
		return Asking{}, err
	}
	all, err := k.passkeysOf(ctx, a)
	if err != nil {
		return Asking{}, err
	}
	if len(all) == 0 {
		return Asking{}, ErrNoPasskeys
	}
	options, challenge, err := k.site.Show(credentials(all))
	if err != nil {
		return Asking{}, err
	}
	return k.ask(ctx, options, &asked{Challenge: challenge, For: toAgain, Login: a.Login, Session: s})
}

// StepUpByPasskey shows again who somebody is, by what a browser answered to
// AskPasskeyAgain, and gives their session a new secret.
func (k *Keeper) StepUpByPasskey(ctx context.Context, secret, browser string, answer []byte) (string, Session, error) {
	a, err := k.answeredBy(ctx, secret, browser, toAgain)
	if err != nil {
		return "", Session{}, err
	}
	return k.enterByPasskey(ctx, a, answer, secret)
}

// enterByPasskey begins a session for the owner of a passkey that was shown.
func (k *Keeper) enterByPasskey(ctx context.Context, as *asked, answer []byte, before string) (string, Session, error) {
	said, err := passkey.Read(answer)
	if err != nil {
		return "", Session{}, ErrRefused
	}
	kept, a, err := k.whose(ctx, said)
	if err != nil {
		return "", Session{}, err
	}
	if as.Login != "" && as.Login != a.Login {
		return "", Session{}, ErrRefused
	}
	key := passkeyKey(said.ID)
	place, err := k.takeOf(ctx, key, tries)
	if err != nil {
		return "", Session{}, err
	}
	for {
		again, err := k.countOn(ctx, key, as, said, kept)
		if err != nil {
			return "", Session{}, err
		}
		if !again {
			break
		}
	}
	return k.begin(ctx, a, key, before, place)
}

// countOn checks a passkey that was shown against what its device had counted, and writes
// down what it counts now. again says that another sign-in by the same passkey counted on
// in between: what that one wrote is what to check against.
func (k *Keeper) countOn(ctx context.Context, key []byte, as *asked, said *passkey.Answer, kept *keptPasskey) (again bool, err error) {
	u, err := k.use(ctx, key)
	if err != nil {
		return false, err
	}
	if !u.Copied.IsZero() {
		return false, ErrCopied
	}
	before := kept.Passkey
	before.Count = max(before.Count, u.Count)
	next, err := k.site.Check(as.Challenge, said, kept.Handle, &before)
	switch {
	case errors.Is(err, passkey.ErrCopied):
		return false, cmp.Or(k.used(ctx, key, passkeyUse{Count: before.Count, At: u.At, Copied: k.now()}), ErrCopied)
	case err != nil:
		return false, ErrRefused
	}
	var from []gate.Record
	if next.Count != before.Count {
		// What is counted only grows: of two who count on from the same, one is first.
		from = []gate.Record{{Kind: spentKind, Key: binary.BigEndian.AppendUint32(bytes.Clone(key), before.Count),
			Body: binary.BigEndian.AppendUint64(nil, uint64(k.now().Add(passkey.Patience).Unix()))}}
	}
	err = k.used(ctx, key, passkeyUse{Count: next.Count, At: k.now()}, from...)
	if errors.Is(err, gate.ErrTaken) {
		return true, nil
	}
	return false, err
}

// whose returns the passkey that an answer names, and its account.
func (k *Keeper) whose(ctx context.Context, said *passkey.Answer) (*keptPasskey, *Account, error) {
	rec, ok, err := k.store.Get(ctx, 0, passkeyKind, passkeyKey(said.ID))
	if err != nil {
		return nil, nil, fmt.Errorf("read passkey: %w", err)
	}
	if !ok {
		return nil, nil, ErrRefused
	}
	kept, err := parsePasskey(&rec)
	if err != nil {
		return nil, nil, err
	}
	a, err := k.byLogin(ctx, kept.Login)
	if err != nil {
		return nil, nil, err
	}
	if a == nil || a.State != Active || a.Provider != "" || !bytes.Equal(a.handle(), kept.Handle) {
		return nil, nil, ErrRefused
	}
	return kept, a, nil
}

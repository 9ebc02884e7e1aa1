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
	"strings"
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
	askedKind      = "officer-passkey-asked" // under the hash of the browser's secret

	// asksOfNetwork bounds how often one network may ask to sign in by a passkey, in the
	// stretch of time in which tries are counted.
	asksOfNetwork = 120
	longestName   = 60

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

// UsePasskeys lets people sign in by passkeys of a site; nil means that there are none.
func (k *Keeper) UsePasskeys(site *passkey.Site) { k.site = site }

// PasskeyOrigin returns the one address at which passkeys work, "" if there is none.
func (k *Keeper) PasskeyOrigin() string {
	if k.site == nil {
		return ""
	}
	return k.site.Origin()
}

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
	u, err := k.use(ctx, key)
	if err != nil {
		return "", Session{}, err
	}
	if !u.Copied.IsZero() {
		return "", Session{}, ErrCopied
	}
	kept.Count = max(kept.Count, u.Count)
	next, err := k.site.Check(as.Challenge, said, kept.Handle, &kept.Passkey)
	switch {
	case errors.Is(err, passkey.ErrCopied):
		if err := k.used(ctx, key, passkeyUse{Count: kept.Count, At: u.At, Copied: k.now()}); err != nil {
			return "", Session{}, err
		}
		return "", Session{}, ErrCopied
	case err != nil:
		return "", Session{}, ErrRefused
	}
	if err := k.used(ctx, key, passkeyUse{Count: next.Count, At: k.now()}); err != nil {
		return "", Session{}, err
	}
	return k.begin(ctx, a, key, before, place)
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

func (k *Keeper) used(ctx context.Context, key []byte, u passkeyUse) error {
	rec, err := record(passkeyUseKind, key, u)
	if err == nil {
		_, err = k.store.Commit(ctx, &gate.Change{Policy: gate.House, Put: []gate.Record{rec}})
	}
	if err != nil {
		return fmt.Errorf("write passkey: %w", err)
	}
	return nil
}

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

// passkeysOf returns the passkeys of an account, the oldest first.
func (k *Keeper) passkeysOf(ctx context.Context, a *Account) ([]keptPasskey, error) {
	var out []keptPasskey
	var after []byte
	for {
		recs, err := k.store.Scan(ctx, 0, passkeyKind, after, 256)
		if err != nil {
			return nil, fmt.Errorf("read passkeys: %w", err)
		}
		for i := range recs {
			after = recs[i].Key
			p, err := parsePasskey(&recs[i])
			if err != nil {
				return nil, err
			}
			if p.Login == a.Login && bytes.Equal(p.Handle, a.handle()) {
				out = append(out, *p)
			}
		}
		if len(recs) < 256 {
			slices.SortStableFunc(out, func(a, b keptPasskey) int { return a.Made.Compare(b.Made) })
			return out, nil
		}
	}
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

package officer

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/passkey"
)

// Store keeps accounts, invitations and sessions: the part of a gate.Store that is
// needed here.
type Store interface {
	gate.Records
	gate.Committer
}

// The states of an account.
const (
	Invited  = "invited"
	Active   = "active"
	Disabled = "disabled"
)

// Account is one way in for one person.
type Account struct {
	ID       string          `json:"id"`
	Login    string          `json:"login"`  // what is typed to sign in
	Person   string          `json:"person"` // who it is, the same in all of their accounts and tokens
	Roles    []Role          `json:"roles"`
	Policies []avow.PolicyID `json:"policies,omitempty"` // all if empty
	// Acts are roles of the policies in which they act, such as service-desk: what
	// the log says of them, and the person concerned reads.
	Acts    []avow.Role `json:"acts,omitempty"`
	State   string      `json:"state"`
	Created time.Time   `json:"created"`

	Credential *credential `json:"credential,omitempty"`
	// Provider is the digest of issuer and subject at the organisation's provider.
	Provider string `json:"provider,omitempty"`
	// Handle is what the account's passkeys call it by. It is a new one whenever its
	// owner is invited again: what belonged to the old one, passkeys and sessions, is
	// nobody's from then on.
	Handle []byte `json:"handle,omitempty"`

	read []byte // which state of the account was read; see [Keeper.put]
}

// handle is what the account is called by; that of an account from before there were
// passkeys comes from what it always had.
func (a *Account) handle() []byte {
	if len(a.Handle) > 0 {
		return a.Handle
	}
	sum := sha256.Sum256([]byte("officer " + a.ID))
	return sum[:]
}

// public is the account without what it is signed in to by.
func (a *Account) public() Account {
	shown := *a
	shown.Credential, shown.Provider, shown.Handle, shown.read = nil, "", nil, nil
	return shown
}

// For reports whether the account is for a policy.
func (a *Account) For(id avow.PolicyID) bool {
	return len(a.Policies) == 0 || slices.Contains(a.Policies, id)
}

// May reports whether the account is for a policy, and has a privilege there.
func (a *Account) May(id avow.PolicyID, p Privilege) bool { return a.For(id) && May(a.Roles, p) }

const (
	accountKind    = "officer"
	invitationKind = "officer-invitation"
	// invitationLife is how long an invitation works.
	invitationLife = 72 * time.Hour
	longestWord    = 100
)

// Keeper keeps the accounts. It is safe for concurrent use, also by several
// processes on one database.
type Keeper struct {
	store    Store
	clock    func() time.Time
	hashing  chan struct{}
	provider *Provider
	site     *passkey.Site
}

// New returns a keeper of the accounts in a store. hashes is how many passwords are
// compared at once; each takes tens of MiB.
func New(store Store, clock func() time.Time, hashes int) *Keeper {
	return &Keeper{store: store, clock: clock, hashing: make(chan struct{}, max(hashes, 1))}
}

func (k *Keeper) now() time.Time { return k.clock().UTC() }

// Invitation is what an account is made from.
type Invitation struct {
	Login    string          `json:"login"`
	Person   string          `json:"person"`
	Roles    []Role          `json:"roles"`
	Policies []avow.PolicyID `json:"policies,omitempty"`
	Acts     []avow.Role     `json:"acts,omitempty"`
}

// invitation is one at rest, under the hash of its secret.
type invitation struct {
	Account string    `json:"account"`
	Until   time.Time `json:"until"`
}

func newSecret() (secret string, key []byte) {
	var raw [32]byte
	_, _ = rand.Read(raw[:]) // documented never to return an error
	sum := sha256.Sum256(raw[:])
	return base64.RawURLEncoding.EncodeToString(raw[:]), sum[:]
}

func keyOf(secret string) ([]byte, bool) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(secret)
	if err != nil || len(raw) != 32 {
		return nil, false
	}
	sum := sha256.Sum256(raw)
	return sum[:], true
}

// loginKey is the key of an account: no two accounts have one login.
func loginKey(login string) []byte {
	sum := sha256.Sum256([]byte(strings.ToLower(strings.TrimSpace(login))))
	return sum[:]
}

// Invite makes an account that nobody can sign in to yet, and the secret by which
// its owner makes it theirs. The secret is shown once.
func (k *Keeper) Invite(ctx context.Context, in Invitation) (string, Account, error) {
	login := strings.ToLower(strings.TrimSpace(in.Login))
	switch {
	case login == "" || len(login) > longestWord:
		return "", Account{}, fmt.Errorf("invite officer: a login of 1 to %d bytes is needed", longestWord)
	case in.Person == "" || len(in.Person) > longestWord:
		return "", Account{}, errors.New("invite officer: a person is needed: one word for one human being, the same in all of their accounts")
	case len(in.Roles) == 0:
		return "", Account{}, fmt.Errorf("invite officer: a role is needed, one of %v", roles)
	}
	if _, err := ParseRoles(wordsOf(in.Roles)); err != nil {
		return "", Account{}, fmt.Errorf("invite officer: %w", err)
	}
	key := loginKey(login)
	a := Account{ID: hex.EncodeToString(key[:8]), Login: login, Person: in.Person, Roles: in.Roles, Policies: in.Policies, Acts: in.Acts, State: Invited, Created: k.now(), Handle: passkey.NewHandle()}
	secret, rec, err := k.invitation(&a)
	if err != nil {
		return "", Account{}, err
	}
	own, err := record(accountKind, key, &a)
	if err != nil {
		return "", Account{}, err
	}
	_, err = k.store.Commit(ctx, &gate.Change{Policy: gate.House, PutNew: []gate.Record{own, rec}})
	if errors.Is(err, gate.ErrTaken) {
		return "", Account{}, errors.New("invite officer: this login has an account already")
	}
	if err != nil {
		return "", Account{}, fmt.Errorf("invite officer: %w", err)
	}
	return secret, a.public(), nil
}

func wordsOf(list []Role) []string {
	out := make([]string, len(list))
	for i, r := range list {
		out[i] = string(r)
	}
	return out
}

func (k *Keeper) invitation(a *Account) (string, gate.Record, error) {
	secret, key := newSecret()
	rec, err := record(invitationKind, key, invitation{a.Login, k.now().Add(invitationLife)})
	return secret, rec, err
}

func record(kind string, key []byte, v any) (gate.Record, error) {
	body, err := json.Marshal(v)
	return gate.Record{Kind: kind, Key: key, Body: body}, err
}

// ErrInvitation is the error for an invitation that does not work: it was used, or
// its time is over, or it never was one.
var ErrInvitation = errors.New("this invitation does not work any more")

// invited returns the account of an invitation that still works.
func (k *Keeper) invited(ctx context.Context, secret string) (*Account, gate.Record, error) {
	key, ok := keyOf(secret)
	if !ok {
		return nil, gate.Record{}, ErrInvitation
	}
	rec, ok, err := k.store.Get(ctx, 0, invitationKind, key)
	if err != nil {
		return nil, rec, fmt.Errorf("read invitation: %w", err)
	}
	var in invitation
	if !ok || json.Unmarshal(rec.Body, &in) != nil || !k.now().Before(in.Until) {
		return nil, rec, ErrInvitation
	}
	a, err := k.byLogin(ctx, in.Account)
	if err != nil {
		return nil, rec, err
	}
	if a == nil || a.State != Invited {
		return nil, rec, ErrInvitation
	}
	return a, rec, nil
}

// byLogin reads an account; nil if there is none.
func (k *Keeper) byLogin(ctx context.Context, login string) (*Account, error) {
	rec, ok, err := k.store.Get(ctx, 0, accountKind, loginKey(login))
	if err != nil || !ok {
		return nil, err
	}
	return parseAccount(&rec)
}

func parseAccount(rec *gate.Record) (*Account, error) {
	var a Account
	if err := json.Unmarshal(rec.Body, &a); err != nil {
		return nil, fmt.Errorf("read officer: the stored account is malformed")
	}
	sum := sha256.Sum256(append([]byte(a.Login+"\x00"+a.State+"\x00"), a.handle()...))
	a.read = sum[:]
	return &a, nil
}

// List returns all accounts, without what they sign in by.
func (k *Keeper) List(ctx context.Context) ([]Account, error) {
	var out []Account
	for a, err := range k.accounts(ctx) {
		if err != nil {
			return nil, err
		}
		out = append(out, a.public())
	}
	return out, nil
}

func (k *Keeper) accounts(ctx context.Context) iter.Seq2[*Account, error] {
	return func(yield func(*Account, error) bool) {
		for rec, err := range k.records(ctx, accountKind) {
			var a *Account
			if err == nil {
				a, err = parseAccount(rec)
			}
			if !yield(a, err) || err != nil {
				return
			}
		}
	}
}

// scanPage is how many records are read at a time.
const scanPage = 256

// records yields the records of a kind by their keys, and an error as the last.
func (k *Keeper) records(ctx context.Context, kind string) iter.Seq2[*gate.Record, error] {
	return func(yield func(*gate.Record, error) bool) {
		var after []byte
		for {
			recs, err := k.store.Scan(ctx, 0, kind, after, scanPage)
			if err != nil {
				yield(nil, fmt.Errorf("read officers: %w", err))
				return
			}
			for i := range recs {
				if after = recs[i].Key; !yield(&recs[i], nil) {
					return
				}
			}
			if len(recs) < scanPage {
				return
			}
		}
	}
}

// Disable ends an account: nobody signs in to it, and its sessions are over.
func (k *Keeper) Disable(ctx context.Context, login string) error {
	return k.change(ctx, login, func(a *Account) error {
		a.State = Disabled
		return nil
	})
}

// Reinvite lets the owner of an account choose how they sign in anew, as after a
// lost phone. Until then nobody signs in to it.
func (k *Keeper) Reinvite(ctx context.Context, login string) (string, error) {
	var secret string
	err := k.change(ctx, login, func(a *Account) error {
		a.State = Invited
		s, rec, err := k.invitation(a)
		if err != nil {
			return err
		}
		secret = s
		_, err = k.store.Commit(ctx, &gate.Change{Policy: gate.House, PutNew: []gate.Record{rec}})
		return err
	})
	return secret, err
}

// change takes from an account everything that it is signed in to by, and writes it.
func (k *Keeper) change(ctx context.Context, login string, act func(*Account) error) error {
	a, err := k.known(ctx, login)
	if err != nil {
		return err
	}
	gone, err := k.passkeyRecords(ctx, a)
	if err != nil {
		return err
	}
	a.Credential, a.Provider, a.Handle = nil, "", passkey.NewHandle()
	if err := act(a); err != nil {
		return err
	}
	return k.put(ctx, a, nil, gone...)
}

// known reads an account that has to be there.
func (k *Keeper) known(ctx context.Context, login string) (*Account, error) {
	a, err := k.byLogin(ctx, login)
	if err == nil && a == nil {
		err = errors.New("no officer has this login")
	}
	return a, err
}

// errAltered is the error for an account that somebody else changed in between.
var errAltered = errors.New("the account was changed by somebody else meanwhile; look at it and try again")

// put writes an account in place of what was read of it, together with what is added, and
// takes what is gone. Of two who change what they both read only one does: an account that
// is disabled does not come back because its owner accepted it at the same moment.
func (k *Keeper) put(ctx context.Context, a *Account, added []gate.Record, gone ...gate.Record) error {
	rec, err := record(accountKind, loginKey(a.Login), a)
	if err == nil {
		spent := gate.Record{Kind: spentKind, Key: a.read, Body: binary.BigEndian.AppendUint64(nil, uint64(k.now().Add(roundLife).Unix()))}
		_, err = k.store.Commit(ctx, &gate.Change{Policy: gate.House, Put: []gate.Record{rec}, PutNew: append(added, spent), Delete: gone})
	}
	if errors.Is(err, gate.ErrTaken) {
		return errAltered
	}
	if err != nil {
		return fmt.Errorf("write officer: %w", err)
	}
	return nil
}

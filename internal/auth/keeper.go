package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/officer"
)

// Store keeps the tokens: the part of a gate.Store that is needed here.
type Store interface {
	gate.Records
	gate.Committer
}

const (
	kind   = "auth"
	prefix = "avow_"
	size   = 32
	// fresh is how long another process's revocation may go unnoticed here.
	fresh = 5 * time.Second
	// remembered bounds the cache.
	remembered = 1024
	maxName    = 100
)

// Keeper issues, lists, revokes and checks tokens. It is safe for concurrent use.
//
// What it revokes holds at once; what another process revokes in the same
// database holds within five seconds.
type Keeper struct {
	store Store
	clock func() time.Time

	mu    sync.Mutex
	known map[[size]byte]entry
	// revoked counts revocations, so that what was read before one is not
	// remembered after it.
	revoked uint64
}

type entry struct {
	token Token
	at    time.Time
}

// New returns a keeper of the tokens in a store.
func New(store Store, clock func() time.Time) *Keeper {
	return &Keeper{store: store, clock: clock, known: make(map[[size]byte]entry)}
}

// stored is a token at rest, under the hash as key.
type stored struct {
	Name   string `json:"name"`
	Person string `json:"person,omitempty"`
	Scopes Scope  `json:"scopes"`
	// Roles are an officer's. A token from before there were any has none.
	Roles []officer.Role `json:"roles,omitempty"`
	// Recipient is whom it speaks for, if it speaks for one.
	Recipient avow.Recipient  `json:"recipient,omitempty"`
	Policies  []avow.PolicyID `json:"policies,omitempty"`
	Created   time.Time       `json:"created"`
	Expires   time.Time       `json:"expires,omitzero"`
	Revoked   time.Time       `json:"revoked,omitzero"`
}

// Issue makes a token and returns it together with its secret, which is shown
// nowhere else and cannot be had again.
func (k *Keeper) Issue(ctx context.Context, g Grant) (secret string, t Token, err error) {
	now := k.clock().UTC()
	switch {
	case g.Name == "" || len(g.Name) > maxName:
		return "", Token{}, fmt.Errorf("issue token: a name of 1 to %d bytes is needed", maxName)
	case len(g.Person) > maxName:
		return "", Token{}, fmt.Errorf("issue token: the person's word is longer than %d bytes", maxName)
	case g.Scopes == 0 || g.Scopes >= 1<<len(scopeNames):
		return "", Token{}, fmt.Errorf("issue token: a scope is needed")
	case g.Scopes.Has(Officer) != (len(g.Roles) > 0):
		return "", Token{}, fmt.Errorf("issue token: an officer's token has a role, one of %v, and no other has", officer.Roles())
	case !slices.ContainsFunc(g.Roles, func(r officer.Role) bool { return !slices.Contains(officer.Roles(), r) }):
	default:
		return "", Token{}, fmt.Errorf("issue token: unknown role: use %v", officer.Roles())
	}
	switch {
	case g.Scopes.Has(Recipient) && (g.Scopes != Recipient || g.Recipient == "" || len(g.Recipient) > maxName || len(g.Policies) != 1 || g.Person != ""):
		return "", Token{}, fmt.Errorf("issue token: a recipient's token has that scope alone, one recipient and one policy, and no person")
	case !g.Scopes.Has(Recipient) && g.Recipient != "":
		return "", Token{}, fmt.Errorf("issue token: only scope recipient speaks for a recipient")
	case !g.Expires.IsZero() && !g.Expires.After(now):
		return "", Token{}, fmt.Errorf("issue token: it would have expired already")
	}
	var raw [size]byte
	_, _ = rand.Read(raw[:]) // documented never to return an error
	secret = prefix + base64.RawURLEncoding.EncodeToString(raw[:])
	hash := sha256.Sum256(raw[:])
	t = Token{Grant: g, ID: idOf(hash), Created: now}
	if err := k.write(ctx, hash, &t, true); err != nil {
		return "", Token{}, fmt.Errorf("issue token: %w", err)
	}
	return secret, t, nil
}

func idOf(hash [size]byte) string { return hex.EncodeToString(hash[:8]) }

func (k *Keeper) write(ctx context.Context, hash [size]byte, t *Token, added bool) error {
	body, err := json.Marshal(stored{t.Name, t.Person, t.Scopes, t.Roles, t.Recipient, t.Policies, t.Created, t.Expires.UTC(), t.Revoked})
	if err != nil {
		return err
	}
	c, recs := gate.Change{Policy: gate.House}, []gate.Record{{Kind: kind, Key: hash[:], Body: body}}
	if added {
		c.PutNew = recs
	} else {
		c.Put = recs
	}
	_, err = k.store.Commit(ctx, &c)
	return err
}

func parse(rec *gate.Record) (Token, error) {
	var s stored
	if err := json.Unmarshal(rec.Body, &s); err != nil || len(rec.Key) != size {
		return Token{}, fmt.Errorf("stored token is malformed")
	}
	return Token{Grant{s.Name, s.Person, s.Scopes, s.Roles, s.Recipient, s.Policies, s.Expires}, idOf([size]byte(rec.Key)), s.Created, s.Revoked}, nil
}

// List returns every token that was issued, revoked ones too.
func (k *Keeper) List(ctx context.Context) ([]Token, error) {
	var list []Token
	err := k.each(ctx, func(_ [size]byte, t Token) { list = append(list, t) })
	return list, err
}

func (k *Keeper) each(ctx context.Context, visit func([size]byte, Token)) error {
	const page = 256
	var after []byte
	for {
		recs, err := k.store.Scan(ctx, 0, kind, after, page)
		if err != nil {
			return fmt.Errorf("read tokens: %w", err)
		}
		for i := range recs {
			t, err := parse(&recs[i])
			if err != nil {
				return fmt.Errorf("read tokens: %w", err)
			}
			visit([size]byte(recs[i].Key), t)
			after = recs[i].Key
		}
		if len(recs) < page {
			return nil
		}
	}
}

// Revoke ends a token by its id. Ending an ended one is no error, and the first
// time stays. The error is ErrUnknown if there is none.
func (k *Keeper) Revoke(ctx context.Context, id string) error {
	var hash [size]byte
	var found *Token
	err := k.each(ctx, func(h [size]byte, t Token) {
		if t.ID == id {
			hash, found = h, &t
		}
	})
	switch {
	case err != nil:
		return fmt.Errorf("revoke token: %w", err)
	case found == nil:
		return fmt.Errorf("revoke token: %w", ErrUnknown)
	case !found.Revoked.IsZero():
		return nil
	}
	found.Revoked = k.clock().UTC()
	// Forgotten also when the outcome is unknown.
	defer k.forget(hash)
	if err := k.write(ctx, hash, found, false); err != nil {
		return fmt.Errorf("revoke token: %w", err)
	}
	return nil
}

func (k *Keeper) forget(hash [size]byte) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.revoked++
	delete(k.known, hash)
}

// Seen reports whether a token was good when it was last looked at here. It
// says nothing about now: Check does.
func (k *Keeper) Seen(secret string) bool {
	hash, ok := hashOf(secret)
	k.mu.Lock()
	defer k.mu.Unlock()
	_, seen := k.known[hash]
	return ok && seen
}

func hashOf(secret string) (hash [size]byte, ok bool) {
	text, marked := strings.CutPrefix(secret, prefix)
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if !marked || err != nil || len(raw) != size {
		return hash, false
	}
	return sha256.Sum256(raw), true
}

// Check returns the token whose secret is given, if it is live. The errors are
// ErrMalformed, ErrUnknown, ErrExpired and ErrRevoked; any other one is trouble
// with the store.
func (k *Keeper) Check(ctx context.Context, secret string) (Token, error) {
	hash, ok := hashOf(secret)
	if !ok {
		return Token{}, ErrMalformed
	}
	now := k.clock()
	t, err := k.lookup(ctx, hash, now)
	switch {
	case err != nil:
		return Token{}, err
	case !t.Revoked.IsZero():
		return Token{}, ErrRevoked
	case !t.Live(now):
		return Token{}, ErrExpired
	}
	return t, nil
}

// lookup finds a token by the hash of its secret. How long finding takes says
// something about the hash at most, and nothing leads from there to the secret.
func (k *Keeper) lookup(ctx context.Context, hash [size]byte, now time.Time) (Token, error) {
	k.mu.Lock()
	e, ok := k.known[hash]
	before := k.revoked
	k.mu.Unlock()
	if ok && now.Sub(e.at) < fresh && !now.Before(e.at) {
		return e.token, nil
	}
	rec, ok, err := k.store.Get(ctx, 0, kind, hash[:])
	if err != nil {
		return Token{}, fmt.Errorf("check token: %w", err)
	}
	if !ok || subtle.ConstantTimeCompare(rec.Key, hash[:]) != 1 {
		return Token{}, ErrUnknown
	}
	t, err := parse(&rec)
	if err != nil {
		return Token{}, fmt.Errorf("check token: %w", err)
	}
	k.remember(hash, entry{t, now}, before)
	return t, nil
}

func (k *Keeper) remember(hash [size]byte, e entry, before uint64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.revoked != before {
		return
	}
	if len(k.known) >= remembered {
		clear(k.known)
	}
	k.known[hash] = e
}

package officer

import (
	"context"
	"crypto/subtle"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"avow.dev/gate"
	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// ProviderConfig names the organisation's own sign-in (OpenID Connect).
type ProviderConfig struct {
	Issuer, ClientID, ClientSecret string
	RedirectURL                    string // of the page that the provider sends people back to
}

// Provider signs officers in at the organisation's own sign-in. It is asked for its
// description when it is first needed, so that a server starts while it is away.
type Provider struct {
	cfg    ProviderConfig
	clock  func() time.Time
	client *http.Client

	mu    sync.Mutex
	ready *reached
}

// reached is what a provider said of itself.
type reached struct {
	oauth    oauth2.Config
	verifier *oidc.IDTokenVerifier
}

// patience is how long an answer of the provider may take.
const patience = 10 * time.Second

// NewProvider returns a provider. clock is the keeper's.
func NewProvider(cfg ProviderConfig, clock func() time.Time) *Provider {
	return &Provider{cfg: cfg, clock: clock, client: &http.Client{Timeout: patience}}
}

// reach asks a provider for its description, once that it answers.
func (p *Provider) reach(ctx context.Context) (*reached, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ready != nil {
		return p.ready, nil
	}
	found, err := oidc.NewProvider(oidc.ClientContext(ctx, p.client), p.cfg.Issuer)
	if err != nil {
		return nil, ErrAway
	}
	p.ready = &reached{
		oauth:    oauth2.Config{ClientID: p.cfg.ClientID, ClientSecret: p.cfg.ClientSecret, Endpoint: found.Endpoint(), RedirectURL: p.cfg.RedirectURL, Scopes: []string{oidc.ScopeOpenID}},
		verifier: found.Verifier(&oidc.Config{ClientID: p.cfg.ClientID, Now: p.clock})}
	return p.ready, nil
}

// ErrAway: the provider does not answer.
var ErrAway = errors.New("the sign-in of the organisation does not answer")

// Use lets a keeper sign people in by a provider.
func (k *Keeper) Use(p *Provider) { k.provider = p }

// HasProvider reports whether people can sign in at a provider.
func (k *Keeper) HasProvider() bool { return k.provider != nil }

const (
	roundKind = "officer-round"
	spentKind = "officer-round-spent" // for as long as a round could last
)

// roundLife is how long somebody may be away at the provider.
const roundLife = 10 * time.Minute

// round is a sign-in under way at the provider, under the hash of its state.
type round struct {
	Nonce      string    `json:"nonce"`
	Verifier   string    `json:"verifier"` // of PKCE (RFC 7636)
	Invitation string    `json:"invitation,omitempty"`
	Again      string    `json:"again,omitempty"` // login of who shows again who they are
	Begun      time.Time `json:"begun"`
	Until      time.Time `json:"until"`
}

// Leave begins a sign-in at the provider: the address to go to, and the state that
// belongs in a cookie of this browser. With an invitation, the account becomes that
// of whoever comes back.
func (k *Keeper) Leave(ctx context.Context, invitation string) (address, state string, err error) {
	if invitation != "" {
		if _, _, err := k.invited(ctx, invitation); err != nil {
			return "", "", err
		}
	}
	return k.away(ctx, round{Invitation: invitation})
}

// LeaveAgain is Leave for somebody who is signed in and shows again who they are.
// The provider is told to ask them anew, whatever it remembers of them (OpenID
// Connect Core, section 3.1.2.1).
func (k *Keeper) LeaveAgain(ctx context.Context, secret string) (address, state string, err error) {
	s, err := k.Session(ctx, secret)
	if err != nil {
		return "", "", err
	}
	return k.away(ctx, round{Again: s.Account.Login}, oauth2.SetAuthURLParam("prompt", "login"), oauth2.SetAuthURLParam("max_age", "0"))
}

func (k *Keeper) away(ctx context.Context, r round, more ...oauth2.AuthCodeOption) (address, state string, err error) {
	if k.provider == nil {
		return "", "", errors.New("no sign-in provider is set up")
	}
	at, err := k.provider.reach(ctx)
	if err != nil {
		return "", "", err
	}
	state, key := newSecret()
	r.Nonce, _ = newSecret()
	r.Verifier, r.Begun, r.Until = oauth2.GenerateVerifier(), k.now(), k.now().Add(roundLife)
	rec, err := record(roundKind, key, r)
	if err == nil {
		_, err = k.store.Commit(ctx, &gate.Change{Policy: gate.House, PutNew: []gate.Record{rec}})
	}
	if err != nil {
		return "", "", fmt.Errorf("begin sign-in at the provider: %w", err)
	}
	return at.oauth.AuthCodeURL(state, append(more, oidc.Nonce(r.Nonce), oauth2.S256ChallengeOption(r.Verifier))...), state, nil
}

// Return ends a sign-in at the provider. state is what the provider sent back, own
// what this browser's cookie holds: they must be the same, so that nobody signs
// somebody else in as themselves. before is the secret of the session that the
// browser has already, if any; it ends.
func (k *Keeper) Return(ctx context.Context, state, own, code, before string) (string, Session, error) {
	if k.provider == nil || subtle.ConstantTimeCompare([]byte(state), []byte(own)) != 1 {
		return "", Session{}, ErrRefused
	}
	r, err := k.round(ctx, state)
	if err != nil {
		return "", Session{}, err
	}
	id, err := k.vouched(ctx, r, code)
	if err != nil {
		return "", Session{}, err
	}
	a, err := k.ofProvider(ctx, r.Invitation, providerKey(id.Issuer, id.Subject))
	if err != nil {
		return "", Session{}, err
	}
	if r.Again != "" && a.Login != r.Again {
		return "", Session{}, fmt.Errorf("%w: somebody else came back", ErrRefused)
	}
	return k.begin(ctx, a, nil, before)
}

// clocksDiffer is how far the provider's clock may be from ours.
const clocksDiffer = time.Minute

// vouched is whom the provider vouches for in a round.
func (k *Keeper) vouched(ctx context.Context, r *round, code string) (*oidc.IDToken, error) {
	at, err := k.provider.reach(ctx)
	if err != nil {
		return nil, err
	}
	ctx = oidc.ClientContext(ctx, k.provider.client)
	token, err := at.oauth.Exchange(ctx, code, oauth2.VerifierOption(r.Verifier))
	if err != nil {
		return nil, fmt.Errorf("%w: the provider does not vouch", ErrRefused)
	}
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return nil, fmt.Errorf("%w: the provider names nobody", ErrRefused)
	}
	id, err := at.verifier.Verify(ctx, raw)
	if err != nil || subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(r.Nonce)) != 1 {
		return nil, fmt.Errorf("%w: the provider's word is not for this sign-in", ErrRefused)
	}
	var said struct {
		At int64 `json:"auth_time"`
	}
	if r.Again != "" && (id.Claims(&said) != nil || time.Unix(said.At, 0).Before(r.Begun.Add(-clocksDiffer))) {
		return nil, fmt.Errorf("%w: the provider did not ask anew", ErrRefused)
	}
	return id, nil
}

// round takes a sign-in that is under way; it is spent.
func (k *Keeper) round(ctx context.Context, state string) (*round, error) {
	key, ok := keyOf(state)
	if !ok {
		return nil, ErrRefused
	}
	rec, ok, err := k.store.Get(ctx, 0, roundKind, key)
	if err != nil {
		return nil, fmt.Errorf("read sign-in: %w", err)
	}
	var r round
	if !ok || json.Unmarshal(rec.Body, &r) != nil || !k.now().Before(r.Until) {
		return nil, ErrRefused
	}
	return &r, k.spend(ctx, rec, r.Until)
}

// spend takes what works once. Of two who come with the same, one is refused.
func (k *Keeper) spend(ctx context.Context, rec gate.Record, until time.Time) error {
	spent := gate.Record{Kind: spentKind, Key: rec.Key, Body: binary.BigEndian.AppendUint64(nil, uint64(until.Unix()))}
	_, err := k.store.Commit(ctx, &gate.Change{Policy: gate.House, PutNew: []gate.Record{spent}, Delete: []gate.Record{rec}})
	if errors.Is(err, gate.ErrTaken) {
		return ErrRefused
	}
	if err != nil {
		return fmt.Errorf("write sign-in: %w", err)
	}
	return nil
}

// ofProvider returns the account of somebody at the provider, or makes an invited
// one theirs.
func (k *Keeper) ofProvider(ctx context.Context, invitation, who string) (*Account, error) {
	if invitation != "" {
		a, rec, err := k.invited(ctx, invitation)
		if err != nil {
			return nil, err
		}
		a.State, a.Provider, a.Credential = Active, who, nil
		return a, k.own(ctx, a, rec)
	}
	for a, err := range k.accounts(ctx) {
		if err != nil {
			return nil, err
		}
		if a.State == Active && a.Provider != "" && subtle.ConstantTimeCompare([]byte(a.Provider), []byte(who)) == 1 {
			return a, nil
		}
	}
	return nil, ErrRefused
}

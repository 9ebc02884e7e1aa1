package officer

import (
	"context"
	"crypto/subtle"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
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

// Provider signs officers in at the organisation's own sign-in.
type Provider struct {
	cfg      ProviderConfig
	oauth    oauth2.Config
	verifier *oidc.IDTokenVerifier
}

// NewProvider asks a provider for its description. clock is the keeper's.
func NewProvider(ctx context.Context, cfg ProviderConfig, clock func() time.Time) (*Provider, error) {
	p, err := oidc.NewProvider(ctx, cfg.Issuer)
	if err != nil {
		return nil, fmt.Errorf("reach the sign-in provider: %w", err)
	}
	return &Provider{cfg: cfg,
		oauth:    oauth2.Config{ClientID: cfg.ClientID, ClientSecret: cfg.ClientSecret, Endpoint: p.Endpoint(), RedirectURL: cfg.RedirectURL, Scopes: []string{oidc.ScopeOpenID}},
		verifier: p.Verifier(&oidc.Config{ClientID: cfg.ClientID, Now: clock})}, nil
}

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
	Until      time.Time `json:"until"`
}

// Leave begins a sign-in at the provider: the address to go to, and the state that
// belongs in a cookie of this browser. With an invitation, the account becomes that
// of whoever comes back.
func (k *Keeper) Leave(ctx context.Context, invitation string) (address, state string, err error) {
	if k.provider == nil {
		return "", "", errors.New("no sign-in provider is set up")
	}
	if invitation != "" {
		if _, _, err := k.invited(ctx, invitation); err != nil {
			return "", "", err
		}
	}
	state, key := newSecret()
	nonce, _ := newSecret()
	r := round{nonce, oauth2.GenerateVerifier(), invitation, k.now().Add(roundLife)}
	rec, err := record(roundKind, key, r)
	if err == nil {
		_, err = k.store.Commit(ctx, &gate.Change{Policy: gate.House, PutNew: []gate.Record{rec}})
	}
	if err != nil {
		return "", "", fmt.Errorf("begin sign-in at the provider: %w", err)
	}
	return k.provider.oauth.AuthCodeURL(state, oidc.Nonce(nonce), oauth2.S256ChallengeOption(r.Verifier)), state, nil
}

// Return ends a sign-in at the provider. state is what the provider sent back, own
// what this browser's cookie holds: they must be the same, so that nobody signs
// somebody else in as themselves.
func (k *Keeper) Return(ctx context.Context, state, own, code, before string) (string, Session, error) {
	if k.provider == nil || subtle.ConstantTimeCompare([]byte(state), []byte(own)) != 1 {
		return "", Session{}, ErrRefused
	}
	r, err := k.round(ctx, state)
	if err != nil {
		return "", Session{}, err
	}
	token, err := k.provider.oauth.Exchange(ctx, code, oauth2.VerifierOption(r.Verifier))
	if err != nil {
		return "", Session{}, fmt.Errorf("%w: the provider does not vouch", ErrRefused)
	}
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return "", Session{}, fmt.Errorf("%w: the provider names nobody", ErrRefused)
	}
	id, err := k.provider.verifier.Verify(ctx, raw)
	if err != nil || subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(r.Nonce)) != 1 {
		return "", Session{}, fmt.Errorf("%w: the provider's word is not for this sign-in", ErrRefused)
	}
	a, err := k.ofProvider(ctx, r.Invitation, providerKey(id.Issuer, id.Subject))
	if err != nil {
		return "", Session{}, err
	}
	return k.begin(ctx, a, before)
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
	// Two who come back with one state cannot both write this.
	spent := gate.Record{Kind: spentKind, Key: key, Body: binary.BigEndian.AppendUint64(nil, uint64(r.Until.Unix()))}
	_, err = k.store.Commit(ctx, &gate.Change{Policy: gate.House, PutNew: []gate.Record{spent}, Delete: []gate.Record{rec}})
	if errors.Is(err, gate.ErrTaken) {
		return nil, ErrRefused
	}
	if err != nil {
		return nil, fmt.Errorf("write sign-in: %w", err)
	}
	return &r, nil
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
		return a, k.put(ctx, a, rec)
	}
	var after []byte
	for {
		recs, err := k.store.Scan(ctx, 0, accountKind, after, 256)
		if err != nil {
			return nil, fmt.Errorf("read officers: %w", err)
		}
		for i := range recs {
			after = recs[i].Key
			a, err := parseAccount(&recs[i])
			if err != nil {
				return nil, err
			}
			if a.State == Active && a.Provider != "" && subtle.ConstantTimeCompare([]byte(a.Provider), []byte(who)) == 1 {
				return a, nil
			}
		}
		if len(recs) < 256 {
			return nil, ErrRefused
		}
	}
}

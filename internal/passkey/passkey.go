// Package passkey makes and checks passkeys (Web Authentication, Level 3): key pairs
// that a person's device or password manager keeps, and of which we keep the public
// half. A passkey works at the address that it was made for and nowhere else, shows
// that its owner was there and unlocked it, and can be neither read nor typed.
//
// The package is the one place that reads what browsers send about passkeys. It keeps
// nothing and decides nothing: whose a passkey is, whether a challenge was spent, and
// what somebody may do then is for those who call it. What it asks of a passkey:
//
//   - it is discoverable: a sign-in names nobody and asks for nobody in particular, so
//     that no answer tells who has an account;
//   - its owner was verified (by finger, face or PIN) each time, so that one gesture
//     shows two things, what they have and what they are or know;
//   - no attestation: which make of device somebody uses is nobody's business here.
package passkey

import (
	"crypto/rand"
	"errors"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

// Passkey is what is kept of one. None of it is a secret.
type Passkey struct {
	ID    []byte `json:"id"`    // by which its device finds it
	Key   []byte `json:"key"`   // the public half, as a COSE key (RFC 9052)
	Count uint32 `json:"count"` // how often its device says that it was used; 0 if it does not count
	// Synced says that it may leave its device, as those of password managers do. It
	// never changes.
	Synced bool `json:"synced,omitempty"`
}

const (
	// HandleSize is the length of what a passkey calls its owner by: random bytes.
	HandleSize = 32
	// Patience is how long somebody may take to unlock a passkey.
	Patience = 5 * time.Minute
	// Most is how many passkeys an owner may have.
	Most = 10
	// MostAnswer bounds what a browser may send about one, in bytes.
	MostAnswer = 16 << 10
)

var (
	// ErrRefused: what the browser sent makes or shows no passkey here, whatever is wrong
	// with it.
	ErrRefused = errors.New("this passkey is not accepted")
	// ErrCopied: the passkey is right, and its device has counted backwards. There may be
	// a second one of it.
	ErrCopied = errors.New("there may be a copy of this passkey")
)

// NewHandle returns what the passkeys of a new owner call them by.
func NewHandle() []byte {
	raw := make([]byte, HandleSize)
	_, _ = rand.Read(raw) // documented never to return an error
	return raw
}

// Site is the address at which passkeys are made and shown. It is safe for concurrent
// use.
type Site struct {
	origin string
	lib    *webauthn.WebAuthn
}

// At returns the site of a public address. Browsers take passkeys at names only, over
// TLS: at any other address the result is nil, and there are no passkeys. The machine
// itself counts as localhost, over plain HTTP too.
func At(address, name string) (*Site, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return nil, nil //nolint:nilerr // no name, no passkeys
	}
	host := strings.ToLower(u.Hostname())
	ip := net.ParseIP(host)
	switch {
	case host == "localhost", ip != nil && ip.IsLoopback():
		host = "localhost"
	case ip != nil, u.Scheme != "https":
		return nil, nil
	}
	origin := u.Scheme + "://" + host
	if port := u.Port(); port != "" && (u.Scheme != "https" || port != "443") && (u.Scheme != "http" || port != "80") {
		origin += ":" + port
	}
	lib, err := webauthn.New(&webauthn.Config{
		RPID: host, RPDisplayName: name, RPOrigins: []string{origin},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, RequireResidentKey: protocol.ResidentKeyRequired(), UserVerification: protocol.VerificationRequired,
		},
		Timeouts: webauthn.TimeoutsConfig{Login: webauthn.TimeoutConfig{Timeout: Patience}, Registration: webauthn.TimeoutConfig{Timeout: Patience}},
		// Some password managers add what nobody asked for. Nothing here reads it.
		ExtensionsUnsolicitedOutputPolicy: protocol.UnsolicitedOutputPolicyIgnore,
	})
	if err != nil {
		return nil, err
	}
	return &Site{origin, lib}, nil
}

// Origin is the one address from which passkeys are taken, as browsers write it.
func (s *Site) Origin() string { return s.origin }

// Owner is whose a passkey is.
type Owner struct {
	Handle []byte // what the passkey calls them by; see [NewHandle]
	// Name and Title are what their device shows when it lists passkeys.
	Name, Title string
	Has         []Passkey // of which their device shall make no second
}

// WebAuthnID implements webauthn.User.
func (o *Owner) WebAuthnID() []byte { return o.Handle }

// WebAuthnName implements webauthn.User.
func (o *Owner) WebAuthnName() string { return o.Name }

// WebAuthnDisplayName implements webauthn.User.
func (o *Owner) WebAuthnDisplayName() string { return o.Title }

// WebAuthnCredentials implements webauthn.User.
func (o *Owner) WebAuthnCredentials() []webauthn.Credential {
	out := make([]webauthn.Credential, len(o.Has))
	for i := range o.Has {
		p := &o.Has[i]
		out[i] = webauthn.Credential{ID: p.ID, PublicKey: p.Key, Flags: webauthn.CredentialFlags{BackupEligible: p.Synced}, Authenticator: webauthn.Authenticator{SignCount: p.Count}}
	}
	return out
}

// descriptors name passkeys to a browser.
func descriptors(list []Passkey) []protocol.CredentialDescriptor {
	var out []protocol.CredentialDescriptor
	for i := range list {
		out = append(out, protocol.CredentialDescriptor{Type: protocol.PublicKeyCredentialType, CredentialID: list[i].ID})
	}
	return out
}

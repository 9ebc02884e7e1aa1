package passkey

import (
	"encoding/json"
	"fmt"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"
	"github.com/go-webauthn/webauthn/webauthn"
)

// kinds are the signatures that passkeys are made with: those that every device has
// one of.
var kinds = []protocol.CredentialParameter{
	{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgES256},
	{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgEdDSA},
	{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgRS256},
}

// Make returns what a browser needs to make a passkey for an owner, as JSON, and the
// challenge that its answer must hold. The challenge has to be kept where the browser
// cannot change it, and to be taken once.
func (s *Site) Make(o *Owner) (options []byte, challenge string, err error) {
	made, session, err := s.lib.BeginRegistration(o, webauthn.WithExclusions(descriptors(o.Has)), webauthn.WithCredentialParameters(kinds))
	if err != nil {
		return nil, "", fmt.Errorf("ask for a passkey: %w", err)
	}
	options, err = json.Marshal(made)
	return options, session.Challenge, err
}

// Made reads what a browser answered to Make: the new passkey. The error is
// ErrRefused.
func (s *Site) Made(challenge string, handle, answer []byte) (Passkey, error) {
	if len(answer) > MostAnswer {
		return Passkey{}, ErrRefused
	}
	read, err := protocol.ParseCredentialCreationResponseBytes(answer)
	if err != nil {
		return Passkey{}, ErrRefused
	}
	c, err := s.lib.CreateCredential(&Owner{Handle: handle},
		webauthn.SessionData{Challenge: challenge, UserID: handle, UserVerification: protocol.VerificationRequired, CredParams: kinds}, read)
	// Longer ids than the standard allows (section 5.8.3) would be kept for nothing.
	if err != nil || len(c.ID) == 0 || len(c.ID) > 1023 {
		return Passkey{}, ErrRefused
	}
	return Passkey{ID: c.ID, Key: c.PublicKey, Count: c.Authenticator.SignCount, Synced: c.Flags.BackupEligible}, nil
}

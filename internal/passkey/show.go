package passkey

import (
	"encoding/json"
	"fmt"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

// Show returns what a browser needs to show a passkey, as JSON, and the challenge that
// its answer must hold. Without passkeys, any of this site will do, and the browser
// asks its owner which; that is the only way for somebody who is not known yet.
func (s *Site) Show(of []Passkey) (options []byte, challenge string, err error) {
	var only []webauthn.LoginOption
	if len(of) > 0 {
		only = append(only, webauthn.WithAllowedCredentials(descriptors(of)))
	}
	shown, session, err := s.lib.BeginDiscoverableLogin(only...)
	if err != nil {
		return nil, "", fmt.Errorf("ask to show a passkey: %w", err)
	}
	options, err = json.Marshal(shown)
	return options, session.Challenge, err
}

// Answer is what a browser answered to Show. It is somebody's word, until it is
// checked.
type Answer struct {
	ID     []byte // of the passkey
	Handle []byte // what the passkey calls its owner by
	read   *protocol.ParsedCredentialAssertionData
}

// Read reads an answer. The error is ErrRefused.
func Read(answer []byte) (*Answer, error) {
	if len(answer) > MostAnswer {
		return nil, ErrRefused
	}
	read, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil || len(read.RawID) == 0 || len(read.Response.UserHandle) != HandleSize {
		return nil, ErrRefused
	}
	return &Answer{read.RawID, read.Response.UserHandle, read}, nil
}

// Check reports whether an answer shows a passkey of an owner, and returns the passkey
// as it is to be kept from now on. The error is ErrRefused, or ErrCopied: then the
// passkey is returned as it was.
func (s *Site) Check(challenge string, a *Answer, handle []byte, p *Passkey) (Passkey, error) {
	o := &Owner{Handle: handle, Has: []Passkey{*p}}
	_, c, err := s.lib.ValidatePasskeyLogin(func(_, _ []byte) (webauthn.User, error) { return o, nil },
		webauthn.SessionData{Challenge: challenge, UserVerification: protocol.VerificationRequired}, a.read)
	switch {
	case err != nil:
		return *p, ErrRefused
	case c.Authenticator.CloneWarning:
		return *p, ErrCopied
	}
	next := *p
	next.Count = c.Authenticator.SignCount
	return next, nil
}

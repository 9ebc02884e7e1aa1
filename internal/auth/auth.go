// Package auth says who is asking: tokens for programs, each with what it may
// be used for.
//
// A token is 256 random bits. It is shown once, when it is issued, and only its
// SHA-256 is kept: whoever reads the database cannot use what they find, and
// whoever has lost a token gets a new one. A plain hash suffices, since nobody
// guesses 256 random bits.
package auth

import (
	"errors"
	"slices"
	"strings"
	"time"

	"avow.dev"
	"avow.dev/internal/officer"
)

// Scope is a kind of caller. The zero Scope may nothing.
type Scope uint8

// The scopes. They do not contain each other: an officer's token cannot collect,
// and an app's token cannot set a hold.
const (
	App       Scope = 1 << iota // a program that works with people's data
	Officer                     // answers people and authorities, and runs the service
	Auditor                     // looks at policies and evidence, never at data
	Recipient                   // one recipient of one policy, asking for itself and nothing else
)

var scopeNames = [...]string{"app", "officer", "auditor", "recipient"}

// Has reports whether s and other have a scope in common.
func (s Scope) Has(other Scope) bool { return s&other != 0 }

// String returns the scopes' words with commas between them.
func (s Scope) String() string { return strings.Join(s.Words(), ",") }

// Words returns the scopes' words.
func (s Scope) Words() []string {
	var words []string
	for i, name := range scopeNames {
		if s.Has(1 << i) {
			words = append(words, name)
		}
	}
	return words
}

// ParseScopes reads scopes from words with commas between them, such as
// "app,auditor".
func ParseScopes(text string) (Scope, error) {
	var s Scope
	for word := range strings.SplitSeq(text, ",") {
		i := slices.Index(scopeNames[:], strings.TrimSpace(word))
		if i < 0 {
			return 0, errors.New("unknown scope: use app, officer, auditor or recipient")
		}
		s |= 1 << i
	}
	return s, nil
}

// Grant is what a token is issued for.
type Grant struct {
	Name string // for people who look at the list; at most 100 bytes
	// Person is who acts with the token: one word for one human being, the same
	// in all of their tokens and accounts. Empty: a program, which approves
	// nothing.
	Person string
	Scopes Scope
	// Roles are what an officer's token is for; without one it does nothing as an
	// officer. Other scopes have none.
	Roles []officer.Role
	// Recipient is whom a token of scope recipient speaks for. Such a token has that
	// scope alone, one policy and no person.
	Recipient avow.Recipient
	Policies  []avow.PolicyID // all if empty
	Expires   time.Time       // zero: does not expire
}

// Token is an issued token as it is listed: everything but the secret.
type Token struct {
	Grant
	ID      string // 16 hex digits, the beginning of the hash
	Created time.Time
	Revoked time.Time // zero: not revoked
}

// Live reports whether the token is neither expired nor revoked.
func (t *Token) Live(now time.Time) bool {
	return t.Revoked.IsZero() && (t.Expires.IsZero() || now.Before(t.Expires))
}

// May reports whether the token speaks for a policy.
func (t *Token) May(id avow.PolicyID) bool {
	return len(t.Policies) == 0 || slices.Contains(t.Policies, id)
}

// The reasons for which a token is not taken; test for them with errors.Is.
// Callers at the door hear one answer for all of them.
var (
	ErrMalformed = errors.New("not a token")
	ErrUnknown   = errors.New("no such token")
	ErrExpired   = errors.New("token has expired")
	ErrRevoked   = errors.New("token was revoked")
)

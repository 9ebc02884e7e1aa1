package httpapi

import (
	"errors"
	"time"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/auth"
	"avow.dev/internal/signin"
)

// HandingOver is the body of hand-overs.
type HandingOver struct {
	Somebody
	SignedIn time.Time `json:"signed_in,omitempty" doc:"When the person last showed the application who they are. Without it, what needs a fresh sign-in needs another one. It says nothing about somebody whose password is held here."`
}

// HandOver is the answer of hand-overs.
type HandOver struct {
	URL   string    `json:"url" doc:"Send the person's browser here. The link works once and says nothing about anybody."`
	Until time.Time `json:"until"`
}

// CodeAsking is the body of sign-in/codes.
type CodeAsking struct {
	Datum    string `json:"datum" minLength:"1" maxLength:"64" doc:"A datum of type email or phone by which people are found." example:"email"`
	Address  value  `json:"address" maxLength:"512" doc:"Where the code goes." example:"li@mail.example"`
	Network  string `json:"network,omitempty" maxLength:"64" doc:"The network address of the person's device, to count tries by. It is kept as a keyed hash, for an hour." example:"203.0.113.7"`
	Language string `json:"language,omitempty" maxLength:"35" example:"en"`
	Join     bool   `json:"join,omitempty" doc:"True for somebody who wants an account: the code is sent to any address, and accounts takes it."`
}

// CodeAsked is the answer of sign-in/codes.
type CodeAsked struct {
	Attempt string `json:"attempt" doc:"A secret that belongs to the person's device. The code works together with it only."`
}

// SigningIn is the body of sign-in.
type SigningIn struct {
	Attempt string `json:"attempt" minLength:"43" maxLength:"43" doc:"As it was answered when the code was asked for." example:"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"`
	Code    value  `json:"code" maxLength:"16" doc:"What the person types." example:"000000"`
	Before  string `json:"before,omitempty" maxLength:"43" doc:"The session that the device has already. It ends."`
}

// Following is the body of sign-in/link.
type Following struct {
	Link   string `json:"link" minLength:"43" maxLength:"43" doc:"The last part of a hand-over link." example:"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"`
	Before string `json:"before,omitempty" maxLength:"43" doc:"The session that the device has already. It ends."`
}

// SignedIn is the answer of sign-in.
type SignedIn struct {
	Session string `json:"session" doc:"The session's secret. It belongs to the person's device, and is shown only now."`
	Visit
}

// Visit is a live session.
type Visit struct {
	ID      string    `json:"id" doc:"Names the session in a list, and opens nothing."`
	Subject string    `json:"subject"`
	By      string    `json:"by" enum:"email-code,sms-code,hand-over,password,passkey" doc:"How the person showed who they are."`
	Opened  time.Time `json:"opened"`
	Proved  time.Time `json:"proved" doc:"When the person last showed who they are."`
	Seen    time.Time `json:"seen"`
	Ends    time.Time `json:"ends" doc:"At the latest; silence ends it sooner."`
}

// SessionNamed is the body of operations on one session.
type SessionNamed struct {
	Session string `json:"session" minLength:"43" maxLength:"43" doc:"The session's secret." example:"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"`
}

// Visits is the answer of sessions/list.
type Visits struct {
	Sessions []Visit `json:"sessions" nullable:"false"`
}

// EverywhereOut is the body of sessions/end-all.
type EverywhereOut struct {
	Somebody
	Except string `json:"except,omitempty" maxLength:"43" doc:"The secret of a session that goes on."`
}

// Ended is the answer of operations that end sessions.
type Ended struct {
	Ended int `json:"ended" doc:"How many sessions were ended."`
}

func visit(s *gate.Session) Visit {
	return Visit{ID: s.ID, Subject: string(s.Subject), By: string(s.By), Opened: s.Opened, Proved: s.Proved, Seen: s.Seen, Ends: s.Ends}
}

const signInTag = "Signing in"

func (d *Door) addSignIn() error {
	for _, add := range []func() error{d.addHandOver, d.addCodes, d.addSessions, d.addAccounts, d.addMinors, d.addGuardians, d.addConsents} {
		if err := add(); err != nil {
			return err
		}
	}
	return nil
}

func (d *Door) addHandOver() error {
	return post(d, operation{
		id: "hand-over", path: "/v1/{policy}/hand-overs", tag: signInTag, scopes: auth.App,
		summary: "Sign a person in at the privacy centre",
		doc:     "For an application that keeps its own accounts: it vouches that the person is there. The link works once and for two minutes.",
		example: `{"subject":"user-1024"}`,
	}, func(c *call, in *HandingOver) (HandOver, error) {
		link, until, err := c.gate.HandOver(c, c.policy, in.ref(), in.SignedIn)
		return HandOver{d.cfg.BaseURL + signin.EnterPath(c.policy, link), until}, err
	})
}

func (d *Door) addCodes() error {
	return errors.Join(post(d, operation{
		id: "ask-code", path: "/v1/{policy}/sign-in/codes", tag: signInTag, scopes: auth.App,
		summary: "Send a one-time code to an address",
		doc:     "The answer is the same whether or not anybody is known by the address. A code works once, for ten minutes at most, and after a few wrong tries no more.",
		example: `{"datum":"email","address":"li@mail.example","language":"en"}`,
	}, func(c *call, in *CodeAsking) (CodeAsked, error) {
		attempt := gate.NewBrowser()
		return CodeAsked{attempt}, c.gate.AskCode(c, c.policy, &gate.CodeAsking{To: gate.Item{Datum: avow.Datum(in.Datum), Value: in.Address.Value},
			Browser: attempt, Network: in.Network, Language: avow.Language(in.Language), Join: in.Join})
	}), post(d, operation{
		id: "sign-in-link", path: "/v1/{policy}/sign-in/link", tag: signInTag, scopes: auth.App,
		summary: "Begin a session by a hand-over link",
		doc:     "For an application that shows the privacy centre by itself. The link is spent.",
		example: `{"link":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}`,
	}, func(c *call, in *Following) (SignedIn, error) {
		s, v, err := c.gate.SignInByHandOver(c, c.policy, in.Link, in.Before)
		return SignedIn{s, visit(&v)}, err
	}), post(d, operation{
		id: "sign-in", path: "/v1/{policy}/sign-in", tag: signInTag, scopes: auth.App,
		summary: "Begin a session by a one-time code",
		example: `{"attempt":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","code":"000000"}`,
	}, func(c *call, in *SigningIn) (SignedIn, error) {
		s, v, err := c.gate.SignInByCode(c, c.policy, &gate.CodeTrying{Code: in.Code.Value, Browser: in.Attempt, Before: in.Before})
		return SignedIn{s, visit(&v)}, err
	}))
}

func (d *Door) addSessions() error {
	return errors.Join(post(d, operation{
		id: "session", path: "/v1/{policy}/sessions/read", tag: signInTag, scopes: auth.App,
		summary: "Say whose a session is, and that it is in use",
		example: `{"session":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}`,
	}, func(c *call, in *SessionNamed) (Visit, error) {
		s, err := c.gate.Session(c, c.policy, in.Session)
		return visit(&s), err
	}), post(d, operation{
		id: "sign-out", path: "/v1/{policy}/sessions/end", tag: signInTag, scopes: auth.App,
		summary: "End a session",
		example: `{"session":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}`,
	}, func(c *call, in *SessionNamed) (struct{}, error) {
		return struct{}{}, c.gate.SignOut(c, c.policy, in.Session)
	}), post(d, operation{
		id: "sessions", path: "/v1/{policy}/sessions/list", tag: signInTag, scopes: auth.App,
		summary: "List a person's live sessions",
		example: `{"subject":"user-1024"}`,
	}, func(c *call, in *Somebody) (Visits, error) {
		list, err := c.gate.Sessions(c, c.policy, in.ref())
		out := Visits{Sessions: make([]Visit, len(list))}
		for i := range list {
			out.Sessions[i] = visit(&list[i])
		}
		return out, err
	}), post(d, operation{
		id: "sign-out-everywhere", path: "/v1/{policy}/sessions/end-all", tag: signInTag, scopes: auth.App,
		summary: "End all sessions of a person",
		example: `{"subject":"user-1024"}`,
	}, func(c *call, in *EverywhereOut) (Ended, error) {
		n, err := c.gate.SignOutEverywhere(c, c.policy, in.ref(), in.Except)
		return Ended{n}, err
	}))
}

func (c *CodeAsking) wipe() { c.Address.Wipe() }

func (s *SigningIn) wipe() { s.Code.Wipe() }

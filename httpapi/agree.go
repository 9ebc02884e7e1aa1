package httpapi

import (
	"encoding/hex"
	"slices"
	"time"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/auth"
)

// Saying is what a person says about the policy.
type Saying struct {
	Policy   string     `json:"policy_hash,omitempty" maxLength:"80" doc:"Hash of the policy that was shown; needed to accept or decline." example:"sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"`
	Accept   bool       `json:"accept,omitempty" doc:"Accepts the policy. Accepting is never consent: each choice is named by itself."`
	Decline  bool       `json:"decline,omitempty" doc:"Refuses the policy."`
	Document string     `json:"document,omitempty" maxLength:"64" doc:"A further document of the policy that is accepted or refused instead."`
	Gesture  string     `json:"gesture,omitempty" maxLength:"64" doc:"What the person did. Using or browsing never counts." example:"accept-button"`
	Language string     `json:"language,omitempty" maxLength:"35" doc:"The language it was shown in." example:"en"`
	Origin   string     `json:"origin,omitempty" maxLength:"64" doc:"Where it was said; kept with the choices." example:"settings/offers"`
	Words    string     `json:"words_sha256,omitempty" maxLength:"64" doc:"SHA-256 of the exact words that were shown, in hexadecimal; kept with the choices."`
	Choices  []Choosing `json:"choices,omitempty" maxItems:"64" nullable:"false" doc:"Decisions on single choices."`
	Notices  []string   `json:"notices,omitempty" maxItems:"16" minLength:"1" maxLength:"64" nullable:"false" doc:"Places of the policy whose notice was shown, before a yes to a move. They need the hash of the policy." example:"[\"abroad\"]"`
	Signals  []string   `json:"signals,omitempty" maxItems:"4" enum:"gpc" nullable:"false" doc:"Standing wishes that the person's browser sends." example:"[\"gpc\"]"`
	Made     bool       `json:"synthetic,omitempty" doc:"True for somebody made up by a self-test: never counted, never written to, and nothing of them goes to anybody. Said with their first word."`
	Age      string     `json:"age,omitempty" enum:"adult,minor" doc:"The age band, as checked by the application. A date of birth is not needed."`
	Born     string     `json:"born,omitempty" maxLength:"10" doc:"Instead of the band: the date of birth, which is looked at once and kept nowhere. The person is of age from the first moment of their birthday." example:"2001-02-03"`
	Zone     string     `json:"zone,omitempty" maxLength:"64" doc:"Where the person is, a time zone of the IANA database. Without it, their birthday must have come everywhere." example:"Asia/Shanghai"`
}

// Choosing is one word of a person on one choice.
type Choosing struct {
	Choice string `json:"choice" minLength:"1" maxLength:"64" doc:"A choice of the policy." example:"offers"`
	State  string `json:"state" enum:"given,refused,withdrawn" example:"given"`
}

// Agreeing is the body of agreements.
type Agreeing struct {
	Somebody
	Saying
}

func (s *Saying) gate() (*gate.Agreement, error) {
	if s == nil {
		return nil, nil
	}
	a := &gate.Agreement{Policy: avow.Hash(s.Policy), Accept: s.Accept, Decline: s.Decline, Document: s.Document, Gesture: s.Gesture, Synthetic: s.Made, Language: avow.Language(s.Language)}
	for _, n := range s.Notices {
		a.Notices = append(a.Notices, avow.RuleID(n))
	}
	switch s.Age {
	case "adult":
		a.Age = avow.KnownAdult
	case "minor":
		a.Age = avow.KnownMinor
	}
	a.Origin = s.Origin
	if raw, err := hex.DecodeString(s.Words); s.Words != "" && (err != nil || copy(a.Words[:], raw) != len(a.Words) || len(raw) != len(a.Words)) {
		return nil, &avow.Error{Code: avow.Invalid, Message: "this is no SHA-256", Try: "send 64 hexadecimal digits"}
	}
	var err error
	if a.Born, err = birth(s.Born, s.Zone); err != nil {
		return nil, err
	}
	if slices.Contains(s.Signals, "gpc") {
		a.Signals = append(a.Signals, avow.SignalGPC)
	}
	for _, c := range s.Choices {
		a.Choices = append(a.Choices, gate.ChoiceEvent{Choice: avow.Choice(c.Choice), State: stateOf(c.State)})
	}
	return a, nil
}

func stateOf(word string) avow.ChoiceState {
	for s := avow.Given; s <= avow.Withdrawn; s++ {
		if s.String() == word {
			return s
		}
	}
	return avow.NotAsked
}

func (d *Door) addAgree() error {
	err := post(d, operation{
		id: "agree", path: "/v1/{policy}/agreements", tag: "What people say", scopes: auth.App, once: true,
		summary: "Record what a person says",
		doc:     "Acceptance or refusal of the policy, decisions on choices, browser signals, the age band. What was said before is never rewritten. The first acceptance makes a stranger a person of this policy.",
		example: `{"subject":"user-1024","choices":[{"choice":"offers","state":"given"}],"language":"en"}`,
	}, func(c *call, in *Agreeing) (Answer, error) {
		a, err := in.Saying.gate()
		if err != nil {
			return Answer{}, err
		}
		r, err := c.gate.Agree(c, c.policy, in.ref(), a)
		return done(c, r, err, nil)
	})
	if err != nil {
		return err
	}
	if err := d.addEventToken(); err != nil {
		return err
	}
	if err := d.addStanding(); err != nil {
		return err
	}
	if err := d.addPermissions(); err != nil {
		return err
	}
	return d.addAdverts()
}

// TokenAsking is the body of event-tokens.
type TokenAsking struct {
	Somebody
	Choice string `json:"choice" minLength:"1" maxLength:"64" doc:"A choice of kind per-event." example:"send-crash"`
}

// TokenGiven is the answer of event-tokens.
type TokenGiven struct {
	Receipt Receipt `json:"receipt"`
	Token   string  `json:"token" doc:"Opens one request that collects what the choice covers, within an hour."`
}

func (d *Door) addEventToken() error {
	return post(d, operation{
		id: "event-token", path: "/v1/{policy}/event-tokens", tag: "What people say", scopes: auth.App,
		summary: "Record that a person chose to send something once",
		doc:     "Answers with a token that the one request must carry, and that is spent by it. An Idempotency-Key is not looked at: a token is shown once, and an unused one runs out by itself.",
		example: `{"subject":"user-1024","choice":"send-crash"}`,
	}, func(c *call, in *TokenAsking) (TokenGiven, error) {
		token, r, err := c.gate.Token(c, c.policy, in.ref(), avow.Choice(in.Choice))
		return TokenGiven{receiptOf(r), token}, err
	})
}

// Standing is where a person stands.
type Standing struct {
	Account    string       `json:"account" enum:"none,open,frozen,closing,closed"`
	Acceptance Acceptance   `json:"acceptance"`
	Documents  []Acceptance `json:"documents" nullable:"false"`
	Choices    []Chosen     `json:"choices" nullable:"false"`
	Age        string       `json:"age" enum:"unknown,adult,minor"`
	Guardian   bool         `json:"guardian"`
	Signals    []string     `json:"signals" nullable:"false" enum:"gpc"`
	Hold       bool         `json:"hold"`
	Restricted bool         `json:"restricted,omitempty" doc:"The person has restricted the processing: their data is stored, and not used."`
}

// Acceptance is what a person did with a text, and when.
type Acceptance struct {
	State    string    `json:"state" enum:"never-asked,accepted,refused"`
	Policy   string    `json:"policy_hash,omitempty"`
	Version  string    `json:"version,omitempty"`
	Language string    `json:"language,omitempty"`
	Gesture  string    `json:"gesture,omitempty"`
	At       time.Time `json:"at,omitzero"`
}

// Chosen is a person's latest word on one choice.
type Chosen struct {
	Choice  string    `json:"choice"`
	State   string    `json:"state" enum:"not-asked,given,refused,withdrawn"`
	At      time.Time `json:"at,omitzero"`
	Expires time.Time `json:"expires,omitzero"`
}

func acceptanceOf(a *avow.Acceptance) Acceptance {
	return Acceptance{a.State.String(), string(a.Policy), a.Version, string(a.Language), a.Gesture, a.At}
}

func standingOf(s *avow.Standing) Standing {
	out := Standing{Account: s.Account.String(), Acceptance: acceptanceOf(&s.Acceptance), Age: s.Age.String(), Guardian: s.Guardian, Hold: s.Hold, Restricted: s.Restricted,
		Documents: []Acceptance{}, Choices: []Chosen{}, Signals: []string{}}
	for i := range s.Documents {
		out.Documents = append(out.Documents, acceptanceOf(&s.Documents[i]))
	}
	for _, c := range s.Choices {
		out.Choices = append(out.Choices, Chosen{string(c.Choice), c.State.String(), c.At, c.Expires})
	}
	if s.Signals&avow.SignalGPC != 0 {
		out.Signals = append(out.Signals, "gpc")
	}
	return out
}

func (d *Door) addStanding() error {
	return post(d, operation{
		id: "standing", path: "/v1/{policy}/standing", tag: "What people say", scopes: auth.App | auth.Officer,
		summary: "Ask where a person stands",
		doc:     "What they have accepted, chosen and signalled. Somebody who is not known stands nowhere, which is no error. It changes nothing and leaves no evidence; it is a POST because the subject must not stand in an address.",
		example: lookedExample,
	}, func(c *call, in *LookingAt) (Standing, error) {
		if err := c.opens(in.ref(), &in.Looking, "standing"); err != nil {
			return Standing{}, err
		}
		s, err := c.gate.Standing(c, c.policy, in.ref())
		return standingOf(&s), err
	})
}

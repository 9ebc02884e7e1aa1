package httpapi

import (
	"errors"
	"time"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/auth"
)

// GuardianNaming is the body of guardians/ask.
type GuardianNaming struct {
	Somebody
	Email    string `json:"email,omitempty" maxLength:"254" doc:"An e-mail address of the parent or guardian; not one of the person's own." example:"parent@home.example"`
	Phone    string `json:"phone,omitempty" maxLength:"32" doc:"Instead of it a phone number, where text messages are sent."`
	Language string `json:"language,omitempty" maxLength:"35" doc:"The language of the message; without it that in which the person accepted the policy." example:"en"`
}

// GuardianList is where a person stands with their guardian.
type GuardianList struct {
	Guardians []Guardian `json:"guardians" nullable:"false"`
}

// Guardian is one guardian who was asked.
type Guardian struct {
	State    string    `json:"state" enum:"asked,agreed,stopped,refused,ended" doc:"stopped: nothing more is taken in, and what is held stays. refused: what needed their yes goes after the time for a change of mind. ended: their address is gone."`
	Why      string    `json:"why,omitempty" enum:"silence,refusal,not-theirs,recalled,office,grown-up" doc:"Why it ended."`
	Asked    time.Time `json:"asked"`
	Answered time.Time `json:"answered,omitzero"`
	Until    time.Time `json:"until,omitzero" doc:"Until when an answer is waited for, or when what they refused goes."`
	Address  string    `json:"address,omitempty" doc:"Masked."`
}

func guardianOf(g *gate.Guardianship) Guardian {
	return Guardian{string(g.State), g.Why, g.Asked, g.Answered, g.Until, g.Address}
}

func (n *GuardianNaming) asking() (*gate.GuardianAsking, error) {
	if (n.Email == "") == (n.Phone == "") {
		return nil, &avow.Error{Code: avow.Invalid, Message: "one address is needed", Try: "send email or phone"}
	}
	return &gate.GuardianAsking{Mail: n.Email != "", To: gate.NewValue([]byte(n.Email + n.Phone)), Language: avow.Language(n.Language)}, nil
}

// addGuardians adds what an application with accounts of its own does for a young person.
// The guardian answers at the privacy centre, and nobody answers for them here.
func (d *Door) addGuardians() error {
	return errors.Join(post(d, operation{
		id: "ask-guardian", path: "/v1/{policy}/guardians/ask", tag: "People's rights", scopes: auth.App, once: true,
		summary: "Name the parent or guardian of a minor",
		doc:     "A message goes to the address. Its reader shows at the privacy centre, by a code each time, that they read it, and agrees or not; what the policy closes to a minor without a guardian opens with their yes alone. The person has to be known as a minor first. Without an answer within 14 days what was taken in for a yes goes, and the address too.",
		example: `{"subject":"user-1024","email":"parent@home.example","language":"en"}`,
	}, func(c *call, in *GuardianNaming) (Answer, error) {
		a, err := in.asking()
		if err != nil {
			return Answer{}, err
		}
		defer a.To.Wipe()
		r, err := c.gate.AskGuardian(c, c.policy, in.ref(), a)
		return done(c, r, err, nil)
	}), post(d, operation{
		id: "recall-guardian", path: "/v1/{policy}/guardians/recall", tag: "People's rights", scopes: auth.App, once: true,
		summary: "Take back that a parent or guardian is asked",
		doc:     "Their address is forgotten. An answer that was given stands.",
		example: `{"subject":"user-1024"}`,
	}, func(c *call, in *Somebody) (Answer, error) {
		r, err := c.gate.RecallGuardian(c, c.policy, in.ref())
		return done(c, r, err, nil)
	}), post(d, operation{
		id: "end-guardian", path: "/v1/{policy}/guardians/end", tag: "People's rights", scopes: auth.Officer, once: true,
		summary: "Say that somebody who answered as a guardian is none",
		doc:     "Their yes ends, their address is forgotten, and an erasure of everything that they asked for and that still waits is undone.",
		example: `{"subject":"user-1024"}`,
	}, func(c *call, in *Somebody) (Answer, error) {
		r, err := c.gate.EndGuardian(c, c.policy, in.ref())
		return done(c, r, err, nil)
	}), post(d, operation{
		id: "guardians", path: "/v1/{policy}/guardians", tag: "People's rights", scopes: auth.App | auth.Officer,
		summary: "Ask how far the parent or guardian of a minor is",
		doc:     "The one who counts first. It changes nothing and leaves no evidence; it is a POST because the subject must not stand in an address.",
		example: lookedExample,
	}, func(c *call, in *LookingAt) (GuardianList, error) {
		out := GuardianList{Guardians: []Guardian{}}
		if err := c.opens(in.ref(), &in.Looking, "standing"); err != nil {
			return out, err
		}
		all, err := c.gate.Guardians(c, c.policy, in.ref())
		for i := range all {
			out.Guardians = append(out.Guardians, guardianOf(&all[i]))
		}
		return out, err
	}))
}

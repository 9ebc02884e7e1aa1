package httpapi

import (
	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/auth"
)

// LeavingAlone is the body of opt-outs.
type LeavingAlone struct {
	Right   string `json:"right" enum:"opt-out,limit" doc:"opt-out switches off all that people may refuse; limit, what lets sensitive data be used." example:"opt-out"`
	Datum   string `json:"datum" minLength:"1" maxLength:"64" doc:"A datum of type email or phone by which people are found." example:"email"`
	Address value  `json:"address" maxLength:"512" doc:"The address of whoever is to be left alone." example:"li@mail.example"`
	Network string `json:"network,omitempty" maxLength:"64" doc:"The network address of the person's device, to count wishes by. It is kept as a keyed hash, for an hour." example:"203.0.113.7"`
}

// LeftAlone is the answer of opt-outs.
type LeftAlone struct {
	Receipt Receipt  `json:"receipt" doc:"Of the wish. It is the same kind of leaf whoever is behind the address."`
	Choices []string `json:"choices" nullable:"false" doc:"What is off for whoever is behind the address: choices of the policy."`
}

func (d *Door) addOptOut() error {
	return post(d, operation{
		id: "opt-out", path: "/v1/{policy}/opt-outs", tag: "What people say", scopes: auth.App,
		summary: "Leave whoever is behind an address alone",
		doc: "For an application's own page on which nobody has to sign in. The answer is the same whether or not anybody is known by the address, and the same work is done for it. Whom it is about is found afterwards, " +
			"and told at the address, without personal data. An address of nobody is remembered as a keyed hash, so that it holds for whoever comes with it later. Five wishes an hour for one address are taken.",
		example: `{"right":"opt-out","datum":"email","address":"li@mail.example","network":"203.0.113.7"}`,
	}, func(c *call, in *LeavingAlone) (LeftAlone, error) {
		off, err := c.gate.OptOutChoices(c.policy, in.Right)
		if err != nil {
			return LeftAlone{}, err
		}
		r, err := c.gate.OptOut(c, c.policy, &gate.OptingOut{To: gate.Item{Datum: avow.Datum(in.Datum), Value: in.Address.Value}, Right: in.Right, Network: in.Network})
		if err != nil {
			return LeftAlone{}, err
		}
		out := LeftAlone{Receipt: receiptOf(r), Choices: make([]string, len(off))}
		for i, choice := range off {
			out.Choices[i] = string(choice)
		}
		return out, nil
	})
}

func (l *LeavingAlone) wipe() { l.Address.Wipe() }

package httpapi

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/auth"
)

// Selecting is the body of selections.
type Selecting struct {
	Somebody
	Point  string   `json:"point" minLength:"1" maxLength:"64" doc:"Where it will be taken in, a collection point of the policy." example:"on-the-way"`
	Picked []Picked `json:"picked" minItems:"1" maxItems:"256" nullable:"false" doc:"What the person picked, and nothing else."`
}

// Picked is one thing that a person picked.
type Picked struct {
	Datum  string `json:"datum" minLength:"1" maxLength:"64" doc:"What kind of data it is." example:"location-precise"`
	SHA256 string `json:"sha256" minLength:"64" maxLength:"64" doc:"SHA-256 of its content as it will be sent, in hex." example:"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"`
}

// Selection is the answer of selections.
type Selection struct {
	Receipt   Receipt `json:"receipt"`
	Selection string  `json:"selection" doc:"Id of what was picked, for the requests that take it in; good for a day."`
}

// Stating is the body of statements.
type Stating struct {
	Somebody
	Point string `json:"point" minLength:"1" maxLength:"64" doc:"The collection point whose rules need the statement." example:"on-the-way"`
	Given bool   `json:"given" doc:"True: the person states it. False: they take it back." example:"true"`
}

func (d *Door) addPicks() error {
	return errors.Join(post(d, operation{
		id: "select", path: "/v1/{policy}/selections", tag: "Data in", scopes: auth.App,
		summary: "Say what a person picked to be taken in",
		doc: "Where a rule takes in only what the person picked, the requests that bring it name the selection. Whatever is not in it is refused. " +
			"An Idempotency-Key is not looked at: a selection that is not used runs out by itself.",
		example: `{"subject":"user-1024","point":"on-the-way","picked":[{"datum":"location-precise","sha256":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}]}`,
	}, func(c *call, in *Selecting) (Selection, error) {
		picked := make([]gate.Picked, len(in.Picked))
		for i, p := range in.Picked {
			sum, err := hex.DecodeString(p.SHA256)
			if err != nil || len(sum) != sha256.Size {
				return Selection{}, &avow.Error{Code: avow.Invalid, Message: "a hash of what was picked is not written in hex", Try: "send 64 hex digits"}
			}
			picked[i] = gate.Picked{Datum: avow.Datum(p.Datum), SHA256: [sha256.Size]byte(sum)}
		}
		id, r, err := c.gate.Pick(c, c.policy, in.ref(), avow.Point(in.Point), picked)
		return Selection{receiptOf(r), id}, err
	}), post(d, operation{
		id: "state", path: "/v1/{policy}/statements", tag: "What people say", scopes: auth.App, once: true,
		summary: "Record what a person states, where a rule needs their statement",
		doc:     "Such as that the people in an address book agree to its backup. It stands for the collection point until it is taken back.",
		example: `{"subject":"user-1024","point":"on-the-way","given":true}`,
	}, func(c *call, in *Stating) (Answer, error) {
		r, err := c.gate.Attest(c, c.policy, in.ref(), avow.Point(in.Point), in.Given)
		return done(c, r, err, nil)
	}))
}

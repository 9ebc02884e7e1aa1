package httpapi

import (
	"encoding/hex"
	"errors"
	"time"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/auth"
)

// Dispatch says what became of a hand-over by webhook.
type Dispatch struct {
	ID        string    `json:"id" doc:"The Webhook-Id that the recipient got with each attempt." example:"000000000000000000000000000000ff"`
	State     string    `json:"state" enum:"queued,delivered,refused,given-up" doc:"It waits for its first or next attempt; the recipient's webhook has taken it over; when it was due the policy did not let it out any more; the webhook did not take it over in time."`
	Verb      string    `json:"verb" example:"share"`
	Recipient string    `json:"recipient" example:"map-maker"`
	Purpose   string    `json:"purpose" example:"show-map"`
	Asked     time.Time `json:"asked" doc:"When it was asked for."`
	At        time.Time `json:"at" doc:"When it came to this state, or was tried last."`
	Next      time.Time `json:"next,omitzero" doc:"Before when it is not tried again."`
	Tries     int64     `json:"tries" doc:"Attempts so far."`
	Leaf      string    `json:"leaf" doc:"Id of the evidence of the state, or of the decision behind the last attempt."`
	Reasons   []string  `json:"reasons,omitempty" nullable:"false" doc:"Why it was refused."`
}

// DispatchID names a hand-over by webhook.
type DispatchID struct {
	ID string `json:"id" minLength:"32" maxLength:"32" doc:"What the hand-over was answered with, under dispatch." example:"000000000000000000000000000000ff"`
}

// DispatchPage asks for a part of a list of them.
type DispatchPage struct {
	MatterPage
	Recipient string `json:"recipient,omitempty" maxLength:"64" doc:"Of this recipient only." example:"map-maker"`
}

// Dispatches is a list of them.
type Dispatches struct {
	Dispatches []Dispatch `json:"dispatches" nullable:"false"`
}

func dispatchOf(d *gate.Dispatched) Dispatch {
	return Dispatch{d.ID, d.State, d.Verb.String(), string(d.Recipient), string(d.Purpose), d.Asked, d.At, d.Next, int64(d.Tries), hex.EncodeToString(d.Leaf[:]), d.Reasons.Codes()}
}

// sendByHook answers a hand-over by webhook: with an id, and no value.
func (c *call) sendByHook(verb avow.Verb, req *avow.Request, data []string) (Handed, error) {
	id, r, err := c.gate.Dispatch(c, verb, req)
	if err != nil {
		return Handed{}, named(c, err, data)
	}
	return Handed{Receipt: receiptOf(r), Items: []Datum{}, Dispatch: id}, nil
}

func (d *Door) addDispatches() error {
	const tag = "Data out"
	return errors.Join(post(d, operation{id: "read-dispatch", path: "/v1/{policy}/dispatches/read", tag: tag, scopes: auth.App | auth.Officer | auth.Auditor,
		summary: "Say what became of a hand-over by webhook",
		doc:     "Names no person and holds no value. It can be read until 90 days after it was over.", example: `{"id":"000000000000000000000000000000ff"}`,
	}, func(c *call, in *DispatchID) (Dispatch, error) {
		s, err := c.gate.ReadDispatch(c, c.policy, in.ID)
		if err != nil {
			return Dispatch{}, err
		}
		return dispatchOf(&s), nil
	}), post(d, operation{id: "dispatches", path: "/v1/{policy}/dispatches/list", tag: tag, scopes: auth.App | auth.Officer | auth.Auditor,
		summary: "List hand-overs by webhook, the newest first", doc: "Of one recipient: as far as they are among the newest five thousand after the one given.", example: `{"recipient":"map-maker","limit":50}`,
	}, func(c *call, in *DispatchPage) (Dispatches, error) {
		list, err := c.gate.Dispatches(c, c.policy, avow.Recipient(in.Recipient), in.After, int(or(in.Limit, 100)))
		if err != nil {
			return Dispatches{}, err
		}
		out := Dispatches{Dispatches: make([]Dispatch, len(list))}
		for i := range list {
			out.Dispatches[i] = dispatchOf(&list[i])
		}
		return out, nil
	}))
}

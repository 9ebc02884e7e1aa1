package httpapi

import (
	"context"
	"time"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/auth"
)

// RequestMessage is one message of a request.
type RequestMessage struct {
	At   time.Time `json:"at"`
	From string    `json:"from" enum:"person,controller"`
	Role string    `json:"role,omitempty" doc:"Who wrote for the controller."`
	Text string    `json:"text"`
}

// Messages are the messages of a request.
type Messages struct {
	Receipt  Receipt          `json:"receipt"`
	Messages []RequestMessage `json:"messages" nullable:"false"`
}

// Own is the body of what a person does with a request of their own.
type Own struct {
	Somebody
	Request string `json:"request" minLength:"1" maxLength:"64" doc:"Id of the request."`
}

// Writing is the body of requests/write.
type Writing struct {
	Own
	Text string `json:"text" minLength:"1" maxLength:"65536" lines:"yes" doc:"What the person writes. It is kept sealed under their key." example:"I mean the number that I had in May."`
}

// Telling is the body of requests/send and requests/extend.
type Telling struct {
	Request string `json:"request" minLength:"1" maxLength:"64" doc:"Id of the request."`
	Role    string `json:"role,omitempty" maxLength:"64" doc:"Who writes, a role of the policy."`
	Text    string `json:"text" minLength:"1" maxLength:"65536" lines:"yes" doc:"What the person reads among the messages of the request. It is kept sealed under their key, and goes into no mail." example:"Which number do you mean?"`
}

// Pausing is the body of requests/pause.
type Pausing struct {
	Telling
	For string `json:"for" enum:"identity,clarification" doc:"What of the person the request waits for."`
}

func messagesOf(list []gate.AskMessage) []RequestMessage {
	out := make([]RequestMessage, len(list))
	for i := range list {
		out[i] = RequestMessage{list[i].At, list[i].From, string(list[i].Role), string(list[i].Text.Expose())}
		list[i].Text.Wipe()
	}
	return out
}

const askID = `"request":"18b9f4c2a7d30e5100000000deadbeef"`

// requested makes the answer of an operation that moved a request on.
func requested(c *call, a gate.Ask, r avow.Receipt, err error) (Requested, error) {
	if err != nil {
		return Requested{}, named(c, err, []avow.Datum(nil))
	}
	return Requested{Receipt: receiptOf(r), Request: requestOf(c.program, &a)}, nil
}

// onOwn is something that a person does with a request of their own.
type onOwn func(context.Context, avow.PolicyID, avow.SubjectRef, string) (gate.Ask, avow.Receipt, error)

func (d *Door) addOwn(op operation, act onOwn) error {
	op.tag, op.scopes, op.example = "Requests", auth.App, `{"subject":"user-1024",`+askID+`}`
	return post(d, op, func(c *call, in *Own) (Requested, error) {
		a, r, err := act(c, c.policy, in.ref(), in.Request)
		return requested(c, a, r, err)
	})
}

func (d *Door) addThread() error {
	steps := []func() error{
		func() error {
			return d.addOwn(operation{id: "revoke-request", path: "/v1/{policy}/requests/revoke", summary: "Take a request back",
				doc: "An open request is not answered any more. Taking a restriction back lifts it."}, d.cfg.Gate.RevokeRequest)
		},
		func() error {
			return d.addOwn(operation{id: "verified", path: "/v1/{policy}/requests/verified", summary: "Say that a person has shown who they are",
				doc: "For a request that waits for it; its clock goes on. Whoever calls it must have made sure."}, d.cfg.Gate.Verified)
		},
		d.addWrite, d.addMessages,
		func() error {
			return d.addSend(operation{id: "send-message", path: "/v1/{policy}/requests/send", summary: "Write to the person who made a request",
				doc: "The message stands with the request."}, d.cfg.Gate.SendMessage)
		},
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (d *Door) addWrite() error {
	return post(d, operation{
		id: "write-message", path: "/v1/{policy}/requests/write", tag: "Requests", scopes: auth.App,
		summary: "Add what the person has to say to their request",
		doc:     "If the request waits for it, its clock goes on.",
		example: `{"subject":"user-1024",` + askID + `,"text":"I mean the number that I had in May."}`,
	}, func(c *call, in *Writing) (Requested, error) {
		text := gate.NewValue([]byte(in.Text))
		defer text.Wipe()
		a, r, err := c.gate.WriteMessage(c, c.policy, in.ref(), in.Request, text)
		return requested(c, a, r, err)
	})
}

func (d *Door) addMessages() error {
	return post(d, operation{
		id: "messages", path: "/v1/{policy}/requests/messages", tag: "Requests", scopes: auth.App,
		summary: "List the messages of a person's request",
		doc:     "For the person themselves.",
		example: `{"subject":"user-1024",` + askID + `}`,
	}, func(c *call, in *Own) (Messages, error) {
		list, r, err := c.gate.Messages(c, c.policy, in.ref(), in.Request)
		if err != nil {
			return Messages{}, named(c, err, []avow.Datum(nil))
		}
		return Messages{receiptOf(r), messagesOf(list)}, nil
	})
}

// onSending is something that an officer does with a request and tells the person.
type onSending func(context.Context, avow.PolicyID, string, avow.Role, gate.Value) (gate.Ask, avow.Receipt, error)

func (d *Door) addSend(op operation, act onSending) error {
	op.tag, op.scopes, op.example = "Requests", auth.Officer, `{`+askID+`,"role":"desk","text":"Which number do you mean?"}`
	return post(d, op, func(c *call, in *Telling) (Requested, error) {
		text := gate.NewValue([]byte(in.Text))
		defer text.Wipe()
		a, r, err := act(c, c.policy, in.Request, avow.Role(in.Role), text)
		return requested(c, a, r, err)
	})
}

// addClocks adds what moves the clock of a request.
func (d *Door) addClocks() error {
	err := d.addSend(operation{id: "extend-request", path: "/v1/{policy}/requests/extend", summary: "Put the answer to a request off, once",
		doc: "By as much as the law packs allow, while its time still runs. The text tells the person why."}, d.cfg.Gate.ExtendRequest)
	if err != nil {
		return err
	}
	return post(d, operation{
		id: "pause-request", path: "/v1/{policy}/requests/pause", tag: "Requests", scopes: auth.Officer,
		summary: "Let a request wait for the person",
		doc:     "Its clock stands still until the person has shown who they are, or has written what they mean. The text tells them what is needed.",
		example: `{` + askID + `,"role":"desk","for":"clarification","text":"Which number do you mean?"}`,
	}, func(c *call, in *Pausing) (Requested, error) {
		text := gate.NewValue([]byte(in.Text))
		defer text.Wipe()
		a, r, err := c.gate.PauseRequest(c, c.policy, in.Request, avow.Role(in.Role), gate.Waiting(in.For), text)
		return requested(c, a, r, err)
	})
}

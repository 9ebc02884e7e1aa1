package httpapi

import (
	"time"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/auth"
)

// Requesting is the body of requests.
type Requesting struct {
	Somebody
	Right string `json:"right" enum:"ask,complain,object,restrict,human-review" doc:"What is asked for. For access, a copy, correction and erasure there is an operation each." example:"ask"`
	Text  string `json:"text" minLength:"1" maxLength:"65536" lines:"yes" doc:"What the person writes. It is kept sealed under their key." example:"Who receives my phone number?"`
}

// Request is a request of a person, without its text.
type Request struct {
	ID       string    `json:"id" doc:"Names the request; says nothing about whose it is." example:"18b9f4c2a7d30e5100000000deadbeef"`
	Right    string    `json:"right" enum:"ask,complain,object,restrict,human-review"`
	State    string    `json:"state" enum:"open,answered,refused"`
	Received time.Time `json:"received"`
	Due      time.Time `json:"due" doc:"By when it has to be answered: the shortest clock of the policy and its law packs."`
	Overdue  bool      `json:"overdue,omitempty" doc:"True if its time ran out while it was open; the log says so too."`
	Closed   time.Time `json:"closed,omitzero"`
	Reason   string    `json:"reason,omitempty" doc:"For a refusal: one of the words to which the policy limits itself."`
	Text     string    `json:"text,omitempty" doc:"What the person wrote; for the person, and for whoever opened the request."`
	Answer   string    `json:"answer,omitempty" doc:"What they were answered."`
}

// Requested is a request that was taken in.
type Requested struct {
	Receipt Receipt `json:"receipt"`
	Request
}

// Requests are requests in the order of the dates by which they are answered.
type Requests struct {
	Receipt  *Receipt  `json:"receipt,omitempty"`
	Requests []Request `json:"requests" nullable:"false"`
}

// Queueing is the body of requests/queue.
type Queueing struct {
	After string `json:"after,omitempty" maxLength:"64" doc:"Id of the last request of the page before."`
	Limit int64  `json:"limit,omitempty" minimum:"1" maximum:"500" doc:"How many; 100 if left out."`
}

// Opening is the body of requests/read.
type Opening struct {
	Request string `json:"request" minLength:"1" maxLength:"64" doc:"Id of the request."`
	Role    string `json:"role" minLength:"1" maxLength:"64" doc:"Who opens it, a role of the policy."`
}

// Replying is the body of requests/answer.
type Replying struct {
	Request string `json:"request" minLength:"1" maxLength:"64" doc:"Id of the request."`
	Text    string `json:"text" minLength:"1" maxLength:"65536" lines:"yes" doc:"What the person is answered. It is kept sealed under their key."`
	Refuse  string `json:"refuse,omitempty" maxLength:"64" doc:"Why the request is refused, one of the words to which the policy limits itself; leave it out to grant it." example:"repetitive"`
}

func requestOf(a *gate.Ask) Request {
	return Request{ID: a.ID, Right: a.Right, State: a.State.String(), Received: a.Received, Due: a.Due, Overdue: a.Overdue, Closed: a.Closed, Reason: a.Reason,
		Text: string(a.Text.Expose()), Answer: string(a.Answer.Expose())}
}

func (d *Door) addRequests() error {
	for _, add := range []func() error{d.addAsk, d.addOwnRequests, d.addQueue, d.addReadRequest, d.addAnswerRequest} {
		if err := add(); err != nil {
			return err
		}
	}
	return nil
}

func (d *Door) addAsk() error {
	return post(d, operation{
		id: "request", path: "/v1/{policy}/requests", tag: "Requests", scopes: auth.App, once: true,
		summary: "Take in a person's question, complaint, objection or other request",
		doc:     "It is never refused, and answered by the date that is returned.",
		example: `{"subject":"user-1024","right":"ask","text":"Who receives my phone number?"}`,
	}, func(c *call, in *Requesting) (Requested, error) {
		text := gate.NewValue([]byte(in.Text))
		defer text.Wipe()
		a, r, err := c.gate.Ask(c, c.policy, in.ref(), in.Right, text)
		if err != nil {
			return Requested{}, named(c, err, []avow.Datum(nil))
		}
		out := requestOf(&a)
		out.Text = ""
		return Requested{receiptOf(r), out}, nil
	})
}

func (d *Door) addOwnRequests() error {
	return post(d, operation{
		id: "own-requests", path: "/v1/{policy}/requests/list", tag: "Requests", scopes: auth.App,
		summary: "List a person's requests with their texts and answers",
		doc:     "For the person themselves.",
		example: `{"subject":"user-1024"}`,
	}, func(c *call, in *Somebody) (Requests, error) {
		list, r, err := c.gate.Requests(c, c.policy, in.ref())
		if err != nil {
			return Requests{}, named(c, err, []avow.Datum(nil))
		}
		receipt := receiptOf(r)
		return Requests{&receipt, requestsOf(list)}, nil
	})
}

func requestsOf(list []gate.Ask) []Request {
	out := make([]Request, len(list))
	for i := range list {
		out[i] = requestOf(&list[i])
		list[i].Text.Wipe()
		list[i].Answer.Wipe()
	}
	return out
}

func (d *Door) addQueue() error {
	return post(d, operation{
		id: "request-queue", path: "/v1/{policy}/requests/queue", tag: "Requests", scopes: auth.Officer | auth.Auditor,
		summary: "List the open requests of everybody, the most urgent first",
		doc:     "Says nothing about whose they are, and shows no text.",
		example: `{"limit":50}`,
	}, func(c *call, in *Queueing) (Requests, error) {
		list, err := c.gate.Queue(c, c.policy, in.After, int(or(in.Limit, 100)))
		if err != nil {
			return Requests{}, named(c, err, []avow.Datum(nil))
		}
		return Requests{Requests: requestsOf(list)}, nil
	})
}

func (d *Door) addReadRequest() error {
	return post(d, operation{
		id: "read-request", path: "/v1/{policy}/requests/read", tag: "Requests", scopes: auth.Officer,
		summary: "Open one request",
		doc:     "Leaves evidence that somebody read it.",
		example: `{"request":"18b9f4c2a7d30e5100000000deadbeef","role":"desk"}`,
	}, func(c *call, in *Opening) (Requested, error) {
		a, r, err := c.gate.ReadRequest(c, c.policy, in.Request, avow.Role(in.Role))
		if err != nil {
			return Requested{}, named(c, err, []avow.Datum(nil))
		}
		return Requested{receiptOf(r), requestOf(&a)}, nil
	})
}

func (d *Door) addAnswerRequest() error {
	return post(d, operation{
		id: "answer-request", path: "/v1/{policy}/requests/answer", tag: "Requests", scopes: auth.Officer,
		summary: "Answer a request, or refuse it for a reason that the policy allows",
		doc:     "The answer waits for the person under their own key.",
		example: `{"request":"18b9f4c2a7d30e5100000000deadbeef","text":"Nobody does."}`,
	}, func(c *call, in *Replying) (Answer, error) {
		text := gate.NewValue([]byte(in.Text))
		defer text.Wipe()
		r, err := c.gate.AnswerRequest(c, &gate.Answering{Policy: c.policy, Request: in.Request, Text: text, Refuse: in.Refuse})
		return done(c, r, err, nil)
	})
}

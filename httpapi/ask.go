package httpapi

import (
	"time"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/auth"
	"avow.dev/internal/officer"
	"avow.dev/policy"
)

// Requesting is the body of requests.
type Requesting struct {
	Somebody
	Right   string   `json:"right" enum:"access,copy,correct,delete,erase,withdraw,object,restrict,explain,complain,close-account,opt-out,limit,take-down,ask,human-review" doc:"What is asked for." example:"ask"`
	Text    string   `json:"text,omitempty" maxLength:"65536" lines:"yes" doc:"What the person writes. It is kept sealed under their key. A question, a complaint and a call for a review need one." example:"Who receives my phone number?"`
	Data    []string `json:"data,omitempty" maxItems:"256" minLength:"1" maxLength:"64" nullable:"false" doc:"To erase or take down: the kinds of data. All if left out." example:"[\"phone\"]"`
	Items   []Item   `json:"items,omitempty" maxItems:"256" nullable:"false" doc:"To correct: the right values."`
	Choices []string `json:"choices,omitempty" maxItems:"256" minLength:"1" maxLength:"64" nullable:"false" doc:"To withdraw, object to, opt out of or limit: choices of the policy. All that the right is about if left out." example:"[\"position\"]"`
}

func (q *Requesting) wipe() {
	for i := range q.Items {
		q.Items[i].wipe()
	}
}

func (q *Requesting) gate() (*gate.Asking, error) {
	values := Values{q.Items}
	items, err := values.gate()
	if err != nil {
		return nil, err
	}
	a := &gate.Asking{Right: q.Right, Text: gate.NewValue([]byte(q.Text)), Items: items}
	for _, d := range q.Data {
		a.Data = append(a.Data, avow.Datum(d))
	}
	for _, c := range q.Choices {
		a.Choices = append(a.Choices, avow.Choice(c))
	}
	return a, nil
}

// Request is a request of a person. What it is about is shown to the person, and to
// whoever opened it.
type Request struct {
	ID       string    `json:"id,omitempty" doc:"Names the request; says nothing about whose it is. Left out where the person was erased by it." example:"18b9f4c2a7d30e5100000000deadbeef"`
	Right    string    `json:"right" enum:"access,copy,correct,delete,erase,withdraw,object,restrict,explain,complain,close-account,opt-out,limit,take-down,ask,human-review"`
	State    string    `json:"state" enum:"open,in_progress,fulfilled,denied,revoked,expired" doc:"As in the Data Rights Protocol 1.0. Fulfilled at once, unless the policy has it reviewed or only people can answer it."`
	Received time.Time `json:"received"`
	Due      time.Time `json:"due" doc:"By when it has to be answered: the shortest clock of the policy and its law packs. It stands still while the request waits for the person."`
	Fee      string    `json:"fee,omitempty" enum:"free" doc:"Where the policy says that it is free. There is no way to ask for a fee here."`
	Waits    string    `json:"waits_for,omitempty" enum:"identity,clarification" doc:"What of the person the request waits for; see its messages."`
	Until    time.Time `json:"waits_until,omitzero" doc:"When the waiting ends: a request of somebody who did not show who they are expires, another one goes on."`
	Extended bool      `json:"extended,omitempty" doc:"True if the answer was put off, once, with a notice among the messages."`
	Overdue  bool      `json:"overdue,omitempty" doc:"True if its time ran out while it was open; the log says so too."`
	Again    bool      `json:"again,omitempty" doc:"True if the same request was open already; this is that one."`
	Earlier  int       `json:"earlier,omitempty" doc:"Requests for the same that the person made in the year before."`
	Closed   time.Time `json:"closed,omitzero"`
	Reason   string    `json:"reason,omitempty" doc:"For a refusal: one of the words to which the policy limits itself, or legal-hold."`
	Complain []string  `json:"complain_to,omitempty" nullable:"false" doc:"For a refusal: where to complain about it."`
	Data     []string  `json:"data,omitempty" nullable:"false"`
	Choices  []string  `json:"choices,omitempty" nullable:"false"`
	Text     string    `json:"text,omitempty" doc:"What the person wrote."`
	Answer   string    `json:"answer,omitempty" doc:"What they were answered."`
	Proof    string    `json:"evidence,omitempty" doc:"What shows that the reason of a refusal holds."`
}

// Requested is a request that was taken in.
type Requested struct {
	Receipt Receipt `json:"receipt"`
	Request
	Copy *Copy `json:"copy,omitempty" doc:"What was asked for, if that was access or a copy and nobody has to review it."`
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
	Looking
	Request string `json:"request" minLength:"1" maxLength:"64" doc:"Id of the request."`
}

// Opened is a request as somebody opened it to work on it.
type Opened struct {
	Receipt Receipt `json:"receipt"`
	Request
	Messages []RequestMessage `json:"messages" nullable:"false"`
}

// Replying is the body of requests/answer.
type Replying struct {
	Request  string `json:"request" minLength:"1" maxLength:"64" doc:"Id of the request."`
	Role     string `json:"role,omitempty" maxLength:"64" doc:"Who answers, a role of the policy."`
	Text     string `json:"text" minLength:"1" maxLength:"65536" lines:"yes" doc:"What the person is answered. It is kept sealed under their key."`
	Refuse   string `json:"refuse,omitempty" maxLength:"64" doc:"Why the request is refused, one of the words to which the policy limits itself; leave it out to grant it." example:"repetitive"`
	Digest   string `json:"digest,omitempty" maxLength:"64" doc:"To grant a copy that was reviewed: the digest of what goes out, as preview-copy shows it. It then waits for the person in the privacy centre."`
	Evidence string `json:"evidence,omitempty" maxLength:"65536" lines:"yes" doc:"What shows that the reason holds, where the policy promises evidence."`
}

func requestOf(p *policy.Program, a *gate.Ask) Request {
	info, _ := p.Right(a.Right)
	out := Request{ID: a.ID, Right: a.Right, State: a.State.String(), Received: a.Received, Due: a.Due, Waits: string(a.Waits), Until: a.Until,
		Extended: a.Extended, Overdue: a.Overdue, Again: a.Again, Earlier: a.Earlier, Closed: a.Closed, Reason: a.Reason, Data: strs(a.Data), Choices: strs(a.Choices),
		Text: string(a.Text.Expose()), Answer: string(a.Answer.Expose()), Proof: string(a.Proof.Expose())}
	if info.Free {
		out.Fee = "free"
	}
	if a.State == gate.AskDenied && info.ComplaintRoute {
		out.Complain = complaints(p)
	}
	wipeItems(a.Items)
	a.Text.Wipe()
	a.Answer.Wipe()
	a.Proof.Wipe()
	return out
}

// complaints returns where people complain: the contacts for that, or else for
// anything.
func complaints(p *policy.Program) []string {
	var meant, others []string
	for _, c := range p.File().Controller.Contacts {
		others = append(others, c.Value.Text)
		for _, w := range c.For {
			if w.Text == "complaints" {
				meant = append(meant, c.Value.Text)
			}
		}
	}
	if len(meant) > 0 {
		return meant
	}
	return others
}

func (d *Door) addRequests() error {
	for _, add := range []func() error{d.addAsk, d.addOwnRequests, d.addQueue, d.addReadRequest, d.addAnswerRequest, d.addThread, d.addClocks} {
		if err := add(); err != nil {
			return err
		}
	}
	return nil
}

func (d *Door) addAsk() error {
	return post(d, operation{
		id: "request", path: "/v1/{policy}/requests", tag: "Requests", scopes: auth.App, once: true,
		summary: "Take in a request of a person under a right of the policy",
		doc: "It is carried out at once and free of charge, unless the policy has it reviewed or only people can answer it; then it is answered by the date that is returned. " +
			"Whoever calls it must have made sure who is asking. What is open already is not taken in twice.",
		example: `{"subject":"user-1024","right":"ask","text":"Who receives my phone number?"}`,
	}, func(c *call, in *Requesting) (Requested, error) {
		asking, err := in.gate()
		if err != nil {
			return Requested{}, err
		}
		defer asking.Text.Wipe()
		defer wipeItems(asking.Items)
		a, r, err := c.gate.Ask(c, c.policy, in.ref(), asking)
		if err != nil {
			return Requested{}, named(c, err, []avow.Datum(nil))
		}
		out := Requested{Receipt: receiptOf(r), Request: requestOf(c.program, &a)}
		if a.State == gate.AskFulfilled && (a.Right == "access" || a.Right == "copy") {
			out.Copy, err = c.handOver(a.Right, in.ref())
		}
		return out, err
	})
}

// handOver gives the person what they asked to see.
func (c *call) handOver(right string, ref avow.SubjectRef) (*Copy, error) {
	of := c.gate.Access
	if right == "copy" {
		of = c.gate.Copy
	}
	held, err := of(c, c.policy, ref)
	if err != nil {
		return nil, err
	}
	out := copyOf(held)
	return &out, nil
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
		return Requests{&receipt, requestsOf(c.program, list)}, nil
	})
}

func requestsOf(p *policy.Program, list []gate.Ask) []Request {
	out := make([]Request, len(list))
	for i := range list {
		out[i] = requestOf(p, &list[i])
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
		return Requests{Requests: requestsOf(c.program, list)}, nil
	})
}

func (d *Door) addReadRequest() error {
	return post(d, operation{
		id: "read-request", path: "/v1/{policy}/requests/read", tag: "Requests", scopes: auth.Officer,
		summary: "Open one request",
		doc:     "Leaves evidence that somebody read it, and why. From then on it is in progress. To a role that may not reveal values, contact details are shown masked.",
		example: `{"request":"18b9f4c2a7d30e5100000000deadbeef",` + dueReason + `}`,
	}, func(c *call, in *Opening) (Opened, error) {
		look, err := c.look(&in.Looking)
		if err != nil {
			return Opened{}, err
		}
		if look != nil {
			look.Masked = !c.reveals()
		}
		a, said, r, err := c.gate.ReadRequest(c, c.policy, in.Request, in.by(c), look)
		if err != nil {
			return Opened{}, named(c, err, []avow.Datum(nil))
		}
		return Opened{receiptOf(r), requestOf(c.program, &a), messagesOf(said)}, nil
	})
}

func (d *Door) addAnswerRequest() error {
	return post(d, operation{
		id: "answer-request", path: "/v1/{policy}/requests/answer", tag: "Requests", scopes: auth.Officer,
		summary: "Answer a request, or refuse it for a reason that the policy allows",
		doc:     "Granting it carries it out, as far as rules can. A refusal needs evidence where the policy promises it, and its reason has to hold as far as that is known here. The answer waits for the person under their own key.",
		example: `{"request":"18b9f4c2a7d30e5100000000deadbeef","text":"Nobody does."}`,
	}, func(c *call, in *Replying) (Answer, error) {
		text := gate.NewValue([]byte(in.Text))
		defer text.Wipe()
		proof := gate.NewValue([]byte(in.Evidence))
		defer proof.Wipe()
		ans := &gate.Answering{Policy: c.policy, Request: in.Request, By: avow.Role(in.Role), Text: text, Refuse: in.Refuse, Proof: proof}
		if in.Digest != "" {
			if !officer.May(c.token.Roles, officer.ReleaseCopies) {
				return Answer{}, &avow.Error{Code: avow.Forbidden, Message: "none of this token's roles may let a copy go out", Try: "use a token of role " + rolesText(officer.Holders(officer.ReleaseCopies))}
			}
			var err error
			if ans.Copy, err = digestOf(in.Digest); err != nil {
				return Answer{}, err
			}
		}
		r, err := c.gate.AnswerRequest(c, ans)
		return done(c, r, err, nil)
	})
}

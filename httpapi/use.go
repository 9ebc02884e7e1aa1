package httpapi

import (
	"context"
	"encoding/base64"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/auth"
)

// Asking is the body of the operations that hand data out.
type Asking struct {
	Subject    string      `json:"subject,omitempty" maxLength:"256" doc:"How the application refers to the person. Leave it out for data that is about nobody." example:"user-1024"`
	Data       []string    `json:"data" minItems:"1" maxItems:"256" minLength:"1" maxLength:"64" nullable:"false" doc:"The kinds of data that are needed." example:"[\"email\",\"phone\"]"`
	Purpose    string      `json:"purpose" minLength:"1" maxLength:"64" doc:"Why, a purpose of the policy." example:"manage-account"`
	Source     string      `json:"source,omitempty" maxLength:"64" doc:"The source of the policy whose provenance is shown." example:"press"`
	Role       string      `json:"role,omitempty" maxLength:"64" doc:"Who uses it, a role of the policy." example:"desk"`
	Feature    string      `json:"feature,omitempty" maxLength:"64" doc:"The function that needs the data." example:"account"`
	Region     string      `json:"region,omitempty" maxLength:"16" doc:"Where the data goes, an ISO 3166 code." example:"CN"`
	Ground     string      `json:"ground,omitempty" maxLength:"64" doc:"Exemption or legal ground."`
	Provenance *Provenance `json:"provenance,omitempty" doc:"What supports the request."`
}

// Sending is the body of the operations that hand data to somebody else.
type Sending struct {
	Asking
	Recipient string  `json:"recipient" minLength:"1" maxLength:"64" doc:"Who receives it, a recipient of the policy." example:"host"`
	As        string  `json:"as,omitempty" enum:"answer,sealed-file,webhook" doc:"How it leaves: in clear in the answer, which is what happens if left out; as one age file that only the recipient opens, by the key in its approved papers; or from here to the webhook in its approved papers, signed and tried until it is taken over. Not for publish."`
	Proof     *Proven `json:"proof,omitempty" doc:"For publish, where the policy asks for a fresh sign-in."`
}

// Disclosing is the body of disclose.
type Disclosing struct {
	Sending
	Looking
}

const (
	sealedFile = "sealed-file"
	byWebhook  = "webhook"
)

// Handed is data that a request was allowed to see.
type Handed struct {
	Receipt Receipt `json:"receipt"`
	Items   []Datum `json:"items" nullable:"false" doc:"The values, in the form that the policy demands and in the order of the request. What is not held is left out."`
	// Envelope and Payload go to the recipient as they are.
	Envelope string `json:"envelope,omitempty" doc:"Where the policy tags the recipient: the signed statement of the purpose, a JWS. It is to be carried to the recipient together with the payload." example:"eyJhbGciOiJFZERTQSJ9.e30.AA"`
	Payload  string `json:"payload,omitempty" doc:"Exactly the bytes that the envelope speaks of: the values once more, as the recipient gets them."`
	Sealed   string `json:"sealed,omitempty" doc:"Where a sealed file was asked for: the age file, in base64. It holds the envelope, a line feed, and the payload. Nothing else of this answer holds a value."`
	Dispatch string `json:"dispatch,omitempty" doc:"Where a webhook was asked for: the id by which its state is read. Nothing was opened yet; that is decided again when it is sent."`
	Files    []File `json:"files,omitempty" nullable:"false" doc:"Files among the data, each to be opened by its id: another act, with evidence of its own."`
}

func (a *Asking) avow(c *call) *avow.Request {
	req := &avow.Request{Policy: c.policy, Subject: avow.SubjectRef(a.Subject), Source: avow.Source(a.Source), Data: make([]avow.Datum, len(a.Data)), Purpose: avow.Purpose(a.Purpose), Role: avow.Role(a.Role),
		Feature: avow.Feature(a.Feature), Region: avow.Region(a.Region), Ground: a.Ground, Shown: a.Provenance.avow()}
	for i, d := range a.Data {
		req.Data[i] = avow.Datum(d)
	}
	return req
}

func (d *Door) addUse() error {
	return post(d, operation{
		id: "use", path: "/v1/{policy}/use", tag: "Data out", scopes: auth.App, verb: avow.Use,
		summary: "Read personal data for a purpose, inside the controller",
		doc:     "Answers with exactly what the policy lets this role see for this purpose, after the evidence of it is recorded.",
		example: `{"subject":"user-1024","data":["email","phone"],"purpose":"manage-account","role":"desk"}`,
	}, func(c *call, in *Asking) (Handed, error) {
		shown, err := c.gate.Use(c, in.avow(c))
		return handed(c, shown, err, in.Data)
	})
}

func handed(c *call, shown gate.Shown, err error, data []string) (Handed, error) {
	if err != nil {
		return Handed{}, named(c, err, data)
	}
	defer shown.Wipe()
	return Handed{Receipt: receiptOf(shown.Receipt), Items: show(shown.Items), Files: filesOf(shown.Files), Envelope: shown.Envelope, Payload: string(shown.Payload), Sealed: base64.StdEncoding.EncodeToString(shown.Sealed)}, nil
}

func (d *Door) addSending() error {
	g := d.cfg.Gate
	const once = " A request that is repeated under its Idempotency-Key gets its receipt again, and no values: to hand them out again is another act."
	for _, row := range []struct {
		operation
		do func(context.Context, *avow.Request) (gate.Shown, error) // nil: publish, which takes a proof
	}{
		{operation{id: "share", verb: avow.Share, scopes: auth.App, summary: "Hand data to a recipient who becomes responsible for it too",
			doc:     "Answers with what may leave, in the form in which it may. Carrying it there is the caller's." + once,
			example: `{"subject":"user-1024","data":["location-precise"],"purpose":"show-map","recipient":"map-maker"}`}, g.Share},
		{operation{id: "entrust", verb: avow.Entrust, scopes: auth.App, summary: "Hand data to a processor, who acts for the controller",
			doc:     "Answers with what may leave, in the form in which it may. Carrying it there is the caller's." + once,
			example: `{"subject":"user-1024","data":["email","phone"],"purpose":"manage-account","recipient":"host"}`}, g.Entrust},
		{operation{id: "transfer", verb: avow.Transfer, scopes: auth.App, summary: "Hand over control of data",
			doc:     "As in a merger or a move to another service." + once,
			example: `{"subject":"user-1024","data":["email"],"purpose":"manage-account","recipient":"heir"}`}, g.Transfer},
		{operation{id: "disclose", verb: avow.Disclose, scopes: auth.App | auth.Officer, summary: "Hand data to an authority",
			doc:     "Needs what the policy demands of an authority: an instrument, approvals. What only a desk for demands can show is not shown here, so that rules which need it refuse." + once,
			example: `{"subject":"user-1024","data":["email"],"purpose":"legal-claims","recipient":"police","ground":"court-papers","reason":{"why":"demand","text":"The paper is in the file."}}`}, g.Disclose},
		{operation{id: "publish", verb: avow.Publish, scopes: auth.App, summary: "Make data public, or visible to an audience",
			doc:     "Only on the person's own act, and only what a rule lets out." + once,
			example: `{"subject":"user-1024","data":["location-precise"],"purpose":"show-map","recipient":"map-maker"}`}, nil},
	} {
		op := row.operation
		op.path, op.tag, op.once = "/v1/{policy}/"+op.id, "Data out", true
		send := func(c *call, in *Sending) (Handed, error) {
			req := in.avow(c)
			req.Recipient = avow.Recipient(in.Recipient)
			var shown gate.Shown
			var err error
			switch {
			case row.do == nil && (in.As == sealedFile || in.As == byWebhook):
				err = &avow.Error{Code: avow.Invalid, Message: "what is published has no single reader to whom it could be sent or sealed", Try: "leave out as"}
			case in.As == byWebhook:
				return c.sendByHook(row.verb, req, in.Data)
			case in.As == sealedFile:
				shown, err = g.SealOut(c, row.verb, req)
			case row.do == nil:
				shown, err = g.PublishAs(c, req, in.Proof.gate())
			default:
				shown, err = row.do(c, req)
			}
			return handed(c, shown, err, in.Data)
		}
		var err error
		if row.verb == avow.Disclose {
			err = post(d, op, func(c *call, in *Disclosing) (Handed, error) {
				if err := c.opens(avow.SubjectRef(in.Subject), &in.Looking, "disclosure"); err != nil {
					return Handed{}, err
				}
				return send(c, &in.Sending)
			})
		} else {
			err = post(d, op, send)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

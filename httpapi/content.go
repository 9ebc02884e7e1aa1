package httpapi

import (
	"errors"
	"time"

	"avow.dev/detect"
	"avow.dev/gate"
	"avow.dev/internal/auth"
)

// Checking is the body of content.
type Checking struct {
	Somebody
	Where string   `json:"where" enum:"public-post,profile,peer-message,off-platform-report" doc:"Where it is about to appear, or was reported from." example:"public-post"`
	Text  string   `json:"text" minLength:"1" maxLength:"65536" lines:"yes" doc:"What was written." example:"nice picture"`
	Names []string `json:"names,omitempty" maxItems:"256" minLength:"1" maxLength:"128" nullable:"false" doc:"Ids and nicknames of members that the app knows to stand in the text. Who is addressed by @ counts anyway."`
}

func (c *Checking) wipe() { c.Text, c.Names = "", nil }

// Checked is what the policy does about contact details in content.
type Checked struct {
	Receipt Receipt `json:"receipt"`
	Action  string  `json:"action" enum:"allow,warn,hold,block"`
	Found   []Spot  `json:"found" nullable:"false" doc:"What was found and where, without repeating it."`
	Held    string  `json:"held,omitempty" doc:"For hold: the id under which the outcome can be asked for."`
}

// Spot is where a contact detail stands in a text that was sent.
type Spot struct {
	Kind  string `json:"kind" enum:"phone,email,postal-address,im-id,nickname-with-contact"`
	Start int64  `json:"start" doc:"First byte, in UTF-8."`
	End   int64  `json:"end" doc:"The byte after the last."`
}

// HeldBack is content that waits for a decision, or waited.
type HeldBack struct {
	ID     string    `json:"id"`
	State  string    `json:"state" enum:"held,released,refused"`
	Where  string    `json:"where"`
	Opened time.Time `json:"opened"`
	Due    time.Time `json:"due,omitzero"`
	Found  []Spot    `json:"found" nullable:"false"`
	Text   string    `json:"text,omitempty" doc:"Only for officers, and only until it is decided about."`
}

// HeldBacks are held texts in the order in which they came.
type HeldBacks struct {
	Receipt Receipt    `json:"receipt"`
	Held    []HeldBack `json:"held" nullable:"false"`
}

// Deciding is the body of content/decide.
type Deciding struct {
	ID      string `json:"id" minLength:"1" maxLength:"64" doc:"Id of what is held." example:"00112233445566778899aabbccddeeff"`
	Release bool   `json:"release" doc:"True lets it go, false refuses it." example:"true"`
	Reason  string `json:"reason,omitempty" maxLength:"1024" doc:"Why. It is kept sealed."`
}

// Awaiting is the body of content/outcome.
type Awaiting struct {
	ID string `json:"id" minLength:"1" maxLength:"64" doc:"Id of what is held." example:"00112233445566778899aabbccddeeff"`
}

func spots(found []detect.Finding) []Spot {
	out := make([]Spot, len(found))
	for i, f := range found {
		out[i] = Spot{string(f.Kind), int64(f.Start), int64(f.End)}
	}
	return out
}

func heldBack(h *gate.HeldContent) HeldBack {
	return HeldBack{h.ID, h.State, h.Where, h.Opened, h.Due, spots(h.Found), string(h.Text.Expose())}
}

// ReadingHeld is the body of content/held.
type ReadingHeld struct {
	Queueing
	Looking
}

func (d *Door) addContent() error {
	const tag = "Public content"
	return errors.Join(post(d, operation{
		id: "check-content", path: "/v1/{policy}/content", tag: tag, scopes: auth.App,
		summary: "Look for contact details in what somebody is about to publish",
		doc:     "Answers what the policy does about it: allow, warn, hold until an officer decides, or block. The evidence holds the rules, and nothing of the text.",
		example: `{"subject":"user-1024","where":"public-post","text":"nice picture"}`,
	}, func(c *call, in *Checking) (Checked, error) {
		text := gate.NewValue([]byte(in.Text))
		defer text.Wipe()
		r, err := c.gate.Check(c, &gate.Content{Policy: c.policy, Subject: in.ref(), Where: in.Where, Text: text, Names: in.Names})
		if err != nil {
			return Checked{}, err
		}
		return Checked{receiptOf(r.Receipt), r.Action, spots(r.Found), r.Held}, nil
	}), post(d, operation{
		id: "content-outcome", path: "/v1/{policy}/content/outcome", tag: tag, scopes: auth.App,
		summary: "Ask what became of held content", example: `{"id":"00112233445566778899aabbccddeeff"}`,
	}, func(c *call, in *Awaiting) (HeldBack, error) {
		h, err := c.gate.ContentOutcome(c, c.policy, in.ID)
		return heldBack(&h), err
	}), post(d, operation{
		id: "held-content", path: "/v1/{policy}/content/held", tag: tag, scopes: auth.Officer,
		summary: "Read what waits for a decision", doc: "Leaves evidence with everybody who wrote something of it.", example: `{"limit":20,` + dueReason + `}`,
	}, func(c *call, in *ReadingHeld) (HeldBacks, error) {
		look, err := c.look(&in.Looking)
		if err != nil {
			return HeldBacks{}, err
		}
		all, r, err := c.gate.HeldContents(c, c.policy, in.by(c), look, in.After, int(or(in.Limit, 100)))
		out := HeldBacks{receiptOf(r), make([]HeldBack, len(all))}
		for i := range all {
			out.Held[i] = heldBack(&all[i])
			all[i].Text.Wipe()
		}
		return out, err
	}), post(d, operation{
		id: "decide-content", path: "/v1/{policy}/content/decide", tag: tag, scopes: auth.Officer, once: true,
		summary: "Let held content go, or refuse it", example: `{"id":"00112233445566778899aabbccddeeff","release":true}`,
	}, func(c *call, in *Deciding) (Answer, error) {
		_, r, err := c.gate.DecideContent(c, c.policy, in.ID, c.officer(""), in.Release, in.Reason)
		return done(c, r, err, nil)
	}))
}

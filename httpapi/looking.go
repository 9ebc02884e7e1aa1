package httpapi

import (
	"time"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/auth"
)

// Occasion is why somebody of the controller opens what is a person's.
type Occasion struct {
	Why    string `json:"why" enum:"request,help,complaint,demand,incident,misuse,claim,review" doc:"The person reads it among who looked."`
	Text   string `json:"text" minLength:"1" maxLength:"1000" lines:"yes" doc:"In a sentence, for those who watch over it. It is kept sealed and names nobody." example:"The answer is due tomorrow."`
	Ticket string `json:"ticket,omitempty" maxLength:"64" doc:"Number of the case; needed to help somebody."`
	Role   string `json:"role,omitempty" maxLength:"64" doc:"Who opens it, a role of the policy." example:"desk"`
}

func (r *Occasion) gate() *gate.Look {
	if r == nil {
		return nil
	}
	return &gate.Look{Why: r.Why, Text: r.Text, Ticket: r.Ticket}
}

// Looking is part of every body by which an officer opens something.
type Looking struct {
	Reason *Occasion `json:"reason,omitempty" doc:"Why it is opened. An officer has to say; an application that gives people what is theirs does not."`
}

// by is who opens it.
func (l *Looking) by(c *call) gate.Officer {
	if l.Reason == nil {
		return c.officer("")
	}
	return c.officer(avow.Role(l.Reason.Role))
}

// opens holds an officer to a reason, and leaves evidence with the person, before
// something is opened that leaves none itself. An application acts for the person.
func (c *call) opens(ref avow.SubjectRef, l *Looking, what string) error {
	if c.actsForPerson() {
		return nil
	}
	o, err := c.look(l)
	if err == nil {
		_, err = c.gate.Open(c, c.policy, ref, l.by(c), o, what)
	}
	return err
}

// LookingAt is a person and why an officer looks.
type LookingAt struct {
	Somebody
	Looking
}

const (
	dueReason     = `"reason":{"why":"request","text":"The answer is due tomorrow."}`
	lookedExample = `{"subject":"user-1024",` + dueReason + `}`
)

// Openings is the answer of openings.
type Openings struct {
	Openings []OpenedOnce `json:"openings" nullable:"false"`
}

// OpenedOnce is one opening.
type OpenedOnce struct {
	ID     string    `json:"id"`
	At     time.Time `json:"at"`
	Person string    `json:"person" doc:"Who opened it."`
	Role   string    `json:"role,omitempty" doc:"As what, a role of the policy."`
	What   string    `json:"what" doc:"What was opened: request, content, document, or what the door was asked for."`
	Of     string    `json:"of,omitempty" doc:"Id of the request or matter, if it is one."`
	Why    string    `json:"why" enum:"request,help,complaint,demand,incident,misuse,claim,review"`
	Text   string    `json:"text"`
	Ticket string    `json:"ticket,omitempty"`
	Masked bool      `json:"masked,omitempty" doc:"Contact details were not shown."`
}

// Listing says how many.
type Listing struct {
	Limit int64 `json:"limit,omitempty" minimum:"1" maximum:"500" doc:"How many; 100 if left out."`
}

func (d *Door) addLooking() error {
	return post(d, operation{
		id: "openings", path: "/v1/{policy}/openings", tag: "Evidence", scopes: auth.Officer | auth.Auditor,
		summary: "List who opened what is people's, and why",
		doc:     "The newest first. It says of nobody whose it was; the person finds it on their own trail.",
		example: `{"limit":20}`,
	}, func(c *call, in *Listing) (Openings, error) {
		all, err := c.gate.Looks(c, c.policy, int(or(in.Limit, 100)))
		out := Openings{make([]OpenedOnce, len(all))}
		for i := range all {
			b, by := &all[i].Body, all[i].Steps[0].By
			out.Openings[i] = OpenedOnce{all[i].ID, all[i].Opened, by.Person, string(by.Role), b.What, b.Of, b.Why, b.Text, b.Ticket, b.Masked}
		}
		return out, err
	})
}

package gate

import (
	"context"
	"slices"

	"avow.dev"
	"avow.dev/evidence"
)

// Look says why somebody of the controller's people opens what is a person's.
// Nothing of a person is opened without one: it is recorded first, sealed, and the
// evidence on the person's trail says which of [Whys] it was.
type Look struct {
	Why    string // one of Whys
	Text   string // in their own words, at most 1000 bytes; it names nobody
	Ticket string // number of the case that they work on; needed for WhyHelp
	Masked bool   // contact details in what people wrote are not shown
}

// Reasons for opening what is a person's.
const (
	WhyRequest   = "request"   // to answer what the person asked for
	WhyHelp      = "help"      // the person wants help, in a case that has a ticket
	WhyComplaint = "complaint" // somebody complained
	WhyDemand    = "demand"    // an authority demands it
	WhyIncident  = "incident"  // to find out about or to mend an incident
	WhyMisuse    = "misuse"    // an account or the service is misused
	WhyClaim     = "claim"     // a claim at law
	WhyReview    = "review"    // the policy has people look at it, such as held content
)

// Whys lists the reasons for which something of a person may be opened.
func Whys() []string {
	return []string{WhyRequest, WhyHelp, WhyComplaint, WhyDemand, WhyIncident, WhyMisuse, WhyClaim, WhyReview}
}

const (
	mostOpeningText = 1000
	mostTicket      = 64
)

func (o *Look) check() error {
	switch {
	case o == nil || !slices.Contains(Whys(), o.Why):
		return &avow.Error{Code: avow.Forbidden, Message: "nothing of a person is opened without one of the reasons for it", Try: "give one of: request, help, complaint, demand, incident, misuse, claim, review"}
	case o.Text == "" || len(o.Text) > mostOpeningText:
		return &avow.Error{Code: avow.Invalid, Message: "the reason is not told in words, or in more than 1000 bytes", Try: "say in a sentence what it is needed for, and name nobody"}
	case len(o.Ticket) > mostTicket, o.Why == WhyHelp && o.Ticket == "":
		return &avow.Error{Code: avow.Invalid, Message: "help is given in a case that has a number of at most 64 bytes", Try: "give the number of the ticket"}
	}
	return nil
}

// What is opened.
const (
	opensRequest   = "request"
	opensContent   = "content"
	opensDocument  = "document"
	opensAddresses = "addresses"
	opensDemand    = "demand"
	opensCopy      = "copy"
)

// Looked is what is recorded of an opening. It is sealed under the office's key and
// names the person by number.
type Looked = Matter[LookedAt]

// LookedAt is what was opened and why.
type LookedAt struct {
	SID    int64  `json:"sid,omitempty"` // of whom; 0 where it is nobody's who is known
	What   string `json:"what"`          // request, content, document, demand, or what the door was asked for
	Of     string `json:"of,omitempty"`  // id of the matter, if it is one
	Why    string `json:"why"`
	Text   string `json:"text"`
	Ticket string `json:"ticket,omitempty"`
	Masked bool   `json:"masked,omitempty"`
}

var looks = desk[LookedAt]{name: "opening", kind: evidence.OpeningStep}

// file records an opening in a turn of the office, and returns the id of its leaf.
func (t *turn) file(by Officer, o *Look, what, of string, sid int64) ([16]byte, error) {
	var leaf [16]byte
	m := Looked{State: "opened", Opened: t.now, Steps: []Step{{t.now, by, "opened", "opened"}},
		Body: LookedAt{SID: sid, What: what, Of: of, Why: o.Why, Text: o.Text, Ticket: o.Ticket, Masked: o.Masked}}
	t.note(evidence.OpeningStep, func(l *evidence.Leaf) { l.Why, leaf = o.Why, l.ID })
	return leaf, looks.put(t, t.who, newMatterKey(t.now), &m, by)
}

// opens records an opening before anything is opened, and returns what the leaf of
// the opening itself says of it.
func (g *Gate) opens(ctx context.Context, id avow.PolicyID, by Officer, o *Look, what, of string, sid int64) (because, error) {
	if err := by.check(); err != nil {
		return nil, err
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	var leaf [16]byte
	_, err := g.takeOffice(repeatable(ctx), id, func(t *turn) (err error) {
		leaf, err = t.file(by, o, what, of, sid)
		return err
	})
	return func(t *turn, l *evidence.Leaf) {
		l.Role, l.Why, l.Done = known(t.force.words.roles, by.Role), o.Why, leaf
	}, err
}

// Open leaves evidence that somebody of the controller looks at a person: at what, a
// word, and why. It comes before the look; the person finds it among who looked.
func (g *Gate) Open(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef, by Officer, o *Look, what string) (avow.Receipt, error) {
	look, err := g.look(ctx, id, ref)
	if err != nil {
		return avow.Receipt{}, err
	}
	says, err := g.opens(ctx, id, by, o, what, "", look.who.row.SID)
	if err != nil {
		return avow.Receipt{}, err
	}
	t, err := g.take(repeatable(ctx), id, ref, func(t *turn) error {
		if err := t.mustBeKnown(); err != nil {
			return err
		}
		t.note(evidence.Opened, func(l *evidence.Leaf) { says(t, l) })
		return nil
	})
	if err != nil {
		return avow.Receipt{}, err
	}
	return t.receipt(), nil
}

// Looks returns the last openings, the newest first: who opened what and why, for
// whoever watches over it. It opens nothing of anybody's.
func (g *Gate) Looks(ctx context.Context, id avow.PolicyID, limit int) ([]Looked, error) {
	var last []Looked
	limit = min(max(limit, 1), scanPage)
	err := looks.each(ctx, g, id, "", func(m *Looked) (bool, error) {
		if last = append(last, *m); len(last) >= 2*limit {
			last = slices.Delete(last, 0, len(last)-limit)
		}
		return true, nil
	})
	last = last[max(0, len(last)-limit):]
	slices.Reverse(last)
	return last, err
}

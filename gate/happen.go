package gate

import (
	"context"
	"slices"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/retain"
)

// happenings are the events that only the application can know of.
var happenings = [...]retain.Event{retain.Delivered, retain.PurposeFulfilled, retain.RelationEnded, retain.LastSeen}

// Happened records that something happened to a person which a retention clock of
// the policy starts from: delivered, purpose-fulfilled, relationship-ended or
// last-seen. Of the first two, data names what it is about; none means everything.
func (g *Gate) Happened(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef, event string, data []avow.Datum) (avow.Receipt, error) {
	e := retain.Event(event)
	if !slices.Contains(happenings[:], e) || len(data) > mostData {
		return avow.Receipt{}, &avow.Error{Code: avow.Invalid, Message: "this is no event that an application reports",
			Try: "report delivered, purpose-fulfilled, relationship-ended or last-seen"}
	}
	t, err := g.take(ctx, id, ref, func(t *turn) error {
		if err := t.mustBeKnown(); err != nil {
			return err
		}
		t.touched = true
		switch {
		case e == retain.LastSeen:
			t.who.state.seen = t.now
		case e == retain.RelationEnded || len(data) == 0:
			t.who.state.happen(e, t.now)
		default:
			t.happenTo(data, e)
		}
		t.who.body.lookSoon(t.now)
		t.note(evidence.Happened, func(l *evidence.Leaf) {
			for _, d := range data {
				l.Data = append(l.Data, known(t.force.words.data, d))
			}
		})
		return nil
	})
	if err != nil {
		return avow.Receipt{}, err
	}
	return t.receipt(), nil
}

func (t *turn) happenTo(data []avow.Datum, e retain.Event) {
	for _, d := range data {
		if c := t.who.body.cell(d); c != nil {
			c.events = happen(c.events, e, t.now)
		}
		if s := t.who.body.of(d); s != nil {
			s.events = happen(s.events, e, t.now)
		}
	}
}

package gate

import (
	"context"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/retain"
)

// statement is the event under which a person's statement about a point stands in
// their standing; no retention rule starts from it.
func statement(at avow.Point) retain.Event { return retain.Event("stated:" + at) }

// Attest records that a person states what a rule at a collection point needs
// from them, such as that the people whose data they are about to send have
// agreed. It stands until they take it back; given false takes it back.
func (g *Gate) Attest(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef, at avow.Point, given bool) (avow.Receipt, error) {
	t, err := g.take(ctx, id, ref, func(t *turn) error {
		if err := t.mustBeKnown(); err != nil {
			return err
		}
		if !t.force.words.points[at] {
			return &avow.Error{Code: avow.Invalid, Message: "the policy has no such collection point", Try: "name the point that the statement is about"}
		}
		t.touched = true
		if given {
			t.who.state.happen(statement(at), t.now)
		} else {
			t.who.state.unhappen(statement(at))
		}
		t.note(evidence.Stated, func(l *evidence.Leaf) {
			l.Point = at
			if !given {
				l.Verdict = avow.Refuse
			}
		})
		return nil
	})
	if err != nil {
		return avow.Receipt{}, err
	}
	return t.receipt(), nil
}

// stated shows that the person has stated what rules at a point need.
func (t *turn) stated(at avow.Point) avow.Facts {
	if _, ok := when(t.who.state.fact, statement(at)); !ok || at == "" {
		return 0
	}
	return avow.Facts(0).With(avow.FactAttested)
}

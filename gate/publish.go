package gate

import (
	"context"

	"avow.dev"
	"avow.dev/evidence"
)

// Publish makes data of a person public, or visible to the audience that the
// policy names as recipient: only what the person gave, only what a rule lets
// out, and only on the person's own act.
func (g *Gate) Publish(ctx context.Context, asked *avow.Request) (Shown, error) {
	if asked.Recipient == "" {
		return Shown{}, &avow.Error{Code: avow.Invalid, Message: "no audience is named", Try: "name a recipient of the policy of kind public or members"}
	}
	var items []Item
	t, err := g.take(ctx, asked.Policy, asked.Subject, func(t *turn) error {
		wipe(items)
		items = nil
		req := *asked
		req.Verb, req.At = avow.Publish, t.now
		d, ok := t.authorize(&req, t.qualified(&req))
		t.secrets(&req, &d)
		if !ok || d.Reasons != 0 {
			return t.refuse(&req, d)
		}
		for _, datum := range req.Data {
			if c := t.who.body.cell(datum); c != nil && !c.hidden {
				c.public, t.touched = true, true
			}
		}
		t.ruled(&req, &d)
		var err error
		items, err = t.read(&req, &d)
		return err
	})
	if err != nil {
		wipe(items)
		return Shown{}, err
	}
	return Shown{Receipt: t.receipt(), Items: items}, nil
}

// Unpublish takes data down at once. It is never refused: taking down is the
// person's right at any time.
func (g *Gate) Unpublish(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef, data []avow.Datum) (avow.Receipt, error) {
	t, err := g.take(ctx, id, ref, func(t *turn) error {
		if err := t.mustBeKnown(); err != nil {
			return err
		}
		var down []avow.Datum
		for _, datum := range data {
			if c := t.who.body.cell(datum); c != nil && c.public {
				c.public, t.touched = false, true
				down = append(down, datum)
			}
		}
		t.note(evidence.Unpublished, func(l *evidence.Leaf) { l.Data, l.Count = down, int64(len(down)) })
		return nil
	})
	if err != nil {
		return avow.Receipt{}, err
	}
	return t.receipt(), nil
}

package gate

import (
	"context"
	"slices"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/retain"
)

// Publish makes data of a person public, or visible to the audience that the
// policy names as recipient: only what a rule lets out, and only on the person's
// own act. What was published and to whom is remembered until it is taken down,
// replaced or erased. Where a rule needs a notice, the token of [Gate.Shown] shows it.
func (g *Gate) Publish(ctx context.Context, req *avow.Request) (Shown, error) {
	return g.PublishAs(ctx, req, Proven{})
}

// PublishAs is Publish with what supports that the person is there, where the
// policy asks for a fresh sign-in.
func (g *Gate) PublishAs(ctx context.Context, req *avow.Request, proof Proven) (Shown, error) {
	if req.Recipient == "" {
		return Shown{}, &avow.Error{Code: avow.Invalid, Message: "no audience is named", Try: "name a recipient of the policy of kind public or members"}
	}
	shows := func(t *turn) (avow.Facts, error) {
		spent, facts, err := t.noticed(req.Shown.Token, req)
		t.change.Delete = append(t.change.Delete, spent...)
		if err != nil {
			return 0, err
		}
		at, err := t.provenAt(&proof)
		if err == nil && !at.IsZero() && t.fresh("publish", req.Data, at) {
			facts = facts.With(avow.FactFreshSignIn)
		}
		return facts, err
	}
	return g.read(ctx, req, avow.Publish, shows, func(t *turn, req *avow.Request) error {
		for _, datum := range req.Data {
			t.expose(datum, req.Recipient)
		}
		return t.address(req.Recipient)
	}, (*turn).inClear)
}

func (t *turn) expose(datum avow.Datum, to avow.Recipient) {
	if c := t.who.body.cell(datum); c != nil && !c.hidden {
		c.audience, t.touched = once(slices.Clone(c.audience), to), true
	}
	if s := t.who.body.of(datum); s != nil {
		s.audience, t.touched = once(slices.Clone(s.audience), to), true
	}
}

// Unpublish takes data down at once, from every audience. It is never refused:
// taking down is the person's right at any time.
func (g *Gate) Unpublish(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef, data []avow.Datum) (avow.Receipt, error) {
	if len(data) > mostData {
		return avow.Receipt{}, &avow.Error{Code: avow.Invalid, Message: "too much is named at once", Try: "name up to 256 kinds of data"}
	}
	t, err := g.take(ctx, id, ref, func(t *turn) error {
		if err := t.mustBeKnown(); err != nil {
			return err
		}
		return t.unpublish(data)
	})
	if err != nil {
		return avow.Receipt{}, err
	}
	return t.receipt(), nil
}

func (t *turn) unpublish(data []avow.Datum) error {
	var down []avow.Datum
	for _, datum := range data {
		if t.takeDown(datum) {
			down = append(down, known(t.force.words.data, datum))
		}
	}
	t.note(evidence.Unpublished, func(l *evidence.Leaf) {
		t.force.citing("right/take-down")(l)
		l.Data, l.Count = down, int64(len(down))
	})
	return t.forgetAddresses()
}

func (t *turn) takeDown(datum avow.Datum) (down bool) {
	if c := t.who.body.cell(datum); c != nil && len(c.audience) > 0 {
		c.audience, c.events, down = nil, happen(c.events, retain.Unpublished, t.now), true
	}
	if s := t.who.body.of(datum); s != nil && len(s.audience) > 0 {
		s.audience, s.due, down = nil, hourOf(t.now), true
		s.events = happen(s.events, retain.Unpublished, t.now)
	}
	t.touched = t.touched || down
	return down
}

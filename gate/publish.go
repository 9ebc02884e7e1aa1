package gate

import (
	"context"
	"slices"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/retain"
)

// Publish makes data of a person public, or visible to the audience that the
// policy names as recipient: only what a rule lets out, and only on the person's
// own act. What was published and to whom is remembered until it is taken down,
// replaced or erased. Where a rule needs a notice, the token of [Gate.Shown] shows it.
func (g *Gate) Publish(ctx context.Context, req *avow.Request) (Shown, error) {
	return g.PublishFresh(ctx, req, time.Time{})
}

// PublishFresh is Publish by somebody who signed in at a time that the caller
// vouches for, where the policy asks for a fresh sign-in.
func (g *Gate) PublishFresh(ctx context.Context, req *avow.Request, signedIn time.Time) (Shown, error) {
	if req.Recipient == "" {
		return Shown{}, &avow.Error{Code: avow.Invalid, Message: "no audience is named", Try: "name a recipient of the policy of kind public or members"}
	}
	shows := func(t *turn) (avow.Facts, error) {
		spent, noticed, err := t.noticed(req.Shown.Token, req)
		t.change.Delete = append(t.change.Delete, spent...)
		return t.fresh(req, signedIn) | noticed, err
	}
	return g.read(ctx, req, avow.Publish, shows, func(t *turn, req *avow.Request) error {
		for _, datum := range req.Data {
			t.expose(datum, req.Recipient)
		}
		return t.address(req.Recipient)
	})
}

// fresh shows that a sign-in is as young as the policy asks for every datum.
func (t *turn) fresh(req *avow.Request, signedIn time.Time) avow.Facts {
	if signedIn.IsZero() || signedIn.After(t.now) {
		return 0
	}
	for _, datum := range req.Data {
		if within, _, asked := t.program.FreshSignIn("publish", datum); asked && t.program.After(signedIn, within).Before(t.now) {
			return 0
		}
	}
	return avow.Facts(0).With(avow.FactFreshSignIn)
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

package gate

import (
	"context"
	"time"

	"avow.dev"
	"avow.dev/retain"
)

// What a person is told about what is held of them, without a value of it. Like
// [Gate.Standing] it opens no value and leaves no evidence: a page that counts and
// dates needs no key to the data.

// Holdings says what is held of a person and why, in the order in which it came:
// everything of [Held] but the values. Nobody known is an error.
func (g *Gate) Holdings(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef) ([]Held, error) {
	t, err := g.look(ctx, id, ref)
	if err != nil {
		return nil, err
	}
	var out []Held
	err = t.eachHeld(func(c *cell) { out = append(out, t.held(c, t.who.end(t.force, c))) })
	return out, err
}

// look reads a person for a verb that writes nothing.
func (g *Gate) look(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef) (*turn, error) {
	if err := ready(ctx); err != nil {
		return nil, err
	}
	s, err := g.of(id)
	if err != nil {
		return nil, err
	}
	who, err := g.find(ctx, s, ref)
	if err != nil {
		return nil, unreadable(err)
	}
	now, err := s.time(g.Now())
	if err != nil {
		return nil, err
	}
	t := &turn{served: s, ctx: ctx, gate: g, force: s.inForce.Load(), now: now, ref: ref, who: who}
	t.program = t.force.program
	return t, t.mustBeKnown()
}

// eachHeld visits what is held and not yet over.
func (t *turn) eachHeld(visit func(*cell)) error {
	for i := range t.who.body.cells {
		if c := &t.who.body.cells[i]; c.hidden || !t.over(c) {
			visit(c)
		}
	}
	for i := range t.who.body.series {
		s := &t.who.body.series[i]
		err := t.eachItem(s.datum, func(_ Record, c *cell) error {
			c.audience = s.audience
			if c.hidden || !t.over(c) {
				visit(c)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// held describes a cell whose time is over at end.
func (t *turn) held(c *cell, end retain.End) Held {
	held := Held{Datum: c.datum, Rule: c.rule, Source: c.source, Until: end.At, UntilBy: end.Rule,
		Public: len(c.audience) > 0, Audience: c.audience, Hidden: c.hidden}
	for _, g := range c.grants {
		held.Purposes = append(held.Purposes, g.purpose)
		if g.at.After(held.At) {
			held.At = g.at
		}
	}
	if info, ok := t.program.Datum(c.datum); ok {
		held.Secret = info.Type == "password"
	}
	return held
}

// Left is what becomes of one thing that is held when its person leaves.
type Left struct {
	Held
	// Stays says that it outlives the moment: until Held.Until by rule Held.UntilBy,
	// or until a hold ends.
	Stays bool
	// Anonymised says that it then loses everything that points to the person,
	// instead of being erased.
	Anonymised bool
}

// Leaving says beforehand what an erasure or the end of the relationship would do.
type Leaving struct {
	// Held says that a legal hold is in force: nothing but storing is done, and an
	// erasure is refused until it ends, at HeldUntil at the latest.
	Held      bool
	HeldUntil time.Time
	Things    []Left
	Requests  int // open requests, which go unanswered
}

// Leaving previews [Gate.Erase] (all) or [Gate.Close]: it is the plan that the act
// itself would follow now, and changes nothing.
func (g *Gate) Leaving(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef, all bool) (Leaving, error) {
	t, err := g.look(ctx, id, ref)
	if err != nil {
		return Leaving{}, err
	}
	st := &t.who.state
	hold := st.Hold && !st.lapsed(t.now)
	out := Leaving{Held: hold, Requests: len(t.who.body.asks)}
	if hold {
		out.HeldUntil = st.holdUntil
	}
	_, closingErases := t.program.Erasure("account-closed")
	if !all { // the clocks that closing starts, as if they ran
		t.endAccount()
	}
	err = t.eachHeld(func(c *cell) {
		if all || closingErases && !hold {
			out.Things = append(out.Things, Left{Held: t.held(c, t.who.end(t.force, c)), Stays: hold})
			return
		}
		end := t.who.end(t.force, c)
		left := Left{Held: t.held(c, end), Stays: hold || !end.Known || t.now.Before(end.At), Anonymised: end.Then == retain.Anonymise}
		out.Things = append(out.Things, left)
	})
	return out, err
}

// History returns what a person has said about the policy's choices, in order. It
// opens no value of theirs and leaves no evidence, like [Gate.Standing].
func (g *Gate) History(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef) ([]Event, error) {
	t, err := g.look(ctx, id, ref)
	if err != nil {
		return nil, err
	}
	return t.events()
}

// Waiting returns a person's requests in the order in which they came, without what
// was written in them; [Gate.Requests] opens that.
func (g *Gate) Waiting(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef) ([]Ask, error) {
	t, err := g.look(ctx, id, ref)
	if err != nil {
		return nil, err
	}
	all, err := t.allAsks()
	for i := range all {
		all[i].wipe()
		all[i].Text, all[i].Answer = Value{}, Value{}
	}
	return all, err
}

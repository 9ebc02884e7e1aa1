package gate

import (
	"context"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/policy"
	"avow.dev/policy/syntax"
)

// Said is one word of a person on a choice, with what shows that the log says so.
type Said struct {
	evidence.Consent
	Leaf    [16]byte
	Index   int64 // of the leaf; -1 while it is not in the trail yet
	Opening evidence.Opening
}

// Consents returns everything that a person said on choices, the oldest first. It
// is theirs: whoever calls it must have made sure who is asking.
func (g *Gate) Consents(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef) ([]Said, avow.Receipt, error) {
	return g.consents(ctx, id, ref, nil)
}

func (g *Gate) consents(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef, says because) ([]Said, avow.Receipt, error) {
	var all []Said
	t, err := g.take(repeatable(ctx), id, ref, func(t *turn) error {
		all = nil
		if err := t.mustBeKnown(); err != nil {
			return err
		}
		events, err := t.events()
		if err != nil {
			return err
		}
		for i := range events {
			all = append(all, t.openSaid(&events[i]))
		}
		t.opened(evidence.Accessed, "right/access", says, nil)
		return nil
	})
	if err != nil {
		return nil, avow.Receipt{}, err
	}
	return all, t.receipt(), g.index(ctx, id, t.who.row.SID, all)
}

func (t *turn) openSaid(e *Event) Said {
	return Said{Consent: e.consent(), Leaf: e.Leaf, Index: -1,
		Opening: evidence.Opening{Salt: t.who.salt(e.Leaf), Pseudonym: t.who.pseudonym()}}
}

func (e *Event) consent() evidence.Consent {
	return evidence.Consent{Choice: e.Choice, State: e.State.String(), At: e.At, Expires: e.Expires, Policy: e.Notice, Version: e.Version,
		Language: e.Language, Words: e.Words, Gesture: e.Gesture, Origin: e.Origin}
}

// index finds the leaves in the person's trail.
func (g *Gate) index(ctx context.Context, id avow.PolicyID, sid int64, all []Said) error {
	wanted := make(map[[16]byte]int, len(all))
	for i := range all {
		wanted[all[i].Leaf] = i
	}
	if len(wanted) == 0 {
		return nil
	}
	trail, err := g.trail(ctx, sid)
	if err != nil {
		return err
	}
	for found, err := range g.leaves(ctx, id, trail) {
		if err != nil {
			return err
		}
		if i, ok := wanted[found.Leaf.ID]; ok {
			all[i].Index = found.Index
			delete(wanted, found.Leaf.ID)
		}
		if len(wanted) == 0 {
			return nil
		}
	}
	return nil
}

// MayAsk says whether a person may be asked about a choice now.
type MayAsk struct {
	Ask bool
	// After is when it may be asked at the earliest, if not now; zero if never, unless
	// the choice comes to mean more.
	After time.Time
	State avow.ChoiceState
	// Signalled says that the person's browser has answered already.
	Signalled bool
}

// MayAsk says whether somebody may be asked about a choice: not while their yes
// runs, and not while their no has to be respected, unless the choice means more
// than the words that they answered to.
func (g *Gate) MayAsk(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef, choice avow.Choice) (MayAsk, error) {
	s, err := g.of(id)
	if err != nil {
		return MayAsk{}, err
	}
	f := s.inForce.Load()
	info, ok := f.program.Choice(choice)
	if !ok {
		return MayAsk{}, &avow.Error{Code: avow.Invalid, Message: "the policy names no such choice", Try: "use a choice id of the policy"}
	}
	st, err := g.Standing(ctx, id, ref)
	if err != nil {
		return MayAsk{}, err
	}
	now, err := s.time(g.Now())
	if err != nil {
		return MayAsk{}, err
	}
	said, _ := st.Choice(choice)
	out := MayAsk{State: said.State}
	if st.Age == avow.KnownMinor && f.minors("not-sold-to") != nil || st.Account == avow.Closing || st.Account == avow.Closed {
		return out, nil
	}
	if info.GPC && st.Signals&avow.SignalGPC != 0 && said.State != avow.Given {
		out.Signalled = true
		return out, nil
	}
	wider, err := g.meansMore(ctx, s, f, choice, said.Notice)
	if err != nil {
		return MayAsk{}, err
	}
	switch {
	case said.State == avow.NotAsked, wider:
		out.Ask = true
	case ref.IsVisitor():
		out.After = f.program.Forgets(said.At)
	case said.State == avow.Given:
		out.After = said.Expires
	default:
		out.After = respected(f.program, info, said.At)
	}
	out.Ask = out.Ask || !out.After.IsZero() && !now.Before(out.After)
	return out, nil
}

// respected returns until when a no is respected: what the policy says for that,
// or else for as long as a yes would have lasted; zero without either.
func respected(p *policy.Program, info policy.ChoiceInfo, at time.Time) time.Time {
	for _, d := range []syntax.Period{info.ReAsk, info.Expires} {
		if d.Set {
			return p.After(at, d)
		}
	}
	return time.Time{}
}

// meansMore reports whether a choice covers more than it did in the text that the
// person answered to.
func (g *Gate) meansMore(ctx context.Context, s *served, f *force, choice avow.Choice, answered avow.Hash) (bool, error) {
	if answered == "" || answered == f.program.Hash() {
		return false, nil
	}
	text, err := g.PolicyText(ctx, s.id, answered)
	if err != nil {
		return false, err
	}
	old, faults := syntax.Parse(string(s.id), text)
	if len(faults) > 0 {
		return false, internal("an older policy text could not be read", faults)
	}
	now := f.choices[choice]
	for i := range old.Choices {
		if before := &old.Choices[i]; before.ID.Text == string(choice) {
			return widened(before.For, now.For) || widenedFrom(before.To, now.To) || widenedFrom(before.Data, now.Data), nil
		}
	}
	return true, nil
}

// widened reports whether a list names something that the older one does not.
func widened(before, now []syntax.Word) bool {
	for _, w := range now {
		if !syntax.Has(before, w.Text) {
			return true
		}
	}
	return false
}

// widenedFrom is widened for lists that mean everything when they are empty.
func widenedFrom(before, now []syntax.Word) bool {
	return len(before) > 0 && (len(now) == 0 || widened(before, now))
}

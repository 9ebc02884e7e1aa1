package gate

import (
	"context"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/retain"
)

// sayAgain lets a person have said what a note says, and leaves evidence that it
// was restored. What they have said since is not undone: the latest word wins.
func (g *Gate) sayAgain(ctx context.Context, s *served, p *person, raw []byte) error {
	t := &turn{served: s, ctx: ctx, gate: g, force: s.inForce.Load(), now: g.Now(), ref: p.state.ref, who: p, made: &newcomer{}}
	t.program = t.force.program
	t.change.Policy = s.id
	changed, err := t.hear(raw)
	if err != nil || !changed {
		return err
	}
	t.touched = true
	t.who.body.lookSoon(t.now)
	t.note(evidence.Restored, nil)
	again, err := t.finish(nil)
	if again { // nobody else is let in yet
		return ErrChanged
	}
	return err
}

// hear applies a note to the person, and reports whether it changed anything.
func (t *turn) hear(raw []byte) (bool, error) {
	r := &reader{b: raw}
	switch saying(r.uint()) {
	case saidChoice:
		return t.hearChoice(r)
	case saidDecline:
		return t.hearDecline(r)
	case saidSignal:
		signals, at := avow.Signals(r.uint()), r.time()
		st := &t.who.state
		if st.Signals&signals == signals {
			return false, r.done()
		}
		st.Signals, st.SignalAt = st.Signals|signals, at
	case saidClosed:
		return t.hearClosed(r)
	case saidHold, saidRelease:
		return t.hearHold(r)
	case saidRestrict, saidUnrestrict:
		return t.hearRestriction(saying(raw[0]) == saidRestrict, r)
	case saidLeaving, saidStaying:
		return t.hearLeaving(saying(raw[0]) == saidLeaving, r)
	case saidGuardianNo:
		return t.hearGuardianNo(r)
	case saidNoPasskey:
		return t.hearNoPasskey(r)
	case saidNoPermission:
		return t.hearPermission(r)
	case saidUnqualified:
		return t.hearUnqualified(r)
	default:
		return false, errBody
	}
	return true, r.done()
}

// hearRestriction lets the latest word hold: notes come in the order in which they
// were written.
func (t *turn) hearRestriction(on bool, r *reader) (bool, error) {
	_ = r.time()
	st := &t.who.state
	changed := st.Restricted != on
	st.Restricted = on
	return changed, r.done()
}

func (t *turn) hearChoice(r *reader) (bool, error) {
	c := readChosen(r)
	if err := r.done(); err != nil {
		return false, err
	}
	st := &t.who.state
	if have, _ := st.Choice(c.Choice); have.At.After(c.At) || have == c {
		return false, nil
	}
	st.choose(c)
	kind := evidence.Refused
	if c.State == avow.Withdrawn {
		kind = evidence.Withdrawn
		st.happen(retain.ConsentWithdrawn, c.At)
	}
	info, ok := t.program.Choice(c.Choice)
	if !ok { // the policy in force has no such choice any more
		return true, nil
	}
	return true, t.event(kind, c, info, &Agreement{})
}

func (t *turn) hearDecline(r *reader) (bool, error) {
	a := readAcceptance(r)
	if err := r.done(); err != nil {
		return false, err
	}
	st := &t.who.state
	if st.Acceptance == a || st.Acceptance.At.After(a.At) {
		return false, nil
	}
	st.Acceptance = a
	return true, nil
}

func (t *turn) hearClosed(r *reader) (bool, error) {
	at := r.time()
	st := &t.who.state
	if !st.closed.IsZero() {
		return false, r.done()
	}
	st.closed, st.Account = at, avow.Closed
	return true, r.done()
}

func appendChosen(w *writer, c *avow.Chosen) {
	w.string(string(c.Choice))
	w.uint(uint64(c.State))
	w.time(c.At)
	w.time(c.Expires)
	w.string(string(c.Notice))
}

func readChosen(r *reader) avow.Chosen {
	return avow.Chosen{Choice: avow.Choice(r.string()), State: avow.ChoiceState(r.uint()), At: r.time(), Expires: r.time(), Notice: avow.Hash(r.string())}
}

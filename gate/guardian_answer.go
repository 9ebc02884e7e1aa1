package gate

import (
	"context"
	"encoding/hex"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/policy/syntax"
)

// GuardianSays is what a guardian answers.
type GuardianSays string

// The answers.
const (
	GuardianYes     GuardianSays = "yes"
	GuardianNo      GuardianSays = "no"     // or takes a yes back: what needed it goes
	GuardianStop    GuardianSays = "stop"   // after a yes: nothing more, and what is held stays
	GuardianNotMine GuardianSays = "not-me" // the address is not that of a guardian of theirs
)

// Ward is a young person as their guardian sees them: how far the guardian is, and an
// erasure that waits.
type Ward struct {
	Guardianship
	Leaving *Departure
}

var errNoWard = &avow.Error{Code: avow.Unknown, Message: "nobody of this name asks this guardian", Try: "choose somebody from the list"}

// Wards lists whom a guardian who has shown their address may decide for. The error of a
// secret that is of no live session satisfies [NoSession].
func (g *Gate) Wards(ctx context.Context, id avow.PolicyID, secret string) ([]Ward, error) {
	s, err := g.of(id)
	if err != nil {
		return nil, err
	}
	in, err := g.guardianIn(ctx, s, secret)
	if err != nil {
		return nil, err
	}
	var out []Ward
	err = g.eachWard(ctx, s, in.tag, func(t *turn, d *ward) error {
		w, err := t.seenBy(d)
		out = append(out, w)
		return err
	})
	return out, err
}

// eachWard visits whoever named an address and is a minor still.
func (g *Gate) eachWard(ctx context.Context, s *served, tag Tag, visit func(*turn, *ward) error) error {
	sids, err := g.wardsAt(ctx, s, tag)
	if err != nil {
		return err
	}
	for _, sid := range sids {
		row, ok, err := g.store.Load(ctx, sid)
		if err != nil {
			return internal("the person's record could not be read", err)
		}
		if !ok || row.Policy != s.id {
			continue
		}
		p, err := s.open(row)
		if err != nil {
			continue // being erased
		}
		t, err := g.look(ctx, s.id, p.state.ref)
		if err != nil {
			return err
		}
		d, ok, err := t.wardBy(tag)
		if err != nil {
			return err
		}
		if !ok || !t.minds() {
			continue
		}
		if err := visit(t, &d); err != nil {
			return err
		}
	}
	return nil
}

// minds reports whether a guardian decides for the person still.
func (t *turn) minds() bool {
	st := &t.who.state
	return st.Age == avow.KnownMinor && st.Account != avow.Closing && st.Account != avow.Closed
}

func (t *turn) seenBy(d *ward) (Ward, error) {
	w := Ward{Guardianship: d.Guardianship}
	_, dep, waits, err := t.departure()
	if waits {
		w.Leaving = &dep
	}
	return w, err
}

// Ward returns one young person of a guardian, and their reference for what is looked up
// for this guardian.
func (g *Gate) Ward(ctx context.Context, id avow.PolicyID, secret, name string) (Ward, avow.SubjectRef, error) {
	s, err := g.of(id)
	if err != nil {
		return Ward{}, "", err
	}
	in, err := g.guardianIn(ctx, s, secret)
	if err != nil {
		return Ward{}, "", err
	}
	var out Ward
	var ref avow.SubjectRef
	err = g.eachWard(ctx, s, in.tag, func(t *turn, d *ward) (err error) {
		if d.ID == name {
			ref = t.ref
			out, err = t.seenBy(d)
		}
		return err
	})
	if err == nil && ref == "" {
		err = errNoWard
	}
	return out, ref, err
}

// takeWard takes a turn for one young person of a guardian.
func (g *Gate) takeWard(ctx context.Context, id avow.PolicyID, secret, name string, act func(*turn, *ward) error) (*turn, error) {
	s, err := g.of(id)
	if err != nil {
		return nil, err
	}
	in, err := g.guardianIn(ctx, s, secret)
	if err != nil {
		return nil, err
	}
	_, ref, err := g.Ward(ctx, id, secret, name)
	if err != nil {
		return nil, err
	}
	return g.take(ctx, id, ref, func(t *turn) error {
		d, ok, err := t.wardBy(in.tag)
		if err != nil {
			return err
		}
		if !ok || d.ID != name || !t.minds() {
			return errNoWard
		}
		d.own = in.beside == t.who.row.SID
		return act(t, &d)
	})
}

// AnswerGuardian records what a guardian answers. The same answer again changes nothing.
// Each is confirmed to their address and to the young person.
func (g *Gate) AnswerGuardian(ctx context.Context, id avow.PolicyID, secret, name string, says GuardianSays) (avow.Receipt, error) {
	t, err := g.takeWard(ctx, id, secret, name, func(t *turn, d *ward) error {
		if _, _, waits, err := t.departure(); err != nil {
			return err
		} else if waits {
			return &avow.Error{Code: avow.Conflict, Message: "everything is being erased after the time for a change of mind", Try: "undo that first"}
		}
		switch says {
		case GuardianYes:
			return t.guardianAgrees(d)
		case GuardianNo:
			return t.guardianRefuses(d)
		case GuardianStop:
			return t.guardianStops(d)
		case GuardianNotMine:
			if d.State != GuardianAsked {
				return &avow.Error{Code: avow.Conflict, Message: "this guardian has answered as one", Try: "take the answer back"}
			}
			return t.endWard(d, "not-theirs")
		}
		return &avow.Error{Code: avow.Invalid, Message: "this is no answer of a guardian", Try: "say yes, no, stop or not-me"}
	})
	if err != nil {
		return avow.Receipt{}, err
	}
	return t.receipt(), nil
}

func (t *turn) guardianAgrees(d *ward) error {
	if d.State == GuardianAgreed {
		return nil
	}
	if err := t.mayBeGuardian(d); err != nil {
		return err
	}
	d.State, d.Answered, d.Until, d.reminded = GuardianAgreed, t.now, time.Time{}, false
	t.who.state.Guardian = true
	t.note(evidence.GuardianAgreed, t.force.citing("minors"))
	return t.guardianAnswered(d, "guardian-agreed", "ward-agreed", nil)
}

// mayBeGuardian holds a yes to what can be known: the address is not the person's own by
// now, not that of somebody who is a minor here themselves, and not that of somebody who
// agrees for young people without end; and the browser is not one in which the person is
// signed in.
func (t *turn) mayBeGuardian(d *ward) error {
	if d.own {
		return &avow.Error{Code: avow.Forbidden, Message: "in this browser the young person is signed in", Try: "agree on a device of your own, or sign the young person out and ask for a new code"}
	}
	// Two answers at once could make one more; nobody is harmed by that.
	agreed := 0
	if err := t.gate.eachWard(t.ctx, t.served, d.tag, func(_ *turn, o *ward) error {
		if o.State == GuardianAgreed {
			agreed++
		}
		return nil
	}); err != nil {
		return err
	}
	if agreed >= GuardianOf {
		return &avow.Error{Code: avow.Forbidden, Message: "by this address somebody has agreed for as many young people as one may", Try: "have another parent or guardian named, or write to the controller"}
	}
	own, err := t.ownAddress(d.channel, d.to)
	if err != nil {
		return err
	}
	for _, info := range t.program.Data() {
		if own || !info.Lookup || info.Type != "email" && info.Type != "phone" || channelOf(&info) != d.channel {
			continue
		}
		tag, err := t.tagOf(&info, []byte(d.to))
		if err != nil {
			continue
		}
		row, known, err := t.gate.store.Lookup(t.ctx, t.id, tag)
		if err != nil {
			return internal("the index could not be read", err)
		}
		if !known {
			continue
		}
		p, err := t.open(row)
		own = err == nil && p.state.Age == avow.KnownMinor
	}
	if own {
		return &avow.Error{Code: avow.Forbidden, Message: "this address is that of a minor, who cannot agree as a guardian", Try: "have a parent or guardian named by an address of their own"}
	}
	return nil
}

func (t *turn) guardianStops(d *ward) error {
	if d.State == GuardianStopped {
		return nil
	}
	if d.State != GuardianAgreed {
		return &avow.Error{Code: avow.Conflict, Message: "nothing is taken in by this guardian's yes that could be stopped", Try: "say yes or no"}
	}
	d.State, d.Answered = GuardianStopped, t.now
	t.who.state.Guardian = false
	t.sayGuardianNo(d)
	t.noteNo(evidence.GuardianStopped)
	return t.guardianAnswered(d, "guardian-stopped", "ward-stopped", nil)
}

// guardianRefuses records a no, before or after a yes. What needed the yes goes when the
// time for a change of mind is over.
func (t *turn) guardianRefuses(d *ward) error {
	if d.State == GuardianRefused {
		return nil
	}
	d.State, d.Answered, d.Until = GuardianRefused, t.now, t.program.After(t.now, t.force.guardianUndo())
	t.who.state.Guardian = false
	t.sayGuardianNo(d)
	t.noteNo(evidence.GuardianRefused)
	date := map[string]string{"date": d.Until.Format(time.DateOnly)}
	return t.guardianAnswered(d, "guardian-refused", "ward-refused", date)
}

// GuardianUndo is how long what a guardian takes away can be undone: the policy's time for
// a change of mind, or three days.
func (g *Gate) GuardianUndo(id avow.PolicyID) (syntax.Period, error) {
	s, err := g.of(id)
	if err != nil {
		return syntax.Period{}, err
	}
	return s.inForce.Load().guardianUndo(), nil
}

func (f *force) guardianUndo() syntax.Period {
	if info, ok := f.program.Erasure("request"); ok && info.Undo.Set && info.Undo.N > 0 {
		return info.Undo
	}
	return syntax.Period{N: guardianUndoDays, Unit: syntax.Day, Set: true}
}

// guardianAnswered writes an answer down and has it confirmed to both.
func (t *turn) guardianAnswered(d *ward, toGuardian, toWard string, params map[string]string) error {
	if err := t.putWard(d); err != nil {
		return err
	}
	if err := t.writeGuardian(d, toGuardian, params); err != nil {
		return err
	}
	return t.tellOwn(toWard, "/children", params)
}

// noteNo leaves evidence of an answer that is not yes.
func (t *turn) noteNo(kind evidence.Kind) {
	t.note(kind, func(l *evidence.Leaf) {
		t.force.citing("minors")(l)
		l.Verdict = avow.Refuse
	})
}

// EraseWard has everything of a young person erased, after the policy's time for a change
// of mind, or three days where it gives none. Their account is frozen until then; their
// guardian alone undoes it.
func (g *Gate) EraseWard(ctx context.Context, id avow.PolicyID, secret, name string) (Departure, avow.Receipt, error) {
	var dep Departure
	t, err := g.takeWard(ctx, id, secret, name, func(t *turn, d *ward) error {
		date := map[string]string{"date": t.program.After(t.now, t.force.guardianUndo()).Format(time.DateOnly)}
		if err := t.tellNow("ward-erased", "/children", date); err != nil {
			return err
		}
		t.note(evidence.GuardianErased, t.force.citing("minors"))
		var err error
		if dep, err = t.leaveAfter(t.force.guardianUndo(), true); err != nil {
			return err
		}
		date["proof"] = t.gate.home(t.id) + "/erased/" + hex.EncodeToString(dep.Leaf[:])
		return t.writeGuardian(d, "guardian-erased", date)
	})
	if err != nil {
		return Departure{}, avow.Receipt{}, err
	}
	return dep, t.receipt(), nil
}

// KeepWard undoes an erasure that a guardian asked for and that waits.
func (g *Gate) KeepWard(ctx context.Context, id avow.PolicyID, secret, name string) (avow.Receipt, error) {
	t, err := g.takeWard(ctx, id, secret, name, func(t *turn, d *ward) error {
		rec, dep, waits, err := t.departure()
		if err != nil {
			return err
		}
		if !waits || !dep.Guardian {
			return &avow.Error{Code: avow.Conflict, Message: "no erasure waits that this guardian could undo", Try: "nothing needs to be undone"}
		}
		if err := t.stay(rec, dep); err != nil {
			return err
		}
		return t.guardianAnswered(d, "guardian-kept", "ward-kept", nil)
	})
	if err != nil {
		return avow.Receipt{}, err
	}
	return t.receipt(), nil
}

// CopyForGuardian opens what is held of a young person for a guardian who has answered as
// one, where the policy gives people a copy of theirs. What the person and others say to
// each other is not in it, nor what they asked the controller.
func (g *Gate) CopyForGuardian(ctx context.Context, id avow.PolicyID, secret, name string) (*Copy, error) {
	var out *Copy
	t, err := g.takeWard(repeatable(ctx), id, secret, name, func(t *turn, d *ward) error {
		if d.State == GuardianAsked {
			return &avow.Error{Code: avow.Forbidden, Message: "values are shown to who has answered as a guardian", Try: "answer first"}
		}
		if t.reviewed("copy") {
			return &avow.Error{Code: avow.Conflict, Message: "the policy has people look at a copy before it goes out", Try: "have the young person ask for one, or write to the controller"}
		}
		if !t.force.guardianSees() {
			return &avow.Error{Code: avow.Forbidden, Message: "the policy gives no copy", Try: "write to the controller"}
		}
		var only []avow.Datum
		for _, info := range t.program.Data() {
			if !t.program.Correspondence(info.Slug) {
				only = append(only, info.Slug)
			}
		}
		t.note(evidence.GuardianCopied, t.force.citing("minors"))
		if out != nil {
			out.wipe() // of an attempt that came to nothing
		}
		var err error
		out, err = t.copy(only)
		if out != nil {
			for i := range out.Requests {
				out.Requests[i].wipe()
			}
			out.Requests = nil
		}
		return err
	})
	if err != nil {
		if out != nil {
			out.wipe()
		}
		return nil, err
	}
	out.Receipt = t.receipt()
	return out, nil
}

// guardianSees reports whether a policy gives people what is held of them, and so their
// guardians, who exercise it for them (GDPR art. 15 with art. 8; 16 CFR 312.6; PIPL 45).
func (f *force) guardianSees() bool {
	for _, right := range []string{"access", "copy"} {
		if _, ok := f.program.Right(right); ok {
			return true
		}
	}
	return false
}

// GuardianSees reports whether a guardian is given a copy of what is held.
func (g *Gate) GuardianSees(id avow.PolicyID) bool {
	s, err := g.of(id)
	return err == nil && s.inForce.Load().guardianSees()
}

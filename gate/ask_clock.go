package gate

import (
	"context"
	"encoding/binary"
	"slices"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/policy/law"
	"avow.dev/policy/syntax"
)

// DefaultAnswer is how soon a request is answered when neither the policy nor its
// law packs say so, and how long one waits for the person at most.
const DefaultAnswer = 30 * 24 * time.Hour

// Waiting is what a request waits for, of the person who made it.
type Waiting string

// What a request can wait for.
const (
	ForIdentity      Waiting = "identity"      // that the person shows who they are
	ForClarification Waiting = "clarification" // that the person says what they mean
)

// answerBy returns the shortest of the clocks that run: the policy's own, and
// those of its law packs.
func (t *turn) answerBy(right string) time.Time {
	period := syntax.Period{}
	if info, ok := t.program.Right(right); ok {
		period = info.Within
	}
	duty, stated := law.Shortest(t.force.packs, law.Right(right))
	lawful := t.later(t.now, duty.Answer)
	switch {
	case period.Set && stated:
		return earlier(t.program.After(t.now, period), lawful)
	case period.Set:
		return t.program.After(t.now, period)
	case stated:
		return lawful
	}
	return t.now.Add(DefaultAnswer)
}

// later returns the time at which a clock of law that starts at from runs out.
func (t *turn) later(from time.Time, c law.Clock) time.Time {
	return t.program.After(from, syntax.Period{Set: true, N: int64(c.N), Unit: unitOf(c.Unit)})
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func unitOf(u law.Unit) syntax.Unit {
	switch u {
	case law.Hours:
		return syntax.Hour
	case law.WorkingDays:
		return syntax.WorkingDay
	case law.Months:
		return syntax.Month
	}
	return syntax.Day
}

// extended returns the time to which the law lets an answer be put off: every law
// that gives a figure for the right has to allow it.
func (t *turn) extended(a *Ask) (time.Time, bool) {
	var until time.Time
	for _, p := range t.force.packs {
		duty, ok := p.Reply(law.Right(a.Right))
		if !ok || !duty.Answer.Stated() {
			continue
		}
		if !duty.Extension.Stated() {
			return time.Time{}, false
		}
		end := t.later(a.Due, duty.Extension)
		if until.IsZero() || end.Before(until) {
			until = end
		}
	}
	return until, !until.IsZero()
}

// ExtendRequest puts the answer to a request off, once, by as much as the law
// allows, while its time still runs. Why is for the person: it stands among the
// messages of the request (GDPR art. 12(3)).
func (g *Gate) ExtendRequest(ctx context.Context, id avow.PolicyID, request string, by avow.Role, why Value) (Ask, avow.Receipt, error) {
	return g.workOn(ctx, id, request, func(t *turn, key []byte, a *Ask) error {
		until, lawful := t.extended(a)
		switch {
		case a.Extended:
			return &avow.Error{Code: avow.Conflict, Message: "this request was extended already", Try: "answer it by the date that was promised"}
		case !lawful:
			return &avow.Error{Code: avow.Conflict, Message: "no law of this policy lets the answer be put off", Try: "answer it in time"}
		case !t.now.Before(a.Due) || a.Waits != "":
			return &avow.Error{Code: avow.Conflict, Message: "the time of this request does not run any more", Try: "extend a request before its time is over, and not while it waits"}
		}
		a.Due, a.Extended = until, true
		t.requeue(key, a.Due)
		if err := t.tellAnswered(a, "request-extended"); err != nil {
			return err
		}
		t.note(evidence.AskExtended, t.byRole(a.Right, by))
		return t.message(key, FromController, by, why)
	})
}

// PauseRequest has a request wait for the person: to show who they are, or to say
// what they mean. What is needed stands among the messages of the request.
func (g *Gate) PauseRequest(ctx context.Context, id avow.PolicyID, request string, by avow.Role, what Waiting, say Value) (Ask, avow.Receipt, error) {
	if what != ForIdentity && what != ForClarification {
		return Ask{}, avow.Receipt{}, &avow.Error{Code: avow.Invalid, Message: "a request does not wait for this", Try: "let it wait for identity or clarification"}
	}
	return g.workOn(ctx, id, request, func(t *turn, key []byte, a *Ask) error {
		switch {
		case a.Waits != "":
			return &avow.Error{Code: avow.Conflict, Message: "this request waits already", Try: "send a message instead"}
		case what == ForIdentity && a.checked:
			return &avow.Error{Code: avow.Conflict, Message: "this person was asked before to show who they are", Try: "go on with what they showed"}
		case !t.now.Before(a.Due):
			return &avow.Error{Code: avow.Conflict, Message: "the time of this request is over", Try: "answer it"}
		}
		a.Waits, a.paused, a.Until = what, t.now, t.now.Add(DefaultAnswer)
		a.checked = a.checked || what == ForIdentity
		t.requeue(key, a.Until)
		t.note(evidence.AskPaused, t.byRole(a.Right, by))
		return t.message(key, FromController, by, say)
	})
}

// Verified says that the person of a request that waits for it has shown who they
// are. Its clock goes on.
func (g *Gate) Verified(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef, request string) (Ask, avow.Receipt, error) {
	return g.onOwn(ctx, id, ref, request, func(t *turn, key []byte, a *Ask) error {
		if a.Waits != ForIdentity {
			return &avow.Error{Code: avow.Conflict, Message: "this request does not wait for that", Try: "nothing needs to be done"}
		}
		t.resume(key, a, t.now)
		return nil
	})
}

// resume lets the clock of a request go on.
func (t *turn) resume(key []byte, a *Ask, at time.Time) {
	a.Due = a.Due.Add(at.Sub(a.paused))
	a.Waits, a.paused, a.Until = "", time.Time{}, time.Time{}
	t.requeue(key, a.Due)
	t.note(evidence.AskResumed, t.force.citing("right/"+a.Right))
}

// requeue moves a request to the time at which it next needs somebody.
func (t *turn) requeue(key []byte, at time.Time) {
	asks := slices.Clone(t.who.body.asks)
	for i := range asks {
		if string(asks[i].key[8:]) != string(key) {
			continue
		}
		old := slices.Clone(asks[i].key[:])
		binary.BigEndian.PutUint64(asks[i].key[:], uint64(at.UnixNano()))
		if string(old) != string(asks[i].key[:]) {
			t.change.Delete = append(t.change.Delete, Record{Kind: queueKind(t.id), Key: old})
			t.change.Put = append(t.change.Put, t.queueEntry(slices.Clone(asks[i].key[:])))
		}
	}
	t.who.body.asks, t.touched = asks, true
}

// sweepQueue leaves evidence of every request whose time ran out while it was
// open, once, and ends the waiting of those for which nobody came.
func (g *Gate) sweepQueue(ctx context.Context, s *served, total *Swept) error {
	var after []byte
	for {
		recs, err := g.store.Scan(ctx, 0, queueKind(s.id), after, scanPage)
		if err != nil {
			return internal("the queue could not be read", err)
		}
		for _, rec := range recs {
			after = rec.Key
			if len(rec.Key) != askKeySize || binary.BigEndian.Uint64(rec.Key) > uint64(max(g.Now().UnixNano(), 0)) {
				return nil
			}
			if err := g.sweepAsk(ctx, s, rec, total); err != nil {
				return err
			}
		}
		if len(recs) < scanPage {
			return nil
		}
	}
}

func (g *Gate) sweepAsk(ctx context.Context, s *served, rec Record, total *Swept) error {
	p, found, err := g.asker(ctx, s, rec)
	if err != nil || !found || p.body.asked(rec.Key[8:]).overdue {
		return err
	}
	marked := false
	_, err = g.take(ctx, s.id, p.state.ref, func(t *turn) error {
		marked = false
		e := t.who.body.asked(rec.Key[8:])
		if e == nil || e.overdue {
			return nil
		}
		a, n, err := t.askOf(rec.Key[8:])
		if err != nil {
			return err
		}
		defer a.wipe()
		if a.Waits != "" {
			return t.outwaited(rec.Key[8:], n, &a)
		}
		e.overdue, t.touched, marked = true, true, true
		t.note(evidence.Overdue, func(l *evidence.Leaf) {
			t.force.citing("right/" + a.Right)(l)
			l.Verdict = avow.Refuse
		})
		return nil
	})
	if err == nil && marked {
		total.Overdue++
	}
	return err
}

// outwaited ends the waiting for somebody who did not come: a request of somebody
// who did not show who they are expires, and one that is not clear is answered as
// it is.
func (t *turn) outwaited(key []byte, n uint64, a *Ask) error {
	if t.now.Before(a.Until) {
		return nil
	}
	if a.Waits == ForClarification {
		t.resume(key, a, a.Until)
		return t.rewriteAsk(key, n, a)
	}
	a.State, a.Closed, a.Waits = AskExpired, t.now, ""
	t.closeAsk(key)
	t.note(evidence.AskExpired, t.force.citing("right/"+a.Right))
	return t.rewriteAsk(key, n, a)
}

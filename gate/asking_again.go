package gate

import (
	"context"
	"errors"
	"slices"

	"avow.dev"
	"avow.dev/envelope"
	"avow.dev/policy/syntax"
)

// AskingAgain is a recipient's wish to do something else with what it was given.
type AskingAgain struct {
	Envelope string         // that came with the data
	Purpose  avow.Purpose   // the other purpose
	Data     []avow.Datum   // some of the envelope's fields; empty means all
	Consent  [16]byte       // id of the leaf of the person's new yes
	By       avow.Recipient // who asks, as the edge made sure of
}

// AskAgain decides about another purpose, and hands over what may be used for it in
// the form that this purpose has, with an envelope of its own. It takes an envelope
// of this recipient, unaltered and not over, a policy that has the recipient ask
// again, everything that any hand-over for the purpose takes, and a yes of the very
// person that was given after the envelope was made, speaks of the purpose, the
// fields and the recipient, and still stands. One yes renews an envelope once.
//
// The recipient never learns who the person is. A refusal names every reason.
func (g *Gate) AskAgain(ctx context.Context, id avow.PolicyID, a *AskingAgain) (Shown, error) {
	s, err := g.of(id)
	if err != nil {
		return Shown{}, err
	}
	if a.Purpose == "" || len(a.Data) > mostData {
		return Shown{}, &avow.Error{Code: avow.Invalid, Message: "no purpose is named, or too many data", Try: "name the other purpose, and fields of the envelope"}
	}
	e, err := s.opened(a)
	if err != nil {
		return Shown{}, g.turnAway(ctx, id, a, avow.EnvelopeInvalid)
	}
	if e.For(a.Purpose) {
		return Shown{}, &avow.Error{Code: avow.Invalid, Message: "the envelope is for this purpose already", Try: "ask again for another purpose only"}
	}
	ref, reason, err := g.whose(ctx, s, &e)
	if err != nil {
		return Shown{}, err
	}
	if reason != 0 {
		return Shown{}, g.turnAway(ctx, id, a, reason)
	}
	var shown Shown
	t, err := g.take(ctx, id, ref, func(t *turn) error {
		shown.Wipe()
		shown = Shown{}
		return t.renew(a, &e, &shown)
	})
	return shown.once(t, err)
}

// opened reads an envelope that was made out to the recipient under this policy.
func (s *served) opened(a *AskingAgain) (envelope.Envelope, error) {
	if s.stamp.verify == nil {
		return envelope.Envelope{}, envelope.ErrSignature
	}
	e, err := envelope.Open(a.Envelope, s.stamp.verify)
	if err == nil && (e.Policy != s.id || e.Recipient != a.By) {
		err = envelope.ErrSignature
	}
	return e, err
}

// whose finds the person of an envelope, or why nobody is found.
func (g *Gate) whose(ctx context.Context, s *served, e *envelope.Envelope) (avow.SubjectRef, avow.Reason, error) {
	now, err := s.time(g.Now())
	if err != nil {
		return "", 0, err
	}
	if e.Over(now) {
		return "", avow.RetentionOver, nil
	}
	if e.Onward != "asks-again" { // nothing was kept of it
		return "", avow.Prohibited, nil
	}
	r, ok, err := g.reminder(ctx, s, e)
	if err != nil {
		return "", 0, err
	}
	if !ok {
		return "", avow.EnvelopeInvalid, nil
	}
	ref, err := g.refOf(ctx, s, r.sid)
	if errors.Is(err, errCode) { // gone, or being erased
		return "", avow.EnvelopeInvalid, nil
	}
	return ref, 0, err
}

// turnAway refuses what leads to nobody, with evidence. A policy that only observes
// lets it pass no more: there would be nothing to hand over.
func (g *Gate) turnAway(ctx context.Context, id avow.PolicyID, a *AskingAgain, why avow.Reason) error {
	_, err := g.take(ctx, id, "", func(t *turn) error {
		req := avow.Request{Policy: id, Verb: avow.Share, Purpose: a.Purpose, Recipient: a.By, At: t.now}
		return t.turnAway(&req, avow.Decision{Reasons: why.Set(), Policy: t.program.Hash()})
	})
	return err
}

func (t *turn) turnAway(req *avow.Request, d avow.Decision) error {
	d.Verdict = avow.Refuse
	if err := t.undo(); err != nil {
		return err
	}
	t.ruled(req, &d)
	return &avow.Refusal{Decision: d}
}

func (t *turn) renew(a *AskingAgain, e *envelope.Envelope, out *Shown) error {
	req := avow.Request{Policy: t.id, Subject: t.ref, Verb: e.Verb, Data: e.Fields, Purpose: a.Purpose, Recipient: a.By, At: t.now}
	if len(a.Data) > 0 {
		req.Data = a.Data
	}
	r, ok, err := t.gate.reminder(t.ctx, t.served, e)
	if err != nil {
		return err
	}
	if !ok || r.sid != t.who.row.SID { // swept just now
		return t.turnAway(&req, avow.Decision{Reasons: avow.EnvelopeInvalid.Set(), Policy: t.program.Hash()})
	}
	used, err := t.tag("\x00renewed", a.Consent[:])
	if err != nil {
		return internal("the consent could not be indexed", err)
	}
	facts := t.qualified(&req)
	d, allowed, err := t.judged(&req, facts)
	if err != nil {
		return err
	}
	again, err := t.againstAsking(a, e, &req, &r, used)
	if err != nil {
		return err
	}
	// What is asked of a hand-over holds for this one too; a policy that only observes
	// lets that pass. What is asked of asking again is what makes the recipient's case,
	// and holds in any mode.
	if again != 0 {
		for i := range req.Data {
			if i < len(d.Rulings) {
				against(&d, i, again)
			}
		}
		d.Reasons |= again
		return t.turnAway(&req, d)
	}
	if !allowed || d.Reasons != 0 {
		if err := t.refuse(&req, d); err != nil {
			return err
		}
	} else {
		t.ruled(&req, &d)
	}
	r.used = append(r.used, used)
	t.change.Put = append(t.change.Put, r.record(t.id))
	t.touched = true // of two who present it at once, the second reads what the first has used
	if err := t.read(&req, &d, out); err != nil {
		return err
	}
	return t.enclose(&req, e.ID, out)
}

// againstAsking returns what is missing for asking again.
func (t *turn) againstAsking(a *AskingAgain, e *envelope.Envelope, req *avow.Request, r *reminder, used Tag) (avow.Reasons, error) {
	var why avow.Reasons
	if p := t.force.parties[a.By]; !p.tagged || p.onward != "asks-again" {
		why |= avow.Prohibited.Set()
	}
	if slices.ContainsFunc(req.Data, func(d avow.Datum) bool { return !e.Has(d) }) {
		why |= avow.EnvelopeInvalid.Set()
	}
	if slices.Contains(r.used, used) || len(r.used) >= mostRenewals {
		why |= avow.EnvelopeSpent.Set()
	}
	events, err := t.events()
	if err != nil {
		return 0, err
	}
	if !slices.ContainsFunc(events, func(said Event) bool {
		return said.Leaf == a.Consent && said.At.After(r.made) && t.stillSays(&said, req)
	}) {
		why |= avow.ConsentMissing.Set()
	}
	return why, nil
}

// stillSays reports whether a yes speaks of a request, and stands today.
func (t *turn) stillSays(said *Event, req *avow.Request) bool {
	e := t.force.choices[said.Choice]
	now, ok := t.who.state.Choice(said.Choice)
	return e != nil && ok && said.State == avow.Given && now.State == avow.Given && (now.Expires.IsZero() || t.now.Before(now.Expires)) &&
		(len(e.To) == 0 || syntax.Has(e.To, string(req.Recipient))) && !slices.ContainsFunc(req.Data, func(d avow.Datum) bool { return !speaks(e, d, req.Purpose) })
}

package gate

import (
	"encoding/hex"
	"slices"
	"strconv"
	"time"

	"avow.dev"
	"avow.dev/envelope"
	"avow.dev/evidence"
)

// A recipient with a webhook is told by the same outbox that dispatches go by: a signed
// request, tried again until it is taken over. The letter lies at the office and holds
// nothing but which step it is; what it says is written when it leaves. A recipient
// without one is told by somebody's hand.

// tellingClass is the class of such letters. No policy has a rule of this name.
const tellingClass = "telling"

// How a recipient is told.
const (
	byHook = "webhook"
	toHand = "hand"
)

var tellingTypes = map[string]string{"erase": envelope.ToldErased, "correct": envelope.ToldCorrected, "restrict": envelope.ToldRestricted, "lift": envelope.ToldLifted}

// tellOn sends a telling off, or leaves the step to somebody.
func (t *turn) tellOn(m *Fulfilment, n int) error {
	s := &m.Body.Steps[n]
	h, err := t.anyHook(s.Recipient)
	if err != nil {
		return err
	}
	if h.to == "" {
		s.Way = toHand
		s.is(StepWaiting, "no-webhook", t.now)
		return nil
	}
	s.Way = byHook
	s.is(StepWaiting, "", t.now)
	l := &post{class: tellingClass, channel: ByWebhook, recipient: string(s.Recipient), cause: m.ID, params: map[string]string{"step": strconv.Itoa(n)}, made: t.now}
	l.expires = t.now.Add(lifeOf(l))
	_, err = t.enqueue(l, t.now)
	return err
}

// anyHook returns the webhook in a recipient's papers. Whether the papers are enough for
// new data does not matter: this is about what was handed over when they were.
func (t *turn) anyHook(r avow.Recipient) (hook, error) {
	all, _, err := t.filed(t.who, r)
	if err != nil {
		return hook{}, err
	}
	for _, f := range slices.Backward(all) {
		if f.Is.Hook != "" && t.now.Before(f.Is.Expires) {
			key, err := hookKey(f.Is.Secret)
			return hook{f.Is.Hook, key}, err
		}
	}
	return hook{}, nil
}

// stepOf returns the step that a letter is about, if it still waits for it.
func (t *turn) stepOf(l *post) (m Fulfilment, n int, waits bool, err error) {
	key, err := matterKey(l.cause)
	if err != nil {
		return m, 0, false, err
	}
	m, err = fulfilments.get(t.ctx, t.gate, t.who, key)
	if avow.CodeOf(err) == avow.Unknown {
		return m, 0, false, nil
	}
	if err != nil {
		return m, 0, false, err
	}
	n, err = strconv.Atoi(l.params["step"])
	if err != nil || n < 0 || n >= len(m.Body.Steps) {
		return m, 0, false, internal("a telling is malformed", errBody)
	}
	s := &m.Body.Steps[n]
	return m, n, s.Store == StoreRecipient && s.State == StepWaiting && s.Way == byHook, nil
}

// takeTelling prepares a telling that is due.
func (t *turn) takeTelling(k *Ticket, l *post) (*Delivery, error) {
	m, n, waits, err := t.stepOf(l)
	if err != nil {
		return nil, err
	}
	if !waits {
		t.endPost(k, l)
		return nil, nil
	}
	s := &m.Body.Steps[n]
	h, err := t.anyHook(s.Recipient)
	if err != nil {
		return nil, err
	}
	switch {
	case h.to == "": // the paper was taken back meanwhile
		s.Way = toHand
		s.is(StepWaiting, "no-webhook", t.now)
		t.endPost(k, l)
		return nil, t.writeFulfilment(&m, "failed")
	case !t.now.Before(l.expires):
		return nil, t.toldOn(k, l, &m, n, false, "unreachable")
	}
	told := envelope.Telling{Type: tellingTypes[m.Body.Right], Made: t.now.Truncate(time.Second), Policy: t.id, Recipient: s.Recipient, Leaf: m.Body.Leaf, Data: s.Data}
	for _, o := range s.HandOvers {
		var id [16]byte
		if raw, err := hex.DecodeString(o.ID); err != nil || copy(id[:], raw) != len(id) {
			return nil, internal("a hand-over is malformed", errBody)
		}
		told.HandOvers = append(told.HandOvers, id)
	}
	body, err := told.Append()
	if err != nil {
		return nil, internal("what is told could not be written", err)
	}
	d := &Delivery{Ticket: *k, ID: hex.EncodeToString(k.ticket.key), Class: l.class, Channel: l.channel, Expires: l.expires, Try: int(k.ticket.tries) + 1,
		To: NewValue([]byte(h.to)), Payload: body, Secret: h.key}
	t.lease(k, d)
	return d, nil
}

// settleTelling records what became of an attempt.
func (t *turn) settleTelling(d *Delivery, l *post, o Outcome) error {
	m, n, waits, err := t.stepOf(l)
	if err != nil {
		return err
	}
	if !waits {
		t.endPost(&d.Ticket, l)
		return nil
	}
	next := t.now.Add(pause(d.Try))
	switch {
	case o == Sent:
		return t.toldOn(&d.Ticket, l, &m, n, true, "")
	case o == Dead:
		return t.toldOn(&d.Ticket, l, &m, n, false, "gone")
	case d.Try >= MostTries || !next.Before(l.expires):
		return t.toldOn(&d.Ticket, l, &m, n, false, "unreachable")
	}
	t.postpone(&d.ticket, next, d.ticket.tries)
	return nil
}

// toldOn ends a telling: the recipient took it over, or it is given up.
func (t *turn) toldOn(k *Ticket, l *post, m *Fulfilment, n int, taken bool, why string) error {
	t.endPost(k, l)
	s := &m.Body.Steps[n]
	s.Tries += int(k.ticket.tries)
	did := "told-on"
	if taken {
		s.is(StepDone, "", t.now)
	} else {
		s.is(StepFailed, why, t.now)
		did = "failed"
	}
	t.noteTold(m, s, "")
	return t.writeFulfilment(m, did)
}

// noteTold leaves evidence of what became of telling somebody.
func (t *turn) noteTold(m *Fulfilment, s *StoreStep, by avow.Role) {
	kind := evidence.ToldOn
	if s.Store == StoreApp {
		kind = evidence.AppAnswered
	}
	t.noteOf(m, kind, func(l *evidence.Leaf) {
		l.Recipient, l.Count, l.Role = known(t.force.words.recipients, s.Recipient), int64(s.Tries), known(t.force.words.roles, by)
		for _, d := range s.Data {
			l.Data = append(l.Data, known(t.force.words.data, d))
		}
		if s.State == StepFailed {
			l.Verdict = avow.Refuse
		}
		s.Leaf = l.ID
	})
}

// writeFulfilment writes a fulfilment that was changed in a turn of the office that is
// no step of its desk.
func (t *turn) writeFulfilment(m *Fulfilment, did string) error {
	key, err := matterKey(m.ID)
	if err != nil {
		return err
	}
	tidyFulfilment(m, t.now)
	m.Steps = append(m.Steps, Step{t.now, engineItself, did, m.State})
	return t.fileFulfilment(t.who, key, m)
}

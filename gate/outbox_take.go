package gate

import (
	"context"
	"encoding/hex"
	"slices"

	"avow.dev"
	"avow.dev/notice/letter"
	"avow.dev/policy/syntax"
)

// TakeMessage takes a message that is due: it decides once more, with evidence,
// and opens the address. Without an error and without a delivery there is nothing
// to send: the person is gone, or took back what the message needs, or its time is
// over, or somebody else took it.
func (g *Gate) TakeMessage(ctx context.Context, k Ticket) (*Delivery, error) {
	ref, found, err := g.addressee(ctx, k)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, g.discard(ctx, k)
	}
	var d *Delivery
	t, err := g.take(ctx, k.Policy, ref, func(t *turn) (err error) {
		if d != nil {
			d.Wipe()
		}
		d, err = t.takeMessage(&k)
		return err
	})
	if err != nil {
		if d != nil {
			d.Wipe()
		}
		return nil, err
	}
	return d, g.sweepClocked(ctx, t)
}

// addressee returns the reference of the person of an entry.
func (g *Gate) addressee(ctx context.Context, k Ticket) (avow.SubjectRef, bool, error) {
	s, err := g.of(k.Policy)
	if err != nil {
		return "", false, err
	}
	row, ok, err := g.store.Load(ctx, k.ticket.sid)
	if err != nil {
		return "", false, internal("the person's record could not be read", err)
	}
	if !ok || row.Policy != k.Policy {
		return "", false, nil
	}
	p, err := s.open(row)
	if err != nil {
		return "", false, unlessGone(unreadable(err))
	}
	return p.state.ref, true, nil
}

// discard takes an entry away whose person is gone.
func (g *Gate) discard(ctx context.Context, k Ticket) error {
	s, err := g.of(k.Policy)
	if err != nil {
		return err
	}
	c := Change{Policy: k.Policy, Delete: []Record{k.ticket.record(k.Policy)}}
	if err := g.forgetDispatch(ctx, s, &k.ticket, &c); err != nil {
		return err
	}
	if _, err := g.commit(ctx, &c); err != nil {
		return internal("an entry of the outbox could not be taken away", err)
	}
	return nil
}

// takeMessage decides about a letter anew and prepares its delivery.
func (t *turn) takeMessage(k *Ticket) (*Delivery, error) {
	rec, l, err := t.letterOf(&k.ticket)
	if err != nil || rec == nil {
		return nil, err
	}
	t.touched = true // one of two who take it at once wins
	switch {
	case l.class == tellingClass:
		return t.takeTelling(k, &l)
	case !t.now.Before(l.expires):
		return nil, t.expirePost(k, &l)
	case t.gate.channels != nil && !slices.Contains(t.gate.channels, l.channel):
		t.postpone(&k.ticket, t.now.Add(pause(int(k.ticket.tries)+1)), k.ticket.tries+1)
		return nil, nil
	case l.isDispatch():
		return t.takeDispatch(k, &l)
	case l.to != "":
		return t.takeAddressed(k, &l), nil
	}
	return t.takeLetter(k, &l)
}

// expirePost ends a letter whose time is over.
func (t *turn) expirePost(k *Ticket, l *post) error {
	switch {
	case l.isDispatch():
		return t.endDispatch(&Delivery{Ticket: *k}, l, false)
	case byHand(l.channel):
		t.endPost(k, l)
	default:
		t.givePostUp(k, l)
	}
	return nil
}

// takeLetter takes a letter to an address that is held of the person.
func (t *turn) takeLetter(k *Ticket, l *post) (*Delivery, error) {
	w := t.wayAgain(l)
	if w.reasons != 0 && !t.passes(w.reasons) {
		t.refusePost(k, l, &w, 0)
		return nil, nil
	}
	c, held := t.addressCell(l.datum, l.item)
	if !held || c.hidden || t.over(c) { // an observing policy cannot send to nothing either
		t.refusePost(k, l, &w, avow.NothingHeld.Set())
		return nil, nil
	}
	to, ok, err := t.openCell(c)
	if err != nil || !ok {
		return nil, err
	}
	d := &Delivery{Ticket: *k, ID: hex.EncodeToString(k.ticket.key), Class: l.class, Rule: avow.RuleID(l.rule), Channel: l.channel, To: to, Language: l.language,
		Expires: l.expires, Try: int(k.ticket.tries) + 1}
	if ready, err := t.writePost(d, l, &w); err != nil || !ready {
		d.Wipe()
		return nil, err
	}
	req := w.request(t)
	dec, _ := t.authorize(&req, 0)
	t.ruled(&req, &dec)
	t.used(l.datum)
	t.lease(k, d)
	return d, nil
}

// writePost puts a letter into words for an address that is open, and reports whether it
// may go there.
func (t *turn) writePost(d *Delivery, l *post, w *way) (bool, error) {
	barred, err := t.barred(l, d.To)
	if err != nil {
		return false, err
	}
	if barred {
		t.refusePost(&d.Ticket, l, w, avow.Objected.Set())
		return false, nil
	}
	tmpl, ok := t.gate.letters.Template(l.template)
	if !ok { // the operator took the template away
		t.givePostUp(&d.Ticket, l)
		return false, nil
	}
	d.Text = tmpl.Fill(string(l.language), l.params)
	d.Stop, err = t.stopToken(w.rule)
	d.OneClick = d.Stop != "" && syntax.Has(w.rule.OptOut, "one-click")
	return err == nil, err
}

// refusePost ends a letter that may not go, with evidence of the reasons: those of its
// way and further ones.
func (t *turn) refusePost(k *Ticket, l *post, w *way, further avow.Reasons) {
	w.reasons |= further
	t.posted(w)
	t.endPost(k, l)
}

// letterOf returns the letter of an entry, or nothing if the entry is no longer
// there: somebody else took it. An entry without a letter is taken away.
func (t *turn) letterOf(k *ticket) (*Record, post, error) {
	entry := k.record(t.id)
	if _, ok, err := t.gate.store.Get(t.ctx, 0, entry.Kind, entry.Key); err != nil {
		return nil, post{}, internal("the outbox could not be read", err)
	} else if !ok || t.who.row.SID != k.sid {
		return nil, post{}, nil
	}
	rec, ok, err := t.gate.store.Get(t.ctx, t.who.row.SID, postKind, k.key)
	if err != nil {
		return nil, post{}, internal("a message could not be read", err)
	}
	if !ok {
		t.change.Delete = append(t.change.Delete, entry)
		return nil, post{}, nil
	}
	l, err := t.who.openPost(&rec)
	return &rec, l, err
}

// wayAgain decides about a letter as things stand now.
func (t *turn) wayAgain(l *post) way {
	tmpl, ok := t.gate.letters.Template(l.template)
	if !ok {
		tmpl = &letter.Template{}
	}
	return t.way(&Message{Class: l.class, Rule: avow.RuleID(l.rule), Channel: l.channel, Datum: l.datum, item: l.item}, tmpl)
}

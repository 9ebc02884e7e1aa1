package gate

import (
	"context"

	"avow.dev"
	"avow.dev/evidence"
)

// Outcome is what became of an attempt to deliver.
type Outcome uint8

// The outcomes.
const (
	// Sent: whoever carries the message has taken it over.
	Sent Outcome = iota + 1
	// Later: it may work another time.
	Later
	// Dead: the address takes nothing, now or ever.
	Dead
)

// SettleMessage records what became of a delivery: it is gone, or comes again
// later, or is given up. What was delivered to somebody's contact is erased with
// that, if the policy has it go when it is delivered.
func (g *Gate) SettleMessage(ctx context.Context, d *Delivery, o Outcome) error {
	ref, found, err := g.addressee(ctx, d.Ticket)
	if err != nil {
		return err
	}
	if !found {
		return g.discard(ctx, d.Ticket)
	}
	t, err := g.take(ctx, d.Policy, ref, func(t *turn) error {
		rec, l, err := t.letterOf(&d.ticket)
		if err != nil || rec == nil {
			return err
		}
		t.touched = true
		switch {
		case l.isDispatch():
			return t.settleDispatch(d, &l, o)
		case l.class == tellingClass:
			return t.settleTelling(d, &l, o)
		case o == Sent:
			t.ended(evidence.MessageSent, &l, int64(d.Try))
			t.outcome(&d.Ticket, &l, true)
			t.endPost(&d.Ticket, &l)
			return nil
		case o == Dead:
			if l.to == "" {
				if err := t.bar(&l, d.To); err != nil {
					return err
				}
			}
			t.givePostUp(&d.Ticket, &l)
			return nil
		}
		next := t.now.Add(pause(d.Try))
		if d.Try >= MostTries || !next.Before(l.expires) {
			t.givePostUp(&d.Ticket, &l)
			return nil
		}
		t.postpone(&d.ticket, next, d.ticket.tries)
		return nil
	})
	if err != nil {
		return err
	}
	return g.sweepClocked(ctx, t)
}

// sweepClocked takes what is over since a delivery, at once.
func (g *Gate) sweepClocked(ctx context.Context, t *turn) error {
	if !t.clocked {
		return nil
	}
	var n Swept
	return g.sweepPerson(ctx, t.who.row.SID, &n)
}

// endPost takes a letter and its entry away. Contacts that were collected for it
// have had their one message, or will never have it.
func (t *turn) endPost(k *Ticket, l *post) {
	t.change.Delete = append(t.change.Delete, k.ticket.record(t.id), Record{SID: t.who.row.SID, Kind: postKind, Key: k.ticket.key})
	t.clocked = t.delivered(l) || t.clocked
}

// givePostUp is endPost for what could not be delivered, with evidence of it.
func (t *turn) givePostUp(k *Ticket, l *post) {
	t.outcome(k, l, false)
	t.ended(evidence.MessageFailed, l, int64(k.ticket.tries))
	t.endPost(k, l)
}

// ended records what became of a message.
func (t *turn) ended(kind evidence.Kind, l *post, tries int64) {
	t.note(kind, func(leaf *evidence.Leaf) {
		w := way{purpose: l.purpose, role: l.role, datum: l.datum}
		if info, ok := t.program.Rule(avow.RuleID(l.rule)); ok {
			leaf.Clauses, leaf.Rules = info.Clauses, []avow.RuleID{info.ID}
		}
		w.fill(leaf)
		leaf.Data = make([]avow.Datum, 0, 1)
		if l.datum != "" {
			leaf.Data = append(leaf.Data, known(t.force.words.data, l.datum))
		}
		leaf.Count = tries
	})
}

// delivered starts the clocks of what was collected for one delivery, and reports
// whether any runs.
func (t *turn) delivered(l *post) bool {
	if l.item == nil {
		return false
	}
	any := false
	for _, name := range append([]itemName{{l.datum, l.item}}, l.also...) {
		any = t.itemDelivered(name) || any
	}
	return any
}

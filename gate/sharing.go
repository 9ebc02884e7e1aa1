package gate

import (
	"context"
	"slices"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/retain"
)

// Data about other people that a user hands over to have something delivered to
// them is collected together with the message that it is for, bound to it, and has
// no other use: each contact is written to once, and when the message has gone out
// the contact's data goes by the policy's clock that starts with delivery.

// Sharing is data about other people, and the message that each of them gets.
type Sharing struct {
	Collecting
	Message Message
}

// ShareOut collects contacts and sends each of them one message, in one change: all
// or nothing.
func (g *Gate) ShareOut(ctx context.Context, sh *Sharing) ([]Told, avow.Receipt, error) {
	if len(sh.Items) == 0 || len(sh.Items) > mostContacts {
		return nil, avow.Receipt{}, &avow.Error{Code: avow.Invalid, Message: "nobody is written to, or too many at once", Try: "send 1 to 32 items"}
	}
	if sh.Message.Class != "share-delivery" {
		return nil, avow.Receipt{}, &avow.Error{Code: avow.Invalid, Message: "other people are written to by class share-delivery only", Try: "use class share-delivery"}
	}
	var told []Told
	t, err := g.take(ctx, sh.Policy, sh.Subject, func(t *turn) (err error) {
		if told, err = t.shareOut(sh); err != nil {
			return err
		}
		w := writer{}
		w.uint(uint64(len(told)))
		for i := range told {
			w.string(told[i].ID)
			w.string(told[i].Channel)
		}
		t.extra = w.b
		return nil
	})
	if err != nil {
		return nil, avow.Receipt{}, err
	}
	if t.answered != nil {
		r := reader{b: t.extra}
		told = nil
		for range r.count() {
			told = append(told, Told{ID: r.string(), Channel: r.string()})
		}
		if err := r.done(); err != nil {
			return nil, avow.Receipt{}, internal("remembered messages are malformed", err)
		}
	}
	return told, t.receipt(), nil
}

// mostContacts is how many items one sharing may have.
const mostContacts = 32

func (t *turn) shareOut(sh *Sharing) ([]Told, error) {
	before := len(t.change.PutNew)
	if err := t.collect(&sh.Collecting); err != nil {
		return nil, err
	}
	var kept []itemName
	for _, rec := range t.change.PutNew[before:] {
		for _, it := range sh.Items {
			if rec.Kind == itemKind(it.Datum) {
				kept = append(kept, itemName{it.Datum, rec.Key})
				break
			}
		}
	}
	var told []Told
	for _, name := range kept {
		if !t.isAddress(name.datum) {
			continue
		}
		m := sh.Message
		m.Datum, m.item, m.also = name.datum, name.key, others(kept, t.isAddress)
		one, err := t.tell(&m)
		if err != nil {
			return nil, err
		}
		if one.Reasons != 0 { // nobody's address is kept for a message that does not go
			if err := t.undo(); err != nil {
				return nil, err
			}
			t.posted(&one.way)
			return nil, &avow.Refusal{Decision: avow.Decision{Reasons: one.Reasons, Policy: t.program.Hash()}}
		}
		told = append(told, one)
	}
	if len(told) == 0 {
		return nil, &avow.Error{Code: avow.Invalid, Message: "no item is an address to which a message could go", Try: "send an address of the person with whom it is shared"}
	}
	return told, nil
}

// isAddress reports whether a datum is an address of people who are no users.
func (t *turn) isAddress(d avow.Datum) bool {
	info, ok := t.program.Datum(d)
	return ok && info.About == "non-user" && (info.Type == "email" || info.Type == "phone")
}

// others are the items that are no addresses: names, which go with the first
// address that was delivered to.
func others(kept []itemName, address func(avow.Datum) bool) []itemName {
	var out []itemName
	for _, name := range kept {
		if !address(name.datum) {
			out = append(out, name)
		}
	}
	return out
}

// itemDelivered notes that one of many was delivered, and reports whether a clock
// of the policy starts with that.
func (t *turn) itemDelivered(name itemName) bool {
	starts := false
	for i := range t.force.retention {
		r := &t.force.retention[i]
		starts = starts || r.After == retain.Delivered && slices.Contains(r.Data, name.datum)
	}
	rec, ok, err := t.gate.store.Get(t.ctx, t.who.row.SID, itemKind(name.datum), name.key)
	if err != nil || !ok || !starts {
		return false
	}
	c, err := decodeItem(rec)
	if err != nil {
		return false
	}
	c.events = happen(c.events, retain.Delivered, t.now)
	rec.Body = c.item()
	t.change.Put = append(t.change.Put, rec)
	if s := t.who.body.of(name.datum); s != nil {
		s.due = sooner(s.due, hourOf(t.now))
	}
	t.touched = true
	t.note(evidence.Happened, func(l *evidence.Leaf) { l.Data = []avow.Datum{name.datum} })
	return true
}

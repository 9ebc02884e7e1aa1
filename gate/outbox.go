package gate

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/notice/letter"
)

// The outbox is a queue of nobody's, in the order of the due times. An entry holds
// a number of a person, the key of a letter and a count, and no word. Whoever
// delivers takes an entry: it moves behind a lease, in the change that records the
// decision, and the address is opened. Then it is sent, and then settled. A crash
// between the two sends it again when the lease is over, under the same id: at
// least once, and recognisable.

// Lease is how long a message that was taken is left to whoever took it.
const Lease = 2 * time.Minute

// outboxKind is the kind of record (of nobody) of the queue.
func outboxKind(id avow.PolicyID) string { return "outbox/" + string(id) }

// ticket is an entry of the outbox.
type ticket struct {
	due   time.Time
	sid   int64 // 0: a letter to the controller's own people or to a recipient
	key   []byte
	tries uint64
}

func (k ticket) record(id avow.PolicyID) Record {
	w := writer{}
	w.uint(uint64(k.sid))
	w.uint(k.tries)
	key := binary.BigEndian.AppendUint64(nil, uint64(k.due.UnixNano()))
	return Record{Kind: outboxKind(id), Key: append(key, k.key...), Body: w.b}
}

func ticketOf(rec Record) (ticket, error) {
	r := reader{b: rec.Body}
	k := ticket{sid: int64(r.uint()), tries: r.uint()}
	if len(rec.Key) != 8+16 || r.done() != nil {
		return ticket{}, internal("an entry of the outbox is malformed", errBody)
	}
	k.due, k.key = time.Unix(0, int64(binary.BigEndian.Uint64(rec.Key))).UTC(), rec.Key[8:]
	return k, nil
}

// Posting returns a channel that has something when a message may be due now.
func (g *Gate) Posting() <-chan struct{} { return g.posting }

// post wakes whoever delivers, if a change has put something into an outbox.
func (g *Gate) post(c *Change) {
	if !slices.ContainsFunc(c.PutNew, func(r Record) bool { return r.Kind == outboxKind(c.Policy) }) {
		return
	}
	select {
	case g.posting <- struct{}{}:
	default:
	}
}

// Ticket names a message that is due.
type Ticket struct {
	Policy avow.PolicyID
	ticket ticket
}

// DueMessages lists messages that are due, the longest due first.
func (g *Gate) DueMessages(ctx context.Context, id avow.PolicyID, limit int) ([]Ticket, error) {
	if _, err := g.of(id); err != nil {
		return nil, err
	}
	recs, err := g.store.Scan(ctx, 0, outboxKind(id), nil, min(max(limit, 1), scanPage))
	if err != nil {
		return nil, internal("the outbox could not be read", err)
	}
	var out []Ticket
	now := g.Now()
	for _, rec := range recs {
		k, err := ticketOf(rec)
		if err != nil {
			return nil, err
		}
		if k.due.After(now) {
			break
		}
		out = append(out, Ticket{id, k})
	}
	return out, nil
}

// Delivery is a message that is on its way out, with the address in the clear.
type Delivery struct {
	Ticket
	ID       string // the same in every attempt
	Class    string
	Rule     avow.RuleID
	Channel  string
	To       Value
	Language avow.Language
	Text     letter.Filled
	Expires  time.Time
	Try      int // from 1
	// Stop is a token by which the person stops messages of this rule; empty where
	// they cannot be stopped that way. It holds nothing but randomness.
	Stop string
	// OneClick says that the policy promises a stop by one click (RFC 8058).
	OneClick bool
	// Payload and Secret are the body of a webhook and the key that signs it. The body
	// of a dispatch holds values.
	Payload, Secret []byte

	leaf [16]byte // the decision by which a dispatch leaves
}

// Wipe overwrites the address and what a webhook would have carried.
func (d *Delivery) Wipe() {
	d.To.Wipe()
	clear(d.Payload)
	clear(d.Secret)
}

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

// sweepClocked takes what is over since a delivery, at once.
func (g *Gate) sweepClocked(ctx context.Context, t *turn) error {
	if !t.clocked {
		return nil
	}
	var n Swept
	return g.sweepPerson(ctx, t.who.row.SID, &n)
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
	if l.class == tellingClass {
		return t.takeTelling(k, &l)
	}
	if l.isDispatch() && !t.now.Before(l.expires) {
		return nil, t.endDispatch(&Delivery{Ticket: *k}, &l, false)
	}
	if !t.now.Before(l.expires) {
		if byHand(l.channel) {
			t.endPost(k, &l)
		} else {
			t.givePostUp(k, &l)
		}
		return nil, nil
	}
	if t.gate.channels != nil && !slices.Contains(t.gate.channels, l.channel) {
		t.postpone(&k.ticket, t.now.Add(pause(int(k.ticket.tries)+1)), k.ticket.tries+1)
		return nil, nil
	}
	if l.isDispatch() {
		return t.takeDispatch(k, &l)
	}
	if l.to != "" {
		return t.takeAddressed(k, &l), nil
	}
	w := t.wayAgain(&l)
	if w.reasons != 0 && !t.passes(w.reasons) {
		t.posted(&w)
		t.endPost(k, &l)
		return nil, nil
	}
	c, held := t.addressCell(l.datum, l.item)
	if !held || c.hidden || t.over(c) { // an observing policy cannot send to nothing either
		w.reasons |= avow.NothingHeld.Set()
		t.posted(&w)
		t.endPost(k, &l)
		return nil, nil
	}
	d := &Delivery{Ticket: *k, ID: hex.EncodeToString(k.ticket.key), Class: l.class, Rule: avow.RuleID(l.rule), Channel: l.channel, Language: l.language,
		Expires: l.expires, Try: int(k.ticket.tries) + 1}
	v, ok, err := t.openCell(c)
	if err != nil || !ok {
		return nil, err
	}
	d.To = v
	barred, err := t.barred(&l, v)
	if err != nil || barred {
		d.Wipe()
		if err == nil {
			w.reasons |= avow.Objected.Set()
			t.posted(&w)
			t.endPost(k, &l)
		}
		return nil, err
	}
	tmpl, ok := t.gate.letters.Template(l.template)
	if !ok { // the operator took the template away
		d.Wipe()
		t.givePostUp(k, &l)
		return nil, nil
	}
	d.Text = tmpl.Fill(string(l.language), l.params)
	if d.Stop, err = t.stopToken(w.rule); err != nil {
		d.Wipe()
		return nil, err
	}
	d.OneClick = d.Stop != "" && wordIn(w.rule.OptOut, "one-click")
	req := w.request(t)
	dec, _ := t.authorize(&req, 0)
	t.ruled(&req, &dec)
	t.used(l.datum)
	t.lease(k, d)
	return d, nil
}

// postpone moves an entry to a later time, after so many tries.
func (t *turn) postpone(k *ticket, to time.Time, tries uint64) {
	next := *k
	next.due, next.tries = to, tries
	t.change.Delete = append(t.change.Delete, k.record(t.id))
	t.change.PutNew = append(t.change.PutNew, next.record(t.id))
}

// lease moves an entry behind the lease of whoever delivers.
func (t *turn) lease(k *Ticket, d *Delivery) {
	t.postpone(&k.ticket, t.now.Add(Lease), k.ticket.tries+1)
	d.ticket.due, d.ticket.tries = t.now.Add(Lease), k.ticket.tries+1
}

// SkipMessage moves a message that could not be taken to a later time, so that it
// keeps nobody else's waiting.
func (g *Gate) SkipMessage(ctx context.Context, k Ticket) error {
	next := k.ticket
	next.due, next.tries = g.Now().Add(time.Hour), k.ticket.tries+1
	c := Change{Policy: k.Policy, Delete: []Record{k.ticket.record(k.Policy)}}
	if next.tries < 100*MostTries { // what was damaged for so long stays damaged
		c.Put = []Record{next.record(k.Policy)}
	}
	if _, err := g.commit(ctx, &c); err != nil {
		return internal("an entry of the outbox could not be moved", err)
	}
	return nil
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

// MostTries is how often a message is tried.
const MostTries = 12

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
		}
		switch {
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

// pause is how long to wait after an attempt: half a minute, doubled each time, up
// to six hours.
func pause(try int) time.Duration {
	return min(30*time.Second<<min(max(try-1, 0), 20), 6*time.Hour)
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

package gate

import (
	"context"
	"encoding/binary"
	"slices"
	"time"

	"avow.dev"
	"avow.dev/notice/letter"
)

// The outbox is a queue of nobody's, in the order of the due times. An entry holds
// a number of a person, the key of a letter and a count, and no word. Whoever
// delivers takes an entry: it moves behind a lease, in the change that records the
// decision, and the address is opened. Then it is sent, and then settled. A crash
// between the two sends it again when the lease is over, under the same id: at
// least once, and recognisable.

const (
	// Lease is how long a message that was taken is left to whoever took it.
	Lease = 2 * time.Minute
	// MostTries is how often a message is tried.
	MostTries = 12
)

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
	s, err := g.of(id)
	if err != nil {
		return nil, err
	}
	now, err := s.time(g.Now())
	if err != nil {
		return nil, err
	}
	recs, err := g.store.Scan(ctx, 0, outboxKind(id), nil, min(max(limit, 1), scanPage))
	if err != nil {
		return nil, internal("the outbox could not be read", err)
	}
	var out []Ticket
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

// pause is how long to wait after an attempt: half a minute, doubled each time, up
// to six hours.
func pause(try int) time.Duration {
	return min(30*time.Second<<min(max(try-1, 0), 20), 6*time.Hour)
}

package gate

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"time"

	"avow.dev"
)

// What became of a dispatch is kept beside the outbox, of nobody: who asked can read
// it, also after the person is gone, and nothing in it says who that was.

// States of a dispatch.
const (
	DispatchQueued    = "queued"    // it waits, for its first attempt or another
	DispatchDelivered = "delivered" // the recipient's webhook has taken it over
	DispatchRefused   = "refused"   // when it was due it might not leave any more; nothing of it is sent again
	DispatchGivenUp   = "given-up"  // the recipient's webhook did not take it over in time
)

// Dispatched says what became of a dispatch. It holds no value and names no person.
type Dispatched struct {
	ID        string // the Webhook-Id of every attempt
	State     string
	Verb      avow.Verb
	Recipient avow.Recipient
	Purpose   avow.Purpose
	Asked     time.Time // when somebody asked for it
	At        time.Time // when the state was reached or an attempt was made last
	Next      time.Time // not before when it is tried again; zero unless it waits
	Tries     int       // attempts so far
	// Leaf is the evidence of the state, or of the last attempt's decision.
	Leaf [16]byte
	// Reasons are why it was refused.
	Reasons avow.Reasons

	key []byte // of the letter
}

// dispatchLife is how long the state of a dispatch that is over can be read.
const dispatchLife = 90 * 24 * time.Hour

func dispatchKind(id avow.PolicyID) string { return "dispatch/" + string(id) }

// newestFirst turns the key of a letter into one that is listed the other way round.
func newestFirst(key []byte) []byte {
	out := binary.BigEndian.AppendUint64(make([]byte, 0, len(key)), ^binary.BigEndian.Uint64(key))
	return append(out, key[8:]...)
}

var dispatchStates = []string{DispatchQueued, DispatchDelivered, DispatchRefused, DispatchGivenUp}

func (d *Dispatched) record(id avow.PolicyID) Record {
	w := writer{}
	w.string(d.State)
	w.uint(uint64(d.Verb))
	w.string(string(d.Recipient))
	w.string(string(d.Purpose))
	w.time(d.Asked)
	w.time(d.At)
	w.time(d.Next)
	w.uint(uint64(d.Tries))
	w.b = append(w.b, d.Leaf[:]...)
	w.uint(uint64(d.Reasons))
	return Record{Kind: dispatchKind(id), Key: newestFirst(d.key), Body: w.b}
}

func decodeDispatched(rec *Record) (Dispatched, error) {
	if len(rec.Key) != 16 {
		return Dispatched{}, errBody
	}
	r := reader{b: rec.Body}
	d := Dispatched{State: r.string(), Verb: avow.Verb(r.uint()), Recipient: avow.Recipient(r.string()), Purpose: avow.Purpose(r.string()), Asked: r.time(), At: r.time(), Next: r.time(), Tries: int(r.uint())}
	r.fixed(d.Leaf[:])
	d.Reasons = avow.Reasons(r.uint())
	d.key = newestFirst(rec.Key)
	d.ID = hex.EncodeToString(d.key)
	return d, r.done()
}

// dispatched returns what is kept of a dispatch, if anything.
func (g *Gate) dispatched(ctx context.Context, id avow.PolicyID, letter []byte) (Dispatched, bool, error) {
	rec, ok, err := g.store.Get(ctx, 0, dispatchKind(id), newestFirst(letter))
	if err != nil {
		return Dispatched{}, false, internal("the state of a dispatch could not be read", err)
	}
	if !ok {
		return Dispatched{}, false, nil
	}
	d, err := decodeDispatched(&rec)
	if err != nil {
		return Dispatched{}, false, internal("the state of a dispatch is malformed", err)
	}
	return d, true, nil
}

// dispatchedTo records a state that ends a dispatch.
func (t *turn) dispatchedTo(k *Ticket, state string, leaf [16]byte, why avow.Reasons) error {
	return t.noteDispatch(k, func(d *Dispatched) {
		d.State, d.Leaf, d.Reasons, d.Next = state, leaf, why, time.Time{}
	})
}

// noteDispatch changes what is kept of a dispatch.
func (t *turn) noteDispatch(k *Ticket, change func(*Dispatched)) error {
	d, ok, err := t.gate.dispatched(t.ctx, t.id, k.ticket.key)
	if err != nil || !ok {
		return err
	}
	d.At, d.Tries = t.now, int(k.ticket.tries)
	change(&d)
	t.change.Put = append(t.change.Put, d.record(t.id))
	return nil
}

// ReadDispatch says what became of a dispatch, until 90 days after it was over. It
// leaves no evidence: it tells nothing about anybody.
func (g *Gate) ReadDispatch(ctx context.Context, id avow.PolicyID, dispatch string) (Dispatched, error) {
	if _, err := g.of(id); err != nil {
		return Dispatched{}, err
	}
	key, err := hex.DecodeString(dispatch)
	if err != nil || len(key) != 16 {
		return Dispatched{}, errNoDispatch()
	}
	d, ok, err := g.dispatched(ctx, id, key)
	if err == nil && !ok {
		err = errNoDispatch()
	}
	return d, err
}

func errNoDispatch() error {
	return &avow.Error{Code: avow.Unknown, Message: "there is no such dispatch", Try: "use the id that the hand-over was answered with; it is forgotten 90 days after the dispatch was over"}
}

// mostLooked bounds how many dispatches one list looks through for those of a
// recipient.
const mostLooked = 20 * scanPage

// Dispatches lists dispatches, the newest first: at most limit, after a given one
// (older than it), of one recipient ("" for all), as far as they are among the newest
// few thousand after that.
func (g *Gate) Dispatches(ctx context.Context, id avow.PolicyID, to avow.Recipient, after string, limit int) ([]Dispatched, error) {
	if _, err := g.of(id); err != nil {
		return nil, err
	}
	var from []byte
	if after != "" {
		key, err := hex.DecodeString(after)
		if err != nil || len(key) != 16 {
			return nil, errNoDispatch()
		}
		from = newestFirst(key)
	}
	limit = min(max(limit, 1), scanPage)
	var out []Dispatched
	for looked := 0; looked < mostLooked; {
		recs, err := g.store.Scan(ctx, 0, dispatchKind(id), from, scanPage)
		if err != nil {
			return nil, internal("the dispatches could not be read", err)
		}
		for i := range recs {
			d, err := decodeDispatched(&recs[i])
			if err != nil {
				return nil, internal("the state of a dispatch is malformed", err)
			}
			if to == "" || d.Recipient == to {
				if out = append(out, d); len(out) == limit {
					return out, nil
				}
			}
			from = recs[i].Key
		}
		if looked += len(recs); len(recs) < scanPage {
			break
		}
	}
	return out, nil
}

// sweepDispatches forgets what became of dispatches that were over long ago.
func (g *Gate) sweepDispatches(ctx context.Context, s *served, _ *Swept) error {
	return g.sweepRecords(ctx, s, dispatchKind(s.id), func(rec Record, now time.Time) bool {
		d, err := decodeDispatched(&rec)
		return err != nil || d.State != DispatchQueued && !now.Before(d.At.Add(dispatchLife))
	})
}

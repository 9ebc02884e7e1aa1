package gate

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/note"

	"avow.dev"
	"avow.dev/envelope"
	"avow.dev/evidence"
	"avow.dev/ledger"
)

// Where the policy tags a recipient, what is handed over travels with an envelope:
// a signed statement of the purpose, the fields, the time and what may be done
// onward, bound to the very bytes that left and to the leaf that says so. It says
// nothing about the person. Where the recipient has to ask again for another
// purpose, the gate remembers whose envelope it was until its time is over; after
// that, and after the person is erased, nobody finds them by it.

// EnvelopeLife is the longest time for which an envelope is made out. It is shorter
// where the recipient's terms or papers, the person's yes, or the time for which the
// data is kept here end before that.
const EnvelopeLife = 365 * 24 * time.Hour

// stamp is the key by which the envelopes of a policy are signed.
type stamp struct {
	log    string
	sign   note.Signer
	verify note.Verifier
}

func (s *stamp) cut(keys func(avow.PolicyID) (ledger.Key, bool), id avow.PolicyID) (err error) {
	if keys == nil {
		return nil
	}
	key, ok := keys(id)
	if !ok {
		return nil
	}
	s.log = key.Origin()
	if s.sign, err = key.Signer(); err != nil {
		return err
	}
	s.verify, err = key.Verifier()
	return err
}

func envelopeKind(id avow.PolicyID) string { return "envelope/" + string(id) }

// enclose puts what is about to be handed over into an envelope, if the policy
// tags the recipient. prior is the envelope that was presented for it, if any.
func (t *turn) enclose(req *avow.Request, prior [16]byte, out *Shown) error {
	p := t.force.parties[req.Recipient]
	if !p.tagged || req.Verb == avow.Publish || !req.Verb.Outbound() || t.who.state.Synthetic {
		return nil
	}
	leaf, err := t.wrap(req, &p, prior, out)
	if err != nil {
		return err
	}
	leaf.Detail = sha256.Sum256([]byte(out.Envelope))
	return nil
}

// wrap writes the payload of what is handed over and signs the envelope, and returns
// the leaf that is to be bound to it.
func (t *turn) wrap(req *avow.Request, p *party, prior [16]byte, out *Shown) (*evidence.Leaf, error) {
	if t.stamp.sign == nil {
		return nil, &avow.Error{Code: avow.Unavailable, Message: "there is no key by which an envelope could be signed, so nothing was handed over", Try: "start the server with the keys of the log"}
	}
	var fields []envelope.Field
	for i := range out.Items {
		fields = append(fields, envelope.Field{Datum: out.Items[i].Datum, Value: out.Items[i].Value.Expose()})
	}
	for i := range out.Files {
		fields = append(fields, envelope.Field{Datum: out.Files[i].Datum, File: out.Files[i].ID})
	}
	raw, sum, err := envelope.Seal(fields)
	if err != nil {
		return nil, internal("what is handed over could not be written", err)
	}
	out.Payload = raw
	until, err := t.usableUntil(req, p)
	if err != nil {
		return nil, err
	}
	leaf := t.leafOf(req.Verb)
	e := envelope.Envelope{ID: leaf.ID, Log: t.stamp.log, Recipient: req.Recipient, Made: t.now.Truncate(time.Second), Until: until, Policy: t.id, Hash: t.program.Hash(), Verb: req.Verb,
		Purposes: []avow.Purpose{req.Purpose}, Fields: req.Data, Payload: sum, Onward: p.onward, Prior: prior}
	if out.Envelope, err = envelope.Sign(&e, t.stamp.sign); err != nil {
		return nil, internal("the envelope could not be signed", err)
	}
	if p.onward != "asks-again" || !t.who.known() {
		return leaf, nil
	}
	return leaf, t.remind(&e)
}

// leafOf returns the leaf of the decision about a verb, the last one of its kind.
func (t *turn) leafOf(v avow.Verb) *evidence.Leaf {
	for i := len(t.entries) - 1; ; i-- {
		if l := &t.entries[i].leaf; l.Kind == evidence.KindOf(v) {
			return l
		}
	}
}

// usableUntil returns when the first of the grounds on which something is handed
// over ends.
func (t *turn) usableUntil(req *avow.Request, p *party) (time.Time, error) {
	until := t.now.Add(EnvelopeLife)
	sooner := func(at time.Time) {
		if at.After(t.now) && at.Before(until) {
			until = at
		}
	}
	sooner(p.expires)
	if len(p.requires) > 0 {
		office, err := t.gate.office(t.ctx, t.served)
		if err != nil {
			return until, err
		}
		all, _, err := t.filed(office, req.Recipient)
		if err != nil {
			return until, err
		}
		for i := range all {
			if slices.Contains(p.requires, all[i].Is.Kind) && t.force.answers(p, all[i].Is.Kind, &all[i].Is, req.Purpose, t.now) {
				sooner(all[i].Is.Expires)
			}
		}
	}
	for _, datum := range req.Data {
		if at, ok := t.who.ended(t.force, datum, req.Purpose); ok {
			sooner(at)
		}
		visit := func(_ Record, c *cell) error {
			if end := t.who.end(t.force, c); end.Known {
				sooner(end.At)
			}
			return nil
		}
		if c := t.who.body.cell(datum); c != nil {
			if err := visit(Record{}, c); err != nil {
				return until, err
			}
		}
		if err := t.eachItem(datum, visit); err != nil {
			return until, err
		}
	}
	if until = until.Truncate(time.Second); !until.After(t.now) { // it speaks in whole seconds
		until = t.now.Truncate(time.Second).Add(time.Second)
	}
	return until, nil
}

// reminder is what the gate keeps of an envelope whose recipient may ask again.
type reminder struct {
	key  []byte // when it is over, and a keyed hash of its id
	sid  int64
	made time.Time
	used []Tag // keyed hashes of the consents on which it was renewed
}

// mostRenewals bounds how often one envelope is renewed.
const mostRenewals = 64

func (s *served) reminderKey(e *envelope.Envelope) ([]byte, error) {
	tag, err := s.tag("\x00envelope", e.ID[:])
	if err != nil {
		return nil, internal("the envelope could not be indexed", err)
	}
	return append(binary.BigEndian.AppendUint64(nil, uint64(e.Until.Unix())), tag[:]...), nil
}

// remind keeps whose envelope it is, for the day on which the recipient asks again.
func (t *turn) remind(e *envelope.Envelope) error {
	key, err := t.reminderKey(e)
	if err != nil {
		return err
	}
	r := reminder{key: key, sid: t.who.row.SID, made: t.now}
	t.change.PutNew = append(t.change.PutNew, r.record(t.id))
	return nil
}

func (r *reminder) record(id avow.PolicyID) Record {
	w := writer{}
	w.uint(uint64(r.sid))
	w.time(r.made)
	w.uint(uint64(len(r.used)))
	for _, tag := range r.used {
		w.b = append(w.b, tag[:]...)
	}
	return Record{Kind: envelopeKind(id), Key: r.key, Body: w.b}
}

func decodeReminder(rec Record) (reminder, error) {
	in := reader{b: rec.Body}
	r := reminder{key: rec.Key, sid: int64(in.uint()), made: in.time()}
	for range in.count() {
		var tag Tag
		in.fixed(tag[:])
		r.used = append(r.used, tag)
	}
	return r, in.done()
}

// reminder returns what is kept of an envelope, if anything.
func (g *Gate) reminder(ctx context.Context, s *served, e *envelope.Envelope) (reminder, bool, error) {
	key, err := s.reminderKey(e)
	if err != nil {
		return reminder{}, false, err
	}
	rec, ok, err := g.store.Get(ctx, 0, envelopeKind(s.id), key)
	if err != nil {
		return reminder{}, false, internal("what is kept of an envelope could not be read", err)
	}
	if !ok {
		return reminder{}, false, nil
	}
	r, err := decodeReminder(rec)
	if err != nil {
		return reminder{}, false, internal("what is kept of an envelope is malformed", err)
	}
	return r, true, nil
}

// sweepEnvelopes forgets envelopes whose time is over, the first of them first.
func (g *Gate) sweepEnvelopes(ctx context.Context, s *served, _ *Swept) error {
	now := uint64(g.Now().Unix())
	for {
		recs, err := g.store.Scan(ctx, 0, envelopeKind(s.id), nil, scanPage)
		if err != nil {
			return internal("what is kept of envelopes could not be read", err)
		}
		c := Change{Policy: s.id}
		for _, rec := range recs {
			if len(rec.Key) < 8 || binary.BigEndian.Uint64(rec.Key) <= now {
				c.Delete = append(c.Delete, rec)
			}
		}
		if len(c.Delete) == 0 {
			return nil
		}
		if _, err := g.commit(ctx, &c); err != nil {
			return internal("what is kept of envelopes could not be deleted", err)
		}
		if len(c.Delete) < scanPage {
			return nil
		}
	}
}

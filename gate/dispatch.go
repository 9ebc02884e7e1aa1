package gate

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"time"

	"avow.dev"
	"avow.dev/envelope"
	"avow.dev/evidence"
)

// What is handed over may leave as a dispatch: a signed request to the recipient's
// webhook, which its approved papers name. Somebody asks for it, and it is decided;
// what lies in the outbox then is the question alone, sealed under the person's key,
// and no value. At each attempt it is decided again, and only then the values are
// opened: what the person took back meanwhile, or a paper that was revoked, stops
// it, and whoever is erased takes it along.

// Dispatch decides about a hand-over like [Gate.Share], [Gate.Entrust],
// [Gate.Transfer] and [Gate.Disclose], by verb, and puts it into the outbox for the
// webhook in a paper of the recipient that counts. It answers without a value, with
// the id by which [Gate.ReadDispatch] says what became of it; the recipient gets the
// same id with every attempt. Of several papers with a webhook, that counts which was
// approved last. There is always an envelope with the data, also where the policy
// does not tag the recipient. Files, and data about nobody, do not go this way.
func (g *Gate) Dispatch(ctx context.Context, verb avow.Verb, req *avow.Request) (string, avow.Receipt, error) {
	switch {
	case verb == avow.Publish || !verb.Outbound():
		return "", avow.Receipt{}, &avow.Error{Code: avow.Invalid, Message: "nothing is handed to a recipient by this verb", Try: "share, entrust, transfer or disclose"}
	case req.Recipient == "":
		return "", avow.Receipt{}, &avow.Error{Code: avow.Invalid, Message: "no recipient is named", Try: "name a recipient of the policy"}
	case req.Subject == "":
		return "", avow.Receipt{}, &avow.Error{Code: avow.Invalid, Message: "data about nobody does not wait in an outbox: it is sealed there under the key of whom it is about", Try: "leave out as, or ask for a sealed file"}
	case len(req.Data) == 0 || len(req.Data) > mostData:
		return "", avow.Receipt{}, &avow.Error{Code: avow.Invalid, Message: "no data is named, or too much at once", Try: "name 1 to 256 kinds of data that are needed"}
	}
	id := ""
	t, err := g.take(ctx, req.Policy, req.Subject, func(t *turn) (err error) {
		asked := *req
		asked.Verb, asked.At = verb, t.now
		id, err = t.dispatch(&asked)
		t.extra = []byte(id)
		return err
	})
	if err != nil {
		return "", avow.Receipt{}, err
	}
	if t.answered != nil {
		id = string(t.extra)
	}
	return id, t.receipt(), nil
}

// dispatch decides, and puts the question into the outbox.
func (t *turn) dispatch(req *avow.Request) (string, error) {
	spent, facts, err := t.token(req.Shown.Token, req)
	if err != nil {
		return "", err
	}
	d, ok, err := t.judged(req, facts)
	if err != nil {
		return "", err
	}
	if !ok || d.Reasons != 0 {
		if err := t.refuse(req, d); err != nil {
			return "", err
		}
		t.entries = t.entries[:len(t.entries)-1] // said anew below: nothing has left yet
	}
	if err := t.mustBeKnown(); err != nil {
		return "", err
	}
	if err := t.dispatchable(req); err != nil {
		return "", err
	}
	l := &ruledAhead{req: *req, facts: facts}
	l.req.Shown.Token, l.req.Subject = "", ""
	t.queued(req, &d)
	t.change.Delete = append(t.change.Delete, spent...)
	if t.who.state.Synthetic { // of whom nothing goes out
		return "", nil
	}
	out := &post{class: "hand-over", channel: ByWebhook, recipient: string(req.Recipient), ahead: l.append(), made: t.now}
	out.expires = t.now.Add(lifeOf(out))
	id, err := t.enqueue(out, t.now)
	if err != nil {
		return "", err
	}
	key, err := hex.DecodeString(id)
	if err != nil {
		return "", internal("a dispatch could not be named", err)
	}
	s := Dispatched{ID: id, State: DispatchQueued, Verb: req.Verb, Recipient: req.Recipient, Purpose: req.Purpose, Asked: t.now, At: t.now, Leaf: t.entries[len(t.entries)-1].leaf.ID, key: key}
	t.change.PutNew = append(t.change.PutNew, s.record(t.id))
	return id, nil
}

// dispatchable refuses what could not go by this way even if nothing changes.
func (t *turn) dispatchable(req *avow.Request) error {
	if t.stamp.sign == nil {
		return &avow.Error{Code: avow.Unavailable, Message: "there is no key by which an envelope could be signed, so nothing is sent", Try: "start the server with the keys of the log"}
	}
	for _, datum := range req.Data {
		file := false
		if c := t.who.body.cell(datum); c != nil {
			file = c.isFile()
		}
		err := t.eachItem(datum, func(_ Record, c *cell) error { file = file || c.isFile(); return nil })
		if err != nil {
			return err
		}
		if file {
			return &avow.Error{Code: avow.Invalid, Message: "files do not go by webhook, so nothing is sent", Try: "leave their data out, and open each file for the recipient"}
		}
	}
	_, err := t.hookOf(req)
	return err
}

// queued records a decision about what waits to be sent. The leaf of the verb itself
// comes when it is sent, with a decision of its own.
func (t *turn) queued(req *avow.Request, d *avow.Decision) {
	l := t.ruled(req, d)
	l.Kind = evidence.Dispatched
	if d.Reasons != 0 {
		l.Verdict, l.Observe = avow.Refuse, true
	}
}

// hook is a recipient's webhook: where it is, and the key that signs what goes there.
type hook struct {
	to  string
	key []byte
}

// hookOf returns the webhook in the recipient's papers that counts for a request. What
// is done by it takes effect only if nobody has changed anything at the desks meanwhile.
func (t *turn) hookOf(req *avow.Request) (hook, error) {
	office, err := t.gate.office(t.ctx, t.served)
	if err != nil {
		return hook{}, err
	}
	all, _, err := t.filed(office, req.Recipient)
	if err != nil {
		return hook{}, err
	}
	p := t.force.parties[req.Recipient]
	for _, f := range slices.Backward(all) {
		if f.Is.Hook != "" && t.force.answers(&p, f.Is.Kind, &f.Is, req.Purpose, t.now) {
			t.restOn(office)
			key, err := hookKey(f.Is.Secret)
			return hook{f.Is.Hook, key}, err
		}
	}
	return hook{}, errNoHook
}

var errNoHook = &avow.Error{Code: avow.Conflict, Message: "no paper of the recipient that counts today names a webhook, so nothing is sent",
	Try: "put a paper forward that names the recipient's webhook, and have somebody else approve it"}

// takeDispatch decides about a hand-over that is due, as things stand now, and opens
// what may leave. Nothing is returned where it may not, and then it is over.
func (t *turn) takeDispatch(k *Ticket, l *post) (*Delivery, error) {
	ahead, err := decodeAhead(l.ahead)
	if err != nil {
		return nil, internal("a dispatch is malformed", err)
	}
	req := ahead.req
	req.Policy, req.Subject, req.At = t.id, t.ref, t.now
	d, ok, err := t.judged(&req, ahead.facts)
	if err != nil {
		return nil, err
	}
	to, err := t.hookOf(&req)
	switch {
	case errors.Is(err, errNoHook):
		d.Reasons |= avow.RecipientUnqualified.Set()
		ok = false
	case err != nil:
		return nil, err
	}
	var out Shown
	defer out.Wipe()
	passes := ok && d.Reasons == 0 || err == nil && t.passes(d.Reasons)
	if passes {
		if err := t.read(&req, &d, &out); err != nil {
			return nil, err
		}
		if len(out.Items) == 0 || len(out.Files) > 0 { // taken back or over in between, or replaced by a file
			d.Reasons |= avow.NothingHeld.Set()
			passes = false
		}
	}
	if !passes {
		d.Verdict = avow.Refuse
		leaf := t.ruled(&req, &d)
		t.endPost(k, l)
		return nil, t.dispatchedTo(k, DispatchRefused, leaf.ID, d.Reasons)
	}
	leaf := t.ruled(&req, &d)
	if d.Reasons != 0 {
		leaf.Verdict, leaf.Observe = avow.Refuse, true
	}
	p := t.force.parties[req.Recipient]
	if leaf, err = t.wrap(&req, &p, [16]byte{}, &out); err != nil {
		return nil, err
	}
	leaf.Detail = sha256.Sum256([]byte("webhook\n" + out.Envelope))
	body, err := envelope.Bundle(out.Envelope, out.Payload, t.now)
	if err != nil {
		return nil, internal("what is sent could not be written", err)
	}
	del := &Delivery{Ticket: *k, ID: hex.EncodeToString(k.ticket.key), Class: l.class, Channel: l.channel, Expires: l.expires, Try: int(k.ticket.tries) + 1,
		To: NewValue([]byte(to.to)), Payload: body, Secret: to.key, leaf: leaf.ID}
	t.lease(k, del)
	return del, t.noteDispatch(&del.Ticket, func(s *Dispatched) { s.Leaf, s.Next = leaf.ID, del.ticket.due })
}

// settleDispatch records what became of an attempt.
func (t *turn) settleDispatch(d *Delivery, l *post, o Outcome) error {
	next := t.now.Add(pause(d.Try))
	if o != Later || d.Try >= MostTries || !next.Before(l.expires) {
		return t.endDispatch(d, l, o == Sent)
	}
	t.postpone(&d.ticket, next, d.ticket.tries)
	return t.noteDispatch(&d.Ticket, func(s *Dispatched) { s.Next = next })
}

// endDispatch records that a dispatch was taken over or is given up.
func (t *turn) endDispatch(d *Delivery, l *post, taken bool) error {
	kind, state := evidence.DispatchEnded, DispatchGivenUp
	if taken {
		kind, state = evidence.DispatchTaken, DispatchDelivered
	}
	ahead, err := decodeAhead(l.ahead)
	if err != nil {
		return internal("a dispatch is malformed", err)
	}
	t.note(kind, func(leaf *evidence.Leaf) {
		leaf.Recipient, leaf.Purpose = known(t.force.words.recipients, ahead.req.Recipient), known(t.force.words.purposes, ahead.req.Purpose)
		leaf.Count, leaf.Done = int64(d.ticket.tries), d.leaf
		for _, datum := range ahead.req.Data {
			leaf.Data = append(leaf.Data, known(t.force.words.data, datum))
		}
	})
	t.endPost(&d.Ticket, l)
	return t.dispatchedTo(&d.Ticket, state, t.entries[len(t.entries)-1].leaf.ID, 0)
}

// ruledAhead is a question that was decided and waits: the request, without whom it is
// about, and what a token that is spent by now has shown.
type ruledAhead struct {
	req   avow.Request
	facts avow.Facts
}

const aheadFormat = 1

func (a *ruledAhead) append() []byte {
	w := writer{}
	w.uint(aheadFormat)
	w.uint(uint64(a.req.Verb))
	w.uint(uint64(a.facts))
	s := &a.req.Shown
	for _, word := range [...]string{string(a.req.Purpose), string(a.req.Point), string(a.req.Feature), string(a.req.Source), string(a.req.Recipient), string(a.req.Role), string(a.req.Region), a.req.Ground,
		s.Citation, s.URL, s.Contract, s.Case, s.Partner, s.ConsentProof} {
		w.string(word)
	}
	w.uint(uint64(len(a.req.Data)))
	for _, datum := range a.req.Data {
		w.string(string(datum))
	}
	return w.b
}

func decodeAhead(raw []byte) (ruledAhead, error) {
	r := reader{b: raw}
	if r.uint() != aheadFormat {
		return ruledAhead{}, errBody
	}
	a := ruledAhead{}
	a.req.Verb, a.facts = avow.Verb(r.uint()), avow.Facts(r.uint())
	a.req.Purpose, a.req.Point, a.req.Feature, a.req.Source = avow.Purpose(r.string()), avow.Point(r.string()), avow.Feature(r.string()), avow.Source(r.string())
	a.req.Recipient, a.req.Role, a.req.Region, a.req.Ground = avow.Recipient(r.string()), avow.Role(r.string()), avow.Region(r.string()), r.string()
	s := &a.req.Shown
	s.Citation, s.URL, s.Contract, s.Case, s.Partner, s.ConsentProof = r.string(), r.string(), r.string(), r.string(), r.string(), r.string()
	for range r.count() {
		a.req.Data = append(a.req.Data, avow.Datum(r.string()))
	}
	return a, r.done()
}

// forgetDispatch ends a dispatch whose person is gone.
func (g *Gate) forgetDispatch(ctx context.Context, s *served, k *ticket, c *Change) error {
	now := g.Now()
	state, found, err := g.dispatched(ctx, s.id, k.key)
	if err != nil || !found || state.State != DispatchQueued {
		return err
	}
	f := s.inForce.Load()
	leaf := evidence.Leaf{ID: newID(), At: now, Kind: evidence.DispatchEnded, Policy: s.id, Hash: f.program.Hash(), Verdict: avow.Refuse, Reasons: avow.NoAccount.Set(),
		Recipient: known(f.words.recipients, state.Recipient), Purpose: known(f.words.purposes, state.Purpose)}
	state.State, state.At, state.Leaf, state.Reasons, state.Next = DispatchRefused, now, leaf.ID, leaf.Reasons, time.Time{}
	c.Put = append(c.Put, state.record(s.id))
	c.Leaves = append(c.Leaves, Leaf{Body: leaf.Append(nil)})
	return nil
}

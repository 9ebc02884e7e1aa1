package gate

import (
	"context"
	"slices"
	"time"

	"avow.dev"
	"avow.dev/evidence"
)

// The messages of a request lie beside it, sealed under the person's key. They are
// read here and nowhere else: what goes out by mail says that there is one.

// messageKind is the kind of record (of a person) that holds a message. Its key is
// the request's, and the time.
const messageKind = "ask-message"

// mostMessages bounds the messages of one request.
const mostMessages = 256

// The two sides of a request.
const (
	FromPerson     = "person"
	FromController = "controller"
)

// AskMessage is one message of a request.
type AskMessage struct {
	At   time.Time
	From string    // FromPerson or FromController
	Role avow.Role // of whoever wrote for the controller
	Text Value
}

func wipeMessages(all []AskMessage) {
	for i := range all {
		all[i].Text.Wipe()
	}
}

// WriteMessage adds what the person has to say to a request that is open. If the
// request waits for it, its clock goes on.
func (g *Gate) WriteMessage(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef, request string, text Value) (Ask, avow.Receipt, error) {
	return g.onOwn(ctx, id, ref, request, func(t *turn, key []byte, a *Ask) error {
		if !a.State.Open() {
			return &avow.Error{Code: avow.Conflict, Message: "this request is closed", Try: "make a new one"}
		}
		if a.Waits == ForClarification {
			t.resume(key, a, t.now)
		}
		t.note(evidence.AskMessage, t.force.citing("right/"+a.Right))
		return t.message(key, FromPerson, "", text)
	})
}

// SendMessage adds what the controller has to say to an open request.
func (g *Gate) SendMessage(ctx context.Context, id avow.PolicyID, request string, by avow.Role, text Value) (Ask, avow.Receipt, error) {
	return g.workOn(ctx, id, request, func(t *turn, key []byte, a *Ask) error {
		t.note(evidence.AskMessage, t.byRole(a.Right, by))
		return t.message(key, FromController, by, text)
	})
}

// Messages returns the messages of a person's request, the oldest first.
func (g *Gate) Messages(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef, request string) ([]AskMessage, avow.Receipt, error) {
	key, err := askKeyOf(request)
	if err != nil {
		return nil, avow.Receipt{}, err
	}
	var all []AskMessage
	t, err := g.take(repeatable(ctx), id, ref, func(t *turn) (err error) {
		wipeMessages(all)
		if err := t.mustBeKnown(); err != nil {
			return err
		}
		t.note(evidence.Accessed, t.force.citing("right/access"))
		all, err = t.messages(key)
		return err
	})
	if err != nil {
		wipeMessages(all)
		return nil, avow.Receipt{}, err
	}
	return all, t.receipt(), nil
}

// message files a message of a request.
func (t *turn) message(key []byte, from string, by avow.Role, text Value) error {
	if text.Len() == 0 || text.Len() > mostAskText {
		return &avow.Error{Code: avow.Invalid, Message: "the message has no text, or more than 64 KiB", Try: "send a shorter text"}
	}
	before, err := t.messages(key)
	wipeMessages(before)
	if err != nil {
		return err
	}
	if len(before) >= mostMessages {
		return &avow.Error{Code: avow.TooMany, Message: "this request has too many messages", Try: "answer it, or make a new one"}
	}
	w := writer{}
	w.time(t.now)
	w.string(from)
	w.string(string(known(t.force.words.roles, by)))
	w.bytes(text.Expose())
	at := timeKey(t.now)
	sealed, err := t.who.seal(messageKind, keyVersion(at), w.b)
	clear(w.b)
	if err != nil {
		return internal("the message could not be sealed", err)
	}
	t.change.PutNew = append(t.change.PutNew, Record{SID: t.who.row.SID, Kind: messageKind, Key: append(slices.Clone(key), at...), Body: sealed})
	t.touched = true
	return nil
}

// messages opens the messages of a request.
func (t *turn) messages(key []byte) ([]AskMessage, error) {
	recs, err := t.gate.store.Scan(t.ctx, t.who.row.SID, messageKind, key, mostMessages)
	if err != nil {
		return nil, internal("the messages could not be read", err)
	}
	var all []AskMessage
	for _, rec := range recs {
		if len(rec.Key) != 2*len(key) || string(rec.Key[:len(key)]) != string(key) {
			break
		}
		raw, err := t.who.unseal(messageKind, keyVersion(rec.Key[len(key):]), rec.Body)
		if err != nil {
			return all, internal("a message could not be opened", err)
		}
		r := reader{b: raw}
		m := AskMessage{At: r.time(), From: r.string(), Role: avow.Role(r.string()), Text: NewValue(r.bytes())}
		clear(raw)
		if err := r.done(); err != nil {
			return all, internal("a message is malformed", err)
		}
		all = append(all, m)
	}
	return all, nil
}

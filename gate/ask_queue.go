package gate

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"slices"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/retain"
)

// queueKind is the kind of record (of nobody) of the queue.
func queueKind(id avow.PolicyID) string { return "queue/" + string(id) }

// askKeySize is the length of a queue entry's key: the time at which the request
// needs somebody, and the request's own key.
const askKeySize = 8 + 16

func (t *turn) queueEntry(key []byte) Record {
	return Record{Kind: queueKind(t.id), Key: key, Body: binary.BigEndian.AppendUint64(nil, uint64(t.who.row.SID))}
}

// Queue lists open requests, those due first first: at most limit, beginning after
// a request that an earlier page ended with ("" for the first page). It says who
// asks under which right, and not what.
func (g *Gate) Queue(ctx context.Context, id avow.PolicyID, after string, limit int) ([]Ask, error) {
	s, err := g.of(id)
	if err != nil {
		return nil, err
	}
	var from []byte
	if after != "" {
		rec, err := g.queued(ctx, s, after)
		if err != nil {
			return nil, err
		}
		from = rec.Key
	}
	recs, err := g.store.Scan(ctx, 0, queueKind(id), from, min(max(limit, 1), scanPage))
	if err != nil {
		return nil, internal("the queue could not be read", err)
	}
	var all []Ask
	for _, rec := range recs {
		p, found, err := g.asker(ctx, s, rec)
		if err != nil {
			return nil, err
		}
		if !found {
			continue
		}
		a, err := g.askOf(ctx, p, rec.Key[8:])
		if err != nil {
			return nil, err
		}
		a.wipe()
		all = append(all, a)
	}
	return all, nil
}

// asker returns the person of a queue entry. Somebody who is being erased asks no
// more.
func (g *Gate) asker(ctx context.Context, s *served, rec Record) (*person, bool, error) {
	if len(rec.Key) != askKeySize || len(rec.Body) != 8 {
		return nil, false, internal("an entry of the queue is malformed", errBody)
	}
	row, ok, err := g.store.Load(ctx, int64(binary.BigEndian.Uint64(rec.Body)))
	if err != nil {
		return nil, false, internal("the person's record could not be read", err)
	}
	if !ok {
		return nil, false, nil
	}
	p, err := s.open(row)
	if err != nil {
		err = unreadable(err)
		return nil, false, unlessGone(err)
	}
	return p, p.body.asked(rec.Key[8:]) != nil, nil
}

func unlessGone(err error) error {
	if avow.CodeOf(err) == avow.Gone {
		return nil
	}
	return err
}

func (g *Gate) askOf(ctx context.Context, p *person, key []byte) (Ask, error) {
	rec, ok, err := g.store.Get(ctx, p.row.SID, askKind, key)
	if err != nil {
		return Ask{}, internal("the request could not be read", err)
	}
	if !ok {
		return Ask{}, errNoAsk()
	}
	a, _, err := p.openAsk(rec)
	return a, err
}

// queued returns the queue entry of a request. The queue holds what is open and is
// short; it is searched from the front.
func (g *Gate) queued(ctx context.Context, s *served, id string) (Record, error) {
	key, err := askKeyOf(id)
	if err != nil {
		return Record{}, err
	}
	var after []byte
	for {
		recs, err := g.store.Scan(ctx, 0, queueKind(s.id), after, scanPage)
		if err != nil {
			return Record{}, internal("the queue could not be read", err)
		}
		for _, rec := range recs {
			if len(rec.Key) == askKeySize && string(rec.Key[8:]) == string(key) {
				return rec, nil
			}
			after = rec.Key
		}
		if len(recs) < scanPage {
			return Record{}, errNoAsk()
		}
	}
}

func askKeyOf(id string) ([]byte, error) {
	key, err := hex.DecodeString(id)
	if err != nil || len(key) != askKeySize-8 {
		return nil, errNoAsk()
	}
	return key, nil
}

// ReadRequest opens an open request for whoever works on it, with the messages so
// far, and leaves evidence that somebody did, and why. From then on it is in progress.
func (g *Gate) ReadRequest(ctx context.Context, id avow.PolicyID, request string, by Officer, o *Look) (Ask, []AskMessage, avow.Receipt, error) {
	sid, err := g.whoseRequest(ctx, id, request)
	if err != nil {
		return Ask{}, nil, avow.Receipt{}, err
	}
	says, err := g.opens(ctx, id, by, o, opensRequest, request, sid)
	if err != nil {
		return Ask{}, nil, avow.Receipt{}, err
	}
	var messages []AskMessage
	var known [][]byte
	defer func() { wipeAll(known) }()
	a, r, err := g.workOn(repeatable(ctx), id, request, func(t *turn, key []byte, a *Ask) (err error) {
		wipeMessages(messages)
		wipeAll(known)
		if o.Masked {
			if known, err = t.identities(); err != nil {
				return err
			}
		}
		t.note(evidence.AskRead, func(l *evidence.Leaf) { says(t, l) })
		messages, err = t.messages(key)
		return err
	})
	if err != nil {
		wipeMessages(messages)
		return Ask{}, nil, avow.Receipt{}, err
	}
	if o.Masked {
		a.Text = mask(a.Text, known)
		for i := range messages {
			messages[i].Text = mask(messages[i].Text, known)
		}
	}
	return a, messages, r, nil
}

// whoseRequest returns the number of the person who made an open request.
func (g *Gate) whoseRequest(ctx context.Context, id avow.PolicyID, request string) (int64, error) {
	s, err := g.of(id)
	if err != nil {
		return 0, err
	}
	rec, err := g.queued(ctx, s, request)
	if err != nil {
		return 0, err
	}
	p, found, err := g.asker(ctx, s, rec)
	if err == nil && !found {
		err = errNoAsk()
	}
	if err != nil {
		return 0, err
	}
	return p.row.SID, nil
}

// byRole fills the evidence of what somebody of the controller did for a right.
func (t *turn) byRole(right string, role avow.Role) func(*evidence.Leaf) {
	return func(l *evidence.Leaf) {
		if right != "" {
			t.force.citing("right/" + right)(l)
		}
		l.Role = known(t.force.words.roles, role)
	}
}

// workOn takes a turn of the person who made an open request, and stores what act
// made of it. Nobody writes to a person whose data is not there any more.
func (g *Gate) workOn(ctx context.Context, id avow.PolicyID, request string, act func(*turn, []byte, *Ask) error) (Ask, avow.Receipt, error) {
	s, err := g.of(id)
	if err != nil {
		return Ask{}, avow.Receipt{}, err
	}
	rec, err := g.queued(ctx, s, request)
	if err != nil {
		return Ask{}, avow.Receipt{}, err
	}
	p, found, err := g.asker(ctx, s, rec)
	if err != nil {
		return Ask{}, avow.Receipt{}, err
	}
	if !found {
		return Ask{}, avow.Receipt{}, errNoAsk()
	}
	return g.onAsk(ctx, id, p.state.ref, rec.Key[8:], func(t *turn, key []byte, a *Ask) error {
		if t.who.body.asked(key) == nil {
			return errNoAsk() // answered in the meantime, or somebody else by now
		}
		if a.State == AskOpen {
			a.State = AskInProgress
		}
		return act(t, key, a)
	})
}

// onOwn takes a turn of a person on a request of their own.
func (g *Gate) onOwn(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef, request string, act func(*turn, []byte, *Ask) error) (Ask, avow.Receipt, error) {
	key, err := askKeyOf(request)
	if err != nil {
		return Ask{}, avow.Receipt{}, err
	}
	return g.onAsk(ctx, id, ref, key, act)
}

func (g *Gate) onAsk(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef, key []byte, act func(*turn, []byte, *Ask) error) (Ask, avow.Receipt, error) {
	var a Ask
	t, err := g.take(ctx, id, ref, func(t *turn) error {
		a.wipe()
		a = Ask{}
		if err := t.mustBeKnown(); err != nil {
			return err
		}
		var n uint64
		var err error
		if a, n, err = t.askOf(key); err != nil {
			return err
		}
		if err := act(t, key, &a); err != nil || t.intended != nil {
			return err
		}
		return t.rewriteAsk(key, n, &a)
	})
	if err != nil {
		a.wipe()
		return Ask{}, avow.Receipt{}, err
	}
	if t.answered != nil {
		return a, t.receipt(), nil
	}
	r, err := g.settle(ctx, t)
	return a, r, err
}

// Requests returns what a person has asked and been answered, the oldest first.
// Like [Gate.Access] it is the person's own right, and leaves evidence.
func (g *Gate) Requests(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef) ([]Ask, avow.Receipt, error) {
	var all []Ask
	t, err := g.take(repeatable(ctx), id, ref, func(t *turn) (err error) {
		wipeAsks(all)
		if err := t.mustBeKnown(); err != nil {
			return err
		}
		t.note(evidence.Accessed, t.force.citing("right/access"))
		all, err = t.allAsks()
		return err
	})
	if err != nil {
		wipeAsks(all)
		return nil, avow.Receipt{}, err
	}
	return all, t.receipt(), nil
}

func wipeAsks(all []Ask) {
	for i := range all {
		all[i].wipe()
	}
}

func (t *turn) allAsks() ([]Ask, error) {
	var all []Ask
	var after []byte
	for {
		recs, err := t.gate.store.Scan(t.ctx, t.who.row.SID, askKind, after, scanPage)
		if err != nil {
			return all, internal("the person's requests could not be read", err)
		}
		for _, rec := range recs {
			a, _, err := t.who.openAsk(rec)
			if err != nil {
				return all, err
			}
			all = append(all, a)
			after = rec.Key
		}
		if len(recs) < scanPage {
			return all, nil
		}
	}
}

// RevokeRequest takes a request back: an open one is not answered any more, and a
// restriction that it brought about ends.
func (g *Gate) RevokeRequest(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef, request string) (Ask, avow.Receipt, error) {
	return g.onOwn(ctx, id, ref, request, func(t *turn, key []byte, a *Ask) error {
		switch {
		case a.State.Open():
			t.closeAsk(key)
		case a.State == AskFulfilled && a.Right == "restrict":
			if err := t.unrestrict(); err != nil {
				return err
			}
		default:
			return &avow.Error{Code: avow.Conflict, Message: "this request is closed", Try: "make a new one"}
		}
		a.State, a.Closed, a.Waits = AskRevoked, t.now, ""
		t.note(evidence.AskRevoked, t.force.citing("right/"+a.Right))
		return nil
	})
}

// closeAsk takes a request out of the queue.
func (t *turn) closeAsk(key []byte) {
	asks := slices.Clone(t.who.body.asks)
	t.who.body.asks = slices.DeleteFunc(asks, func(e ask) bool {
		if string(e.key[8:]) != string(key) {
			return false
		}
		t.change.Delete = append(t.change.Delete, Record{Kind: queueKind(t.id), Key: slices.Clone(e.key[:])})
		return true
	})
	t.who.state.happen(retain.RequestClosed, t.now)
	t.who.body.lookSoon(t.now)
	t.touched = true
}

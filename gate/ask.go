package gate

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/policy/law"
	"avow.dev/policy/syntax"
	"avow.dev/retain"
	"avow.dev/vault"
)

// A request of a person that needs an answer by people (a question, a complaint,
// an objection, a restriction, a review) is a record beside their row, sealed as a
// whole under their key: it goes when they go. Beside it an entry of nobody's
// queue, in the order of the due times, holds the person's number and no word.

// Rights that [Gate.Ask] takes requests for, as the policy language names them.
var askable = [...]string{"ask", "complain", "object", "restrict", "human-review"}

// DefaultAnswer is how soon a request is answered when neither the policy nor its
// law packs say so.
const DefaultAnswer = 30 * 24 * time.Hour

const (
	mostAskText = 64 << 10 // bytes of a request's or an answer's text
	mostAsks    = 32       // open requests of one person
)

// AskState says how far a request has come.
type AskState uint8

// The states of a request.
const (
	AskOpen AskState = iota
	AskAnswered
	AskRefused
)

var askStates = [...]string{"open", "answered", "refused"}

// String returns the state's word.
func (s AskState) String() string { return askStates[min(int(s), len(askStates)-1)] }

// Ask is a request of a person.
type Ask struct {
	ID       string // names the request; says nothing about whose it is
	Subject  avow.SubjectRef
	Right    string // ask, complain, object, restrict or human-review
	State    AskState
	Received time.Time
	Due      time.Time // by when it has to be answered
	Overdue  bool      // its time ran out while it was open, and evidence says so
	Closed   time.Time // when it was answered or refused
	Reason   string    // for a refusal: the word of the policy
	Text     Value     // what the person wrote; only for the person and by ReadRequest
	Answer   Value     // what they were answered
}

func (a *Ask) wipe() {
	a.Text.Wipe()
	a.Answer.Wipe()
}

// Ask takes a request of a person in. It is never refused: also somebody who is
// not known may ask. They get a row without a relationship, so that what they
// wrote is sealed under a key of their own and can be erased.
func (g *Gate) Ask(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef, right string, text Value) (Ask, avow.Receipt, error) {
	switch {
	case ref == "":
		return Ask{}, avow.Receipt{}, &avow.Error{Code: avow.Invalid, Message: "a request needs a person", Try: "send the subject"}
	case !slices.Contains(askable[:], right):
		return Ask{}, avow.Receipt{}, &avow.Error{Code: avow.Invalid, Message: "this is no request that people answer",
			Try: "send ask, complain, object, restrict or human-review; for the others there is a method each"}
	case text.Len() == 0 || text.Len() > mostAskText:
		return Ask{}, avow.Receipt{}, &avow.Error{Code: avow.Invalid, Message: "the request has no text, or more than 64 KiB", Try: "send a shorter text"}
	}
	var a Ask
	t, err := g.take(ctx, id, ref, func(t *turn) (err error) {
		a, err = t.ask(right, text)
		return err
	})
	if err != nil {
		return Ask{}, avow.Receipt{}, err
	}
	if t.answered != nil {
		a, err = t.askedBefore(right)
	}
	return a, t.receipt(), err
}

// askedBefore returns the request that was taken in when the same one was sent
// the first time.
func (t *turn) askedBefore(right string) (Ask, error) {
	r := reader{b: t.extra}
	a := Ask{ID: r.string(), Right: right, Received: t.answered.At, Due: r.time()}
	if err := r.done(); err != nil {
		return Ask{}, internal("a remembered request is malformed", err)
	}
	return a, nil
}

func (t *turn) ask(right string, text Value) (Ask, error) {
	if err := t.admit(); err != nil {
		return Ask{}, err
	}
	if len(t.who.body.asks) >= mostAsks {
		return Ask{}, &avow.Error{Code: avow.TooMany, Message: "this person has too many open requests", Try: "wait until one of them is answered"}
	}
	key := timeKey(t.now)
	a := Ask{ID: hex.EncodeToString(key), Subject: t.ref, Right: right, Received: t.now, Due: t.answerBy(right), Text: text}
	var entry ask
	binary.BigEndian.PutUint64(entry.key[:], uint64(a.Due.UnixNano()))
	copy(entry.key[8:], key)
	rec, err := t.sealAsk(key, 1, &a)
	if err != nil {
		return Ask{}, err
	}
	t.change.PutNew = append(t.change.PutNew, rec, Record{Kind: queueKind(t.id), Key: entry.key[:], Body: binary.BigEndian.AppendUint64(nil, uint64(t.who.row.SID))})
	t.who.body.asks = append(slices.Clip(t.who.body.asks), entry)
	t.who.state.seen, t.touched = t.now, true
	t.note(evidence.Asked, t.force.citing("right/"+right))
	a.Text = Value{} // the caller has it
	w := writer{}
	w.string(a.ID)
	w.time(a.Due)
	t.extra = w.b
	return a, nil
}

// answerBy returns the shortest of the clocks that run: the policy's own, and
// those of its law packs.
func (t *turn) answerBy(right string) time.Time {
	due := t.now.Add(DefaultAnswer)
	period, packs := syntax.Period{}, t.force.packs
	if info, ok := t.program.Right(right); ok {
		period = info.Within
	}
	duty, stated := law.Shortest(packs, right)
	lawful := t.program.After(t.now, syntax.Period{Set: true, N: int64(duty.Answer.N), Unit: unitOf(duty.Answer.Unit)})
	switch {
	case period.Set && stated:
		return earlier(t.program.After(t.now, period), lawful)
	case period.Set:
		return t.program.After(t.now, period)
	case stated:
		return lawful
	}
	return due
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func unitOf(u law.Unit) syntax.Unit {
	switch u {
	case law.Hours:
		return syntax.Hour
	case law.WorkingDays:
		return syntax.WorkingDay
	case law.Months:
		return syntax.Month
	}
	return syntax.Day
}

// askKind is the kind of record (of a person) that holds a request; queueKind that
// (of nobody) of the queue.
const askKind = "ask"

func queueKind(id avow.PolicyID) string { return "queue/" + string(id) }

// askKeySize is the length of a queue entry's key: the due time, and the request's
// own key.
const askKeySize = 8 + 16

// sealAsk seals a request as it stands now. Each writing has its own version, so
// that an older one cannot be put back in its place.
func (t *turn) sealAsk(key []byte, n uint64, a *Ask) (Record, error) {
	w := writer{}
	w.string(a.Right)
	w.uint(uint64(a.State))
	w.time(a.Received)
	w.time(a.Due)
	w.time(a.Closed)
	w.string(a.Reason)
	w.bytes(a.Text.Expose())
	w.bytes(a.Answer.Expose())
	sealed, err := t.who.key.Seal(nil, t.who.askAddress(key, n), w.b)
	clear(w.b)
	if err != nil {
		return Record{}, internal("the request could not be sealed", err)
	}
	head := writer{}
	head.uint(n)
	return Record{SID: t.who.row.SID, Kind: askKind, Key: key, Body: append(head.b, sealed...)}, nil
}

func (p *person) askAddress(key []byte, n uint64) vault.Address {
	return vault.Address{SID: p.body.slot, Datum: askKind, Version: keyVersion(key) + n, Kind: vault.KindMessage}
}

// openAsk opens a request, and returns how often it was written.
func (p *person) openAsk(rec Record) (Ask, uint64, error) {
	head := reader{b: rec.Body}
	n := head.uint()
	raw, err := p.key.Open(nil, p.askAddress(rec.Key, n), head.b)
	if err != nil {
		return Ask{}, 0, internal("a request could not be opened", err)
	}
	defer clear(raw)
	r := reader{b: raw}
	a := Ask{ID: hex.EncodeToString(rec.Key), Subject: p.state.ref, Right: r.string(), State: AskState(r.uint()), Received: r.time(), Due: r.time(),
		Closed: r.time(), Reason: r.string(), Text: NewValue(r.bytes()), Answer: NewValue(r.bytes())}
	if err := r.done(); err != nil {
		return Ask{}, 0, internal("a request is malformed", err)
	}
	if e := p.body.asked(rec.Key); e != nil {
		a.Overdue = e.overdue
	}
	return a, n, nil
}

// asked returns the open request of a key, or nil.
func (b *body) asked(key []byte) *ask {
	for i := range b.asks {
		if string(b.asks[i].key[8:]) == string(key) {
			return &b.asks[i]
		}
	}
	return nil
}

// carryAsk seals a request under the person's new key.
func (t *turn) carryAsk(old *person, rec *Record) error {
	a, n, err := old.openAsk(*rec)
	if err != nil {
		return err
	}
	defer a.wipe()
	*rec, err = t.sealAsk(rec.Key, n, &a)
	return err
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
		if from, err = g.queueKey(ctx, s, after); err != nil {
			return nil, err
		}
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

func errNoAsk() error {
	return &avow.Error{Code: avow.Unknown, Message: "no such request is open", Try: "list the open requests"}
}

// queueKey finds a request in the queue by its id.
func (g *Gate) queueKey(ctx context.Context, s *served, id string) ([]byte, error) {
	rec, err := g.queued(ctx, s, id)
	return rec.Key, err
}

// queued returns the queue entry of a request. The queue holds what is open and is
// short; it is searched from the front.
func (g *Gate) queued(ctx context.Context, s *served, id string) (Record, error) {
	key, err := hex.DecodeString(id)
	if err != nil || len(key) != askKeySize-8 {
		return Record{}, errNoAsk()
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

// ReadRequest opens an open request for whoever works on it, and leaves evidence
// that somebody did.
func (g *Gate) ReadRequest(ctx context.Context, id avow.PolicyID, request string, role avow.Role) (Ask, avow.Receipt, error) {
	var a Ask
	t, err := g.onAsk(repeatable(ctx), id, request, func(t *turn, key []byte) (err error) {
		a.wipe()
		t.note(evidence.AskRead, func(l *evidence.Leaf) { l.Role = known(t.force.words.roles, role) })
		a, err = t.gate.askOf(t.ctx, t.who, key)
		return err
	})
	if err != nil {
		a.wipe()
		return Ask{}, avow.Receipt{}, err
	}
	return a, t.receipt(), nil
}

// onAsk takes a turn of the person who asked an open request.
func (g *Gate) onAsk(ctx context.Context, id avow.PolicyID, request string, act func(*turn, []byte) error) (*turn, error) {
	s, err := g.of(id)
	if err != nil {
		return nil, err
	}
	rec, err := g.queued(ctx, s, request)
	if err != nil {
		return nil, err
	}
	p, found, err := g.asker(ctx, s, rec)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, errNoAsk()
	}
	return g.take(ctx, id, p.state.ref, func(t *turn) error {
		if t.who.body.asked(rec.Key[8:]) == nil {
			return errNoAsk() // answered in the meantime, or somebody else by now
		}
		return act(t, rec.Key[8:])
	})
}

// Answering is the answer to a request.
type Answering struct {
	Policy  avow.PolicyID
	Request string // id of the request
	Text    Value  // what the person is answered
	// Refuse is why the request is refused: one of the words to which the policy
	// limits itself. Empty for an answer that grants it.
	Refuse string
}

// AnswerRequest closes a request. A refusal needs a reason that the policy allows.
func (g *Gate) AnswerRequest(ctx context.Context, a *Answering) (avow.Receipt, error) {
	if a.Text.Len() == 0 || a.Text.Len() > mostAskText {
		return avow.Receipt{}, &avow.Error{Code: avow.Invalid, Message: "the answer has no text, or more than 64 KiB", Try: "send a shorter text"}
	}
	t, err := g.onAsk(ctx, a.Policy, a.Request, func(t *turn, key []byte) error { return t.answer(key, a) })
	if err != nil {
		return avow.Receipt{}, err
	}
	return t.receipt(), nil
}

func (t *turn) answer(key []byte, a *Answering) error {
	rec, ok, err := t.gate.store.Get(t.ctx, t.who.row.SID, askKind, key)
	if err != nil {
		return internal("the request could not be read", err)
	}
	if !ok {
		return errNoAsk()
	}
	old, n, err := t.who.openAsk(rec)
	if err != nil {
		return err
	}
	defer old.Text.Wipe()
	if err := t.mayRefuse(old.Right, a.Refuse); err != nil {
		return err
	}
	old.State, old.Closed, old.Reason, old.Answer = AskAnswered, t.now, a.Refuse, a.Text
	if a.Refuse != "" {
		old.State = AskRefused
	}
	if rec, err = t.sealAsk(key, n+1, &old); err != nil {
		return err
	}
	t.change.Put = append(t.change.Put, rec)
	t.closeAsk(key)
	t.note(evidence.Answered, func(l *evidence.Leaf) {
		t.force.citing("right/" + old.Right)(l)
		if a.Refuse != "" { // the word itself is one of a few: whoever knows them can tell which
			l.Verdict, l.Detail = avow.Refuse, sha256.Sum256([]byte(a.Refuse))
		}
	})
	return nil
}

func (t *turn) mayRefuse(right, reason string) error {
	if reason == "" {
		return nil
	}
	if info, ok := t.program.Right(right); ok && slices.Contains(info.RefuseOnlyFor, reason) {
		return nil
	}
	return &avow.Error{Code: avow.Invalid, Message: "the policy does not allow to refuse for this reason", Try: "use one of the words that the policy lists for this right, or answer"}
}

// closeAsk takes a request out of the queue.
func (t *turn) closeAsk(key []byte) {
	asks := slices.Clone(t.who.body.asks)
	t.who.body.asks = slices.DeleteFunc(asks, func(e ask) bool {
		if string(e.key[8:]) != string(key) {
			return false
		}
		t.change.Delete = append(t.change.Delete, Record{Kind: queueKind(t.id), Key: e.key[:]})
		return true
	})
	t.who.state.happen(retain.RequestClosed, t.now)
	t.who.body.lookSoon(t.now)
	t.touched = true
}

// sweepQueue leaves evidence of every request whose time ran out while it was
// open: once.
func (g *Gate) sweepQueue(ctx context.Context, s *served, total *Swept) error {
	var after []byte
	for {
		recs, err := g.store.Scan(ctx, 0, queueKind(s.id), after, scanPage)
		if err != nil {
			return internal("the queue could not be read", err)
		}
		for _, rec := range recs {
			after = rec.Key
			if len(rec.Key) != askKeySize || binary.BigEndian.Uint64(rec.Key) > uint64(max(g.Now().UnixNano(), 0)) {
				return nil
			}
			if err := g.sweepAsk(ctx, s, rec, total); err != nil {
				return err
			}
		}
		if len(recs) < scanPage {
			return nil
		}
	}
}

func (g *Gate) sweepAsk(ctx context.Context, s *served, rec Record, total *Swept) error {
	p, found, err := g.asker(ctx, s, rec)
	if err != nil || !found || p.body.asked(rec.Key[8:]).overdue {
		return err
	}
	marked := false
	_, err = g.take(ctx, s.id, p.state.ref, func(t *turn) error {
		e := t.who.body.asked(rec.Key[8:])
		if marked = e != nil && !e.overdue; !marked {
			return nil
		}
		e.overdue, t.touched = true, true
		a, err := g.askOf(ctx, t.who, rec.Key[8:])
		if err != nil {
			return err
		}
		defer a.wipe()
		t.note(evidence.Overdue, func(l *evidence.Leaf) {
			t.force.citing("right/" + a.Right)(l)
			l.Verdict = avow.Refuse
		})
		return nil
	})
	if err == nil && marked {
		total.Overdue++
	}
	return err
}

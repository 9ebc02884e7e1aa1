package gate

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"time"

	"avow.dev"
	"avow.dev/evidence"
)

// A request of a person is a record beside their row, sealed as a whole under
// their key: it goes when they go. What the policy lets rules carry out is carried
// out in the same transaction. What has to wait for people has an entry of nobody's
// queue beside it, in the order in which it needs somebody, with the person's
// number and no word.

const (
	mostAskText = 64 << 10 // bytes of a request's, a message's or an answer's text
	mostAsks    = 32       // open requests of one person
)

// AskState says how far a request has come. The words are those of the Data Rights
// Protocol 1.0 (status of a data rights request).
type AskState uint8

// The states of a request.
const (
	AskOpen       AskState = iota // nobody has looked at it yet
	AskFulfilled                  // carried out, or answered
	AskDenied                     // refused for one of the policy's reasons
	AskInProgress                 // somebody works on it
	AskRevoked                    // the person took it back
	AskExpired                    // the person did not show in time who they are
)

var askStates = [...]string{"open", "fulfilled", "denied", "in_progress", "revoked", "expired"}

// String returns the state's word.
func (s AskState) String() string { return askStates[min(int(s), len(askStates)-1)] }

// Open reports whether a request in this state still has to be answered.
func (s AskState) Open() bool { return s == AskOpen || s == AskInProgress }

// Asking is what a person asks for.
type Asking struct {
	Right   string        // a right of the policy language, such as erase
	Text    Value         // in their own words
	Data    []avow.Datum  // to erase or to take down; all if empty
	Items   []Item        // the right values, to correct what is held
	Choices []avow.Choice // to withdraw, object to, opt out of or limit; see [Gate.Ask]
}

// Ask is a request of a person.
type Ask struct {
	Asking
	ID       string // names the request; says nothing about whose it is
	Subject  avow.SubjectRef
	State    AskState
	Received time.Time
	Due      time.Time // by when it has to be answered; stands still while it waits
	Overdue  bool      // its time ran out while it was open, and evidence says so
	Extended bool      // its time was extended, which happens once
	Waits    Waiting   // for what of the person; the clock stands still
	Until    time.Time // when the waiting ends by itself
	Closed   time.Time // when it was answered, refused, taken back or expired
	Reason   string    // for a refusal: the word of the policy
	Proof    Value     // for a refusal: what shows that the reason holds; for officers
	Answer   Value     // what the person was answered
	Earlier  int       // requests like it that the person made in the year before
	Again    bool      // it was open already when it was asked for

	review  review // of a copy that people look at first
	paused  time.Time
	checked bool // the person was asked to show who they are
}

func (a *Ask) wipe() {
	a.Text.Wipe()
	a.Proof.Wipe()
	a.Answer.Wipe()
	wipe(a.Items)
}

// Ask takes a request of a person in. It is carried out at once, unless the policy
// has it reviewed or only people can answer it; then it waits, with a clock.
// Nobody has to pay, and nothing here could ask for it.
//
// A question, a complaint and a call for a human review are never refused: also
// somebody who is not known may ask. They get a row without a relationship, so that
// what they wrote is sealed under a key of their own and can be erased. The other
// rights need somebody of whom something may be held.
//
// Who withdraws without naming a choice takes back every yes. Who objects, opts out
// or limits without naming one switches off what the policy says about that, and if
// it says nothing, people look at it.
//
// Somebody who asks again what is open already gets that request; it is neither
// taken in twice nor does its clock begin anew.
func (g *Gate) Ask(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef, asking *Asking) (Ask, avow.Receipt, error) {
	if err := checkAsking(ref, asking); err != nil {
		return Ask{}, avow.Receipt{}, err
	}
	var a Ask
	t, err := g.take(ctx, id, ref, func(t *turn) (err error) {
		a, err = t.ask(asking)
		return err
	})
	if err != nil {
		return Ask{}, avow.Receipt{}, err
	}
	if t.answered != nil {
		a, err = t.askedBefore(asking.Right)
		return a, t.receipt(), err
	}
	r, err := g.settle(ctx, t)
	return a, r, err
}

func checkAsking(ref avow.SubjectRef, a *Asking) error {
	way, ok := ways[a.Right]
	switch {
	case ref == "":
		return &avow.Error{Code: avow.Invalid, Message: "a request needs a person", Try: "send the subject"}
	case !ok:
		return &avow.Error{Code: avow.Invalid, Message: "this is no right that people have here", Try: "send a right of the policy, such as access, erase or complain"}
	case a.Text.Len() > mostAskText:
		return &avow.Error{Code: avow.Invalid, Message: "the request has more than 64 KiB of text", Try: "send a shorter text"}
	case way == nil && a.Text.Len() == 0:
		return &avow.Error{Code: avow.Invalid, Message: "the request has no text", Try: "say what is asked"}
	case len(a.Data)+len(a.Items)+len(a.Choices) > mostData:
		return &avow.Error{Code: avow.Invalid, Message: "too much is named at once", Try: "name up to 256 kinds of data or choices"}
	case a.Right == "correct" && len(a.Items) == 0:
		return &avow.Error{Code: avow.Invalid, Message: "nothing is sent that would be right", Try: "send the items with their right values"}
	}
	return nil
}

// settle does what comes after the commit of a request that was carried out:
// destroying the keys under which something was erased.
func (g *Gate) settle(ctx context.Context, t *turn) (avow.Receipt, error) {
	switch {
	case t.intended != nil:
		return g.complete(ctx, t)
	case t.resealed:
		if err := g.retire(context.WithoutCancel(ctx), t.served); err != nil {
			return t.receipt(), err
		}
	}
	g.followUp(ctx, t)
	return t.receipt(), nil
}

// askedBefore returns the request that was taken in when the same one was sent
// the first time.
func (t *turn) askedBefore(right string) (Ask, error) {
	a := Ask{Asking: Asking{Right: right}, Received: t.answered.At}
	if len(t.extra) == 0 { // the person was erased by it
		a.State, a.Closed = AskFulfilled, t.answered.At
		return a, nil
	}
	r := reader{b: t.extra}
	a.ID, a.Due, a.State, a.Closed = r.string(), r.time(), AskState(r.uint()), r.time()
	if err := r.done(); err != nil {
		return Ask{}, internal("a remembered request is malformed", err)
	}
	return a, nil
}

func (t *turn) ask(asking *Asking) (Ask, error) {
	if ways[asking.Right] != nil {
		if err := t.mustBeKnown(); err != nil {
			return Ask{}, err
		}
	} else if err := t.admit(); err != nil {
		return Ask{}, err
	}
	if len(t.who.body.asks) >= mostAsks {
		return Ask{}, &avow.Error{Code: avow.TooMany, Message: "this person has too many open requests", Try: "wait until one of them is answered"}
	}
	earlier, open, err := t.like(asking)
	if err != nil {
		return Ask{}, err
	}
	if open != nil {
		return t.askAgain(open), nil
	}
	key := timeKey(t.now)
	a := Ask{Asking: *asking, ID: hex.EncodeToString(key), Subject: t.ref, Received: t.now, Due: t.answerBy(asking.Right), Earlier: earlier}
	t.note(evidence.Asked, t.force.citing("right/"+asking.Right))
	t.who.state.seen, t.touched = t.now, true
	if err := t.decideAsk(&a); err != nil {
		return Ask{}, err
	}
	if t.intended == nil { // what would be remembered goes with the person
		if err := t.fileAsk(key, &a); err != nil {
			return Ask{}, err
		}
	}
	return t.askedNow(&a), nil
}

// askedNow returns a request to whoever sent it, without the values they have.
func (t *turn) askedNow(a *Ask) Ask {
	out := *a
	out.Text, out.Items = Value{}, nil
	w := writer{}
	w.string(a.ID)
	w.time(a.Due)
	w.uint(uint64(a.State))
	w.time(a.Closed)
	t.extra = w.b
	return out
}

// askAgain answers somebody who asks for what is open already.
func (t *turn) askAgain(open *Ask) Ask {
	t.note(evidence.AskedAgain, t.force.citing("right/"+open.Right))
	open.Again = true
	defer open.wipe()
	return t.askedNow(open)
}

// decideAsk carries a request out or leaves it open.
func (t *turn) decideAsk(a *Ask) error {
	info, _ := t.program.Right(a.Right)
	if info.OnReview {
		return nil
	}
	return t.grant(a)
}

// grant carries a request out as far as rules can, and closes it if that is all
// of it. A legal hold refuses what would change the data it covers.
func (t *turn) grant(a *Ask) error {
	if t.who.state.Hold && heldBack(a.Right) {
		a.State, a.Reason, a.Closed = AskDenied, "legal-hold", t.now
		t.note(evidence.Answered, func(l *evidence.Leaf) {
			t.force.citing("hold")(l)
			l.Verdict, l.Reasons = avow.Refuse, avow.OnHold.Set()
		})
		return nil
	}
	way := ways[a.Right]
	if way == nil {
		return nil
	}
	done, err := way(t, &a.Asking)
	if t.following != nil {
		t.following.request = a.ID
	}
	if err != nil || !done {
		return err
	}
	a.State, a.Closed = AskFulfilled, t.now
	if t.resealed {
		return t.reseal()
	}
	return nil
}

// fileAsk writes a new request down, and queues it if it is open.
func (t *turn) fileAsk(key []byte, a *Ask) error {
	rec, err := t.sealAsk(key, 1, a)
	if err != nil {
		return err
	}
	t.change.PutNew = append(t.change.PutNew, rec)
	if !a.State.Open() {
		return nil
	}
	if a.Text.Len() == 0 && a.Right == "object" {
		return &avow.Error{Code: avow.Invalid, Message: "the policy names nothing that could be objected to at once", Try: "say in the text what is objected to, and people look at it"}
	}
	var entry ask
	binary.BigEndian.PutUint64(entry.key[:], uint64(a.Due.UnixNano()))
	copy(entry.key[8:], key)
	t.change.PutNew = append(t.change.PutNew, t.queueEntry(entry.key[:]))
	t.who.body.asks = append(append([]ask(nil), t.who.body.asks...), entry)
	return nil
}

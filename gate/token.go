package gate

import (
	"context"
	"crypto/rand"
	"time"

	"avow.dev"
	"avow.dev/evidence"
)

// tokenKind is the kind of record that holds unused event tokens.
const tokenKind = "token"

// TokenLife is how long an event token may be used.
const TokenLife = time.Hour

// Token records that a person chose to send something once, and returns the
// token that the one request must carry. A token opens the data and purpose of
// its choice for one request, and is then gone.
func (g *Gate) Token(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef, choice avow.Choice) (string, avow.Receipt, error) {
	token := rand.Text()
	t, err := g.take(repeatable(ctx), id, ref, func(t *turn) error {
		info, ok := t.program.Choice(choice)
		if !ok || info.Kind != "per-event" {
			return &avow.Error{Code: avow.Invalid, Message: "the policy names no such per-event choice", Try: "use the id of a choice of kind per-event"}
		}
		if !t.who.known() {
			return &avow.Error{Code: avow.Unknown, Message: "nobody is known by this reference", Try: "record the acceptance of the policy first"}
		}
		key, err := t.tokenKey(token)
		if err != nil {
			return internal("the token could not be made", err)
		}
		t.touched = true
		if err := t.dropTokens(); err != nil {
			return err
		}
		w := writer{}
		w.string(string(choice))
		w.time(t.now.Add(TokenLife))
		t.change.PutNew = append(t.change.PutNew, Record{SID: t.who.row.SID, Kind: tokenKind, Key: key, Body: w.b})
		t.note(evidence.Tokened, func(l *evidence.Leaf) {
			l.Choice, l.Rules, l.Clauses = choice, []avow.RuleID{avow.RuleID(choice)}, info.Clauses
		})
		return nil
	})
	if err != nil {
		return "", avow.Receipt{}, err
	}
	return token, t.receipt(), nil
}

// dropTokens takes the person's tokens away that ran out unused.
func (t *turn) dropTokens() error {
	recs, err := t.gate.store.Scan(t.ctx, t.who.row.SID, tokenKind, nil, scanPage)
	if err != nil {
		return internal("the person's tokens could not be read", err)
	}
	live := 0
	for _, rec := range recs {
		r := reader{b: rec.Body}
		if _, until := r.string(), r.time(); r.done() != nil || !t.now.Before(until) {
			t.change.Delete = append(t.change.Delete, rec)
			continue
		}
		live++
	}
	if live >= mostTokens {
		return &avow.Error{Code: avow.TooMany, Message: "this person has too many unused event tokens", Try: "use one of them, or wait until they run out"}
	}
	return nil
}

// mostTokens is how many unused tokens a person may have at a time.
const mostTokens = 64

func (t *turn) tokenKey(token string) ([]byte, error) {
	tag, err := t.tag("\x00token", []byte(token))
	return tag[:], err
}

// token returns the record to delete and the fact that it shows, if the token
// is unused, unexpired, and for a choice that covers this request. Whatever
// else is sent shows nothing. The row's version makes sure that no token is
// spent twice.
func (t *turn) token(token string, req *avow.Request) ([]Record, avow.Facts, error) {
	if token == "" || !t.who.known() {
		return nil, 0, nil
	}
	key, err := t.tokenKey(token)
	if err != nil {
		return nil, 0, internal("the event token could not be read", err)
	}
	rec, ok, err := t.gate.store.Get(t.ctx, t.who.row.SID, tokenKind, key)
	if err != nil {
		return nil, 0, internal("the event token could not be read", err)
	}
	r := reader{b: rec.Body}
	choice, until := avow.Choice(r.string()), r.time()
	if !ok || r.done() != nil || !t.now.Before(until) || !t.force.covers(choice, req) {
		return nil, 0, nil
	}
	t.touched = true
	return []Record{rec}, avow.Facts(0).With(avow.FactToken), nil
}

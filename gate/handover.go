package gate

import (
	"context"
	"errors"
	"time"

	"avow.dev"
	"avow.dev/evidence"
)

// An application that knows who somebody is hands them over by a link with a
// secret in it: 256 random bits that work once and for two minutes, and that say
// nothing about anybody.

// HandOverLife is how long a hand-over link works.
const HandOverLife = 2 * time.Minute

func handOverKind(s *served) string { return "hand-over/" + string(s.id) }

// HandOver returns the secret of a link that signs a person in. Whoever calls it
// vouches that the person is there, and says when they last showed who they are;
// the zero time says nothing, and nothing counts about somebody whose password is
// held here.
func (g *Gate) HandOver(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef, signedIn time.Time) (string, time.Time, error) {
	secret := newSecret()
	key, _ := secretKey(secret)
	var until time.Time
	_, err := g.take(repeatable(ctx), id, ref, func(t *turn) error {
		if err := t.mustBeKnown(); err != nil {
			return err
		}
		if t.who.state.Account == avow.Closing {
			return errErasing
		}
		until = t.now.Add(HandOverLife)
		w := writer{}
		w.uint(uint64(t.who.row.SID))
		w.time(until)
		proved, err := t.provenAt(&Proven{At: signedIn})
		if err != nil {
			return err
		}
		w.time(proved)
		t.change.PutNew = append(t.change.PutNew, Record{Kind: handOverKind(t.served), Key: key, Body: w.b})
		t.note(evidence.HandedOver, t.force.citing("access/session"))
		return nil
	})
	if err != nil {
		return "", time.Time{}, err
	}
	return secret, until, nil
}

var errLink = &avow.Error{Code: avow.Forbidden, Message: "this link does not sign you in", Try: "go back to the application and follow a new one: a link works once and for two minutes"}

// DeadLink reports whether an error says that a hand-over link was not accepted.
func DeadLink(err error) bool { return errors.Is(err, errLink) }

// SignInByHandOver begins a session for the person of a hand-over link. before is
// the secret of the session that the browser has already, if any.
func (g *Gate) SignInByHandOver(ctx context.Context, id avow.PolicyID, link, before string) (secret string, out Session, err error) {
	s, err := g.of(id)
	if err != nil {
		return "", Session{}, err
	}
	key, ok := secretKey(link)
	if !ok {
		return "", Session{}, errLink
	}
	sid, _, _, err := g.handedOver(ctx, s, key)
	if err != nil {
		return "", Session{}, err
	}
	ref, err := g.refOf(ctx, s, sid)
	if errors.Is(err, errCode) {
		err = errLink
	}
	if err != nil {
		return "", Session{}, err
	}
	_, err = g.take(ctx, id, ref, func(t *turn) error {
		sid, proved, rec, err := t.gate.handedOver(t.ctx, s, key)
		if err != nil {
			return err
		}
		if sid != t.who.row.SID {
			return errLink
		}
		t.change.Delete = append(t.change.Delete, rec)
		secret, out, err = t.openSession(ByHandOver, proved, before)
		return err
	})
	if err != nil {
		return "", Session{}, err
	}
	return secret, out, nil
}

// handedOver returns whom a link that still works is for, and when they last
// showed who they are.
func (g *Gate) handedOver(ctx context.Context, s *served, key []byte) (int64, time.Time, Record, error) {
	rec, ok, err := g.store.Get(ctx, 0, handOverKind(s), key)
	if err != nil {
		return 0, time.Time{}, rec, internal("the link could not be read", err)
	}
	if !ok {
		return 0, time.Time{}, rec, errLink
	}
	sid, until, proved, err := decodeHandOver(rec.Body)
	if err != nil {
		return 0, time.Time{}, rec, internal("the link is malformed", err)
	}
	if !g.Now().Before(until) {
		return 0, time.Time{}, rec, errLink
	}
	return sid, proved, rec, nil
}

func decodeHandOver(raw []byte) (sid int64, until, proved time.Time, err error) {
	r := reader{b: raw}
	sid, until, proved = int64(r.uint()), r.time(), r.time()
	return sid, until, proved, r.done()
}

// sweepHandOvers forgets links that nobody followed in time.
func (g *Gate) sweepHandOvers(ctx context.Context, s *served, _ *Swept) error {
	return g.sweepRecords(ctx, s, handOverKind(s), func(rec Record, now time.Time) bool {
		_, until, _, err := decodeHandOver(rec.Body)
		return err != nil || !now.Before(until)
	})
}

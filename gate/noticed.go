package gate

import (
	"context"
	"crypto/rand"
	"slices"
	"time"

	"avow.dev"
	"avow.dev/evidence"
)

// A rule may need that somebody was told before something is done. Whoever shows
// the words says so beforehand, with a digest of them, and gets a token; only the
// request that carries it finds the fact shown.

// noticeKind is the kind of record (of a person) that stands for words that were
// shown and not yet acted upon.
const noticeKind = "notice"

// NoticeLife is how long words count as shown.
const NoticeLife = time.Hour

// Showing is what somebody is told before data of theirs is published.
type Showing struct {
	Data     []avow.Datum
	To       avow.Recipient
	Words    [32]byte // SHA-256 of the words as they were shown
	Language avow.Language
}

// Shown records that a person was shown words, and returns the token that the one
// request must carry which they were about.
func (g *Gate) Shown(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef, s *Showing) (string, avow.Receipt, error) {
	if len(s.Data) == 0 || len(s.Data) > mostData || s.To == "" || s.Words == [32]byte{} {
		return "", avow.Receipt{}, &avow.Error{Code: avow.Invalid, Message: "it is not said what the words were about", Try: "name the data, the audience, and the digest of what was shown"}
	}
	token := rand.Text()
	t, err := g.take(repeatable(ctx), id, ref, func(t *turn) error {
		if err := t.mustBeKnown(); err != nil {
			return err
		}
		if err := t.dropNotices(); err != nil {
			return err
		}
		key, err := t.tokenKey(token)
		if err != nil {
			return internal("the token could not be made", err)
		}
		w := writer{}
		w.time(t.now.Add(NoticeLife))
		w.string(string(s.To))
		w.uint(uint64(len(s.Data)))
		for _, d := range s.Data {
			w.string(string(d))
		}
		t.touched = true
		t.change.PutNew = append(t.change.PutNew, Record{SID: t.who.row.SID, Kind: noticeKind, Key: key, Body: w.b})
		t.note(evidence.Noticed, func(l *evidence.Leaf) {
			l.Recipient, l.Detail = known(t.force.words.recipients, s.To), s.Words
			for _, d := range s.Data {
				l.Data = append(l.Data, known(t.force.words.data, d))
			}
		})
		return nil
	})
	if err != nil {
		return "", avow.Receipt{}, err
	}
	return token, t.receipt(), nil
}

func decodeNotice(raw []byte) (until time.Time, to avow.Recipient, data []avow.Datum, err error) {
	r := reader{b: raw}
	until, to = r.time(), avow.Recipient(r.string())
	for range r.count() {
		data = append(data, avow.Datum(r.string()))
	}
	return until, to, data, r.done()
}

// dropNotices takes away what was shown too long ago.
func (t *turn) dropNotices() error {
	recs, err := t.gate.store.Scan(t.ctx, t.who.row.SID, noticeKind, nil, scanPage)
	if err != nil {
		return internal("what was shown could not be read", err)
	}
	live := 0
	for _, rec := range recs {
		if until, _, _, err := decodeNotice(rec.Body); err != nil || !t.now.Before(until) {
			t.change.Delete = append(t.change.Delete, rec)
			continue
		}
		live++
	}
	if live >= mostTokens {
		return &avow.Error{Code: avow.TooMany, Message: "this person was shown too much that was not acted upon", Try: "act upon one of them, or wait an hour"}
	}
	return nil
}

// noticed returns the fact that a token shows for a request, and the record that
// the request spends. The row's version makes sure that it is spent once.
func (t *turn) noticed(token string, req *avow.Request) ([]Record, avow.Facts, error) {
	if token == "" || !t.who.known() {
		return nil, 0, nil
	}
	key, err := t.tokenKey(token)
	if err != nil {
		return nil, 0, internal("the token could not be read", err)
	}
	rec, ok, err := t.gate.store.Get(t.ctx, t.who.row.SID, noticeKind, key)
	if err != nil || !ok {
		if err != nil {
			err = internal("the token could not be read", err)
		}
		return nil, 0, err
	}
	until, to, data, err := decodeNotice(rec.Body)
	if err != nil {
		return nil, 0, internal("what was shown is malformed", err)
	}
	if !t.now.Before(until) || to != req.Recipient || slices.ContainsFunc(req.Data, func(d avow.Datum) bool { return !slices.Contains(data, d) }) {
		return nil, 0, nil
	}
	t.touched = true
	return []Record{rec}, avow.Facts(0).With(avow.FactNotice), nil
}

package gate

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"avow.dev"
	"avow.dev/evidence"
)

// PickLife is how long what was picked may be sent.
const PickLife = 24 * time.Hour

// Picked is one thing that a person picked to be taken in: what kind it is, and
// the SHA-256 of its content as it will be sent.
type Picked struct {
	Datum  avow.Datum
	SHA256 [sha256.Size]byte
}

// pickKind is the kind of record (of a person) that holds a selection: when it
// ends, and a keyed hash of each thing picked.
const pickKind = "pick"

// mostPicks is how many selections a person may have under way.
const mostPicks = 64

// Pick records what a person picked, in the application's own picker, to be taken
// in at a point, and returns the id of the selection. Rules that need the fact
// picked let in exactly these things: whatever else is sent with the id, in place
// of them or beside them, shows nothing. A thing may be sent again until the
// selection ends, so that an upload that broke can be repeated.
func (g *Gate) Pick(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef, at avow.Point, picked []Picked) (string, avow.Receipt, error) {
	if len(picked) == 0 || len(picked) > mostData {
		return "", avow.Receipt{}, &avow.Error{Code: avow.Invalid, Message: "nothing was picked, or too much at once", Try: "send 1 to 256 things in one selection"}
	}
	var key [16]byte
	_, _ = rand.Read(key[:]) // documented never to return an error
	t, err := g.take(repeatable(ctx), id, ref, func(t *turn) error {
		if err := t.mustBeKnown(); err != nil {
			return err
		}
		if err := t.dropPicks(); err != nil {
			return err
		}
		w := writer{}
		w.time(t.now.Add(PickLife))
		for _, p := range picked {
			tag, err := t.pickTag(at, p)
			if err != nil {
				return internal("the selection could not be recorded", err)
			}
			w.b = append(w.b, tag[:]...)
		}
		t.touched = true
		t.change.PutNew = append(t.change.PutNew, Record{SID: t.who.row.SID, Kind: pickKind, Key: key[:], Body: w.b})
		t.note(evidence.Selected, func(l *evidence.Leaf) {
			l.Point, l.Count = known(t.force.words.points, at), int64(len(picked))
			for _, p := range picked {
				l.Data = once(l.Data, known(t.force.words.data, p.Datum))
			}
		})
		return nil
	})
	if err != nil {
		return "", avow.Receipt{}, err
	}
	return hex.EncodeToString(key[:]), t.receipt(), nil
}

// pickTag binds a thing to the point at which it was picked.
func (t *turn) pickTag(at avow.Point, p Picked) (Tag, error) {
	return t.tag("\x00pick", slices.Concat([]byte(at), []byte{0}, []byte(p.Datum), []byte{0}, p.SHA256[:]))
}

// dropPicks takes the selections away whose time is over.
func (t *turn) dropPicks() error {
	recs, err := t.gate.store.Scan(t.ctx, t.who.row.SID, pickKind, nil, scanPage)
	if err != nil {
		return internal("the person's selections could not be read", err)
	}
	live := 0
	for _, rec := range recs {
		r := reader{b: rec.Body}
		if until := r.time(); r.bad || !t.now.Before(until) {
			t.change.Delete = append(t.change.Delete, rec)
			continue
		}
		live++
	}
	if live >= mostPicks {
		return &avow.Error{Code: avow.TooMany, Message: "this person has too many selections under way", Try: "send what was picked, or wait until a selection ends"}
	}
	return nil
}

// picked shows that a selection of the person's covers every thing that is sent.
func (t *turn) picked(selection string, at avow.Point, sent []Picked) (avow.Facts, error) {
	key, err := hex.DecodeString(selection)
	if selection == "" || err != nil || !t.who.known() {
		return 0, nil
	}
	rec, ok, err := t.gate.store.Get(t.ctx, t.who.row.SID, pickKind, key)
	if err != nil {
		return 0, internal("the person's selection could not be read", err)
	}
	r := reader{b: rec.Body}
	until := r.time()
	if !ok || r.bad || !t.now.Before(until) {
		return 0, nil
	}
	for _, p := range sent {
		tag, err := t.pickTag(at, p)
		if err != nil {
			return 0, internal("the person's selection could not be read", err)
		}
		if !slices.ContainsFunc(slices.Collect(slices.Chunk(r.b, len(tag))), func(b []byte) bool { return string(b) == string(tag[:]) }) {
			return 0, nil
		}
	}
	return avow.Facts(0).With(avow.FactPicked), nil
}

// contents are the items as a selection names them.
func contents(items []Item) []Picked {
	out := make([]Picked, len(items))
	for i := range items {
		out[i] = Picked{items[i].Datum, sha256.Sum256(items[i].Value.Expose())}
	}
	return out
}

package gate

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"slices"

	"avow.dev"
	"avow.dev/evidence"
)

// Erasing a person is three durable steps, one flush after the other, whatever they
// hold:
//
//  1. the intention is recorded, and everything is hidden;
//  2. the person's key is destroyed, and noted in the journal at the same time: from
//     here on no copy opens, wherever it lies;
//  3. the completion is recorded, and the row and its index entries go.
//
// A crash between the steps leaves the intention, and [Gate.Serve] finishes it
// before the first request is taken. What is left of sealed records is rubble that
// nobody can open; the sweep clears it away in pieces.

// erasingKind is the kind of record (of nobody) that stands for an intention.
// Its key is the person's number, its body the key number and the leaf's id.
func erasingKind(id avow.PolicyID) string { return "erasing/" + string(id) }

// Erase erases a person: everything that is held, in every store and every
// backup. A legal hold refuses it, with evidence.
func (g *Gate) Erase(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef) (avow.Receipt, error) {
	return g.endPerson(ctx, id, ref, evidence.EraseIntended)
}

// Close ends the relationship. What the policy keeps by retention rules that
// start at that moment stays until their time is over, and when nothing is left
// the person goes too. If the policy promises that closing erases everything, it
// erases everything; under a legal hold that waits for the end of the hold.
func (g *Gate) Close(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef) (avow.Receipt, error) {
	t, err := g.take(ctx, id, ref, (*turn).closeAccount)
	if err != nil {
		return avow.Receipt{}, err
	}
	if t.who.state.Account == avow.Closing {
		return g.complete(ctx, t)
	}
	return t.receipt(), nil
}

func (t *turn) closeAccount() error {
	if err := t.mustBeKnown(); err != nil {
		return err
	}
	if _, all := t.program.Erasure("account-closed"); all && !t.who.state.Hold {
		return t.intend(evidence.Closed)
	}
	t.endAccount()
	t.say(saidClosed, func(w *writer) { w.time(t.who.state.closed) })
	t.note(evidence.Closed, nil)
	return nil
}

func (t *turn) mustBeKnown() error {
	if !t.who.known() {
		return &avow.Error{Code: avow.Unknown, Message: "nobody is known by this reference", Try: "check the reference; an erased person is unknown too"}
	}
	return nil
}

func (t *turn) endAccount() {
	st := &t.who.state
	if st.closed.IsZero() {
		st.closed = t.now
	}
	st.Account, t.touched = avow.Closed, true
	t.who.body.lookSoon(t.now)
}

func (g *Gate) endPerson(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef, kind evidence.Kind) (avow.Receipt, error) {
	t, err := g.take(ctx, id, ref, func(t *turn) error { return t.intend(kind) })
	if err != nil {
		return avow.Receipt{}, err
	}
	return g.complete(ctx, t)
}

// intend records that the person is being erased, and hides everything.
func (t *turn) intend(kind evidence.Kind) error {
	if err := t.mustBeKnown(); err != nil {
		return err
	}
	if t.who.state.Hold {
		return t.refuseHeld(kind)
	}
	t.endAccount()
	t.who.state.Account = avow.Closing
	for i := range t.who.body.cells {
		t.who.body.cells[i].hidden = true
	}
	t.note(kind, func(l *evidence.Leaf) {
		t.force.citing("erasure")(l)
		l.Count = int64(len(t.who.body.cells))
	})
	leaf := t.entries[len(t.entries)-1].leaf.ID
	t.intended = &leaf
	if err := t.follow("erase", nil); err != nil {
		return err
	}
	t.change.Put = append(t.change.Put, intention(t.id, t.who.row.SID, t.who.body.slot, leaf))
	return nil
}

func intention(id avow.PolicyID, sid int64, slot uint64, leaf [16]byte) Record {
	return Record{Kind: erasingKind(id), Key: binary.BigEndian.AppendUint64(nil, uint64(sid)),
		Body: append(binary.BigEndian.AppendUint64(nil, slot), leaf[:]...)}
}

// complete takes steps 2 and 3 of an erasure whose intention is recorded.
func (g *Gate) complete(ctx context.Context, t *turn) (avow.Receipt, error) {
	if t.answered != nil {
		return *t.answered, nil
	}
	leaf := t.entries[len(t.entries)-1].leaf.ID
	if t.intended != nil {
		leaf = *t.intended
	}
	rec := intention(t.id, t.who.row.SID, t.who.body.slot, leaf)
	receipt, err := g.finishErasure(context.WithoutCancel(ctx), t.served, rec, t)
	if err != nil {
		t.stalled.Store(true)
	}
	return receipt, err
}

// purgeStep is how many sealed records one erasure or one sweep clears away.
const purgeStep = 512

// finishErasure may be repeated: each step is done once or found done. t is the
// turn that intended it, or nil after a crash.
func (g *Gate) finishErasure(ctx context.Context, s *served, rec Record, t *turn) (avow.Receipt, error) {
	if len(rec.Key) != 8 || len(rec.Body) != 24 {
		return avow.Receipt{}, internal("an erasure's intention is malformed", errBody)
	}
	sid, slot := int64(binary.BigEndian.Uint64(rec.Key)), binary.BigEndian.Uint64(rec.Body)
	var noted Change
	if err := s.destroy(ctx, g, &noted, slot); err != nil {
		return avow.Receipt{}, err
	}
	now, err := s.time(g.Now())
	if err != nil {
		return avow.Receipt{}, err
	}
	l := evidence.Leaf{ID: newID(), At: now, Kind: evidence.EraseDone, Policy: s.id, Hash: s.inForce.Load().program.Hash(), Verdict: avow.Allow}
	copy(l.Done[:], rec.Body[8:])
	for range attempts {
		c := Change{Policy: s.id, Purge: sid, PurgeLimit: purgeStep, Leaves: []Leaf{{Body: l.Append(nil)}}}
		if err := g.dropRow(ctx, &c, sid); err != nil {
			return avow.Receipt{}, err
		}
		if err := g.certify(ctx, &c, sid, l.ID); err != nil {
			return avow.Receipt{}, err
		}
		fulfilment, err := g.followErasure(ctx, s, &c, l.Done, l.ID)
		if err != nil {
			return avow.Receipt{}, err
		}
		// The intention stays, under another name, for as long as rubble does.
		c.Delete = append(c.Delete, rec)
		c.Put = append(append(c.Put, Record{Kind: rubbleKind, Key: rec.Key}), noted.Put...)
		if t != nil && t.once != nil {
			c.Put = append(c.Put, t.record(avow.Receipt{Leaf: l.ID, At: l.At, Verdict: avow.Allow}, nil))
		}
		first, err := g.commit(ctx, &c)
		s.recorded(now, err)
		if errors.Is(err, ErrChanged) {
			continue
		}
		if err != nil {
			return avow.Receipt{}, internal("the erasure's completion could not be recorded; it is finished by the next sweep", err)
		}
		if _, err := g.clearFiles(ctx, s, c.Put); err != nil {
			s.stalled.Store(true) // sealed under a key that is gone; the sweep takes the bytes
		}
		if fulfilment != "" && hasFiles(c.Put, s.id) {
			if err := g.lookAgainAt(ctx, s, fulfilment); err != nil {
				s.stalled.Store(true) // only what is said of it lags behind
			}
		}
		return avow.Receipt{Policy: s.id, Index: first, Leaf: l.ID, At: l.At, Verdict: avow.Allow}, nil
	}
	return avow.Receipt{}, internal("the erasure's completion could not be recorded; it is finished by the next sweep", ErrChanged)
}

// rubbleKind is the kind of record (of nobody) that names people whose sealed
// records are still to be cleared away.
const rubbleKind = "rubble"

// dropRow adds the end of a person's row and of their index entries, which
// stand in clear in the row so that this needs no key.
func (g *Gate) dropRow(ctx context.Context, c *Change, sid int64) error {
	row, ok, err := g.store.Load(ctx, sid)
	if err != nil {
		return internal("the person's record could not be read", err)
	}
	if !ok {
		return nil
	}
	b, err := decodeBody(row.Body, nil)
	if err != nil {
		return internal("the person's record is malformed", err)
	}
	c.Drop = &row
	for _, bt := range b.tags {
		c.DropTags = append(c.DropTags, TagEntry{bt.tag, sid})
	}
	for i := range b.asks {
		c.Delete = append(c.Delete, Record{Kind: queueKind(c.Policy), Key: b.asks[i].key[:]})
	}
	if err := g.dropAddresses(ctx, c, sid); err != nil {
		return err
	}
	if err := g.dropWards(ctx, c, sid); err != nil {
		return err
	}
	return g.dropFiles(ctx, c, sid, &b)
}

// recover finishes every erasure that was begun and not completed. It is called
// before a policy is served, and by the sweep after a completion has failed.
func (g *Gate) recover(ctx context.Context, s *served) (int, error) {
	n := 0
	for {
		recs, err := g.store.Scan(ctx, 0, erasingKind(s.id), nil, scanPage)
		if err != nil {
			return n, internal("unfinished erasures could not be read", err)
		}
		if len(recs) == 0 {
			return n, nil
		}
		for _, rec := range recs {
			if _, err := g.finishErasure(ctx, s, rec, nil); err != nil {
				return n, err
			}
			n++
		}
	}
}

// EraseData erases single kinds of data of a person. The rest is sealed anew
// under a new key and the old key destroyed, so that the erased values cannot be
// opened in any backup either.
func (g *Gate) EraseData(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef, data []avow.Datum) (avow.Receipt, error) {
	if len(data) == 0 {
		return avow.Receipt{}, &avow.Error{Code: avow.Invalid, Message: "no data is named", Try: "name what is to be erased"}
	}
	return g.rekey(ctx, id, ref, func(t *turn) error {
		if err := t.mustBeKnown(); err != nil {
			return err
		}
		if t.who.state.Hold {
			return t.refuseHeld(evidence.EraseIntended)
		}
		return t.eraseData(data)
	})
}

func (t *turn) eraseData(data []avow.Datum) error {
	n, err := t.remove(data)
	t.note(evidence.EraseIntended, func(l *evidence.Leaf) {
		t.force.citing("erasure")(l)
		l.Count = n
		for _, d := range data {
			l.Data = append(l.Data, known(t.force.words.data, d))
		}
	})
	return cmp.Or(err, t.follow("erase", data))
}

// refuseHeld refuses an act because a legal hold allows nothing but storage.
func (t *turn) refuseHeld(kind evidence.Kind) error {
	t.note(kind, func(l *evidence.Leaf) {
		t.force.citing("hold")(l)
		l.Verdict, l.Reasons = avow.Refuse, avow.OnHold.Set()
	})
	return &avow.Refusal{Decision: avow.Decision{Reasons: avow.OnHold.Set(), Policy: t.program.Hash()}}
}

// remove takes all cells and items of some data from the person, and counts them.
func (t *turn) remove(data []avow.Datum) (int64, error) {
	return t.removeIf(data, func(c *cell) bool { return slices.Contains(data, c.datum) })
}

// removeIf takes the cells and items of which goes says so from the person, among some
// data or, for nil, all, and counts them.
func (t *turn) removeIf(data []avow.Datum, goes func(*cell) bool) (int64, error) {
	n := int64(0)
	t.who.body.cells = slices.DeleteFunc(t.who.body.cells, func(c cell) bool {
		gone := goes(&c)
		if gone {
			t.dropCell(&c)
			n++
		}
		return gone
	})
	var empty []avow.Datum
	for i := range t.who.body.series {
		datum, left, before := t.who.body.series[i].datum, 0, n
		if data != nil && !slices.Contains(data, datum) {
			continue
		}
		err := t.eachItem(datum, func(rec Record, c *cell) error {
			if !goes(c) {
				left++
				return nil
			}
			t.change.Delete = append(t.change.Delete, rec)
			t.dropCell(c)
			n++
			return nil
		})
		if err != nil {
			return n, err
		}
		if left == 0 && (data != nil || n > before) {
			empty = append(empty, datum)
		}
	}
	t.who.body.series = slices.DeleteFunc(t.who.body.series, func(s series) bool { return slices.Contains(empty, s.datum) })
	t.dropTagsOfNothing()
	if n > 0 {
		t.touched, t.resealed = true, true
	}
	return n, t.forgetAddresses()
}

// dropTagsOfNothing makes the person no longer findable by data that they no longer have.
func (t *turn) dropTagsOfNothing() {
	for _, bt := range slices.Clone(t.who.body.tags) {
		if bt.datum != "" && bt.datum != passkeyDatum && t.who.body.cell(bt.datum) == nil && t.who.body.of(bt.datum) == nil {
			t.dropTag(bt.datum)
		}
	}
}

// dropCell takes away what belongs to a cell that goes.
func (t *turn) dropCell(c *cell) {
	if c.isFile() {
		t.change.Put = append(t.change.Put, fileRecord(t.id, c.file, t.who.body.slot, t.now))
	}
}

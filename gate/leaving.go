package gate

import (
	"context"
	"encoding/binary"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/policy/syntax"
)

// Where the policy gives people time to change their minds, an erasure that they
// ask for waits for it. In the meantime nothing of theirs is used: their account is
// frozen, and only the exits are open. The wait is bounded by the sweep, and an
// erasure that somebody means at once is still [Gate.Erase].

// leavingKind is the kind of record (of nobody) of erasures that wait, by the
// instant at which they happen and the person's number. departureKind is the
// person's own, which says what their account was before.
func leavingKind(id avow.PolicyID) string { return "leaving/" + string(id) }

const departureKind = "departure"

// certificateKind is the kind of record (of nobody) that leads from the evidence of
// such a request to that of its end. Whoever asked is told of the first alone: when
// the second comes into being, nobody is left who could be told.
func certificateKind(id avow.PolicyID) string { return "certificate/" + string(id) }

// Departure is an erasure that waits.
type Departure struct {
	Asked time.Time
	At    time.Time // until then it can be undone
	Leaf  [16]byte  // the id of the evidence that it was asked for; see [Gate.Erased]
	// Guardian says that a parent or guardian asked for it, who alone undoes it.
	Guardian bool
}

// Erased returns where the evidence stands that an erasure was completed, by the
// evidence that it was asked for; false as long as it waits, if it was undone, and
// for what is no such evidence.
func (g *Gate) Erased(ctx context.Context, id avow.PolicyID, asked [16]byte) (index int64, done bool, err error) {
	if _, err := g.Program(id); err != nil {
		return 0, false, err
	}
	rec, ok, err := g.store.Get(ctx, 0, certificateKind(id), asked[:])
	if err != nil {
		return 0, false, internal("a certificate could not be found", err)
	}
	if !ok || len(rec.Body) != 24 {
		return 0, false, nil
	}
	index, err = g.leafFrom(ctx, id, int64(binary.BigEndian.Uint64(rec.Body)), [16]byte(rec.Body[8:]))
	return index, err == nil, err
}

// leafFrom returns the place of a leaf in the log that stands at or behind a place:
// behind it only by what others wrote in the same moment.
func (g *Gate) leafFrom(ctx context.Context, id avow.PolicyID, from int64, leaf [16]byte) (int64, error) {
	state, err := g.store.LogState(ctx, id)
	if err != nil {
		return 0, internal("the log could not be read", err)
	}
	for ; from < state.Recorded; from += scanPage {
		bodies, err := g.store.Leaves(ctx, id, from, min(from+scanPage, state.Recorded))
		if err != nil {
			return 0, internal("the log could not be read", err)
		}
		for i, body := range bodies {
			l, err := evidence.Parse(body)
			if err != nil {
				return 0, internal("the log is malformed", err)
			}
			if l.ID == leaf {
				return from + int64(i), nil
			}
		}
	}
	return 0, internal("a certificate leads to no leaf", nil)
}

// EraseLater asks for an erasure that happens when the policy's time for a change of
// mind is over, and freezes the account until then. Under a policy that gives no
// such time it is [Gate.Erase], and the departure is zero. A legal hold refuses it.
func (g *Gate) EraseLater(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef) (Departure, avow.Receipt, error) {
	p, err := g.Program(id)
	if err != nil {
		return Departure{}, avow.Receipt{}, err
	}
	info, ok := p.Erasure("request")
	if !ok || !info.Undo.Set || info.Undo.N <= 0 {
		r, err := g.Erase(ctx, id, ref)
		return Departure{}, r, err
	}
	var d Departure
	t, err := g.take(ctx, id, ref, func(t *turn) error {
		if err := t.mustBeKnown(); err != nil {
			return err
		}
		d, err = t.leaveAfter(info.Undo, false)
		return err
	})
	if err != nil {
		return Departure{}, avow.Receipt{}, err
	}
	return d, t.receipt(), nil
}

// leaveAfter lets an erasure wait, and freezes the account until then.
func (t *turn) leaveAfter(undo syntax.Period, guardian bool) (Departure, error) {
	if t.who.state.Account == avow.Closing {
		return Departure{}, errErasing
	}
	if t.who.state.Hold {
		return Departure{}, t.refuseHeld(evidence.EraseAsked)
	}
	rec, _, waits, err := t.departure()
	if err != nil {
		return Departure{}, err
	}
	if waits {
		return Departure{}, &avow.Error{Code: avow.Conflict, Message: "this person is being erased already, after the time for a change of mind", Try: "undo it, or wait"}
	}
	t.note(evidence.EraseAsked, t.force.citing("erasure"))
	d := Departure{Asked: t.now, At: t.program.After(t.now, undo), Leaf: t.entries[len(t.entries)-1].leaf.ID, Guardian: guardian}
	w := writer{}
	w.uint(uint64(t.who.state.Account))
	w.time(d.Asked)
	w.time(d.At)
	w.bytes(d.Leaf[:])
	w.bool(d.Guardian)
	rec.Body = w.b
	t.who.state.Account, t.touched = avow.Frozen, true
	t.change.Put = append(t.change.Put, rec, t.waiting(d))
	t.say(saidLeaving, func(j *writer) { j.bytes(w.b) })
	return d, nil
}

// StayAfterAll undoes an erasure that waits: everything is as it was.
func (g *Gate) StayAfterAll(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef) (avow.Receipt, error) {
	t, err := g.take(ctx, id, ref, func(t *turn) error {
		if err := t.mustBeKnown(); err != nil {
			return err
		}
		rec, d, waits, err := t.departure()
		if err != nil {
			return err
		}
		if !waits {
			return &avow.Error{Code: avow.Conflict, Message: "no erasure waits that could be undone", Try: "nothing needs to be undone"}
		}
		if d.Guardian {
			return &avow.Error{Code: avow.Forbidden, Message: "a parent or guardian asked for this erasure, and they alone undo it", Try: "talk to them, or write to the controller if they are none"}
		}
		return t.stay(rec, d)
	})
	if err != nil {
		return avow.Receipt{}, err
	}
	return t.receipt(), nil
}

// stay undoes an erasure that waits.
func (t *turn) stay(rec Record, d Departure) error {
	before, _, err := decodeDeparture(rec.Body)
	if err != nil {
		return internal("a waiting erasure is malformed", err)
	}
	t.who.state.Account, t.touched = before, true
	t.change.Delete = append(t.change.Delete, rec, t.waiting(d))
	t.say(saidStaying, func(j *writer) { j.bytes(rec.Body) })
	t.note(evidence.EraseUndone, t.force.citing("erasure"))
	return nil
}

// Departure returns the erasure of a person that waits, if one does.
func (g *Gate) Departure(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef) (Departure, bool, error) {
	t, err := g.look(ctx, id, ref)
	if err != nil {
		return Departure{}, false, err
	}
	_, d, waits, err := t.departure()
	return d, waits, err
}

func (t *turn) departure() (rec Record, d Departure, waits bool, err error) {
	rec, waits, err = t.gate.store.Get(t.ctx, t.who.row.SID, departureKind, []byte{1})
	if err != nil {
		return rec, d, false, internal("a waiting erasure could not be read", err)
	}
	if !waits {
		return Record{SID: t.who.row.SID, Kind: departureKind, Key: []byte{1}}, d, false, nil
	}
	if _, d, err = decodeDeparture(rec.Body); err != nil {
		return rec, d, false, internal("a waiting erasure is malformed", err)
	}
	return rec, d, true, nil
}

// decodeDeparture also returns what the account was before.
func decodeDeparture(body []byte) (avow.AccountState, Departure, error) {
	r := reader{b: body}
	before := avow.AccountState(r.uint())
	d := Departure{Asked: r.time(), At: r.time()}
	if leaf := r.bytes(); len(leaf) == len(d.Leaf) {
		copy(d.Leaf[:], leaf)
	} else {
		return 0, Departure{}, errBody
	}
	d.Guardian = r.bool()
	return before, d, r.done()
}

// hearLeaving lets an erasure wait again that older data knows nothing of, or not
// wait any more. One whose time has passed meanwhile is carried out by the next sweep.
func (t *turn) hearLeaving(on bool, r *reader) (bool, error) {
	body := r.bytes()
	if err := r.done(); err != nil {
		return false, err
	}
	before, d, err := decodeDeparture(body)
	if err != nil {
		return false, err
	}
	rec, have, waits, err := t.departure()
	if err != nil || waits == on {
		return false, err
	}
	if on {
		rec.Body, t.who.state.Account = body, avow.Frozen
		t.change.Put = append(t.change.Put, rec, t.waiting(d))
		return true, nil
	}
	t.who.state.Account = before
	t.change.Delete = append(t.change.Delete, rec, t.waiting(have))
	return true, nil
}

// waiting is the entry of the sweep for an erasure.
func (t *turn) waiting(d Departure) Record { return waitingAt(t.id, t.who.row.SID, d) }

func waitingAt(id avow.PolicyID, sid int64, d Departure) Record {
	key := binary.BigEndian.AppendUint64(nil, uint64(d.At.UnixNano()))
	return Record{Kind: leavingKind(id), Key: binary.BigEndian.AppendUint64(key, uint64(sid)), Body: d.Leaf[:]}
}

// sweepLeaving erases those whose time for a change of mind is over. A hold that
// came in between keeps the erasure waiting until it ends.
func (g *Gate) sweepLeaving(ctx context.Context, s *served, total *Swept) error {
	now, err := s.time(g.Now())
	if err != nil {
		return err
	}
	var after []byte
	for {
		recs, err := g.store.Scan(ctx, 0, leavingKind(s.id), after, scanPage)
		if err != nil {
			return internal("waiting erasures could not be read", err)
		}
		for _, rec := range recs {
			after = rec.Key
			if len(rec.Key) != 16 || binary.BigEndian.Uint64(rec.Key) > uint64(max(now.UnixNano(), 0)) {
				return nil
			}
			if err := g.depart(ctx, s, rec, total); err != nil {
				return err
			}
		}
		if len(recs) < scanPage {
			return nil
		}
	}
}

// depart erases the person of a waiting erasure, if they are not gone already.
func (g *Gate) depart(ctx context.Context, s *served, rec Record, total *Swept) error {
	row, ok, err := g.store.Load(ctx, int64(binary.BigEndian.Uint64(rec.Key[8:])))
	if err != nil {
		return internal("the person's record could not be read", err)
	}
	if ok && row.Policy == s.id {
		p, err := s.open(row)
		if err != nil {
			return unreadable(err)
		}
		if p.state.Hold && !p.state.lapsed(g.Now()) {
			return nil
		}
		if _, err := g.Erase(ctx, s.id, p.state.ref); err != nil {
			return err
		}
		total.Erased++
	}
	_, err = g.commit(ctx, &Change{Policy: s.id, Delete: []Record{rec}})
	if err != nil {
		return internal("a waiting erasure could not be forgotten", err)
	}
	return nil
}

// certify adds to the end of a person who waited for it the way from the evidence that
// they asked to the evidence done that it happened, and forgets the wait. It is part of
// the same transaction, so that no crash can lose it. Where the leaf will stand nobody
// knows before; it is no earlier than the log is long now.
func (g *Gate) certify(ctx context.Context, c *Change, sid int64, done [16]byte) error {
	rec, waits, err := g.store.Get(ctx, sid, departureKind, []byte{1})
	if err != nil {
		return internal("a waiting erasure could not be read", err)
	}
	if !waits {
		return nil
	}
	_, d, err := decodeDeparture(rec.Body)
	if err != nil {
		return internal("a waiting erasure is malformed", err)
	}
	state, err := g.store.LogState(ctx, c.Policy)
	if err != nil {
		return internal("the log could not be read", err)
	}
	c.Put = append(c.Put, Record{Kind: certificateKind(c.Policy), Key: d.Leaf[:], Body: append(binary.BigEndian.AppendUint64(nil, uint64(state.Recorded)), done[:]...)})
	c.Delete = append(c.Delete, waitingAt(c.Policy, sid, d))
	return nil
}

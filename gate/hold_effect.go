package gate

import (
	"encoding/json"
	"time"

	"avow.dev"
	"avow.dev/evidence"
)

// What a hold does to the person whom it is about, and how it is written down.

// holdKind is the kind of record (of a person) that says until when a hold of
// theirs lasts, under the key of its matter. Records of holds that are over lie
// there until the next sweep.
const holdKind = "hold"

// putHold writes a hold that was put forward or approved; with enough people it
// comes into force.
func (t *turn) putHold(m *Hold, key []byte, by Officer, did string) error {
	what, err := m.Body.digest()
	if err != nil {
		return err
	}
	enough := m.Proposal.approvedBy(HoldApprovals(t.program, m.Body.Rule), what)
	if enough {
		m.State = "in-force"
		st := &t.who.state
		if !st.Hold || st.holdUntil.Before(m.Body.Until) {
			st.holdUntil = m.Body.Until
		}
		st.Hold = true
		rec, err := t.holdRecord(key, m.Body.Until)
		if err != nil {
			return err
		}
		t.change.Put = append(t.change.Put, rec)
	}
	if err := t.writeHold(m, key, by, did); err != nil || !enough {
		return err
	}
	t.noteHold(evidence.HoldSet, m)
	return t.sayHold(saidHold, m)
}

// endHold writes that a hold has ended.
func (t *turn) endHold(m *Hold, key []byte, by Officer, state string) error {
	was := m.State
	m.State, m.Due = state, time.Time{}
	if err := t.writeHold(m, key, by, state); err != nil || was != "in-force" {
		return err
	}
	t.change.Delete = append(t.change.Delete, Record{SID: t.who.row.SID, Kind: holdKind, Key: key})
	until, err := t.heldUntil(key)
	if err != nil {
		return err
	}
	switch {
	case !t.who.state.Hold: // they are over, all of them: see begin
	case until.IsZero():
		t.release()
	default:
		t.who.state.holdUntil = until
	}
	return t.sayHold(saidRelease, m)
}

// noteHold leaves evidence that cites the hold of the policy.
func (t *turn) noteHold(kind evidence.Kind, m *Hold) {
	t.note(kind, func(l *evidence.Leaf) {
		l.Rules = []avow.RuleID{m.Body.Rule}
		for _, info := range t.program.Holds() {
			if info.ID == m.Body.Rule {
				l.Clauses = info.Clauses
			}
		}
		if m.State != "in-force" {
			l.Verdict = avow.Refuse
		}
	})
}

// writeHold seals the matter, and leaves evidence of the step.
func (t *turn) writeHold(m *Hold, key []byte, by Officer, did string) error {
	office, err := t.gate.office(t.ctx, t.served)
	if err != nil {
		return err
	}
	m.Steps = append(m.Steps, Step{t.now, by, did, m.State})
	t.noteHold(evidence.HoldStep, m)
	t.entries[len(t.entries)-1].about = office
	t.restOn(office)
	t.touched = true // of two who change the same person's holds, the second reads what the first has written
	return holds.put(t, office, key, m, by)
}

// heldUntil returns when the last of a person's holds is over, except for one; zero
// if there is no other.
func (t *turn) heldUntil(except []byte) (until time.Time, err error) {
	recs, err := t.gate.store.Scan(t.ctx, t.who.row.SID, holdKind, nil, scanPage)
	if err != nil {
		return until, internal("the person's holds could not be read", err)
	}
	for _, rec := range recs {
		if string(rec.Key) == string(except) {
			continue
		}
		raw, err := t.who.unseal(holdKind, keyVersion(rec.Key), rec.Body)
		if err != nil {
			return until, internal("a hold could not be opened", err)
		}
		r := reader{b: raw}
		if end := r.time(); end.After(until) && t.now.Before(end) {
			until = end
		}
	}
	return until, nil
}

func (t *turn) holdRecord(key []byte, until time.Time) (Record, error) {
	w := writer{}
	w.time(until)
	sealed, err := t.who.seal(holdKind, keyVersion(key), w.b)
	if err != nil {
		return Record{}, internal("the hold could not be sealed", err)
	}
	return Record{SID: t.who.row.SID, Kind: holdKind, Key: key, Body: sealed}, nil
}

// sayHold notes how a hold stands now, for a restored backup that knows nothing of it.
func (t *turn) sayHold(what saying, m *Hold) error {
	plain, err := json.Marshal(m)
	if err != nil {
		return internal("the hold could not be written", err)
	}
	t.say(what, func(w *writer) {
		w.string(m.ID)
		w.time(t.who.state.holdUntil)
		w.bytes(plain)
	})
	return nil
}

// hearHold lets a hold stand as a note says, for the person and at the desk.
func (t *turn) hearHold(r *reader) (bool, error) {
	id, until, plain := r.string(), r.time(), r.bytes()
	if err := r.done(); err != nil {
		return false, err
	}
	key, err := matterKey(id)
	if err != nil {
		return false, err
	}
	if err := t.gate.openOffice(t.ctx, t.served); err != nil {
		return false, err
	}
	office, err := t.gate.office(t.ctx, t.served)
	if err != nil {
		return false, err
	}
	var m Hold
	if err := json.Unmarshal(plain, &m); err != nil {
		return false, errBody
	}
	if have, err := holds.get(t.ctx, t.gate, office, key); err == nil {
		m.writes, m.wasDue = have.writes, have.wasDue
	}
	t.who.state.Hold, t.who.state.holdUntil = t.now.Before(until), until
	if m.State == "in-force" {
		rec, err := t.holdRecord(key, m.Body.Until)
		if err != nil {
			return false, err
		}
		t.change.Put = append(t.change.Put, rec)
	} else {
		t.change.Delete = append(t.change.Delete, Record{SID: t.who.row.SID, Kind: holdKind, Key: key})
	}
	return true, holds.place(t, office, key, &m, plain)
}

// release ends a person's last hold.
func (t *turn) release() {
	t.who.state.Hold, t.who.state.holdUntil, t.touched = false, time.Time{}, true
	t.note(evidence.HoldReleased, t.force.citing("hold"))
}

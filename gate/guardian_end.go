package gate

import (
	"context"
	"encoding/binary"
	"errors"
	"slices"
	"time"

	"avow.dev"
	"avow.dev/evidence"
)

// sayGuardianNo has a guardian's no hold whichever backup of the data is put back.
func (t *turn) sayGuardianNo(d *ward) {
	t.say(saidGuardianNo, func(w *writer) {
		w.string(string(d.State))
		w.time(d.Answered)
		w.time(d.Until)
	})
}

// hearGuardianNo lets a no hold again, unless the guardian agreed later.
func (t *turn) hearGuardianNo(r *reader) (bool, error) {
	state, at, until := GuardianState(r.string()), r.time(), r.time()
	if err := r.done(); err != nil || !t.who.state.Guardian {
		return false, err
	}
	all, err := t.wards()
	if err != nil {
		return false, err
	}
	for i := range all {
		d := &all[i]
		if d.State != GuardianAgreed {
			continue
		}
		if d.Answered.After(at) {
			return false, nil
		}
		d.State, d.Answered, d.Until = state, at, until
		if state == GuardianEnded {
			d.to, d.Address = "", ""
		}
		if err := t.putWard(d); err != nil {
			return false, err
		}
	}
	t.who.state.Guardian = false
	return true, nil
}

// endWards ends whatever a guardian decides, such as when the person is of age.
func (t *turn) endWards(why string) error {
	if !t.who.known() {
		return nil
	}
	all, err := t.wards()
	if err != nil {
		return err
	}
	for i := range all {
		if !all[i].open() {
			continue
		}
		if err := t.endWard(&all[i], why); err != nil {
			return err
		}
	}
	return nil
}

// sweepGuardians does what is due without anybody: reminds, takes away what no guardian
// agreed to and their address, and forgets that one was asked; and it clears away codes
// and sessions that are over.
func (g *Gate) sweepGuardians(ctx context.Context, s *served, _ *Swept) error {
	now, err := s.time(g.Now())
	if err != nil {
		return err
	}
	var after []byte
	for {
		recs, err := g.store.Scan(ctx, 0, guardianDueKind(s.id), after, scanPage)
		if err != nil {
			return internal("the guardians could not be read", err)
		}
		for _, rec := range recs {
			after = rec.Key
			if len(rec.Key) != 16 || int64(binary.BigEndian.Uint64(rec.Key)) > now.UnixNano() {
				return g.sweepGuardianCodes(ctx, s)
			}
			if err := g.guardianDue(ctx, s, rec); err != nil {
				return err
			}
		}
		if len(recs) < scanPage {
			return g.sweepGuardianCodes(ctx, s)
		}
	}
}

func (g *Gate) sweepGuardianCodes(ctx context.Context, s *served) error {
	if err := g.sweepRecords(ctx, s, guardianCodeKind(s), func(rec Record, now time.Time) bool {
		c, err := decodeCode(rec.Body)
		return err != nil || !now.Before(c.until)
	}); err != nil {
		return err
	}
	return g.sweepRecords(ctx, s, guardianSessionKind(s), func(rec Record, now time.Time) bool {
		v, err := decodeGuardianSession(rec.Body)
		return err != nil || !now.Before(v.until)
	})
}

// guardianDue does what one entry of the queue is for.
func (g *Gate) guardianDue(ctx context.Context, s *served, rec Record) error {
	ref, err := g.refOf(ctx, s, int64(binary.BigEndian.Uint64(rec.Key[8:])))
	if errors.Is(err, errCode) || len(rec.Body) != len(Tag{}) { // the person is gone
		_, err := g.commit(ctx, &Change{Policy: s.id, Delete: []Record{rec}})
		return err
	}
	if err != nil {
		return err
	}
	tag := Tag(rec.Body)
	waits := false
	if _, err := g.rekey(ctx, s.id, ref, func(t *turn) (err error) {
		waits, err = t.unagreed(tag)
		return err
	}); err != nil || waits {
		return unlessGone(err)
	}
	_, err = g.take(ctx, s.id, ref, func(t *turn) error {
		t.change.Delete = append(t.change.Delete, rec)
		t.touched = true
		all, err := t.wards()
		if err != nil {
			return err
		}
		i := slices.IndexFunc(all, func(d ward) bool { return d.tag == tag })
		if i < 0 {
			return nil
		}
		return t.guardianDue(&all[i])
	})
	return unlessGone(err)
}

func (t *turn) guardianDue(d *ward) error {
	at := d.next()
	switch {
	case at.IsZero() || t.now.Before(at): // something else came in between
	case d.State == GuardianEnded:
		t.change.Delete = append(t.change.Delete, d.rec)
	case d.State == GuardianAsked && t.now.Before(d.Until):
		d.reminded = true
		date := map[string]string{"date": d.Until.Format(time.DateOnly)}
		if err := t.putWard(d); err != nil {
			return err
		}
		if err := t.writeGuardian(d, "guardian-asked", date); err != nil {
			return err
		}
		return t.tellOwn("ward-waits", "/children", date)
	case d.State == GuardianAgreed:
		d.reminded = true
		if err := t.putWard(d); err != nil {
			return err
		}
		t.note(evidence.GuardianConfirmed, t.force.citing("minors"))
		return t.writeGuardian(d, "guardian-again", map[string]string{"date": d.Answered.Format(time.DateOnly)})
	case d.State == GuardianAsked:
		return t.endWard(d, "silence")
	case d.State == GuardianRefused:
		return t.endWard(d, "refusal")
	}
	return nil
}

// unagreed takes away what was taken in only because a guardian would agree, if the time
// for that is over. waits says that nothing may be done now: a legal hold keeps
// everything, and an erasure of everything is under way.
func (t *turn) unagreed(tag Tag) (waits bool, err error) {
	d, ok, err := t.wardBy(tag)
	if err != nil || !ok || d.State != GuardianAsked && d.State != GuardianRefused || t.now.Before(d.Until) {
		return false, err
	}
	_, _, leaving, err := t.departure()
	if err != nil || leaving || t.who.state.Hold {
		return true, err
	}
	var data []avow.Datum
	n, err := t.removeIf(nil, func(c *cell) bool {
		goes := len(c.grants) > 0 && !slices.ContainsFunc(c.grants, func(g grant) bool { return !t.program.TakenWithGuardian(c.datum, g.purpose) })
		if goes && !slices.Contains(data, c.datum) {
			data = append(data, c.datum)
		}
		return goes
	})
	if err != nil || n == 0 {
		return false, err
	}
	t.note(evidence.EraseIntended, func(l *evidence.Leaf) {
		t.force.citing("minors")(l)
		l.Count = n
		for _, d := range data {
			l.Data = append(l.Data, known(t.force.words.data, d))
		}
	})
	return false, nil
}

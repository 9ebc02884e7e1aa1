package gate

import (
	"context"
	"slices"
	"time"

	"avow.dev"
	"avow.dev/evidence"
)

// Restored ends what an older copy of the data may have opened again, and leaves
// evidence that a policy's data was put back from a backup, and of how many published
// leaves were lost by that. Nobody can know any more which sessions were ended since,
// which links and codes were followed, and on which consents an envelope was renewed:
// all sessions end, those of guardians too; no link, code, event token or question for a
// passkey from before works; and only a consent given from now on renews an envelope. People sign in again, and recipients ask again.
func (g *Gate) Restored(ctx context.Context, id avow.PolicyID, lost int64) error {
	s, err := g.of(id)
	if err != nil {
		return err
	}
	if err := g.endAll(ctx, s); err != nil {
		return err
	}
	return g.leave(ctx, id, evidence.Restored, lost)
}

func (g *Gate) endAll(ctx context.Context, s *served) error {
	all := func(Record, time.Time) bool { return true }
	for _, kind := range []string{sessionKind(s), handOverKind(s), codeKind(s), guardianSessionKind(s), guardianCodeKind(s), passkeyAskedKind(s)} {
		if err := g.sweepRecords(ctx, s, kind, all); err != nil {
			return err
		}
	}
	if err := g.endPersonal(ctx, s); err != nil {
		return err
	}
	return g.startEnvelopes(ctx, s)
}

// endPersonal takes away what of it lies beside people.
func (g *Gate) endPersonal(ctx context.Context, s *served) error {
	end, err := g.store.NextSubject(ctx, 0)
	if err != nil {
		return internal("people could not be counted", err)
	}
	c := Change{Policy: s.id}
	write := func(least int) error {
		if len(c.Delete) < least {
			return nil
		}
		if _, err := g.commit(ctx, &c); err != nil {
			return internal("sessions could not be ended", err)
		}
		c = Change{Policy: s.id}
		return nil
	}
	for sid := int64(1); sid < end; sid++ {
		row, ok, err := g.store.Load(ctx, sid)
		if err != nil {
			return internal("people could not be read", err)
		}
		if !ok || row.Policy != s.id {
			continue
		}
		for _, kind := range []string{personSession, tokenKind} {
			recs, err := g.scanAll(ctx, sid, kind)
			if err != nil {
				return err
			}
			c.Delete = append(c.Delete, recs...)
		}
		if err := write(scanPage); err != nil {
			return err
		}
	}
	return write(1)
}

func (g *Gate) scanAll(ctx context.Context, sid int64, kind string) ([]Record, error) {
	var all []Record
	var after []byte
	for {
		recs, err := g.store.Scan(ctx, sid, kind, after, scanPage)
		if err != nil {
			return nil, internal("what is kept of people could not be read", err)
		}
		all = append(all, recs...)
		if len(recs) < scanPage {
			return all, nil
		}
		after = recs[len(recs)-1].Key
	}
}

// startEnvelopes has every envelope begin now: a consent renews one only if it is
// younger.
func (g *Gate) startEnvelopes(ctx context.Context, s *served) error {
	recs, err := g.scanAll(ctx, 0, envelopeKind(s.id))
	if err != nil {
		return err
	}
	now := g.Now()
	for page := range slices.Chunk(recs, scanPage) {
		c := Change{Policy: s.id}
		for _, rec := range page {
			r, err := decodeReminder(rec)
			if err != nil {
				return internal("what is kept of an envelope is malformed", err)
			}
			r.made = now
			c.Put = append(c.Put, r.record(s.id))
		}
		if _, err := g.commit(ctx, &c); err != nil {
			return internal("what is kept of envelopes could not be written", err)
		}
	}
	return nil
}

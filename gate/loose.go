package gate

import (
	"context"
	"encoding/binary"
	"slices"
	"time"

	"avow.dev"
	"avow.dev/retain"
)

// Data that is about nobody (crash counts, anonymised forms of what is over) lies
// beside nobody's row, unsealed: there is no key whose destruction should take it.
// It is collected and read by requests without a subject, under the same rules.

func looseKind(id avow.PolicyID, d avow.Datum) string { return "loose/" + string(id) + "/" + string(d) }

// putLoose stores an event that is about nobody. Its key is the hour and
// randomness, so that events of one device do not stand together.
func (t *turn) putLoose(c *cell, v Value) {
	c.sealed = v.Expose()
	t.change.PutNew = append(t.change.PutNew, Record{Kind: looseKind(t.id, c.datum), Key: timeKey(t.now.Truncate(time.Hour)), Body: c.item()})
}

// mostLoose is how many events about nobody one request reads: the oldest ones.
const mostLoose = 1024

// loose returns what is held of a datum about nobody.
func (t *turn) loose(datum avow.Datum) ([]Value, error) {
	var values []Value
	err := t.gate.eachLoose(t.ctx, t.served, datum, func(_ Record, c *cell) bool {
		if _, over := (&person{}).over(t.force, c, t.now); !over {
			values = append(values, NewValue(c.sealed))
		}
		return len(values) < mostLoose
	})
	return values, err
}

// eachLoose visits the events about nobody of a datum in order of their hours, as
// long as visit returns true.
func (g *Gate) eachLoose(ctx context.Context, s *served, datum avow.Datum, visit func(Record, *cell) bool) error {
	var after []byte
	for {
		recs, err := g.store.Scan(ctx, 0, looseKind(s.id, datum), after, scanPage)
		if err != nil {
			return internal("stored events could not be read", err)
		}
		for _, rec := range recs {
			c, err := decodeItem(rec)
			if err != nil {
				return err
			}
			if !visit(rec, &c) {
				return nil
			}
			after = rec.Key
		}
		if len(recs) < scanPage {
			return nil
		}
	}
}

// sweepLoose deletes events about nobody whose time is over. What has no grant
// is a statistic, and stays.
func (g *Gate) sweepLoose(ctx context.Context, s *served, total *Swept) error {
	f := s.inForce.Load()
	for _, d := range f.program.Data() {
		for more := !d.Personal(); more; {
			n, err := g.sweepEvents(ctx, s, f, d.Slug)
			if err != nil {
				return err
			}
			total.Expired += n
			more = n == purgeStep
		}
	}
	return nil
}

// sweepEvents deletes up to purgeStep events of a datum, the oldest first.
func (g *Gate) sweepEvents(ctx context.Context, s *served, f *force, datum avow.Datum) (int, error) {
	now := g.Now()
	c := Change{Policy: s.id}
	err := g.eachLoose(ctx, s, datum, func(rec Record, e *cell) bool {
		if _, over := (&person{}).over(f, e, now); over {
			c.Delete = append(c.Delete, rec)
		}
		return len(c.Delete) < purgeStep && !f.young(datum, rec, now)
	})
	if err != nil || len(c.Delete) == 0 {
		return 0, err
	}
	if _, err := g.commit(ctx, &c); err != nil {
		return 0, internal("events whose time is over could not be deleted", err)
	}
	return len(c.Delete), nil
}

// young reports whether an event, and so every later one, is younger than any of
// the datum's rules lets it become. Rules with other clocks than the moment of
// collection say nothing here, and everything is looked at.
func (f *force) young(datum avow.Datum, rec Record, now time.Time) bool {
	at := time.Unix(0, int64(binary.BigEndian.Uint64(rec.Key))).UTC()
	for i := range f.retention {
		r := &f.retention[i]
		if slices.Contains(r.Data, datum) && (r.After != retain.Collected || !r.Due(at).After(now)) {
			return false
		}
	}
	return true
}

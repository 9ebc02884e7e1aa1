package gate

import (
	"context"
	"encoding/binary"
	"time"
)

// allowance is how often something may be tried until an instant.
type allowance struct {
	label string
	of    Tag // whose tries are counted: a keyed hash, never a value
	until time.Time
	most  int
}

// paceKind is the kind of record (of nobody) that holds the places taken.
func paceKind(s *served) string { return "pace/" + string(s.id) }

// within ends the stretch of time that now lies in, of all those of a length.
func within(now time.Time, length time.Duration) time.Time {
	return now.Truncate(length).Add(length)
}

// place returns the next free place of an allowance, to be taken by PutNew: two
// requests, in one process or in two, cannot both take it. ok is false if none
// is left.
func (g *Gate) place(ctx context.Context, s *served, a *allowance) (rec Record, ok bool, err error) {
	key := binary.BigEndian.AppendUint64(nil, uint64(a.until.Unix()))
	tag, err := s.tag("\x00pace", append([]byte(a.label+"\x00"), a.of[:]...))
	if err != nil {
		return Record{}, false, internal("tries could not be counted", err)
	}
	key = append(key, tag[:]...)
	recs, err := g.store.Scan(ctx, 0, paceKind(s), append(key, 0, 0), a.most)
	if err != nil {
		return Record{}, false, internal("tries could not be counted", err)
	}
	taken := 0
	for _, r := range recs {
		if len(r.Key) == len(key)+2 && string(r.Key[:len(key)]) == string(key) {
			taken++
		}
	}
	return Record{Kind: paceKind(s), Key: binary.BigEndian.AppendUint16(key, uint16(taken+1))}, taken < a.most, nil
}

// sweepPace forgets tries whose stretch of time is over. Their keys begin with its
// end, so that the oldest come first.
func (g *Gate) sweepPace(ctx context.Context, s *served, _ *Swept) error {
	now := g.Now().Unix()
	for {
		recs, err := g.store.Scan(ctx, 0, paceKind(s), nil, purgeStep)
		if err != nil {
			return internal("counted tries could not be read", err)
		}
		over := 0
		for over < len(recs) && len(recs[over].Key) >= 8 && int64(binary.BigEndian.Uint64(recs[over].Key)) <= now {
			over++
		}
		if over == 0 {
			return nil
		}
		if _, err := g.commit(ctx, &Change{Policy: s.id, Delete: recs[:over]}); err != nil {
			return internal("counted tries could not be forgotten", err)
		}
	}
}

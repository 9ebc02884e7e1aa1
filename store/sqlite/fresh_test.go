package sqlite_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"avow.dev/gate"
	"avow.dev/store/sqlite"
)

// dweller is one person who changes all the time: row, tags and trail. What
// was acknowledged is in version; the tag of an older version is free.
type dweller struct {
	sid     int64
	version atomic.Int64
}

func (d *dweller) tag(version int64) gate.Tag { return benchTag(d.sid<<20|version, 0) }

// change moves the person to the next version, and now and then forgets its
// trail.
func (d *dweller) change(ctx context.Context, s *sqlite.Store, dice *rand.Rand) error {
	old := d.version.Load()
	row := &gate.Row{SID: d.sid, Policy: policy, Version: old + 1, Body: make([]byte, 3000+dice.IntN(9000))}
	c := &gate.Change{
		Policy: policy, Update: row,
		DropTags: []gate.TagEntry{{Tag: d.tag(old), SID: d.sid}},
		AddTags:  []gate.TagEntry{{Tag: d.tag(old + 1), SID: d.sid}},
		Leaves:   []gate.Leaf{{SID: d.sid}},
	}
	if old == 0 {
		c.Insert, c.Update = row, nil
	}
	if dice.IntN(20) == 0 {
		c.Purge, c.PurgeLimit = d.sid, 1<<20
	}
	if _, err := s.Commit(ctx, c); err != nil {
		return err
	}
	d.version.Store(old + 1)
	return nil
}

// look demands what was acknowledged before it looked. Only while the person
// stays as it is (still) must the latest tag be found.
func (d *dweller) look(ctx context.Context, s *sqlite.Store, still bool) error {
	acknowledged := d.version.Load()
	row, found, err := s.Load(ctx, d.sid)
	if err != nil || row.Version < acknowledged {
		return fmt.Errorf("person %d: version %d (%v) after %d was acknowledged, error %v",
			d.sid, row.Version, found, acknowledged, err)
	}
	_, found, err = s.Lookup(ctx, policy, d.tag(acknowledged-1))
	if err != nil || found {
		return fmt.Errorf("person %d: tag of version %d leads somewhere, error %v", d.sid, acknowledged-1, err)
	}
	row, found, err = s.Lookup(ctx, policy, d.tag(acknowledged))
	if err != nil || (!found && still) || (found && row.SID != d.sid) {
		return fmt.Errorf("person %d: tag of version %d leads to %d, error %v", d.sid, acknowledged, row.SID, err)
	}
	return nil
}

// TestReadsAreFresh: readers see what was acknowledged, never less, while rows
// come and go in a small cache and the indexes are flushed and merged all the
// time.
func TestReadsAreFresh(t *testing.T) {
	t.Parallel()
	const people, changes = 24, 60
	cfg := sqlite.Config{Dir: t.TempDir(), CacheMiB: 1, RecentEntries: 40, WaitingBytes: 30 << 10}
	s := open(t, cfg)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	dwellers := make([]dweller, people)
	var writers, readers sync.WaitGroup
	for i := range dwellers {
		d := &dwellers[i]
		d.sid = int64(i + 1)
		writers.Go(func() {
			dice := rand.New(rand.NewPCG(uint64(i), 1))
			for range changes {
				if err := d.change(context.Background(), s, dice); err != nil {
					t.Errorf("person %d: %v", d.sid, err)
					return
				}
				if err := d.look(context.Background(), s, true); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for i := range 8 {
		readers.Go(func() {
			dice := rand.New(rand.NewPCG(uint64(i), 2))
			for ctx.Err() == nil {
				if err := dwellers[dice.IntN(people)].look(context.Background(), s, false); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	writers.Wait()
	stop()
	readers.Wait()
	for range 2 {
		checkDwellers(t, s, dwellers)
		sound(t, s)
		closeStore(t, s)
		s = open(t, cfg)
	}
	closeStore(t, s)
}

// checkDwellers looks for every tag that ever was, and for leaves that the
// trail must not name.
func checkDwellers(t *testing.T, s *sqlite.Store, dwellers []dweller) {
	t.Helper()
	for i := range dwellers {
		d := &dwellers[i]
		for version := int64(1); version <= d.version.Load(); version++ {
			_, found, err := s.Lookup(t.Context(), policy, d.tag(version))
			if err != nil || found != (version == d.version.Load()) {
				t.Fatalf("person %d of version %d: tag of version %d found %v, error %v", d.sid, d.version.Load(), version, found, err)
			}
		}
		before, err := s.Trail(t.Context(), d.sid, -1, 1<<20)
		if err != nil || len(before) > int(d.version.Load()) {
			t.Fatalf("person %d: trail of %d leaves, error %v", d.sid, len(before), err)
		}
		c := &gate.Change{Policy: policy, Purge: d.sid, PurgeLimit: 1 << 20}
		if _, err := s.Commit(t.Context(), c); err != nil || c.PurgedMore {
			t.Fatalf("purge: more %v, error %v", c.PurgedMore, err)
		}
		if after, err := s.Trail(t.Context(), d.sid, -1, 10); err != nil || len(after) > 0 {
			t.Fatalf("person %d: trail %v after purge of %d, error %v", d.sid, after, len(before), err)
		}
	}
}

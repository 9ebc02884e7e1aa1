package sqlite_test

import (
	"bytes"
	"context"
	"sync"
	"testing"
	"testing/synctest"

	"avow.dev/gate"
	"avow.dev/store/sqlite"
)

// TestRemovalsDuringMerge drops tags while the runs that hold them are written
// and merged: none comes back, and none is lost.
func TestRemovalsDuringMerge(t *testing.T) {
	t.Parallel()
	const callers, rounds, each = 16, 40, 50
	cfg := sqlite.Config{Dir: t.TempDir(), RecentEntries: 1500}
	s := open(t, cfg)
	var wg sync.WaitGroup
	for caller := range callers {
		sid := int64(1 + caller)
		wg.Go(func() {
			c := &gate.Change{Policy: policy, Insert: &gate.Row{SID: sid, Policy: policy, Version: 1}}
			for round := range rounds {
				for i := range each {
					c.AddTags = append(c.AddTags, manyTag(sid, round*each+i))
					if n := round/2*each + i; isDropped(n) && round%2 == 1 {
						c.DropTags = append(c.DropTags, manyTag(sid, n))
					}
				}
				if _, err := s.Commit(context.Background(), c); err != nil {
					t.Errorf("commit: %v", err)
					return
				}
				c = &gate.Change{Policy: policy}
			}
		})
	}
	wg.Wait()
	for range 2 {
		for caller := range callers {
			for n := range rounds * each {
				sid := int64(1 + caller)
				row, found, err := s.Lookup(t.Context(), policy, manyTag(sid, n).Tag)
				gone := isDropped(n) && n < rounds/2*each
				if err != nil || found == gone || (found && row.SID != sid) {
					t.Fatalf("tag %d of person %d: found %v, dropped %v, error %v", n, sid, found, gone, err)
				}
			}
		}
		sound(t, s)
		closeStore(t, s)
		s = open(t, cfg)
	}
	if s.Runs()[1] == 0 {
		t.Errorf("nothing was merged: %v", s.Runs())
	}
	closeStore(t, s)
}

func manyTag(sid int64, n int) gate.TagEntry {
	return gate.TagEntry{Tag: benchTag(sid<<32|int64(n), 0), SID: sid}
}

func isDropped(n int) bool { return n%3 == 0 }

// TestNothingIsLeftOfAPerson reads the file as a thief would after an erasure:
// whether the tags were still waiting or in a run, none of them is there, nor the row and
// its records.
func TestNothingIsLeftOfAPerson(t *testing.T) {
	t.Parallel()
	for name, recent := range map[string]int{"waiting": 1000, "in runs": 2} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := sqlite.Config{Dir: t.TempDir(), RecentEntries: recent}
			s := open(t, cfg)
			mark := bytes.Repeat([]byte("MARK"), 300)
			each := inTurn
			if recent > 100 {
				each = atOnce // in groups, of which each shares a row of entries
			}
			each(20, func(sid int64) {
				if _, err := s.Commit(t.Context(), &gate.Change{
					Policy:  policy,
					Insert:  &gate.Row{SID: sid, Policy: policy, Version: 1, Body: mark},
					AddTags: []gate.TagEntry{{Tag: benchTag(sid, 0), SID: sid}, {Tag: benchTag(sid, 1), SID: sid}},
					Put:     []gate.Record{{SID: sid, Kind: "MARK", Key: mark[:8], Body: mark}},
					Leaves:  []gate.Leaf{{SID: sid}},
				}); err != nil {
					t.Error(err)
				}
			})
			each(19, func(sid int64) {
				if _, err := s.Commit(t.Context(), &gate.Change{
					Policy: policy, Drop: &gate.Row{SID: sid, Version: 1}, Purge: sid, PurgeLimit: 100,
					DropTags: []gate.TagEntry{{Tag: benchTag(sid, 0), SID: sid}, {Tag: benchTag(sid, 1), SID: sid}},
				}); err != nil {
					t.Error(err)
				}
			})
			for n := range int64(2) {
				if row, found, err := s.Lookup(t.Context(), policy, benchTag(20, n)); err != nil || !found || row.SID != 20 {
					t.Errorf("who stays is found by tag %d: %v, error %v", n, found, err)
				}
			}
			if list, err := s.Trail(t.Context(), 20, -1, 10); err != nil || len(list) != 1 {
				t.Errorf("who stays has a trail of %d, error %v", len(list), err)
			}
			if _, err := s.Commit(t.Context(), &gate.Change{
				Policy: policy, Drop: &gate.Row{SID: 20, Version: 1}, Purge: 20, PurgeLimit: 100,
				DropTags: []gate.TagEntry{{Tag: benchTag(20, 0), SID: 20}, {Tag: benchTag(20, 1), SID: 20}},
			}); err != nil {
				t.Error(err)
			}
			closeStore(t, s)
			file := kept(t, cfg)
			if n := bytes.Count(file, []byte("MARK")); n > 0 {
				t.Errorf("row or record: %d traces", n)
			}
			for sid := int64(1); sid <= 20; sid++ {
				for n := range int64(2) {
					if tag := benchTag(sid, n); bytes.Contains(file, tag[:]) {
						t.Errorf("tag %d of person %d is there", n, sid)
					}
				}
			}
		})
	}
}

// TestACloseLeavesNoRunBehind closes the store while a run is written, and has somebody go in
// between whose tags the run has: they are not there until the next start.
func TestACloseLeavesNoRunBehind(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := sqlite.Config{Dir: t.TempDir(), RecentEntries: 2}
		entries, writing, leave := 0, make(chan struct{}), make(chan struct{})
		s, err := sqlite.OpenFaulty(cfg, func(step int, ran bool) error {
			if step == sqlite.StepEntries && !ran {
				if entries++; entries == 2 { // after those of the group itself
					close(writing)
					<-leave
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		tags := []gate.TagEntry{{Tag: benchTag(1, 0), SID: 1}, {Tag: benchTag(1, 1), SID: 1}}
		row := &gate.Row{SID: 1, Policy: policy, Version: 1}
		if _, err := s.Commit(t.Context(), &gate.Change{Policy: policy, Insert: row, AddTags: tags}); err != nil {
			t.Fatal(err)
		}
		<-writing
		gone, closed := make(chan error), make(chan error)
		go func() {
			_, err := s.Commit(context.Background(), &gate.Change{Policy: policy, Drop: row, DropTags: tags})
			gone <- err
		}()
		synctest.Wait()
		go func() { closed <- s.Close() }()
		synctest.Wait()
		close(leave)
		for _, done := range []chan error{gone, closed} {
			if err := <-done; err != nil {
				t.Fatal(err)
			}
		}
		file := kept(t, cfg)
		for _, tag := range tags {
			if bytes.Contains(file, tag.Tag[:]) {
				t.Error("a tag of somebody who has gone is there")
			}
		}
	})
}

func inTurn(n int64, f func(sid int64)) {
	for sid := int64(1); sid <= n; sid++ {
		f(sid)
	}
}

func atOnce(n int64, f func(sid int64)) {
	var all sync.WaitGroup
	for sid := int64(1); sid <= n; sid++ {
		all.Go(func() { f(sid) })
	}
	all.Wait()
}

// The connection that writes leaves the flush to the flusher; see TestNobodyIsAnsweredBeforeTheFlush.
func TestSettings(t *testing.T) {
	t.Parallel()
	s := open(t, sqlite.Config{Dir: t.TempDir()})
	defer closeStore(t, s)
	for name, want := range map[string]string{
		"journal_mode": "wal", "synchronous": "1", "secure_delete": "1", "page_size": "4096", "wal_autocheckpoint": "0",
	} {
		if got, err := s.Pragma(name); err != nil || got != want {
			t.Errorf("%s is %q, error %v, want %q", name, got, err, want)
		}
	}
}

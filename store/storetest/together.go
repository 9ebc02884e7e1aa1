package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"avow.dev/gate"
)

// refusedWritesNothing: one reason to refuse, whichever it is, and nothing of
// the change is there.
func refusedWritesNothing(t *testing.T, b *bench) {
	old := b.person(blue, tag(1))
	b.must(gate.Change{Policy: blue, Put: []gate.Record{record(old, "k", "a", "kept")}, Leaves: someLeaves(old)})
	whole := func() gate.Change {
		return gate.Change{
			Policy: blue, Insert: row(blue, 900, 1, 3, "x"), Unchanged: row(blue, old, 1, 0, ""),
			AddTags: []gate.TagEntry{{Tag: tag(2), SID: 900}}, DropTags: []gate.TagEntry{{Tag: tag(1), SID: old}},
			Put: []gate.Record{record(900, "k", "a", "x")}, PutNew: []gate.Record{record(900, "k", "b", "x")},
			Delete: []gate.Record{record(old, "k", "a", "")}, Purge: old, PurgeLimit: 10,
			Leaves: someLeaves(900, 900), Seal: &gate.Seal{From: 0, Size: 1, Checkpoint: []byte("c")},
		}
	}
	for name, spoil := range map[string]func(c *gate.Change) error{
		"row there": func(c *gate.Change) error { c.Insert.SID = old; return gate.ErrChanged },
		"changed":   func(c *gate.Change) error { c.Unchanged.Version = 2; return gate.ErrChanged },
		"tag taken": func(c *gate.Change) error { c.DropTags = nil; c.AddTags[0].Tag = tag(1); return gate.ErrTaken },
		"key taken": func(c *gate.Change) error {
			c.Delete, c.PutNew[0] = nil, record(old, "k", "a", "x")
			return gate.ErrTaken
		},
		"seal moved": func(c *gate.Change) error { c.Seal.From = 1; return gate.ErrChanged },
	} {
		c := whole()
		want := spoil(&c)
		if _, err := b.s.Commit(b.ctx(), &c); !errors.Is(err, want) {
			t.Fatalf("%s: got error %v, want %v", name, err, want)
		}
		b.hasRow(row(blue, old, 1, 0, "body"))
		b.noRow(900)
		b.owner(blue, tag(1), old)
		b.owner(blue, tag(2), 0)
		b.hasRecord(record(old, "k", "a", "kept"))
		b.counts(900, "k", 0)
		b.state(blue, 1, 0, "")
		b.dueIs(100, 10)
	}
	b.must(whole())
	b.hasRow(row(blue, 900, 1, 3, "x"))
	b.owner(blue, tag(1), 0)
	b.owner(blue, tag(2), 900)
	b.state(blue, 3, 1, "c")
}

func endedContext(t *testing.T, b *bench) {
	ctx, cancel := context.WithCancel(b.ctx())
	cancel()
	_, err := b.s.Commit(ctx, &gate.Change{Policy: blue, Insert: row(blue, 1, 1, 0, "x")})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("got error %v, want canceled", err)
	}
	b.noRow(1)
	if _, _, err := b.s.Load(ctx, 1); !errors.Is(err, context.Canceled) {
		t.Fatalf("load: got error %v, want canceled", err)
	}
}

// neighbours: half of many callers fail, each in its own way; the others find
// everything they wrote, and the log has no gap.
func neighbours(t *testing.T, b *bench) {
	const callers, each = 64, 20
	taken := b.person(blue, tag(1))
	var wg sync.WaitGroup
	var stored atomic.Int64
	for caller := range callers {
		wg.Go(func() {
			for i := range each {
				sid := int64(1000 + caller*each + i)
				if err := b.neighbour(caller, sid, taken); err != nil {
					t.Errorf("caller %d: %v", caller, err)
					return
				}
				if caller%2 == 0 {
					stored.Add(1)
				}
			}
		})
	}
	wg.Wait()
	b.state(blue, stored.Load(), 0, "")
	all, err := b.s.Leaves(b.ctx(), blue, 0, stored.Load())
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, body := range all {
		seen[string(body)] = true
	}
	if len(seen) != int(stored.Load()) {
		t.Fatalf("%d different leaves, want %d", len(seen), stored.Load())
	}
}

// neighbour writes one person; callers with an odd number are refused.
func (b *bench) neighbour(caller int, sid, taken int64) error {
	name := fmt.Sprint(sid)
	c := gate.Change{
		Policy: blue, Insert: row(blue, sid, 1, 0, name),
		AddTags: []gate.TagEntry{{Tag: tag(uint64(sid)), SID: sid}},
		Put:     []gate.Record{record(sid, "k", name, name)},
		Leaves:  []gate.Leaf{{SID: sid, Body: []byte(name)}},
	}
	var want error
	switch caller % 4 {
	case 1:
		want, c.Unchanged = gate.ErrChanged, row(blue, taken, 9, 0, "")
	case 3:
		want, c.AddTags = gate.ErrTaken, append(c.AddTags, gate.TagEntry{Tag: tag(1), SID: sid})
	}
	first, err := b.s.Commit(b.ctx(), &c)
	if !errors.Is(err, want) {
		return fmt.Errorf("got error %v, want %v", err, want)
	}
	got, found, err := b.s.Lookup(b.ctx(), blue, tag(uint64(sid)))
	if err != nil || found != (want == nil) {
		return fmt.Errorf("lookup of %d: found %v, error %v", sid, found, err)
	}
	if want != nil {
		return nil
	}
	body, err := b.s.Leaves(b.ctx(), blue, first, first+1)
	if err != nil || string(body[0]) != name || string(got.Body) != name {
		return fmt.Errorf("person %d: body %q, leaf %q, error %v", sid, got.Body, body, err)
	}
	return nil
}

func raceForTag(t *testing.T, b *bench) {
	const callers = 32
	var won atomic.Int64
	var wg sync.WaitGroup
	for i := range callers {
		sid := int64(i + 1)
		wg.Go(func() {
			_, err := b.s.Commit(b.ctx(), &gate.Change{
				Policy: blue, Insert: row(blue, sid, 1, 0, ""), AddTags: []gate.TagEntry{{Tag: tag(1), SID: sid}},
			})
			switch {
			case err == nil:
				won.Add(1)
			case !errors.Is(err, gate.ErrTaken):
				t.Errorf("got error %v, want taken", err)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 {
		t.Fatalf("%d callers won the tag", won.Load())
	}
}

// raceForVersion: callers that read, change and try again count without loss.
func raceForVersion(t *testing.T, b *bench) {
	const callers, each = 8, 25
	sid := b.person(blue)
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for done := 0; done < each; {
				r, _, err := b.s.Load(b.ctx(), sid)
				if err != nil {
					t.Errorf("load: %v", err)
					return
				}
				r.Version++
				_, err = b.s.Commit(b.ctx(), &gate.Change{Policy: blue, Update: &r, Leaves: someLeaves(sid)})
				if err == nil {
					done++
				} else if !errors.Is(err, gate.ErrChanged) {
					t.Errorf("update: %v", err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.hasRow(row(blue, sid, 1+callers*each, 0, "body"))
	b.state(blue, callers*each, 0, "")
}

func reopen(t *testing.T, b *bench) {
	sid := b.person(blue, tag(1))
	other := b.person(green, tag(1), tag(2))
	b.must(gate.Change{
		Policy: blue, Update: row(blue, sid, 2, 17, "second"),
		Put: []gate.Record{record(sid, "k", "a", "x")}, Leaves: someLeaves(sid, 0),
	})
	b.must(b.seal(0, 1, "one"))
	for range 2 {
		b.reopen()
		b.hasRow(row(blue, sid, 2, 17, "second"))
		b.hasRow(row(green, other, 1, 0, "body"))
		b.owner(blue, tag(1), sid)
		b.owner(green, tag(2), other)
		b.hasRecord(record(sid, "k", "a", "x"))
		b.state(blue, 2, 1, "one")
		b.leavesAre(blue, 0, "leaf 0", "leaf 1")
		b.trailIs(sid, -1, 10, 0)
		b.dueIs(17, 10, sid)
		b.refused(gate.ErrTaken, gate.Change{Policy: green, AddTags: []gate.TagEntry{{Tag: tag(2), SID: sid}}})
	}
}

func closed(t *testing.T, b *bench) {
	s := b.s
	b.close()
	if err := s.Close(); err != nil {
		t.Errorf("second close: %v", err)
	}
	if _, err := s.Commit(b.ctx(), &gate.Change{Policy: blue}); err == nil {
		t.Error("commit after close: no error")
	}
	if _, _, err := s.Load(b.ctx(), 1); err == nil {
		t.Error("load after close: no error")
	}
}

package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"avow.dev/gate"
)

func someLeaves(sids ...int64) (list []gate.Leaf) {
	for i, sid := range sids {
		list = append(list, gate.Leaf{SID: sid, Body: fmt.Appendf(nil, "leaf %d", i)})
	}
	return list
}

func leaves(t *testing.T, b *bench) {
	b.state(blue, 0, 0, "")
	want := func(got, first int64) {
		t.Helper()
		if got != first {
			t.Fatalf("first leaf is %d, want %d", got, first)
		}
	}
	want(b.must(gate.Change{Policy: blue, Leaves: someLeaves(0, 0)}), 0)
	want(b.must(gate.Change{Policy: green, Leaves: someLeaves(0)}), 0)
	want(b.must(gate.Change{Policy: blue, Leaves: []gate.Leaf{{Body: []byte("two")}, {Body: nil}}}), 2)
	b.state(blue, 4, 0, "")
	b.state(green, 1, 0, "")
	b.leavesAre(blue, 0, "leaf 0", "leaf 1", "two", "")
	b.leavesAre(blue, 2, "two")
	b.leavesAre(blue, 4)
	b.leavesAre(green, 0, "leaf 0")
	b.reopen()
	b.state(blue, 4, 0, "")
	want(b.must(gate.Change{Policy: blue, Leaves: someLeaves(0)}), 4)
	want(b.must(gate.Change{Policy: green, Leaves: someLeaves(0)}), 1)
}

func leavesRange(t *testing.T, b *bench) {
	b.must(gate.Change{Policy: blue, Leaves: someLeaves(0, 0, 0)})
	b.must(gate.Change{Policy: green, Leaves: someLeaves(0, 0, 0, 0, 0)})
	for _, r := range [][2]int64{{0, 4}, {3, 4}, {-1, 2}, {2, 1}} {
		if _, err := b.s.Leaves(b.ctx(), blue, r[0], r[1]); err == nil {
			t.Errorf("leaves %d to %d: no error", r[0], r[1])
		}
	}
	if _, err := b.s.Leaves(b.ctx(), "unheard", 0, 1); err == nil {
		t.Error("leaves of an unknown log: no error")
	}
}

func (b *bench) seal(from, size int64, checkpoint string, tiles ...gate.Tile) gate.Change {
	return gate.Change{Policy: blue, Seal: &gate.Seal{
		From: from, Size: size, Checkpoint: []byte(checkpoint), Tiles: tiles,
	}}
}

func seal(t *testing.T, b *bench) {
	b.must(gate.Change{Policy: blue, Leaves: someLeaves(0, 0, 0)})
	b.refused(gate.ErrChanged, b.seal(1, 2, "no"))
	b.must(b.seal(0, 2, "two"))
	b.state(blue, 3, 2, "two")
	b.refused(gate.ErrChanged, b.seal(0, 3, "no"))
	b.state(green, 0, 0, "")
	b.must(b.seal(2, 2, "two again"))
	b.state(blue, 3, 2, "two again")
	if _, err := b.s.Commit(b.ctx(), new(b.seal(2, 4, "no"))); err == nil {
		t.Fatal("leaves that are not recorded were sealed")
	}
	b.state(blue, 3, 2, "two again")
	b.reopen()
	b.state(blue, 3, 2, "two again")
	b.must(b.seal(2, 3, "three"))
	b.state(blue, 3, 3, "three")
	b.leavesAre(blue, 0, "leaf 0", "leaf 1", "leaf 2")
}

func tiles(t *testing.T, b *bench) {
	full := bytes.Repeat([]byte("hash"), 2048)
	b.must(gate.Change{Policy: blue, Leaves: make([]gate.Leaf, 300)})
	if _, err := b.s.Tile(b.ctx(), blue, 0, 0); err == nil {
		t.Fatal("tile that is not full: no error")
	}
	b.must(b.seal(0, 300, "c", gate.Tile{Level: 0, N: 0, Data: full}))
	got, err := b.s.Tile(b.ctx(), blue, 0, 0)
	if err != nil || !bytes.Equal(got, full) {
		t.Fatalf("tile: %d bytes, error %v", len(got), err)
	}
	for _, at := range [][2]int64{{0, 1}, {1, 0}, {-1, 0}} {
		if _, err := b.s.Tile(b.ctx(), blue, int(at[0]), at[1]); err == nil {
			t.Errorf("tile %d of level %d: no error", at[1], at[0])
		}
	}
	if _, err := b.s.Tile(b.ctx(), green, 0, 0); err == nil {
		t.Error("tile of another log: no error")
	}
}

func trail(t *testing.T, b *bench) {
	b.must(gate.Change{Policy: green, Leaves: someLeaves(1, 7)})
	b.must(gate.Change{Policy: blue, Leaves: someLeaves(5, 0, 6, 5, 5, 6)})
	b.must(b.seal(0, 4, "four"))
	b.trailIs(5, -1, 10, 0, 3, 4) // also leaf 4, which is not sealed
	b.trailIs(6, -1, 1, 2)
	b.trailIs(0, -1, 10)
	b.reopen()
	b.must(gate.Change{Policy: blue, Leaves: someLeaves(5)})
	b.must(b.seal(4, 7, "seven"))
	b.trailIs(5, -1, 10, 0, 3, 4, 6)
	b.trailIs(5, -1, 2, 0, 3)
	b.trailIs(5, 0, 2, 3, 4)
	b.trailIs(5, 3, 10, 4, 6)
	b.trailIs(5, 6, 10)
	b.trailIs(5, -1, 0)
	b.trailIs(6, -1, 10, 2, 5)
}

// purgeAll purges a person and returns how many changes it took.
func (b *bench) purgeAll(sid int64, limit int) (rounds int) {
	b.t.Helper()
	for more := true; more; rounds++ {
		c := gate.Change{Policy: blue, Purge: sid, PurgeLimit: limit}
		if _, err := b.s.Commit(b.ctx(), &c); err != nil {
			b.t.Fatalf("purge: %v", err)
		}
		more = c.PurgedMore
		if rounds > 1000 {
			b.t.Fatal("purge does not end")
		}
	}
	return rounds
}

func purge(t *testing.T, b *bench) {
	const many = 25
	var put []gate.Record
	for i := range many {
		put = append(put, record(5, fmt.Sprint("kind", i%3), fmt.Sprint(i), "x"), record(6, "k", fmt.Sprint(i), "x"))
	}
	put = append(put, record(0, "k", "nobody's", "x"))
	var about []int64
	for i := range many {
		about = append(about, 5+int64(i%2))
	}
	b.must(gate.Change{Policy: blue, Put: put, Leaves: someLeaves(about...)})
	b.must(b.seal(0, many, "c"))
	// 25 records and 13 leaves, ten at a time.
	if rounds := b.purgeAll(5, 10); rounds != 4 {
		t.Errorf("purge took %d rounds, want 4", rounds)
	}
	for i := range 3 {
		b.counts(5, fmt.Sprint("kind", i), 0)
	}
	b.trailIs(5, -1, 100)
	b.counts(6, "k", many)
	b.trailIs(6, -1, 2, 1, 3)
	b.counts(0, "k", 1)
	b.leavesAre(blue, 0, "leaf 0", "leaf 1")
	b.state(blue, many, many, "c")
	if rounds := b.purgeAll(5, 10); rounds != 1 {
		t.Errorf("second purge took %d rounds, want 1", rounds)
	}
	b.reopen()
	b.trailIs(5, -1, 100)
	b.purgeAll(6, 1<<20)
	b.trailIs(6, -1, 100)
}

func purgeFresh(t *testing.T, b *bench) {
	b.must(gate.Change{Policy: blue, Leaves: someLeaves(5, 6, 5, 5, 6)})
	b.must(b.seal(0, 2, "two"))
	if rounds := b.purgeAll(5, 2); rounds != 2 {
		t.Errorf("purge took %d rounds, want 2", rounds)
	}
	b.reopen()
	b.must(b.seal(2, 5, "five"))
	b.trailIs(5, -1, 10)
	b.trailIs(6, -1, 10, 1, 4)
	b.leavesAre(blue, 0, "leaf 0", "leaf 1", "leaf 2", "leaf 3", "leaf 4")
	// What comes after the purge is kept: the leaf that says it is done.
	b.must(gate.Change{Policy: blue, Purge: 5, PurgeLimit: 9, Leaves: someLeaves(5)})
	b.must(b.seal(5, 6, "six"))
	b.trailIs(5, -1, 10, 5)
}

func senseless(t *testing.T, b *bench) {
	long := make([]byte, 65)
	r := row(blue, 1, 1, 0, "")
	for name, c := range map[string]gate.Change{
		"two rows":        {Policy: blue, Insert: r, Update: row(blue, 2, 2, 0, "")},
		"drop and insert": {Policy: blue, Insert: r, Drop: row(blue, 2, 2, 0, "")},
		"no policy":       {Insert: r},
		"another policy":  {Policy: green, Insert: r},
		"no number":       {Policy: blue, Insert: row(blue, 0, 1, 0, "")},
		"long key":        {Policy: blue, Put: []gate.Record{{SID: 1, Kind: "k", Key: long}}},
		"long new key":    {Policy: blue, PutNew: []gate.Record{{SID: 1, Kind: "k", Key: long}}},
		"log shrinks":     {Policy: blue, Seal: &gate.Seal{From: 0, Size: -1}},
		"tile too short":  {Policy: blue, Seal: &gate.Seal{Tiles: []gate.Tile{{Data: long}}}},
	} {
		_, err := b.s.Commit(b.ctx(), &c)
		if err == nil || errors.Is(err, gate.ErrChanged) || errors.Is(err, gate.ErrTaken) {
			t.Errorf("%s: got error %v, want a complaint", name, err)
		}
	}
	b.noRow(1)
	b.state(blue, 0, 0, "")
	b.must(gate.Change{Policy: blue})
}

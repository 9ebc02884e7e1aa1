package storetest

import (
	"testing"

	"avow.dev/gate"
)

func lookup(t *testing.T, b *bench) {
	b.owner(blue, tag(1), 0)
	sid := b.person(blue, tag(1), tag(2))
	b.owner(blue, tag(1), sid)
	b.owner(blue, tag(2), sid)
	b.owner(blue, tag(3), 0)
	b.owner("unheard", tag(1), 0)
	b.must(gate.Change{Policy: blue, Update: row(blue, sid, 2, 3, "new")})
	got, _, err := b.s.Lookup(b.ctx(), blue, tag(1))
	if err != nil || !sameRow(&got, row(blue, sid, 2, 3, "new")) {
		t.Fatalf("lookup after update: got %+v, error %v", got, err)
	}
	b.must(gate.Change{Policy: blue, Drop: row(blue, sid, 2, 0, "")})
	b.owner(blue, tag(1), 0) // the tag is there, its person is not
}

func tagTaken(t *testing.T, b *bench) {
	first := b.person(blue, tag(1))
	sid := b.subject(0)
	taken := gate.Change{
		Policy: blue, Insert: row(blue, sid, 1, 8, "x"),
		AddTags: []gate.TagEntry{{Tag: tag(2), SID: sid}, {Tag: tag(1), SID: sid}},
		Put:     []gate.Record{record(sid, "k", "a", "x")},
		PutNew:  []gate.Record{record(sid, "k", "b", "x")},
		Leaves:  []gate.Leaf{{SID: sid, Body: []byte("x")}},
	}
	b.refused(gate.ErrTaken, taken)
	b.noRow(sid)
	b.owner(blue, tag(1), first)
	b.owner(blue, tag(2), 0)
	b.counts(sid, "k", 0)
	b.state(blue, 0, 0, "")
	b.dueIs(100, 10)

	same := gate.TagEntry{Tag: tag(3), SID: first}
	b.refused(gate.ErrTaken, gate.Change{Policy: blue, AddTags: []gate.TagEntry{same, same}})
	b.refused(gate.ErrTaken, gate.Change{Policy: blue, AddTags: []gate.TagEntry{{Tag: tag(1), SID: first}}})
	b.owner(blue, tag(3), 0)
}

func tagFreed(t *testing.T, b *bench) {
	sid := b.person(blue, tag(1), tag(2))
	b.must(gate.Change{
		Policy: blue, Drop: row(blue, sid, 1, 0, ""),
		DropTags: []gate.TagEntry{{Tag: tag(1), SID: sid}, {Tag: tag(2), SID: sid}, {Tag: tag(9), SID: sid}},
	})
	b.owner(blue, tag(1), 0)
	next := b.person(blue, tag(1))
	b.owner(blue, tag(1), next)
	b.owner(blue, tag(2), 0)

	// A tag passes from one person to another in one change.
	heir := b.subject(0)
	b.must(gate.Change{
		Policy: blue, Insert: row(blue, heir, 1, 0, ""),
		DropTags: []gate.TagEntry{{Tag: tag(1), SID: next}},
		AddTags:  []gate.TagEntry{{Tag: tag(1), SID: heir}},
	})
	b.owner(blue, tag(1), heir)
	b.reopen()
	b.owner(blue, tag(1), heir)
	b.owner(blue, tag(2), 0)
}

func tagsPerPolicy(t *testing.T, b *bench) {
	one := b.person(blue, tag(1))
	two := b.person(green, tag(1))
	b.owner(blue, tag(1), one)
	b.owner(green, tag(1), two)
	b.must(gate.Change{Policy: blue, DropTags: []gate.TagEntry{{Tag: tag(1), SID: one}}})
	b.owner(blue, tag(1), 0)
	b.owner(green, tag(1), two)
}

func tagOwner(t *testing.T, b *bench) {
	sid := b.person(blue, tag(1))
	b.must(gate.Change{Policy: blue, DropTags: []gate.TagEntry{{Tag: tag(1), SID: sid + 1}}})
	b.owner(blue, tag(1), sid)
}

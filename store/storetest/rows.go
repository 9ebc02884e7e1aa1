package storetest

import (
	"slices"
	"sync"
	"testing"

	"avow.dev/gate"
)

func insertOnce(t *testing.T, b *bench) {
	sid := b.subject(0)
	b.noRow(sid)
	want := row(blue, sid, 1, 9, "first")
	b.must(gate.Change{Policy: blue, Insert: want})
	b.hasRow(want)
	b.refused(gate.ErrChanged, gate.Change{Policy: blue, Insert: row(blue, sid, 1, 0, "again")})
	b.hasRow(want)

	other := row(blue, b.subject(0), 7, 0, "")
	b.must(gate.Change{Policy: blue, Insert: other})
	b.hasRow(other)
}

func updateByVersion(t *testing.T, b *bench) {
	sid := b.person(blue)
	for _, version := range []int64{1, 3, 4} {
		b.refused(gate.ErrChanged, gate.Change{Policy: blue, Update: row(blue, sid, version, 0, "wrong")})
	}
	want := row(blue, sid, 2, 5, "second, and longer than before")
	b.must(gate.Change{Policy: blue, Update: want})
	b.hasRow(want)
	b.refused(gate.ErrChanged, gate.Change{Policy: blue, Update: want})
	b.refused(gate.ErrChanged, gate.Change{Policy: blue, Update: row(blue, sid+1, 2, 0, "nobody")})
	b.refused(gate.ErrChanged, gate.Change{Policy: blue, Update: row(blue, sid+1, 1, 0, "nobody")})
	b.noRow(sid + 1)
	b.hasRow(want)
}

func dropByVersion(t *testing.T, b *bench) {
	sid := b.person(blue)
	for _, version := range []int64{0, 2} {
		b.refused(gate.ErrChanged, gate.Change{Policy: blue, Drop: row(blue, sid, version, 0, "")})
	}
	b.hasRow(row(blue, sid, 1, 0, "body"))
	b.must(gate.Change{Policy: blue, Drop: row(blue, sid, 1, 0, "")})
	b.noRow(sid)
	b.refused(gate.ErrChanged, gate.Change{Policy: blue, Drop: row(blue, sid, 1, 0, "")})
	b.refused(gate.ErrChanged, gate.Change{Policy: blue, Drop: row(blue, sid, 0, 0, "")})
	b.refused(gate.ErrChanged, gate.Change{Policy: blue, Update: row(blue, sid, 2, 0, "late")})
	b.must(gate.Change{Policy: blue, Insert: row(blue, sid, 1, 0, "back")})
	b.hasRow(row(blue, sid, 1, 0, "back"))
}

func demandUnchanged(t *testing.T, b *bench) {
	sid := b.person(blue)
	leaf := []gate.Leaf{{SID: sid, Body: []byte("used")}}
	b.must(gate.Change{Policy: blue, Unchanged: row(blue, sid, 1, 0, ""), Leaves: leaf})
	b.must(gate.Change{Policy: blue, Update: row(blue, sid, 2, 0, "new")})
	b.refused(gate.ErrChanged, gate.Change{Policy: blue, Unchanged: row(blue, sid, 1, 0, ""), Leaves: leaf})
	b.must(gate.Change{Policy: blue, Unchanged: row(blue, sid, 2, 0, ""), Leaves: leaf})
	other := b.person(blue)
	for version, want := range map[int64]error{0: gate.ErrChanged, 1: gate.ErrChanged, 2: nil, 3: gate.ErrChanged} {
		c := gate.Change{Policy: blue, Unchanged: row(blue, other, 1, 0, ""), Others: []gate.Row{*row(blue, other, 1, 0, ""), *row(blue, sid, version, 0, "")}}
		if want == nil {
			b.must(c)
			continue
		}
		b.refused(want, c)
	}
	b.must(gate.Change{Policy: blue, Drop: row(blue, sid, 2, 0, "")})
	for _, version := range []int64{0, 2} {
		b.refused(gate.ErrChanged, gate.Change{Policy: blue, Unchanged: row(blue, sid, version, 0, ""), Leaves: leaf})
	}
	b.state(blue, 2, 0, "")
}

// ownBytes: a caller may use its buffers again after Commit.
func ownBytes(t *testing.T, b *bench) {
	body := []byte("body")
	sid := b.subject(0)
	b.must(gate.Change{
		Policy: blue,
		Insert: &gate.Row{SID: sid, Policy: blue, Version: 1, Body: body},
		Leaves: []gate.Leaf{{Body: body}},
		Put:    []gate.Record{{SID: sid, Kind: "k", Key: body, Body: body}},
	})
	copy(body, "else") // the caller uses it for something else now
	b.hasRow(row(blue, sid, 1, 0, "body"))
	b.leavesAre(blue, 0, "body")
	b.hasRecord(record(sid, "k", "body", "body"))
}

func due(t *testing.T, b *bench) {
	var sids []int64
	for range 5 {
		sids = append(sids, b.subject(0))
	}
	b.dueIs(1<<40, 10)
	for i, bucket := range []int64{30, 10, 0, 20, 10} {
		b.must(gate.Change{Policy: blue, Insert: row(blue, sids[i], 1, bucket, "")})
	}
	b.dueIs(9, 10)
	b.dueIs(10, 10, sids[1], sids[4])
	b.dueIs(100, 10, sids[1], sids[4], sids[3], sids[0])
	b.dueIs(100, 3, sids[1], sids[4], sids[3])
	b.dueIs(100, 0)
	b.must(gate.Change{Policy: blue, Update: row(blue, sids[1], 2, 40, "")})
	b.must(gate.Change{Policy: blue, Update: row(blue, sids[2], 2, 5, "")})
	b.must(gate.Change{Policy: blue, Update: row(blue, sids[3], 2, 0, "")})
	b.must(gate.Change{Policy: blue, Drop: row(blue, sids[0], 1, 0, "")})
	b.dueIs(100, 10, sids[2], sids[4], sids[1])
	b.refused(gate.ErrChanged, gate.Change{Policy: blue, Update: row(blue, sids[4], 1, 1, "")})
	b.dueIs(9, 10, sids[2])
	b.reopen()
	b.dueIs(100, 10, sids[2], sids[4], sids[1])
}

func nextSubject(t *testing.T, b *bench) {
	last := b.subject(0)
	if last != 1 {
		t.Fatalf("first person is %d, want 1", last)
	}
	higher := func(floor int64) {
		t.Helper()
		n := b.subject(floor)
		if n <= last || n <= floor {
			t.Fatalf("next subject above %d: got %d after %d", floor, n, last)
		}
		last = n
	}
	for range 3000 {
		higher(0)
	}
	b.reopen()
	higher(0)
	higher(1_000_000)
	higher(5)
	b.reopen()
	higher(0)
	b.must(gate.Change{Policy: blue, Insert: row(blue, last, 1, 0, "")})
	higher(last)
}

func nextSubjectTogether(t *testing.T, b *bench) {
	const callers, each = 16, 200
	var wg sync.WaitGroup
	numbers := make([][]int64, callers)
	for i := range callers {
		wg.Go(func() {
			for range each {
				n, err := b.s.NextSubject(b.ctx(), 0)
				if err != nil {
					t.Errorf("next subject: %v", err)
					return
				}
				numbers[i] = append(numbers[i], n)
			}
		})
	}
	wg.Wait()
	all := slices.Concat(numbers...)
	slices.Sort(all)
	if len(slices.Compact(all)) != callers*each {
		t.Fatal("a number was given twice")
	}
}

package storetest

import (
	"bytes"
	"errors"
	"slices"

	"avow.dev"
	"avow.dev/gate"
)

// refused commits c and demands the error.
func (b *bench) refused(want error, c gate.Change) {
	b.t.Helper()
	if _, err := b.s.Commit(b.ctx(), &c); !errors.Is(err, want) {
		b.t.Fatalf("commit: got error %v, want %v", err, want)
	}
}

// hasRow demands that the person's row is exactly want.
func (b *bench) hasRow(want *gate.Row) {
	b.t.Helper()
	got, ok, err := b.s.Load(b.ctx(), want.SID)
	if err != nil || !ok {
		b.t.Fatalf("load %d: found %v, error %v", want.SID, ok, err)
	}
	if !sameRow(&got, want) {
		b.t.Fatalf("load %d: got %+v, want %+v", want.SID, got, *want)
	}
}

func sameRow(a, b *gate.Row) bool {
	return a.SID == b.SID && a.Policy == b.Policy && a.Version == b.Version && a.Due == b.Due &&
		bytes.Equal(a.Body, b.Body)
}

func (b *bench) noRow(sid int64) {
	b.t.Helper()
	if _, ok, err := b.s.Load(b.ctx(), sid); err != nil || ok {
		b.t.Fatalf("load %d: found %v, error %v, want none", sid, ok, err)
	}
}

// owner demands that tag leads to sid; 0 demands that it leads nowhere.
func (b *bench) owner(p avow.PolicyID, t gate.Tag, sid int64) {
	b.t.Helper()
	got, ok, err := b.s.Lookup(b.ctx(), p, t)
	if err != nil {
		b.t.Fatalf("lookup: %v", err)
	}
	if ok != (sid != 0) || got.SID != sid {
		b.t.Fatalf("lookup: got person %d (found %v), want %d", got.SID, ok, sid)
	}
}

func (b *bench) hasRecord(want gate.Record) {
	b.t.Helper()
	got, ok, err := b.s.Get(b.ctx(), want.SID, want.Kind, want.Key)
	if err != nil || !ok {
		b.t.Fatalf("get %s %q: found %v, error %v", want.Kind, want.Key, ok, err)
	}
	if !sameRecord(&got, &want) {
		b.t.Fatalf("get: got %+v, want %+v", got, want)
	}
}

func sameRecord(a, b *gate.Record) bool {
	return a.SID == b.SID && a.Kind == b.Kind && bytes.Equal(a.Key, b.Key) && bytes.Equal(a.Body, b.Body)
}

func (b *bench) noRecord(sid int64, kind, key string) {
	b.t.Helper()
	if _, ok, err := b.s.Get(b.ctx(), sid, kind, []byte(key)); err != nil || ok {
		b.t.Fatalf("get %s %q: found %v, error %v, want none", kind, key, ok, err)
	}
}

func (b *bench) scanned(sid int64, kind string, after []byte, limit int, want ...string) {
	b.t.Helper()
	list, err := b.s.Scan(b.ctx(), sid, kind, after, limit)
	if err != nil {
		b.t.Fatalf("scan: %v", err)
	}
	var keys []string
	for _, r := range list {
		if r.SID != sid || r.Kind != kind {
			b.t.Fatalf("scan of (%d, %s): got record of (%d, %s)", sid, kind, r.SID, r.Kind)
		}
		keys = append(keys, string(r.Key))
	}
	if !slices.Equal(keys, want) {
		b.t.Fatalf("scan: got keys %q, want %q", keys, want)
	}
}

func (b *bench) dueIs(bucket int64, limit int, want ...int64) {
	b.t.Helper()
	got, err := b.s.Due(b.ctx(), bucket, limit)
	if err != nil || !slices.Equal(got, want) {
		b.t.Fatalf("due %d: got %v, error %v, want %v", bucket, got, err, want)
	}
}

func (b *bench) state(p avow.PolicyID, recorded, sealed int64, checkpoint string) {
	b.t.Helper()
	got, err := b.s.LogState(b.ctx(), p)
	if err != nil {
		b.t.Fatalf("log state: %v", err)
	}
	if got.Recorded != recorded || got.Sealed != sealed || string(got.Checkpoint) != checkpoint {
		b.t.Fatalf("log state of %s: got %d, %d, %q, want %d, %d, %q",
			p, got.Recorded, got.Sealed, got.Checkpoint, recorded, sealed, checkpoint)
	}
}

func (b *bench) leavesAre(p avow.PolicyID, from int64, want ...string) {
	b.t.Helper()
	got, err := b.s.Leaves(b.ctx(), p, from, from+int64(len(want)))
	if err != nil || len(got) != len(want) {
		b.t.Fatalf("leaves: got %d, error %v, want %d", len(got), err, len(want))
	}
	for i := range want {
		if string(got[i]) != want[i] {
			b.t.Fatalf("leaf %d: got %q, want %q", from+int64(i), got[i], want[i])
		}
	}
}

func (b *bench) trailIs(sid, after int64, limit int, want ...int64) {
	b.t.Helper()
	got, err := b.s.Trail(b.ctx(), sid, after, limit)
	if err != nil || !slices.Equal(got, want) {
		b.t.Fatalf("trail of %d: got %v, error %v, want %v", sid, got, err, want)
	}
}

// counts demands how many records of a kind a person has.
func (b *bench) counts(sid int64, kind string, want int) {
	b.t.Helper()
	list, err := b.s.Scan(b.ctx(), sid, kind, nil, 1<<20)
	if err != nil || len(list) != want {
		b.t.Fatalf("scan: got %d records, error %v, want %d", len(list), err, want)
	}
}

package storetest

import (
	"context"
	"encoding/binary"
	"testing"

	"avow.dev"
	"avow.dev/gate"
)

// Store is a gate.Store that can be closed.
type Store interface {
	gate.Store
	Close() error
}

// Opener makes an empty database and returns a function that opens it. Each
// call of that function opens what the former one left; the suite closes what
// it opened before it opens again.
type Opener func(t *testing.T) (open func(t *testing.T) Store)

// Run checks the whole contract.
func Run(t *testing.T, fresh Opener) {
	t.Helper()
	for _, part := range [...]struct {
		name  string
		check func(*testing.T, *bench)
	}{
		{"row is inserted once", insertOnce},
		{"row is updated by version", updateByVersion},
		{"row is dropped by version", dropByVersion},
		{"unchanged row is demanded", demandUnchanged},
		{"row keeps its own bytes", ownBytes},
		{"lookup goes through the tag", lookup},
		{"tag is taken", tagTaken},
		{"tag is freed", tagFreed},
		{"tag belongs to one policy", tagsPerPolicy},
		{"tag is dropped by its owner only", tagOwner},
		{"record is put", recordPut},
		{"record is new", recordNew},
		{"records are scanned in order", scan},
		{"due people come longest first", due},
		{"person numbers ascend", nextSubject},
		{"person numbers are unique among callers", nextSubjectTogether},
		{"leaves are numbered by policy", leaves},
		{"leaves out of range are an error", leavesRange},
		{"seal follows the stored size", seal},
		{"tiles are returned when full", tiles},
		{"trail names a person's leaves", trail},
		{"purge removes in chunks", purge},
		{"purge reaches leaves that are not sealed", purgeFresh},
		{"refused change writes nothing", refusedWritesNothing},
		{"change that makes no sense is refused", senseless},
		{"ended context writes nothing", endedContext},
		{"failing neighbours harm nobody", neighbours},
		{"one of many wins a tag", raceForTag},
		{"one of many wins a version", raceForVersion},
		{"random changes agree with a model", model},
		{"everything is there after reopening", reopen},
		{"closed store refuses", closed},
	} {
		t.Run(part.name, func(t *testing.T) {
			t.Parallel()
			part.check(t, newBench(t, fresh(t)))
		})
	}
}

const (
	blue  avow.PolicyID = "blue"
	green avow.PolicyID = "green"
)

// bench is a store on which one test works.
type bench struct {
	t    *testing.T
	open func(t *testing.T) Store
	s    Store
}

func newBench(t *testing.T, open func(t *testing.T) Store) *bench {
	b := &bench{t: t, open: open, s: open(t)}
	t.Cleanup(func() { b.close() })
	return b
}

func (b *bench) close() {
	b.t.Helper()
	if b.s == nil {
		return
	}
	if err := b.s.Close(); err != nil {
		b.t.Errorf("close: %v", err)
	}
	b.s = nil
}

func (b *bench) reopen() {
	b.t.Helper()
	b.close()
	b.s = b.open(b.t)
}

func (b *bench) ctx() context.Context { return b.t.Context() }

// must commits c and returns its first leaf's index.
func (b *bench) must(c gate.Change) int64 {
	b.t.Helper()
	first, err := b.s.Commit(b.ctx(), &c)
	if err != nil {
		b.t.Fatalf("commit: %v", err)
	}
	return first
}

// person inserts a row with the tags and returns its number.
func (b *bench) person(p avow.PolicyID, tags ...gate.Tag) int64 {
	b.t.Helper()
	sid := b.subject(0)
	c := gate.Change{Policy: p, Insert: row(p, sid, 1, 0, "body")}
	for _, t := range tags {
		c.AddTags = append(c.AddTags, gate.TagEntry{Tag: t, SID: sid})
	}
	b.must(c)
	return sid
}

func (b *bench) subject(floor int64) int64 {
	b.t.Helper()
	sid, err := b.s.NextSubject(b.ctx(), floor)
	if err != nil {
		b.t.Fatalf("next subject: %v", err)
	}
	return sid
}

func row(p avow.PolicyID, sid, version, due int64, body string) *gate.Row {
	return &gate.Row{SID: sid, Policy: p, Version: version, Due: due, Body: []byte(body)}
}

func tag(n uint64) gate.Tag {
	var t gate.Tag
	binary.BigEndian.PutUint64(t[:], n*0x9e3779b97f4a7c15)
	binary.BigEndian.PutUint64(t[8:], n)
	return t
}

func record(sid int64, kind, key, body string) gate.Record {
	return gate.Record{SID: sid, Kind: kind, Key: []byte(key), Body: []byte(body)}
}

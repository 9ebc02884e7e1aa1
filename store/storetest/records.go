package storetest

import (
	"testing"

	"avow.dev/gate"
)

func recordPut(t *testing.T, b *bench) {
	b.noRecord(1, "k", "a")
	b.must(gate.Change{Policy: blue, Put: []gate.Record{record(1, "k", "a", "one"), record(0, "k", "a", "nobody's")}})
	b.hasRecord(record(1, "k", "a", "one"))
	b.hasRecord(record(0, "k", "a", "nobody's"))
	b.must(gate.Change{Policy: blue, Put: []gate.Record{record(1, "k", "a", "two")}})
	b.hasRecord(record(1, "k", "a", "two"))
	b.noRecord(1, "l", "a")
	b.noRecord(2, "k", "a")
	b.must(gate.Change{Policy: green, Delete: []gate.Record{
		record(1, "k", "a", ""), record(1, "k", "absent", ""), record(3, "k", "a", ""),
	}})
	b.noRecord(1, "k", "a")
	b.hasRecord(record(0, "k", "a", "nobody's"))
}

func recordNew(t *testing.T, b *bench) {
	b.must(gate.Change{Policy: blue, PutNew: []gate.Record{record(1, "k", "a", "one")}})
	b.refused(gate.ErrTaken, gate.Change{
		Policy: blue,
		Put:    []gate.Record{record(1, "k", "c", "x")},
		PutNew: []gate.Record{record(1, "k", "b", "x"), record(1, "k", "a", "two")},
		Leaves: []gate.Leaf{{Body: []byte("x")}},
	})
	b.hasRecord(record(1, "k", "a", "one"))
	b.counts(1, "k", 1)
	b.state(blue, 0, 0, "")
	twice := record(1, "k", "d", "x")
	b.refused(gate.ErrTaken, gate.Change{Policy: blue, PutNew: []gate.Record{twice, twice}})
	b.must(gate.Change{Policy: blue, Delete: []gate.Record{record(1, "k", "a", "")}})
	b.must(gate.Change{Policy: blue, PutNew: []gate.Record{record(1, "k", "a", "three")}})
	b.hasRecord(record(1, "k", "a", "three"))
}

func scan(t *testing.T, b *bench) {
	b.must(gate.Change{Policy: blue, Put: []gate.Record{
		record(1, "k", "b", ""), record(1, "k", "a", ""), record(1, "k", "", ""), record(1, "k", "ab", ""),
		record(1, "k", "\xff", ""), record(1, "k", "\x00", ""),
		record(1, "j", "x", ""), record(1, "kk", "y", ""), record(2, "k", "z", ""), record(0, "k", "w", ""),
	}})
	b.scanned(1, "k", nil, 10, "", "\x00", "a", "ab", "b", "\xff")
	b.scanned(1, "k", nil, 2, "", "\x00")
	b.scanned(1, "k", []byte{}, 2, "\x00", "a")
	b.scanned(1, "k", []byte("a"), 2, "ab", "b")
	b.scanned(1, "k", []byte("aa"), 10, "ab", "b", "\xff")
	b.scanned(1, "k", []byte("\xff"), 10)
	b.scanned(1, "k", nil, 0)
	b.scanned(0, "k", nil, 10, "w")
	b.scanned(3, "k", nil, 10)
}

package run_test

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"

	"avow.dev/store/sqlite/internal/run"
)

func key(n uint64) (k run.Key) {
	binary.BigEndian.PutUint64(k[4:], n)
	binary.BigEndian.PutUint64(k[12:], n*0x9e3779b97f4a7c15)
	return k
}

// TestFindsEveryEntry builds runs of several lengths and finds each entry
// through fence and chunk, and none that was not entered.
func TestFindsEveryEntry(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, run.PerChunk - 1, run.PerChunk, run.PerChunk + 1, 1000} {
		b := run.Builder{Filter: run.NewFilter(n)}
		for i := range n {
			b.Add(run.Entry{Key: key(uint64(2*i + 1)), Value: int64(i)})
		}
		chunks := b.Take(true)
		if b.Fences.Len() != len(chunks) || b.Entries != n {
			t.Fatalf("%d entries: %d chunks, %d fences, %d counted", n, len(chunks), b.Fences.Len(), b.Entries)
		}
		for i := range 2*n + 2 {
			value, found := find(&b, chunks, key(uint64(i)))
			if found != (i%2 == 1 && i < 2*n) || (found && value != int64(i/2)) {
				t.Fatalf("%d entries: key %d found %v with value %d", n, i, found, value)
			}
		}
	}
}

func find(b *run.Builder, chunks []run.Chunk, k run.Key) (int64, bool) {
	n := b.Fences.Find(k)
	if n < 0 || !b.Filter.May(k) {
		return 0, false
	}
	i, found := chunks[n].Search(k)
	if !found {
		return 0, false
	}
	return chunks[n].Entry(i).Value, true
}

func TestTakeWhileBuilding(t *testing.T) {
	t.Parallel()
	var b run.Builder
	var all []byte
	var want []byte
	for i := range 500 {
		e := run.Entry{Key: key(uint64(i)), Value: -int64(i)}
		want = run.Append(want, e)
		b.Add(e)
		if b.Full() > 1 {
			all = append(all, bytes.Join(b2(b.Take(false)), nil)...)
		}
	}
	all = append(all, bytes.Join(b2(b.Take(true)), nil)...)
	if !bytes.Equal(all, want) {
		t.Fatal("chunks taken are not the entries added")
	}
}

func b2(chunks []run.Chunk) (list [][]byte) {
	for _, c := range chunks {
		list = append(list, c)
	}
	return list
}

func TestFilterErrsSeldom(t *testing.T) {
	t.Parallel()
	const n = 20_000
	dice := rand.New(rand.NewPCG(1, 2))
	random := func() (k run.Key) {
		binary.BigEndian.PutUint64(k[4:], dice.Uint64())
		binary.BigEndian.PutUint64(k[12:], dice.Uint64())
		return k
	}
	f := run.NewFilter(n)
	for range n {
		k := random()
		f.Add(k)
		if !f.May(k) {
			t.Fatal("filter denies a key that was entered")
		}
	}
	wrong := 0
	for range n {
		if f.May(random()) {
			wrong++
		}
	}
	if wrong > n/50 {
		t.Fatalf("filter errs on %d of %d keys", wrong, n)
	}
}

func TestWithout(t *testing.T) {
	t.Parallel()
	var c run.Chunk
	for i := range 10 {
		c = run.Append(c, run.Entry{Key: key(uint64(i)), Value: int64(i)})
	}
	before := slices.Clone(c)
	kept := c.Without(func(e run.Entry) bool { return e.Value%2 == 0 })
	if kept.Len() != 5 || kept.Entry(0).Value != 1 || !bytes.Equal(c, before) {
		t.Fatalf("kept %d entries", kept.Len())
	}
}

// FuzzChunk: whatever the bytes, a chunk that says it is valid can be searched.
func FuzzChunk(f *testing.F) {
	f.Add([]byte{}, []byte{})
	f.Add(bytes.Repeat([]byte{1}, run.EntryBytes*3), []byte{1})
	f.Add(bytes.Repeat([]byte{1}, 30), []byte{2})
	f.Fuzz(func(t *testing.T, data, k []byte) {
		c := run.Chunk(data)
		if c.Valid() != nil {
			return
		}
		var key run.Key
		copy(key[:], k)
		if i, found := c.Search(key); found && c.Entry(i).Key != key {
			t.Fatal("found another key")
		}
	})
}

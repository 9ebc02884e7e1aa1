// Package run lays out sorted runs: entries of fixed size in chunks that each
// fit a database page, with what is needed to find an entry's chunk by
// reading at most one of them.
//
// It computes on bytes only; where the bytes are kept is its user's affair.
package run

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"sort"
)

const (
	// KeyBytes is the size of a key, EntryBytes that of a key with its value.
	KeyBytes   = 20
	EntryBytes = KeyBytes + 8
	// PerChunk is how many entries a full chunk holds: as many as a page of
	// 4096 bytes takes beside SQLite's own header.
	PerChunk = 144
)

// Key orders entries, byte by byte.
type Key [KeyBytes]byte

// Entry is a key with its value.
type Entry struct {
	Key   Key
	Value int64
}

// Append adds the encoding of e to b.
func Append(b []byte, e Entry) []byte {
	b = append(b, e.Key[:]...)
	return binary.BigEndian.AppendUint64(b, uint64(e.Value))
}

// Chunk is encoded entries in ascending order.
type Chunk []byte

// Valid reports an error if c cannot be a chunk: it was damaged.
func (c Chunk) Valid() error {
	if len(c)%EntryBytes != 0 {
		return fmt.Errorf("chunk of %d bytes is no row of entries", len(c))
	}
	return nil
}

// Len returns the number of entries.
func (c Chunk) Len() int { return len(c) / EntryBytes }

// Entry returns entry i.
func (c Chunk) Entry(i int) Entry {
	e := Entry{Value: int64(binary.BigEndian.Uint64(c[i*EntryBytes+KeyBytes:]))}
	copy(e.Key[:], c.key(i))
	return e
}

func (c Chunk) key(i int) []byte { return c[i*EntryBytes : i*EntryBytes+KeyBytes] }

// Search returns the first entry whose key is not below k, and whether it is k.
func (c Chunk) Search(k Key) (i int, found bool) {
	i = sort.Search(c.Len(), func(i int) bool { return bytes.Compare(c.key(i), k[:]) >= 0 })
	return i, i < c.Len() && bytes.Equal(c.key(i), k[:])
}

// Without returns a copy of c that lacks the entries for which drop is true.
func (c Chunk) Without(drop func(Entry) bool) Chunk {
	kept := make(Chunk, 0, len(c))
	for i := range c.Len() {
		if e := c.Entry(i); !drop(e) {
			kept = Append(kept, e)
		}
	}
	return kept
}

// Fences holds a lower bound of each chunk of a run, one after the other: above
// every key of the chunk before, and not above those of its own. It is as short
// as that allows and filled up with zeros, so that no whole key stays in it when
// the entry is removed from its chunk.
type Fences []byte

// add enters the bound between last and first, the keys on both sides of it.
func (f Fences) add(last, first Key) Fences {
	for i := range first {
		if first[i] != last[i] {
			clear(first[i+1:])
			break
		}
	}
	return append(f, first[:]...)
}

// Len returns the number of chunks.
func (f Fences) Len() int { return len(f) / KeyBytes }

// Find returns the only chunk that can hold k, -1 if none can.
func (f Fences) Find(k Key) int {
	return sort.Search(f.Len(), func(i int) bool {
		return bytes.Compare(f[i*KeyBytes:(i+1)*KeyBytes], k[:]) > 0
	}) - 1
}

// Filter says of most keys that are not in a run that they are not. It is a
// Bloom filter split into blocks of a cache line, so that a question costs one
// look at memory (Putze, Sanders, Singler 2007). An empty filter knows nothing.
type Filter []byte

const (
	blockBytes = 64
	bitsPerKey = 12
	probes     = 6
)

// NewFilter returns a filter for about n keys.
func NewFilter(n int) Filter {
	blocks := (n*bitsPerKey + blockBytes*8 - 1) / (blockBytes * 8)
	return make(Filter, max(blocks, 1)*blockBytes)
}

// Add enters k.
func (f Filter) Add(k Key) {
	block, bits := f.place(k)
	for range probes {
		block[bits>>3&63] |= 1 << (bits & 7)
		bits >>= 9
	}
}

// May reports false only if k was not entered.
func (f Filter) May(k Key) bool {
	if len(f) < blockBytes {
		return true
	}
	block, bits := f.place(k)
	for range probes {
		if block[bits>>3&63]&(1<<(bits&7)) == 0 {
			return false
		}
		bits >>= 9
	}
	return true
}

// place returns the block of k and the bits to look at in it. Keys end in a
// keyed hash, so its bytes are random already; mixing them guards against keys
// that are not.
func (f Filter) place(k Key) (block []byte, bits uint64) {
	h := mix(binary.BigEndian.Uint64(k[4:]) ^ uint64(binary.BigEndian.Uint32(k[:])))
	bits = mix(binary.BigEndian.Uint64(k[12:]) + h)
	at := h % uint64(len(f)/blockBytes)
	return f[at*blockBytes:][:blockBytes], bits
}

// mix is the finaliser of splitmix64.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// Builder makes a run of entries that come in ascending order.
type Builder struct {
	Fences  Fences
	Filter  Filter // nil: the run has none
	Entries int

	last  Key
	chunk Chunk
	full  []Chunk
}

// Add enters e, whose key is above those before it.
func (b *Builder) Add(e Entry) {
	if len(b.chunk) == 0 {
		b.Fences = b.Fences.add(b.last, e.Key)
		b.chunk = make(Chunk, 0, PerChunk*EntryBytes)
	}
	b.chunk = Append(b.chunk, e)
	if b.Filter != nil {
		b.Filter.Add(e.Key)
	}
	b.Entries++
	b.last = e.Key
	if b.chunk.Len() == PerChunk {
		b.full, b.chunk = append(b.full, b.chunk), nil
	}
}

// Full returns how many full chunks wait to be taken.
func (b *Builder) Full() int { return len(b.full) }

// Take returns the chunks made since the last call; with end, also the one that
// is not full.
func (b *Builder) Take(end bool) []Chunk {
	list := b.full
	b.full = nil
	if end && len(b.chunk) > 0 {
		list, b.chunk = append(list, b.chunk), nil
	}
	return list
}

package bench_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"testing"

	"avow.dev/ledger"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// BenchmarkLedger does the same work with Avow's tree and with x/mod's tlog:
// leaves of 300 bytes in memory, and proofs in a tree of a million leaves.
func BenchmarkLedger(b *testing.B) {
	b.Run("append", benchAppend)
	b.Run("prove", benchProve)
	b.Run("check", benchCheck)
}

const (
	million   = 1_000_000
	keptTiles = 4096
)

func leafOf(i int) []byte {
	leaf := make([]byte, 300)
	copy(leaf, fmt.Appendf(nil, "leaf %d", i))
	return leaf
}

// benchAppend counts one operation a leaf; with Avow the signature of each
// batch of 64 is part of it.
func benchAppend(b *testing.B) {
	leaf := leafOf(1)
	b.Run("avow", func(b *testing.B) { benchSeal(b, 64, leaf) })
	b.Run("avow-batch=4096", func(b *testing.B) { benchSeal(b, 4096, leaf) })
	b.Run("tlog", func(b *testing.B) {
		p := &hashes{}
		defer costs(b)()
		for b.Loop() {
			must(b, p.add(leaf))
		}
	})
	b.Run("floor", func(b *testing.B) {
		var h ledger.Hash
		defer costs(b)()
		for b.Loop() {
			h = ledger.NodeHash(h, ledger.LeafHash(leaf))
		}
	})
}

func benchSeal(b *testing.B, size int, leaf []byte) {
	s, err := ledger.NewSealer(signer(b))
	must(b, err)
	batch := make([][]byte, size)
	for i := range batch {
		batch[i] = leaf
	}
	defer costs(b)()
	b.ResetTimer()
	for i := 0; i < b.N; i += size {
		_, err := s.Seal(batch)
		must(b, err)
		s.Commit()
	}
}

func signer(b *testing.B) note.Signer {
	b.Helper()
	seed := sha256.Sum256([]byte("bench"))
	key, err := ledger.KeyFromSeed("bench.example/log", seed[:])
	must(b, err)
	s, err := key.Signer()
	must(b, err)
	return s
}

// hashes is a tree in memory as tlog lays it out.
type hashes struct {
	n    int64
	list []tlog.Hash
}

func (h *hashes) add(leaf []byte) error {
	list, err := tlog.StoredHashes(h.n, leaf, h)
	h.list = append(h.list, list...)
	h.n++
	return err
}

// ReadHashes implements tlog.HashReader.
func (h *hashes) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, x := range indexes {
		out[i] = h.list[x]
	}
	return out, nil
}

// rows is a log in memory as a store keeps it.
type rows struct {
	leaves [][]byte
	tiles  map[[2]int64][]byte
}

// Tile implements ledger.Reader.
func (r *rows) Tile(_ context.Context, level int, n int64) ([]byte, error) {
	data, ok := r.tiles[[2]int64{int64(level), n}]
	if !ok {
		return nil, ledger.ErrNotFound
	}
	return data, nil
}

// Leaves implements ledger.Reader.
func (r *rows) Leaves(_ context.Context, from, to int64) ([][]byte, error) {
	return r.leaves[from:to], nil
}

func trees(b *testing.B) (*rows, *hashes) {
	b.Helper()
	r, h := &rows{tiles: map[[2]int64][]byte{}}, &hashes{}
	for i := range million {
		r.leaves = append(r.leaves, fmt.Appendf(nil, "leaf %d", i))
		must(b, h.add(r.leaves[i]))
	}
	s, err := ledger.NewSealer(signer(b))
	must(b, err)
	sealed, err := s.Seal(r.leaves)
	must(b, err)
	for _, t := range sealed.Tiles {
		r.tiles[[2]int64{int64(t.Level), t.N}] = t.Data
	}
	root, err := tlog.TreeHash(million, h)
	must(b, err)
	if ledger.Hash(root) != sealed.Root {
		b.Fatal("the two trees have different roots")
	}
	return r, h
}

func benchProve(b *testing.B) {
	r, h := trees(b)
	b.Run("avow", func(b *testing.B) {
		p, random := ledger.NewProver(r, keptTiles), rand.New(rand.NewPCG(2, 3))
		for i := range int64(million/ledger.TileWidth + 1) {
			_, err := p.Inclusion(b.Context(), i*ledger.TileWidth, million)
			must(b, err)
		}
		defer costs(b)()
		for b.Loop() {
			_, err := p.Inclusion(context.Background(), random.Int64N(million), million)
			must(b, err)
		}
	})
	b.Run("tlog", func(b *testing.B) {
		random := rand.New(rand.NewPCG(2, 3))
		defer costs(b)()
		for b.Loop() {
			_, err := tlog.ProveRecord(million, random.Int64N(million), h)
			must(b, err)
		}
	})
}

func benchCheck(b *testing.B) {
	r, h := trees(b)
	const index = 123_456
	root, err := tlog.TreeHash(million, h)
	must(b, err)
	tree, leaf := ledger.Tree{Size: million, Root: ledger.Hash(root)}, ledger.LeafHash(r.leaves[index])
	b.Run("avow", func(b *testing.B) {
		proof, err := ledger.NewProver(r, 0).Inclusion(b.Context(), index, million)
		must(b, err)
		defer costs(b)()
		for b.Loop() {
			must(b, tree.CheckInclusion(index, leaf, proof))
		}
	})
	b.Run("tlog", func(b *testing.B) {
		proof, err := tlog.ProveRecord(million, index, h)
		must(b, err)
		defer costs(b)()
		for b.Loop() {
			must(b, tlog.CheckRecord(proof, million, root, index, tlog.Hash(leaf)))
		}
	})
}

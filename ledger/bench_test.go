package ledger_test

import (
	"context"
	"testing"

	"avow.dev/ledger"
	"golang.org/x/mod/sumdb/tlog"
)

// Each pair of benchmarks does the same work in this package and in tlog, in one run.
func BenchmarkLedger(b *testing.B) {
	b.Run("append", benchAppend)
	b.Run("prove", benchProve)
	b.Run("check", benchCheck)
	b.Run("receipt", benchReceipt)
}

func leaf300(i int) []byte {
	leaf := make([]byte, 300)
	copy(leaf, testLeaf(i))
	return leaf
}

func benchAppend(b *testing.B) {
	leaf := leaf300(1)
	for _, size := range []int{64, 1024, 65536} {
		b.Run("avow/batch="+itoa(size), func(b *testing.B) {
			signer, _ := keyPair(b)
			s, err := ledger.NewSealer(signer)
			check(b, err)
			batch := make([][]byte, size)
			for i := range batch {
				batch[i] = leaf
			}
			b.ReportAllocs()
			// One operation is one leaf; the signature is part of the price of its batch.
			for i := 0; i < b.N; i += size {
				_, err := s.Seal(batch)
				check(b, err)
				s.Commit()
			}
		})
	}
	b.Run("tlog", func(b *testing.B) {
		p := &peer{hashes: make([]tlog.Hash, 0, 1<<23)}
		b.ReportAllocs()
		for b.Loop() {
			check(b, p.add(leaf))
		}
	})
	b.Run("floor/leaf+node", func(b *testing.B) {
		var h ledger.Hash
		b.ReportAllocs()
		for b.Loop() {
			h = ledger.NodeHash(h, ledger.LeafHash(leaf))
		}
	})
}

func itoa(n int) string { return string(testLeaf(n)[len("leaf "):]) }

const million = 1_000_000

func millionLeaves(b *testing.B) (*rows, *peer) {
	leaves := make([][]byte, million)
	for i := range leaves {
		leaves[i] = testLeaf(i)
	}
	return sealed(b, leaves), peerOf(b, leaves)
}

func benchProve(b *testing.B) {
	r, p := millionLeaves(b)
	ctx := context.Background()
	for _, kept := range []int{0, 1024, 4096} {
		b.Run("avow/kept="+itoa(kept), func(b *testing.B) {
			prover, random := ledger.NewProver(r, kept), seeded(2)
			for i := range int64(million/256 + 1) {
				_, err := prover.Inclusion(ctx, i*256, million)
				check(b, err)
			}
			b.ReportAllocs()
			for b.Loop() {
				_, err := prover.Inclusion(ctx, random.Int64N(million), million)
				check(b, err)
			}
		})
	}
	b.Run("avow/kept=1024/recent", func(b *testing.B) {
		prover, random := ledger.NewProver(r, 1024), seeded(2)
		b.ReportAllocs()
		for b.Loop() {
			_, err := prover.Inclusion(ctx, million-1-random.Int64N(50_000), million)
			check(b, err)
		}
	})
	b.Run("tlog/tiles", func(b *testing.B) {
		root, err := ledger.NewProver(r, 0).Root(ctx, million)
		check(b, err)
		random := seeded(2)
		over := tlog.TileHashReader(tlog.Tree{N: million, Hash: tlog.Hash(root)}, tileRows{r})
		b.ReportAllocs()
		for b.Loop() {
			_, err := tlog.ProveRecord(million, random.Int64N(million), over)
			check(b, err)
		}
	})
	b.Run("tlog/allnodes", func(b *testing.B) {
		random := seeded(2)
		b.ReportAllocs()
		for b.Loop() {
			_, err := tlog.ProveRecord(million, random.Int64N(million), p)
			check(b, err)
		}
	})
}

// tileRows lets tlog read the same rows; unlike a Prover it authenticates each tile on the way.
type tileRows struct{ r *rows }

func (t tileRows) Height() int { return 8 }

func (t tileRows) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	out := make([][]byte, 0, len(tiles))
	for _, tile := range tiles {
		if tile.L == 0 && tile.W < ledger.TileWidth {
			var data []byte
			for _, leaf := range t.r.leaves[tile.N*ledger.TileWidth:][:tile.W] {
				h := ledger.LeafHash(leaf)
				data = append(data, h[:]...)
			}
			out = append(out, data)
			continue
		}
		data, err := t.r.Tile(context.Background(), tile.L, tile.N)
		if err != nil {
			return nil, err
		}
		out = append(out, data[:tile.W*ledger.HashSize])
	}
	return out, nil
}

func (tileRows) SaveTiles([]tlog.Tile, [][]byte) {}

func benchCheck(b *testing.B) {
	r, p := millionLeaves(b)
	ctx := context.Background()
	prover := ledger.NewProver(r, 0)
	root, err := prover.Root(ctx, million)
	check(b, err)
	tree := ledger.Tree{Size: million, Root: root}
	proof, err := prover.Inclusion(ctx, 123_456, million)
	check(b, err)
	leaf := ledger.LeafHash(testLeaf(123_456))
	b.Run("avow", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			check(b, tree.CheckInclusion(123_456, leaf, proof))
		}
	})
	record, err := tlog.ProveRecord(million, 123_456, p)
	check(b, err)
	b.Run("tlog", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			check(b, tlog.CheckRecord(record, million, tlog.Hash(root), 123_456, tlog.Hash(leaf)))
		}
	})
}

func benchReceipt(b *testing.B) {
	r := sealed(b, testLeaves(10_000))
	_, verifier := keyPair(b)
	prover := ledger.NewProver(r, 256)
	b.Run("make", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, err := prover.Receipt(context.Background(), r.signed, 7777)
			check(b, err)
		}
	})
	receipt, err := prover.Receipt(context.Background(), r.signed, 7777)
	check(b, err)
	b.Run("verify", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, err := receipt.Verify(testLeaf(7777), verifier)
			check(b, err)
		}
	})
}

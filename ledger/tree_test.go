package ledger_test

import (
	"context"
	"encoding/hex"
	"errors"
	"testing"

	"avow.dev/ledger"
	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"
)

// The leaves and roots that Certificate Transparency implementations test themselves with.
func TestRootsOfCertificateTransparency(t *testing.T) {
	t.Parallel()
	leaves := []string{"", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"}
	roots := []string{
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
		"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
		"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
		"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
		"4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
		"76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
		"ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
		"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
	}
	for size, want := range roots {
		var batch [][]byte
		for _, text := range leaves[:size] {
			leaf, err := hex.DecodeString(text)
			check(t, err)
			batch = append(batch, leaf)
		}
		if got := opened(t, sealed(t, batch).signed).Root; hex.EncodeToString(got[:]) != want {
			t.Errorf("root of %d leaves is %x, want %s", size, got, want)
		}
	}
}

func TestLongLeavesHashAsTheirBytes(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 1, 510, 511, 512, 513, ledger.MaxLeaf} {
		leaf := make([]byte, size)
		if ledger.LeafHash(leaf) != ledger.Hash(tlog.RecordHash(leaf)) {
			t.Errorf("hash of a leaf of %d bytes differs from tlog's", size)
		}
	}
}

// All that the package computes for random logs is what tlog computes, and each side accepts the other's proofs.
func TestAgreesWithTlog(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		size := rapid.IntRange(1, 1500).Draw(rt, "size")
		leaves := testLeaves(size)
		r, p := sealed(t, leaves), peerOf(t, leaves)
		prover := ledger.NewProver(r, 0)
		for range 5 {
			n := rapid.Int64Range(1, int64(size)).Draw(rt, "prefix")
			agree(t, prover, p, n, rapid.Int64Range(0, n-1).Draw(rt, "index"), rapid.Int64Range(1, n).Draw(rt, "old"))
		}
	})
}

// A log that reaches level 2 of the tiles.
func TestAgreesWithTlogAcrossThreeLevels(t *testing.T) {
	t.Parallel()
	leaves := testLeaves(66_200)
	r, p := sealed(t, leaves), peerOf(t, leaves)
	prover := ledger.NewProver(r, 0)
	random := seeded(1)
	for _, n := range []int64{255, 256, 257, 511, 512, 65_535, 65_536, 65_537, 65_792, 66_047, 66_200} {
		for range 10 {
			agree(t, prover, p, n, random.Int64N(n), 1+random.Int64N(n))
		}
	}
}

func agree(t *testing.T, prover *ledger.Prover, p *peer, size, index, old int64) {
	t.Helper()
	ctx := context.Background()
	root, err := prover.Root(ctx, size)
	check(t, err)
	want, err := tlog.TreeHash(size, p)
	check(t, err)
	if root != ledger.Hash(want) {
		t.Fatalf("root of %d leaves differs from tlog's", size)
	}
	leaf := ledger.LeafHash(testLeaf(int(index)))
	stored, err := prover.Leaf(ctx, index, size)
	check(t, err)
	inclusion, err := prover.Inclusion(ctx, index, size)
	check(t, err)
	wantPath, err := tlog.ProveRecord(size, index, p)
	check(t, err)
	if stored != leaf || !sameHashes(inclusion, wantPath) {
		t.Fatalf("proof of leaf %d of %d differs from tlog's", index, size)
	}
	tree := ledger.Tree{Size: size, Root: root}
	check(t, tree.CheckInclusion(index, leaf, inclusion))

	consistency, err := prover.Consistency(ctx, old, size)
	check(t, err)
	wantProof, err := tlog.ProveTree(size, old, p)
	check(t, err)
	if !sameHashes(consistency, wantProof) {
		t.Fatalf("proof of %d before %d differs from tlog's", old, size)
	}
	oldRoot, err := tlog.TreeHash(old, p)
	check(t, err)
	check(t, tree.CheckConsistency(ledger.Tree{Size: old, Root: ledger.Hash(oldRoot)}, consistency))
}

func TestConsistencyOfAllPairs(t *testing.T) {
	t.Parallel()
	const most = 600
	r := sealed(t, testLeaves(most))
	prover := ledger.NewProver(r, 64)
	ctx := context.Background()
	roots := make([]ledger.Hash, most+1)
	for n := range roots {
		root, err := prover.Root(ctx, int64(n))
		check(t, err)
		roots[n] = root
	}
	for now := 0; now <= most; now++ {
		// Every pair around the edges of tiles, a sample of the others.
		step := 7
		if now%256 < 2 || now%256 == 255 {
			step = 1
		}
		for old := now % step; old <= now; old += step {
			pair(t, prover, ledger.Tree{Size: int64(old), Root: roots[old]}, ledger.Tree{Size: int64(now), Root: roots[now]})
		}
	}
}

func pair(t *testing.T, prover *ledger.Prover, old, now ledger.Tree) {
	t.Helper()
	proof, err := prover.Consistency(context.Background(), old.Size, now.Size)
	check(t, err)
	if err := now.CheckConsistency(old, proof); err != nil {
		t.Fatalf("%d before %d: %v", old.Size, now.Size, err)
	}
	wrong := old
	wrong.Root[5] ^= 1
	if err := now.CheckConsistency(wrong, proof); !errors.Is(err, ledger.ErrProof) {
		t.Fatalf("%d before %d: another history accepted: %v", old.Size, now.Size, err)
	}
	for i := range proof {
		bad := append([]ledger.Hash(nil), proof...)
		bad[i][31] ^= 0x80
		if now.CheckConsistency(old, bad) == nil {
			t.Fatalf("%d before %d: accepted with hash %d changed", old.Size, now.Size, i)
		}
	}
	if len(proof) > 0 && now.CheckConsistency(old, proof[:len(proof)-1]) == nil {
		t.Fatalf("%d before %d: truncated proof accepted", old.Size, now.Size)
	}
	if now.CheckConsistency(old, append(proof, ledger.Hash{})) == nil {
		t.Fatalf("%d before %d: lengthened proof accepted", old.Size, now.Size)
	}
}

// A proof is for one height of tree: the sizes that come with the roots must fit it.
func TestProofsOfTheWrongHeight(t *testing.T) {
	t.Parallel()
	prover := ledger.NewProver(sealed(t, testLeaves(100)), 0)
	ctx := context.Background()
	for old := int64(1); old < 100; old++ {
		for now := old + 1; now <= 100; now += 9 {
			oldRoot, err := prover.Root(ctx, old)
			check(t, err)
			root, err := prover.Root(ctx, now)
			check(t, err)
			proof, err := prover.Consistency(ctx, old, now)
			check(t, err)
			before := ledger.Tree{Size: old, Root: oldRoot}
			if (ledger.Tree{Size: 2*now + 1, Root: root}).CheckConsistency(before, proof) == nil {
				t.Fatalf("proof of %d before %d accepted before %d", old, now, 2*now+1)
			}
			inclusion, err := prover.Inclusion(ctx, old, now)
			check(t, err)
			leaf := ledger.LeafHash(testLeaf(int(old)))
			if (ledger.Tree{Size: 2*now + 1, Root: root}).CheckInclusion(old, leaf, inclusion) == nil {
				t.Fatalf("proof of leaf %d of %d accepted in %d", old, now, 2*now+1)
			}
		}
	}
}

func TestInclusionOfEveryLeafInEverySize(t *testing.T) {
	t.Parallel()
	const most = 70
	prover := ledger.NewProver(sealed(t, testLeaves(most)), 0)
	ctx := context.Background()
	for size := int64(1); size <= most; size++ {
		root, err := prover.Root(ctx, size)
		check(t, err)
		tree := ledger.Tree{Size: size, Root: root}
		for index := range size {
			proof, err := prover.Inclusion(ctx, index, size)
			check(t, err)
			leaf := ledger.LeafHash(testLeaf(int(index)))
			check(t, tree.CheckInclusion(index, leaf, proof))
			refuseInclusion(t, tree, index, proof)
		}
	}
}

func refuseInclusion(t *testing.T, tree ledger.Tree, index int64, proof []ledger.Hash) {
	t.Helper()
	leaf := ledger.LeafHash(testLeaf(int(index)))
	for other := int64(-1); other <= tree.Size; other++ {
		if other != index && tree.CheckInclusion(other, leaf, proof) == nil {
			t.Fatalf("leaf %d of %d accepted at %d", index, tree.Size, other)
		}
	}
	if tree.CheckInclusion(index, ledger.LeafHash([]byte("another")), proof) == nil {
		t.Fatalf("another leaf accepted at %d of %d", index, tree.Size)
	}
	if len(proof) > 0 && tree.CheckInclusion(index, leaf, proof[:len(proof)-1]) == nil {
		t.Fatalf("truncated proof of leaf %d of %d accepted", index, tree.Size)
	}
	if tree.CheckInclusion(index, leaf, append(proof, ledger.Hash{})) == nil {
		t.Fatalf("lengthened proof of leaf %d of %d accepted", index, tree.Size)
	}
	if len(proof) > 1 {
		swapped := append([]ledger.Hash(nil), proof...)
		swapped[0], swapped[1] = swapped[1], swapped[0]
		if tree.CheckInclusion(index, leaf, swapped) == nil {
			t.Fatalf("proof of leaf %d of %d accepted in another order", index, tree.Size)
		}
	}
}

func TestProofReadsFewTiles(t *testing.T) {
	t.Parallel()
	r := sealed(t, testLeaves(66_200))
	for _, index := range []int64{0, 300, 65_535, 65_536, 66_199} {
		r.reads = 0
		_, err := ledger.NewProver(r, 0).Inclusion(context.Background(), index, 66_200)
		check(t, err)
		if r.reads > 2*3 {
			t.Errorf("proof of leaf %d read %d tiles, want at most two for each of 3 levels", index, r.reads)
		}
	}
}

func TestProverForgetsTiles(t *testing.T) {
	t.Parallel()
	const tiles = 60
	r := sealed(t, testLeaves(tiles*256))
	prover := ledger.NewProver(r, 0)
	prove := func(tile int64) int {
		before := r.reads
		_, err := prover.Inclusion(context.Background(), tile*256, tiles*256)
		check(t, err)
		return r.reads - before
	}
	prove(0)
	if n := prove(0); n != 0 {
		t.Errorf("%d reads for the same proof again, want none", n)
	}
	for tile := range int64(tiles) {
		prove(tile)
	}
	if n := prove(0); n != 1 {
		t.Errorf("%d reads after %d other tiles, want 1: the tile of the leaf", n, tiles)
	}
}

func TestProverRefusesWhatIsNotThere(t *testing.T) {
	t.Parallel()
	prover := ledger.NewProver(sealed(t, testLeaves(3)), 0)
	ctx := context.Background()
	calls := map[string]func() error{
		"leaf before the first": func() error { _, err := prover.Inclusion(ctx, -1, 3); return err },
		"leaf after the last":   func() error { _, err := prover.Inclusion(ctx, 3, 3); return err },
		"hash after the last":   func() error { _, err := prover.Leaf(ctx, 3, 3); return err },
		"shrinking log":         func() error { _, err := prover.Consistency(ctx, 3, 2); return err },
		"negative size":         func() error { _, err := prover.Root(ctx, -1); return err },
	}
	for name, call := range calls {
		if err := call(); !errors.Is(err, ledger.ErrNotFound) {
			t.Errorf("%s: %v, want ErrNotFound", name, err)
		}
	}
	if _, err := prover.Root(ctx, 4); err == nil {
		t.Error("root of a tree with leaves that are not stored")
	}
}

func TestCheckingAllocatesNothing(t *testing.T) {
	prover := ledger.NewProver(sealed(t, testLeaves(1000)), 0)
	ctx := context.Background()
	root, err := prover.Root(ctx, 1000)
	check(t, err)
	proof, err := prover.Inclusion(ctx, 777, 1000)
	check(t, err)
	tree, leaf := ledger.Tree{Size: 1000, Root: root}, testLeaf(777)
	allocs := testing.AllocsPerRun(100, func() {
		if tree.CheckInclusion(777, ledger.LeafHash(leaf), proof) != nil {
			t.Error("proof refused")
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations, want none", allocs)
	}
}

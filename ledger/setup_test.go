package ledger_test

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"

	"avow.dev/ledger"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const origin = "example.com/avow-test"

// rows is a store as a real one would be: it keeps what Sealed says, and nothing else.
type rows struct {
	leaves [][]byte
	tiles  map[[2]int64][]byte
	signed []byte
	reads  int
}

func (r *rows) Tile(_ context.Context, level int, n int64) ([]byte, error) {
	r.reads++
	data, ok := r.tiles[[2]int64{int64(level), n}]
	if !ok {
		return nil, fmt.Errorf("no row for tile %d of level %d", n, level)
	}
	return data, nil
}

func (r *rows) Leaves(_ context.Context, from, to int64) ([][]byte, error) {
	if to-from > ledger.TileWidth || from < 0 || to > int64(len(r.leaves)) {
		return nil, fmt.Errorf("no rows for leaves %d to %d", from, to)
	}
	return r.leaves[from:to], nil
}

func (r *rows) write(leaves [][]byte, s ledger.Sealed) {
	r.leaves = append(r.leaves, leaves...)
	for _, t := range s.Tiles {
		r.tiles[[2]int64{int64(t.Level), t.N}] = append([]byte(nil), t.Data...)
	}
	r.signed = s.Checkpoint
}

// copy lets a test damage rows without harming the others.
func (r *rows) copy() *rows {
	c := &rows{tiles: make(map[[2]int64][]byte), signed: append([]byte(nil), r.signed...)}
	for _, leaf := range r.leaves {
		c.leaves = append(c.leaves, append([]byte(nil), leaf...))
	}
	for k, v := range r.tiles {
		c.tiles[k] = append([]byte(nil), v...)
	}
	return c
}

func testKey(t testing.TB, name string, seed byte) ledger.Key {
	t.Helper()
	sum := sha256.Sum256([]byte{seed})
	key, err := ledger.KeyFromSeed(name, sum[:])
	check(t, err)
	return key
}

func keyPair(t testing.TB) (note.Signer, note.Verifier) {
	t.Helper()
	key := testKey(t, origin, 1)
	signer, err := key.Signer()
	check(t, err)
	verifier, err := key.Verifier()
	check(t, err)
	return signer, verifier
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func testLeaf(i int) []byte { return fmt.Appendf(nil, "leaf %d", i) }

func testLeaves(n int) [][]byte {
	leaves := make([][]byte, n)
	for i := range leaves {
		leaves[i] = testLeaf(i)
	}
	return leaves
}

// sealed returns the rows of a log, sealed in one batch.
func sealed(t testing.TB, leaves [][]byte) *rows {
	t.Helper()
	signer, _ := keyPair(t)
	s, err := ledger.NewSealer(signer)
	check(t, err)
	r := &rows{tiles: make(map[[2]int64][]byte)}
	batch, err := s.Seal(leaves)
	check(t, err)
	r.write(leaves, batch)
	s.Commit()
	return r
}

func opened(t testing.TB, signed []byte) ledger.Checkpoint {
	t.Helper()
	_, verifier := keyPair(t)
	cp, err := ledger.OpenCheckpoint(signed, verifier)
	check(t, err)
	return cp
}

// exported writes a log into a folder on disk.
func exported(t testing.TB, r *rows) string {
	t.Helper()
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	check(t, err)
	defer func() { check(t, root.Close()) }()
	_, err = ledger.Export(context.Background(), r, r.signed, ledger.WriteInto(root), nil)
	check(t, err)
	return dir
}

// peer is the same log kept by golang.org/x/mod/sumdb/tlog, an independent implementation.
type peer struct {
	hashes []tlog.Hash
	size   int64
}

func (p *peer) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, x := range indexes {
		out[i] = p.hashes[x]
	}
	return out, nil
}

func (p *peer) add(leaf []byte) error {
	hashes, err := tlog.StoredHashes(p.size, leaf, p)
	p.hashes = append(p.hashes, hashes...)
	p.size++
	return err
}

func peerOf(t testing.TB, leaves [][]byte) *peer {
	t.Helper()
	p := new(peer)
	for _, leaf := range leaves {
		check(t, p.add(leaf))
	}
	return p
}

func sameHashes[H ~[32]byte](a []ledger.Hash, b []H) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != ledger.Hash(b[i]) {
			return false
		}
	}
	return true
}

func seeded(seed uint64) *rand.Rand {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	return rand.New(rand.NewChaCha8(key))
}

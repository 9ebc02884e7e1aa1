package ledger_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"avow.dev/ledger"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"
)

// However a log is cut into batches, and wherever the process stops and resumes, the rows are the same.
func TestResumeAtAnyPointGivesTheSameLog(t *testing.T) {
	t.Parallel()
	signer, _ := keyPair(t)
	rapid.Check(t, func(rt *rapid.T) {
		leaves := testLeaves(rapid.IntRange(0, 1400).Draw(rt, "size"))
		whole := sealed(t, leaves)
		parts := &rows{tiles: make(map[[2]int64][]byte), signed: sealed(t, nil).signed}
		s, err := ledger.NewSealer(signer)
		check(t, err)
		for rest := leaves; len(rest) > 0; {
			n := rapid.IntRange(1, min(len(rest), 400)).Draw(rt, "batch")
			batch, err := s.Seal(rest[:n])
			check(t, err)
			if batch.From != int64(len(parts.leaves)) || batch.Size != batch.From+int64(n) {
				t.Fatalf("batch from %d to %d, want %d to %d", batch.From, batch.Size, len(parts.leaves), len(parts.leaves)+n)
			}
			for _, tile := range batch.Tiles {
				if row := parts.tiles[[2]int64{int64(tile.Level), tile.N}]; len(row) >= len(tile.Data) || !slices.Equal(row, tile.Data[:len(row)]) {
					t.Fatalf("tile %d of level %d written again or changed", tile.N, tile.Level)
				}
			}
			parts.write(rest[:n], batch)
			rest = rest[n:]
			s.Commit()
			if rapid.Bool().Draw(rt, "resume") {
				s, err = ledger.Resume(context.Background(), parts, opened(t, parts.signed), signer)
				check(t, err)
			}
		}
		if string(parts.signed) != string(whole.signed) || !maps.EqualFunc(parts.tiles, whole.tiles, slices.Equal) {
			t.Fatalf("log of %d leaves differs from the one sealed in one batch", len(leaves))
		}
	})
}

func TestResumeAtTheEdgesOfTiles(t *testing.T) {
	t.Parallel()
	signer, _ := keyPair(t)
	leaves := testLeaves(66_000)
	whole := sealed(t, leaves)
	for _, at := range []int{0, 1, 255, 256, 257, 65_279, 65_280, 65_535, 65_536, 65_537, 65_792, 66_000} {
		part := sealed(t, leaves[:at])
		s, err := ledger.Resume(context.Background(), part, opened(t, part.signed), signer)
		check(t, err)
		batch, err := s.Seal(leaves[at:])
		check(t, err)
		part.write(leaves[at:], batch)
		if string(part.signed) != string(whole.signed) || !maps.EqualFunc(part.tiles, whole.tiles, slices.Equal) {
			t.Errorf("log resumed at %d differs", at)
		}
	}
}

func TestTilesAreThoseOfTlog(t *testing.T) {
	t.Parallel()
	leaves := testLeaves(66_200)
	r, p := sealed(t, leaves), peerOf(t, leaves)
	stored := 0
	for _, tile := range tlog.NewTiles(8, 0, int64(len(leaves))) {
		if tile.L == 0 && tile.W < ledger.TileWidth {
			continue
		}
		want, err := tlog.ReadTileData(tile, p)
		check(t, err)
		if got := r.tiles[[2]int64{int64(tile.L), tile.N}]; !slices.Equal(got, want) {
			t.Errorf("tile %d of level %d differs from tlog's", tile.N, tile.L)
		}
		stored++
	}
	if stored != len(r.tiles) {
		t.Errorf("%d tiles, tlog has %d", len(r.tiles), stored)
	}
}

// A batch that was not stored leaves no trace, even when it had finished a tile.
func TestRollback(t *testing.T) {
	t.Parallel()
	signer, _ := keyPair(t)
	s, err := ledger.NewSealer(signer)
	check(t, err)
	leaves := testLeaves(900)
	r := &rows{tiles: make(map[[2]int64][]byte)}
	for from := 0; from < 900; from += 100 {
		lost := make([][]byte, 700)
		_, err := s.Seal(lost)
		check(t, err)
		s.Rollback()
		batch, err := s.Seal(leaves[from : from+100])
		check(t, err)
		r.write(leaves[from:from+100], batch)
		s.Commit()
	}
	if s.Size() != 900 {
		t.Errorf("size %d, want 900", s.Size())
	}
	check(t, ledger.VerifyStored(context.Background(), r, opened(t, r.signed), nil))
}

func TestSealWaitsForTheOutcome(t *testing.T) {
	t.Parallel()
	signer, _ := keyPair(t)
	s, err := ledger.NewSealer(signer)
	check(t, err)
	_, err = s.Seal(testLeaves(1))
	check(t, err)
	if _, err := s.Seal(testLeaves(1)); !errors.Is(err, ledger.ErrPending) {
		t.Errorf("second batch before the outcome of the first: %v, want ErrPending", err)
	}
	if s.Size() != 0 {
		t.Errorf("size %d before commit, want 0", s.Size())
	}
}

func TestSealRefusesLongLeaves(t *testing.T) {
	t.Parallel()
	signer, _ := keyPair(t)
	s, err := ledger.NewSealer(signer)
	check(t, err)
	if _, err := s.Seal([][]byte{nil, make([]byte, ledger.MaxLeaf+1)}); !errors.Is(err, ledger.ErrLeafTooLong) {
		t.Fatalf("leaf of 65536 bytes: %v, want ErrLeafTooLong", err)
	}
	batch, err := s.Seal([][]byte{nil, make([]byte, ledger.MaxLeaf)})
	check(t, err)
	if batch.From != 0 || batch.Size != 2 {
		t.Errorf("batch from %d to %d, want 0 to 2", batch.From, batch.Size)
	}
}

type brokenSigner struct{ note.Signer }

func (brokenSigner) Sign([]byte) ([]byte, error) { return nil, errors.New("key is away") }

func TestSealWithoutSignatureChangesNothing(t *testing.T) {
	t.Parallel()
	signer, _ := keyPair(t)
	s, err := ledger.NewSealer(brokenSigner{signer})
	check(t, err)
	for range 2 {
		if _, err := s.Seal(testLeaves(1)); err == nil || errors.Is(err, ledger.ErrPending) {
			t.Fatalf("sealed without a signature: %v", err)
		}
	}
	s.Commit()
	if s.Size() != 0 {
		t.Errorf("size %d, want 0", s.Size())
	}
}

func TestResumeRefusesDamage(t *testing.T) {
	t.Parallel()
	signer, _ := keyPair(t)
	other, err := testKey(t, "example.com/other", 2).Signer()
	check(t, err)
	cases := map[string]struct {
		damage func(*rows, *ledger.Checkpoint)
		signer note.Signer
		want   error
	}{
		"changed leaf":      {damage: func(r *rows, _ *ledger.Checkpoint) { r.leaves[699][0] ^= 1 }, want: ledger.ErrCorrupt},
		"changed tile":      {damage: func(r *rows, _ *ledger.Checkpoint) { r.tiles[[2]int64{1, 0}][3] ^= 1 }, want: ledger.ErrCorrupt},
		"short tile":        {damage: func(r *rows, _ *ledger.Checkpoint) { r.tiles[[2]int64{1, 0}] = make([]byte, 32) }, want: ledger.ErrCorrupt},
		"uneven tile":       {damage: func(r *rows, _ *ledger.Checkpoint) { r.tiles[[2]int64{1, 0}] = append(r.tiles[[2]int64{1, 0}], 0) }, want: ledger.ErrCorrupt},
		"another root":      {damage: func(_ *rows, cp *ledger.Checkpoint) { cp.Root[0] ^= 1 }, want: ledger.ErrCorrupt},
		"negative size":     {damage: func(_ *rows, cp *ledger.Checkpoint) { cp.Size = -1 }, want: ledger.ErrCheckpoint},
		"key of other log":  {damage: func(*rows, *ledger.Checkpoint) {}, signer: other, want: ledger.ErrOrigin},
		"overlong leaf row": {damage: func(r *rows, _ *ledger.Checkpoint) { r.leaves[699] = make([]byte, 70_000) }, want: ledger.ErrLeafTooLong},
	}
	whole := sealed(t, testLeaves(700))
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, cp := whole.copy(), opened(t, whole.signed)
			c.damage(r, &cp)
			if c.signer == nil {
				c.signer = signer
			}
			if _, err := ledger.Resume(context.Background(), r, cp, c.signer); !errors.Is(err, c.want) {
				t.Errorf("resume: %v, want %v", err, c.want)
			}
		})
	}
	short := whole.copy()
	short.leaves = short.leaves[:699]
	if _, err := ledger.Resume(context.Background(), short, opened(t, short.signed), signer); err == nil {
		t.Error("resumed without the last leaf")
	}
}

func TestKeyChangeSignsTwice(t *testing.T) {
	t.Parallel()
	oldKey, newKey := testKey(t, origin, 1), testKey(t, origin, 2)
	oldSigner, err := oldKey.Signer()
	check(t, err)
	newSigner, err := newKey.Signer()
	check(t, err)
	s, err := ledger.NewSealer(oldSigner, newSigner)
	check(t, err)
	batch, err := s.Seal(testLeaves(2))
	check(t, err)
	if n := strings.Count(string(batch.Checkpoint), "\n— "); n != 2 {
		t.Errorf("%d signatures, want 2", n)
	}
	for _, key := range []ledger.Key{oldKey, newKey} {
		verifier, err := key.Verifier()
		check(t, err)
		_, err = ledger.OpenCheckpoint(batch.Checkpoint, verifier)
		check(t, err)
	}
	other, err := testKey(t, "example.com/other", 2).Signer()
	check(t, err)
	for name, signers := range map[string][]note.Signer{"none": nil, "two names": {oldSigner, other}, "nil": {nil}} {
		if _, err := ledger.NewSealer(signers...); !errors.Is(err, ledger.ErrKey) {
			t.Errorf("%s: %v, want ErrKey", name, err)
		}
	}
}

package ledger_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"avow.dev/ledger"
)

func TestExportIsWhole(t *testing.T) {
	t.Parallel()
	_, verifier := keyPair(t)
	for _, n := range []int{0, 1, 255, 256, 257, 512, 700, 66_000} {
		r := sealed(t, testLeaves(n))
		dir := exported(t, r)
		var seen []int64
		cp, err := ledger.VerifyExport(os.DirFS(dir), func(done, total int64) {
			seen = append(seen, done)
			if total != int64(n) {
				t.Errorf("progress out of %d, want %d", total, n)
			}
		}, verifier)
		check(t, err)
		if cp != opened(t, r.signed) || len(seen) != (n+255)/256 || n > 0 && seen[len(seen)-1] != int64(n) {
			t.Errorf("log of %d leaves: %+v after progress %v", n, cp, seen)
		}
		check(t, ledger.VerifyStored(context.Background(), r, cp, nil))
		everyFileIsServed(t, r, dir)
	}
}

// An export is what a web server would have served.
func everyFileIsServed(t *testing.T, r *rows, dir string) {
	t.Helper()
	check(t, fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		file, err := os.ReadFile(filepath.Join(dir, name))
		check(t, err)
		got, err := ledger.Serve(context.Background(), r, r.signed, name)
		check(t, err)
		if string(got.Body) != string(file) {
			t.Errorf("%s is exported and served with different bytes", name)
		}
		return nil
	}))
}

func TestProofsFromAnExport(t *testing.T) {
	t.Parallel()
	r := sealed(t, testLeaves(700))
	folder := ledger.Folder(os.DirFS(exported(t, r)), 700)
	ctx := context.Background()
	for _, index := range []int64{0, 255, 256, 511, 512, 699} {
		receipt, err := ledger.NewProver(folder, 0).Receipt(ctx, r.signed, index)
		check(t, err)
		_, verifier := keyPair(t)
		_, err = receipt.Verify(testLeaf(int(index)), verifier)
		check(t, err)
	}
	leaves, err := folder.Leaves(ctx, 250, 506)
	check(t, err)
	if len(leaves) != 256 || string(leaves[0]) != "leaf 250" || string(leaves[255]) != "leaf 505" {
		t.Errorf("%d leaves from %q", len(leaves), leaves[0])
	}
	if _, err := folder.Leaves(ctx, 690, 701); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("leaf after the last: %v, want ErrNotFound", err)
	}
	if _, err := folder.Tile(ctx, 1, 1); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("tile that does not exist: %v, want ErrNotFound", err)
	}
}

// Each damage is found, and the fault names the file and the place.
func TestDamagedExports(t *testing.T) {
	t.Parallel()
	_, verifier := keyPair(t)
	const bundle0, bundle2 = "tile/entries/000", "tile/entries/002.p/188"
	flip := func(name string, at int) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) {
			edit(t, dir, name, func(data []byte) []byte { data[at] ^= 4; return data })
		}
	}
	grow := func(name string) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) {
			edit(t, dir, name, func(data []byte) []byte { return append(data, 0) })
		}
	}
	cut := func(name string, n int) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) {
			edit(t, dir, name, func(data []byte) []byte { return data[:n] })
		}
	}
	remove := func(name string) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) { check(t, os.Remove(filepath.Join(dir, name))) }
	}
	cases := map[string]struct {
		damage func(t *testing.T, dir string)
		file   string
		index  int64
	}{
		"leaf in a full bundle":    {flip(bundle0, 2+6+2+6+2), bundle0, 2},
		"last leaf":                {flip(bundle2, 188*10-1), bundle2, 699},
		"length of a leaf":         {flip(bundle0, 1), bundle0, 0},
		"bundle cut":               {cut(bundle2, 1000), bundle2, 612},
		"bundle lengthened":        {grow(bundle2), bundle2, 700},
		"bundle removed":           {remove(bundle2), bundle2, -1},
		"full tile":                {flip("tile/0/001", 70), "tile/0/001", 258},
		"partial tile":             {flip("tile/0/002.p/188", 64), "tile/0/002.p/188", 514},
		"tile above":               {flip("tile/1/000.p/2", 40), "tile/1/000.p/2", 1},
		"tile cut":                 {cut("tile/0/001", 8160), "tile/0/001", -1},
		"tile lengthened":          {grow("tile/1/000.p/2"), "tile/1/000.p/2", -1},
		"tile removed":             {remove("tile/1/000.p/2"), "tile/1/000.p/2", -1},
		"leaf and its tile":        {reseal(3), "tile/1/000.p/2", 0},
		"leaf and tile at the end": {reseal(699), "checkpoint", -1},
		"two leaves swapped":       {swapLeaves, bundle0, 10},
		"checkpoint removed":       {remove("checkpoint"), "checkpoint", -1},
	}
	r := sealed(t, testLeaves(700))
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := exported(t, r)
			c.damage(t, dir)
			_, err := ledger.VerifyExport(os.DirFS(dir), nil, verifier)
			var fault *ledger.Fault
			if !errors.As(err, &fault) || !errors.Is(err, ledger.ErrCorrupt) {
				t.Fatalf("%v, want a fault", err)
			}
			if fault.File != c.file || fault.Index != c.index {
				t.Errorf("fault in %s at %d, want %s at %d: %v", fault.File, fault.Index, c.file, c.index, err)
			}
		})
	}
}

func edit(t *testing.T, dir, name string, change func([]byte) []byte) {
	t.Helper()
	file := filepath.Join(dir, name)
	data, err := os.ReadFile(file)
	check(t, err)
	check(t, os.WriteFile(file, change(data), 0o600))
}

// reseal changes a leaf and writes the tile of level 0 to match, as somebody would who can write files but not sign.
func reseal(index int) func(t *testing.T, dir string) {
	return func(t *testing.T, dir string) {
		bundle, tile, width := "tile/entries/000", "tile/0/000", 256
		if index >= 512 {
			bundle, tile, width = "tile/entries/002.p/188", "tile/0/002.p/188", 188
		}
		changed := []byte("lie")
		edit(t, dir, bundle, func(data []byte) []byte {
			leaves, err := ledger.ParseBundle(data, width)
			check(t, err)
			leaves[index%256] = changed
			out, err := ledger.AppendBundle(nil, leaves)
			check(t, err)
			return out
		})
		edit(t, dir, tile, func(data []byte) []byte {
			h := ledger.LeafHash(changed)
			copy(data[index%256*32:], h[:])
			return data
		})
	}
}

func swapLeaves(t *testing.T, dir string) {
	edit(t, dir, "tile/entries/000", func(data []byte) []byte {
		leaves, err := ledger.ParseBundle(data, 256)
		check(t, err)
		leaves[10], leaves[11] = leaves[11], leaves[10]
		out, err := ledger.AppendBundle(nil, leaves)
		check(t, err)
		return out
	})
}

func TestExportSignedByNobody(t *testing.T) {
	t.Parallel()
	dir := exported(t, sealed(t, testLeaves(3)))
	stranger, err := testKey(t, origin, 9).Verifier()
	check(t, err)
	if _, err := ledger.VerifyExport(os.DirFS(dir), nil, stranger); !errors.Is(err, ledger.ErrSignature) {
		t.Errorf("%v, want ErrSignature", err)
	}
	edit(t, dir, "checkpoint", func(data []byte) []byte { return []byte(strings.Replace(string(data), "\n3\n", "\n2\n", 1)) })
	_, verifier := keyPair(t)
	if _, err := ledger.VerifyExport(os.DirFS(dir), nil, verifier); !errors.Is(err, ledger.ErrSignature) {
		t.Errorf("changed size: %v, want ErrSignature", err)
	}
	edit(t, dir, "checkpoint", func([]byte) []byte { return make([]byte, 1<<20) })
	if _, err := ledger.VerifyExport(os.DirFS(dir), nil, verifier); !errors.Is(err, ledger.ErrCorrupt) {
		t.Errorf("endless checkpoint: %v, want ErrCorrupt", err)
	}
}

func TestExportOfADamagedStoreHasNoCheckpoint(t *testing.T) {
	t.Parallel()
	r := sealed(t, testLeaves(300)).copy()
	r.leaves[7][0] ^= 1
	var last string
	_, err := ledger.Export(context.Background(), r, r.signed, func(name string, _ []byte) error { last = name; return nil }, nil)
	if !errors.Is(err, ledger.ErrCorrupt) || last == "checkpoint" {
		t.Errorf("%v after writing %q, want ErrCorrupt", err, last)
	}
	var fault *ledger.Fault
	if err := ledger.VerifyStored(context.Background(), r, opened(t, r.signed), nil); !errors.As(err, &fault) || fault.Index != 7 {
		t.Errorf("%v, want a fault at leaf 7", err)
	}
}

func TestExportStops(t *testing.T) {
	t.Parallel()
	r := sealed(t, testLeaves(300))
	full := errors.New("disk is full")
	for _, refused := range []string{"tile/entries/000", "tile/0/000", "tile/0/001.p/44", "checkpoint"} {
		_, err := ledger.Export(context.Background(), r, r.signed, func(name string, _ []byte) error {
			if name == refused {
				return full
			}
			return nil
		}, nil)
		if !errors.Is(err, full) {
			t.Errorf("%s: %v, want the error of the folder", refused, err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := ledger.Export(ctx, r, r.signed, func(string, []byte) error { return nil }, nil)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want context.Canceled", err)
	}
	if err := ledger.VerifyStored(ctx, r, opened(t, r.signed), nil); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want context.Canceled", err)
	}
}

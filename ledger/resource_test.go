package ledger_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"avow.dev/ledger"
)

// The log of 70 000 leaves is the example of C2SP tlog-tiles: 273 full tiles of level 0 and a partial one of 112, one
// full tile of level 1 and a partial one of 17, a partial one of 1 at level 2.
func TestServeTheExampleOfTheStandard(t *testing.T) {
	t.Parallel()
	r := sealed(t, testLeaves(70_000))
	for path, size := range map[string]int{
		"tile/0/000": 8192, "tile/0/272": 8192, "tile/0/273.p/112": 112 * 32, "tile/1/000": 8192, "tile/1/001.p/17": 17 * 32,
		"tile/2/000.p/1": 32, "tile/0/273.p/1": 32, "tile/0/000.p/255": 255 * 32, "tile/1/000.p/3": 96, "tile/1/001.p/16": 16 * 32,
	} {
		got, err := ledger.Serve(context.Background(), r, r.signed, path)
		if err != nil || len(got.Body) != size || !got.Immutable || got.ContentType != "application/octet-stream" {
			t.Errorf("%s: %d bytes, %v, want %d immutable bytes", path, len(got.Body), err, size)
		}
	}
	for _, path := range []string{
		"tile/0/273", "tile/0/273.p/113", "tile/0/274", "tile/0/274.p/1", "tile/1/001", "tile/1/001.p/18", "tile/2/000", "tile/2/000.p/2",
		"tile/3/000", "tile/3/000.p/1", "tile/63/000.p/1", "tile/8/000.p/1", "tile/entries/273", "tile/entries/273.p/113", "tile/entries/x001/000",
		"tile/0/x999/x999/x999/x999/x999/999",
	} {
		if _, err := ledger.Serve(context.Background(), r, r.signed, path); !errors.Is(err, ledger.ErrNotFound) {
			t.Errorf("%s: %v, want ErrNotFound", path, err)
		}
	}
	if _, err := ledger.Serve(context.Background(), r, r.signed, "tile/0/../secret"); !errors.Is(err, ledger.ErrPath) {
		t.Errorf("%v, want ErrPath", err)
	}
}

func TestServeBundle(t *testing.T) {
	t.Parallel()
	r := sealed(t, [][]byte{[]byte("a"), nil, []byte(strings.Repeat("b", 258))})
	got, err := ledger.Serve(context.Background(), r, r.signed, "tile/entries/000.p/3")
	check(t, err)
	if want := "\x00\x01a\x00\x00\x01\x02" + strings.Repeat("b", 258); string(got.Body) != want {
		t.Errorf("bundle is %q", got.Body)
	}
}

func TestServeCheckpoint(t *testing.T) {
	t.Parallel()
	r := sealed(t, nil)
	got, err := ledger.Serve(context.Background(), r, r.signed, "checkpoint")
	check(t, err)
	if string(got.Body) != string(r.signed) || got.Immutable || got.ContentType != "text/plain; charset=utf-8" {
		t.Errorf("checkpoint served as %+v", got)
	}
	for _, path := range []string{"tile/0/000.p/1", "tile/entries/000.p/1", "tile/0/000"} {
		if _, err := ledger.Serve(context.Background(), r, r.signed, path); !errors.Is(err, ledger.ErrNotFound) {
			t.Errorf("%s of an empty log: %v, want ErrNotFound", path, err)
		}
	}
	if _, err := ledger.Serve(context.Background(), r, nil, "checkpoint"); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("checkpoint of a log that published none: %v, want ErrNotFound", err)
	}
	if _, err := ledger.Serve(context.Background(), r, []byte("x"), "checkpoint"); !errors.Is(err, ledger.ErrCorrupt) {
		t.Errorf("damaged checkpoint: %v, want ErrCorrupt", err)
	}
}

// What is sealed but not published stays inside.
func TestServeEndsAtTheCheckpoint(t *testing.T) {
	t.Parallel()
	r := sealed(t, testLeaves(600))
	early := sealed(t, testLeaves(300)).signed
	for _, path := range []string{"tile/0/001", "tile/entries/001", "tile/0/001.p/45", "tile/1/000.p/2"} {
		if _, err := ledger.Serve(context.Background(), r, early, path); !errors.Is(err, ledger.ErrNotFound) {
			t.Errorf("%s: %v, want ErrNotFound", path, err)
		}
	}
	for _, path := range []string{"tile/0/001.p/44", "tile/1/000.p/1"} {
		got, err := ledger.Serve(context.Background(), r, early, path)
		check(t, err)
		same, err := ledger.Serve(context.Background(), r, r.signed, path)
		check(t, err)
		if string(got.Body) != string(same.Body) {
			t.Errorf("%s changed when the log grew", path)
		}
	}
}

func FuzzBundle(f *testing.F) {
	for _, leaves := range [][][]byte{nil, {nil}, testLeaves(3)} {
		bundle, err := ledger.AppendBundle(nil, leaves)
		check(f, err)
		f.Add(bundle, len(leaves))
	}
	f.Fuzz(func(t *testing.T, data []byte, width int) {
		leaves, err := ledger.ParseBundle(data, width)
		if err != nil {
			if !errors.Is(err, ledger.ErrCorrupt) {
				t.Fatalf("%v, want ErrCorrupt", err)
			}
			return
		}
		again, err := ledger.AppendBundle(nil, leaves)
		check(t, err)
		if string(again) != string(data) || len(leaves) != width {
			t.Fatalf("%q written as %q", data, again)
		}
	})
}

func TestBundleRefusesLongLeaves(t *testing.T) {
	t.Parallel()
	if _, err := ledger.AppendBundle(nil, [][]byte{make([]byte, 65_536)}); !errors.Is(err, ledger.ErrLeafTooLong) {
		t.Errorf("%v, want ErrLeafTooLong", err)
	}
}

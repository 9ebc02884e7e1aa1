package ledger_test

import (
	"errors"
	"testing"

	"avow.dev/ledger"
)

func TestPaths(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]ledger.Path{
		"checkpoint":                              {Kind: ledger.KindCheckpoint},
		"tile/0/000":                              {Kind: ledger.KindTile, Width: 256},
		"tile/0/999.p/1":                          {Kind: ledger.KindTile, N: 999, Width: 1},
		"tile/63/x001/000":                        {Kind: ledger.KindTile, Level: 63, N: 1000, Width: 256},
		"tile/3/x001/x234/067.p/255":              {Kind: ledger.KindTile, Level: 3, N: 1234067, Width: 255},
		"tile/entries/x001/x234/067":              {Kind: ledger.KindEntries, N: 1234067, Width: 256},
		"tile/entries/000.p/7":                    {Kind: ledger.KindEntries, Width: 7},
		"tile/0/x999/x999/x999/999":               {Kind: ledger.KindTile, N: 999_999_999_999, Width: 256},
		"tile/0/x036/x028/x797/x018/963/x963":     {},
		"tile/0/x001/x002/x003/x004/x005/006.p/3": {Kind: ledger.KindTile, N: 1_002_003_004_005_006, Width: 3},
	} {
		got, err := ledger.ParsePath(text)
		if want.Kind == 0 {
			if !errors.Is(err, ledger.ErrPath) {
				t.Errorf("%q: %v, want ErrPath", text, err)
			}
			continue
		}
		check(t, err)
		if got != want || want.String() != text {
			t.Errorf("%q read as %+v and written as %q", text, got, want)
		}
	}
}

func TestPathsThatAreRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "/", "/checkpoint", "checkpoint/", "Checkpoint", "tile", "tile/", "tile/0", "tile/0/", "tile/0/0", "tile/0/00",
		"tile/0/0000", "tile/00/000", "tile/64/000", "tile/-1/000", "tile/+1/000", "tile/8/0/000", "tile/0/x000/001", "tile/0/001/002",
		"tile/0/x001", "tile/0/x001/x002", "tile/0/000.p", "tile/0/000.p/", "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/01",
		"tile/0/000.p/+1", "tile/0/.p/1", "tile/.p/1", "tile/0.p/1", "tile/0/000/1", "tile/0/000.p/1/2", "tile/data/000", "tile/entries",
		"tile/entries/", "tile/entries/000/", "tile/entries/../000", "tile/0/000?x", "tile/0/000%2ep/1", "tile//000", "tile/0//000",
		"tile/0/x001/x002/x003/x004/x005/x006/007", "tile/0/x001/x002/x003/x004/x005/x006/x007/x008/009", "tile/0/٠٠٠",
	} {
		if p, err := ledger.ParsePath(text); !errors.Is(err, ledger.ErrPath) {
			t.Errorf("%q read as %+v, %v, want ErrPath", text, p, err)
		}
	}
}

func FuzzPath(f *testing.F) {
	for _, text := range []string{"checkpoint", "tile/0/000", "tile/7/x001/x234/067.p/8", "tile/entries/x001/000", "tile/0/x001"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ledger.ParsePath(text)
		if err != nil {
			return
		}
		if p.String() != text {
			t.Fatalf("%q written as %q", text, p)
		}
		if p.N < 0 || p.Level < 0 || p.Level > 63 || p.Kind != ledger.KindCheckpoint && (p.Width < 1 || p.Width > 256) {
			t.Fatalf("%q read as %+v", text, p)
		}
	})
}

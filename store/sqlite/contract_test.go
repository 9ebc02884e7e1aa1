package sqlite_test

import (
	"testing"

	"avow.dev/store/sqlite"
	"avow.dev/store/storetest"
)

// TestContract runs the contract twice: as usual, and with an index so small
// that it is flushed and merged all the time, with hardly a cache.
func TestContract(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]sqlite.Config{
		"usual": {},
		"tight": {Readers: 1, CacheMiB: 1, RecentEntries: 3, WaitingBytes: 200},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.Run(t, func(t *testing.T) func(*testing.T) storetest.Store {
				cfg := cfg
				cfg.Dir = t.TempDir()
				return func(t *testing.T) storetest.Store { return open(t, cfg) }
			})
		})
	}
}

func open(t testing.TB, cfg sqlite.Config) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

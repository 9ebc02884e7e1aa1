package sqlite_test

import (
	"testing"

	"avow.dev/store/sqlite"
	"avow.dev/store/storetest"
)

func TestContract(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) func(*testing.T) storetest.Store {
		dir := t.TempDir()
		return func(t *testing.T) storetest.Store { return open(t, dir) }
	})
}

func open(t testing.TB, dir string) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), sqlite.Config{Dir: dir, CacheMiB: 4})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

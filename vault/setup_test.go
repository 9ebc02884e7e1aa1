package vault_test

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"avow.dev/vault"
)

const policy = "airstep"

func start() time.Time { return time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC) }

// world is a keys folder with its root key, that can be closed and opened again.
type world struct {
	t    testing.TB
	dir  string
	root vault.Root
	ring *vault.Keyring
	*vault.Vault
}

func setup(t testing.TB) *world {
	t.Helper()
	return setupSized(t, 0)
}

func setupSized(t testing.TB, cached int) *world {
	t.Helper()
	top := t.TempDir()
	w := &world{t: t, dir: filepath.Join(top, "keys"), root: newRoot(t, filepath.Join(top, "root.key"))}
	must(t, vault.Init(t.Context(), w.dir, w.root, start()))
	w.open(cached)
	t.Cleanup(w.close)
	return w
}

func newRoot(t testing.TB, path string) vault.Root {
	t.Helper()
	must(t, vault.CreateRootFile(path))
	root, err := vault.OpenRootFile(path)
	must(t, err)
	return root
}

func (w *world) open(cached int) {
	w.t.Helper()
	var err error
	w.ring, err = vault.Open(w.t.Context(), w.dir, w.root)
	must(w.t, err)
	must(w.t, w.ring.AddPolicy(w.t.Context(), policy, start()))
	w.Vault, err = w.ring.Vault(w.t.Context(), policy, vault.Options{CachedKeys: cached})
	must(w.t, err)
}

func (w *world) close() {
	if err := errors.Join(w.Vault.Close(), w.ring.Close()); err != nil {
		w.t.Error(err)
	}
}

func (w *world) restart() {
	w.t.Helper()
	w.close()
	w.open(0)
}

// person gives the next person a key, whose number the test has to know.
func (w *world) person(sid uint64) vault.SubjectKey {
	w.t.Helper()
	k, err := w.Take(w.t.Context())
	must(w.t, err)
	if k.SID() != sid {
		w.t.Fatalf("got key %d, want %d", k.SID(), sid)
	}
	k.Keep()
	return k
}

// settle leaves no key in stock, and returns the highest number so far.
func (w *world) settle() uint64 {
	w.t.Helper()
	last, err := w.Settle(0)
	must(w.t, err)
	return last
}

func (w *world) seal(a vault.Address, plaintext string) []byte {
	w.t.Helper()
	cell, err := w.Seal(nil, a, []byte(plaintext))
	must(w.t, err)
	return cell
}

func (w *world) wantOpen(a vault.Address, cell []byte, want string) {
	w.t.Helper()
	got, err := w.Open(nil, a, cell)
	if err != nil || string(got) != want {
		w.t.Fatalf("open: %q, %v", got, err)
	}
}

func email(sid uint64) vault.Address {
	return vault.Address{SID: sid, Datum: "email", Version: 1, Kind: vault.KindValue}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantErr(t testing.TB, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Fatalf("got %v, want %v", got, want)
	}
}

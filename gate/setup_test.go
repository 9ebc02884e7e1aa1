package gate_test

import (
	"context"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/policy"
	"avow.dev/policy/syntax"
	"avow.dev/store/sqlite"
	"avow.dev/vault"
)

// world is a gate on a real store and a real vault, with a clock of its own.
type world struct {
	*gate.Gate
	t       testing.TB
	dir     string
	program *policy.Program
	now     *atomic.Int64
	store   *sqlite.Store
	ring    *vault.Keyring
	keys    *vault.Vault
}

var began = time.Date(2026, 11, 21, 9, 30, 0, 0, time.UTC)

func compile(t testing.TB, path string) *policy.Program {
	t.Helper()
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, faults := syntax.Parse(path, src)
	if len(faults) > 0 {
		t.Fatal(faults.Format())
	}
	p, faults := policy.Compile(f)
	if len(faults) > 0 {
		t.Fatal(faults.Format())
	}
	return p
}

func setup(t testing.TB) *world {
	t.Helper()
	return setupWith(t, "testdata/club.yaml")
}

func setupWith(t testing.TB, path string) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), program: compile(t, path), now: new(atomic.Int64)}
	w.now.Store(began.UnixNano())
	must(t, os.Mkdir(filepath.Join(w.dir, "keys"), 0o700))
	root := filepath.Join(w.dir, "root.key")
	must(t, vault.CreateRootFile(root))
	r, err := vault.OpenRootFile(root)
	must(t, err)
	must(t, vault.Init(t.Context(), filepath.Join(w.dir, "keys"), r, began))
	w.ring, err = vault.Open(t.Context(), filepath.Join(w.dir, "keys"), r)
	must(t, err)
	must(t, w.ring.AddPolicy(t.Context(), "club", began))
	w.start()
	t.Cleanup(w.stop)
	return w
}

func (w *world) start() {
	w.t.Helper()
	var err error
	w.store, err = sqlite.Open(context.Background(), sqlite.Config{Dir: w.dir})
	must(w.t, err)
	w.keys, err = w.ring.Vault(context.Background(), "club", vault.Options{})
	must(w.t, err)
	w.Gate, err = gate.Open(gate.Config{Store: w.store, Clock: w.clock})
	must(w.t, err)
	must(w.t, w.Serve(context.Background(), w.program, w.keys))
}

func (w *world) stop() {
	must(w.t, w.store.Close())
	must(w.t, w.keys.Close())
}

func (w *world) clock() time.Time { return time.Unix(0, w.now.Load()).UTC() }

func (w *world) pass(d time.Duration) { w.now.Add(int64(d)) }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func item(d avow.Datum, v string) gate.Item {
	return gate.Item{Datum: d, Value: gate.NewValue([]byte(v))}
}

func (w *world) accept() *gate.Agreement {
	return &gate.Agreement{Policy: w.program.Hash(), Accept: true, Gesture: "accept-button", Language: "en", Age: avow.KnownAdult}
}

// join signs somebody up with an e-mail address and a phone number.
func (w *world) join(ref avow.SubjectRef, mail, phone string) {
	w.t.Helper()
	_, err := w.Collect(w.t.Context(), &gate.Collecting{
		Request: avow.Request{Policy: "club", Subject: ref, Purpose: "manage-account", Point: "sign-up", Feature: "account", Source: "person"},
		Items:   []gate.Item{item("email", mail), item("phone", phone)},
		Agree:   w.accept(),
	})
	must(w.t, err)
}

func (w *world) read(ref avow.SubjectRef, data ...avow.Datum) (gate.Shown, error) {
	return w.Use(w.t.Context(), &avow.Request{Policy: "club", Subject: ref, Data: data, Purpose: "manage-account", Role: "desk"})
}

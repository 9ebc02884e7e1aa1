package engine_test

import (
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/engine"
	"avow.dev/policy"
	"avow.dev/policy/syntax"
	"avow.dev/vault"
)

var began = time.Date(2026, 11, 21, 9, 30, 0, 0, time.UTC)

// world is folders, a root key and a clock, in which engines come and go.
type world struct {
	testing.TB
	data, keys string
	root       vault.Root
	program    *policy.Program
	now        atomic.Int64
}

func newWorld(t testing.TB) *world {
	t.Helper()
	dir := t.TempDir()
	w := &world{TB: t, data: filepath.Join(dir, "data"), keys: filepath.Join(dir, "keys"), program: compile(t, "../../gate/testdata/club.yaml")}
	w.now.Store(began.UnixNano())
	path := filepath.Join(dir, "root.key")
	must(t, vault.CreateRootFile(path))
	var err error
	w.root, err = vault.OpenRootFile(path)
	must(t, err)
	return w
}

func compile(t testing.TB, path string) *policy.Program {
	t.Helper()
	src, err := os.ReadFile(path)
	must(t, err)
	f, faults := syntax.Parse(path, append(src, holds...))
	must(t, faults.Err())
	p, faults := policy.Compile(f)
	must(t, faults.Err())
	return p
}

// holds is what the policy lacks.
const holds = `
holds:
  - {id: lawsuit, kind: litigation, statute: Civil Procedure Act, max: 1y, refuses: [erase, delete], approvals: 1}
erasure:
  - {id: wipe, on: [request], hide: at once, live: at once, undo: 7d, reaches: [live, backups]}
`

func (w *world) clock() time.Time { return time.Unix(0, w.now.Load()).UTC() }

func (w *world) pass(d time.Duration) { w.now.Add(int64(d)) }

func (w *world) config() engine.Config {
	return engine.Config{Data: w.data, Keys: w.keys, Root: w.root, Policies: []*policy.Program{w.program}, Clock: w.clock}
}

// first is a first start.
func (w *world) first() *engine.Engine {
	w.Helper()
	cfg := w.config()
	cfg.Create = true
	return w.open(cfg)
}

func (w *world) open(cfg engine.Config) *engine.Engine {
	w.Helper()
	e, err := engine.Open(w.Context(), cfg)
	must(w, err)
	return e
}

func (w *world) close(e *engine.Engine) {
	w.Helper()
	must(w, e.Close(w.Context()))
}

func (w *world) join(e *engine.Engine, ref avow.SubjectRef, mail, phone string) {
	w.Helper()
	_, err := e.Gate().Collect(w.Context(), &gate.Collecting{
		Request: avow.Request{Policy: "club", Subject: ref, Purpose: "manage-account", Point: "sign-up", Feature: "account", Source: "person"},
		Items:   []gate.Item{item("email", mail), item("phone", phone)},
		Agree:   &gate.Agreement{Policy: w.program.Hash(), Accept: true, Gesture: "accept-button", Language: "en", Age: avow.KnownAdult},
	})
	must(w, err)
}

func (w *world) standing(e *engine.Engine, ref avow.SubjectRef) avow.Standing {
	w.Helper()
	s, err := e.Gate().Standing(w.Context(), "club", ref)
	must(w, err)
	return s
}

func (w *world) choose(e *engine.Engine, ref avow.SubjectRef, choice avow.Choice, state avow.ChoiceState) {
	w.Helper()
	_, err := e.Gate().Agree(w.Context(), "club", ref, &gate.Agreement{Choices: []gate.ChoiceEvent{{Choice: choice, State: state}}})
	must(w, err)
}

// backup copies the data as it is now, and returns where.
func (w *world) backup() string {
	w.Helper()
	to := filepath.Join(w.TempDir(), "backup")
	_, err := engine.Backup(w.Context(), w.data, to, "", w.clock(), nil)
	must(w, err)
	return to
}

// lose takes the data folder away.
func (w *world) lose() { must(w, os.RemoveAll(w.data)) }

func (w *world) restoring(from string) engine.Restoring {
	return engine.Restoring{Config: w.config(), From: from}
}

func item(d avow.Datum, v string) gate.Item {
	return gate.Item{Datum: d, Value: gate.NewValue([]byte(v))}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

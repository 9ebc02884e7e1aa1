package enginetest

import (
	"context"
	"log/slog"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"avow.dev/internal/engine"
	"avow.dev/policy"
	"avow.dev/vault"
)

// Began is the time in a house that was just opened.
var Began = time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC)

// Clock stands still until a test moves it. It is safe for concurrent use.
type Clock struct{ now atomic.Int64 }

// NewClock returns a clock that shows [Began].
func NewClock() *Clock {
	c := new(Clock)
	c.now.Store(Began.UnixNano())
	return c
}

// Now is the time, in UTC.
func (c *Clock) Now() time.Time { return time.Unix(0, c.now.Load()).UTC() }

// Pass lets time pass.
func (c *Clock) Pass(d time.Duration) { c.now.Add(int64(d)) }

// House is an engine with its door open.
type House struct {
	*engine.Engine
	*Clock
	Program *policy.Program // the first policy
	Config  engine.Config   // with which it is opened again
	Dir     string          // everything of it is in here
	Log     *Log

	t   testing.TB
	app string // a token, once it was asked for
}

// Setting changes how a house is opened.
type Setting func(*engine.Config)

// Open opens a house that serves a policy, and closes it at the end of the test.
func Open(t testing.TB, p *policy.Program, set ...Setting) *House {
	t.Helper()
	h := &House{t: t, Clock: NewClock(), Program: p, Dir: t.TempDir(), Log: new(Log)}
	h.Config = engine.Config{Data: filepath.Join(h.Dir, "data"), Keys: filepath.Join(h.Dir, "keys"), Root: Root(t, h.Dir), Policies: []*policy.Program{p}, Create: true,
		Clock: h.Now, Listen: "127.0.0.1:0", Log: slog.New(slog.NewTextHandler(h.Log, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	for _, change := range set {
		change(&h.Config)
	}
	h.open()
	t.Cleanup(h.close)
	return h
}

// Beside has the house serve further policies.
func Beside(more ...*policy.Program) Setting {
	return func(c *engine.Config) { c.Policies = append(c.Policies, more...) }
}

// Public gives the house another address for the public than the one it listens at.
func Public(base string) Setting { return func(c *engine.Config) { c.BaseURL = base } }

// Root makes a root key in a folder.
func Root(t testing.TB, dir string) vault.Root {
	t.Helper()
	path := filepath.Join(dir, "root.key")
	Must(t, vault.CreateRootFile(path))
	root, err := vault.OpenRootFile(path)
	Must(t, err)
	return root
}

// Reopen closes the house and opens it again, as after a restart.
func (h *House) Reopen() { h.t.Helper(); h.close(); h.open() }

func (h *House) open() {
	h.t.Helper()
	var err error
	h.Engine, err = engine.Open(context.Background(), h.Config)
	Must(h.t, err)
}

func (h *House) close() { h.t.Helper(); Must(h.t, h.Close(context.Background())) }

// Must ends the test at an error.
func Must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

package deliver_test

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"avow.dev"
	"avow.dev/deliver"
	"avow.dev/gate"
	"avow.dev/internal/engine"
	"avow.dev/internal/mailbox"
	"avow.dev/policy"
	"avow.dev/policy/syntax"
	"avow.dev/vault"
)

// world is a running engine that writes to people, and where they read it.
type world struct {
	*engine.Engine
	t    testing.TB
	cfg  engine.Config
	now  atomic.Int64
	box  *mailbox.Box
	log  *lockedBuffer
	hash avow.Hash
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func program(t testing.TB) *policy.Program {
	t.Helper()
	src, err := os.ReadFile("../gate/testdata/mail.yaml")
	must(t, err)
	f, faults := syntax.Parse("policy.yaml", src)
	if len(faults) > 0 {
		t.Fatal(faults.Format())
	}
	p, faults := policy.Compile(f)
	if len(faults) > 0 {
		t.Fatal(faults.Format())
	}
	return p
}

func newBox(t testing.TB, o mailbox.Options) *mailbox.Box {
	t.Helper()
	box, err := mailbox.Open(o)
	must(t, err)
	t.Cleanup(func() { _ = box.Close() }) // a test may have closed it
	return box
}

// setup starts an engine with the given post. Without any it gets a mail server
// that speaks TLS.
func setup(t testing.TB, posts ...engine.Post) *world {
	t.Helper()
	w := &world{t: t, log: &lockedBuffer{}}
	w.now.Store(time.Date(2026, 11, 21, 9, 30, 0, 0, time.UTC).UnixNano())
	dir := t.TempDir()
	root := filepath.Join(dir, "root.key")
	must(t, vault.CreateRootFile(root))
	r, err := vault.OpenRootFile(root)
	must(t, err)
	p := program(t)
	w.hash = p.Hash()
	w.cfg = engine.Config{Data: filepath.Join(dir, "data"), Root: r, Policies: []*policy.Program{p}, Create: true, Clock: w.clock, BaseURL: "https://privacy.example",
		Listen: "127.0.0.1:0", Log: slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	if len(posts) == 0 {
		w.box = newBox(t, mailbox.Options{TLS: true})
		posts = []engine.Post{{Mail: &deliver.MailConfig{Server: "smtp://" + w.box.Addr(), From: "privacy@haven.example", TLS: w.box.TLS()}}}
	}
	w.cfg.Post = posts[0]
	w.open()
	t.Cleanup(w.close)
	return w
}

func (w *world) open() {
	w.t.Helper()
	var err error
	w.Engine, err = engine.Open(context.Background(), w.cfg)
	must(w.t, err)
}

func (w *world) close() { must(w.t, w.Engine.Close(context.Background())) }

func (w *world) clock() time.Time { return time.Unix(0, w.now.Load()).UTC() }

func (w *world) pass(d time.Duration) { w.now.Add(int64(d)) }

// join signs somebody up with data that was given for notices.
func (w *world) join(ref avow.SubjectRef, items ...gate.Item) {
	w.t.Helper()
	_, err := w.Gate().Collect(context.Background(), &gate.Collecting{
		Request: avow.Request{Policy: "club", Subject: ref, Purpose: "notices", Point: "sign-up", Feature: "account", Source: "person"},
		Items:   items,
		Agree:   &gate.Agreement{Policy: w.hash, Accept: true, Gesture: "accept-button", Language: "en", Age: avow.KnownAdult},
	})
	must(w.t, err)
}

func item(d avow.Datum, v string) gate.Item {
	return gate.Item{Datum: d, Value: gate.NewValue([]byte(v))}
}

func (w *world) say(ref avow.SubjectRef, choice avow.Choice, state avow.ChoiceState) {
	w.t.Helper()
	_, err := w.Gate().Agree(context.Background(), "club", ref, &gate.Agreement{Choices: []gate.ChoiceEvent{{Choice: choice, State: state}}})
	must(w.t, err)
}

func (w *world) tell(ref avow.SubjectRef, m gate.Message) {
	w.t.Helper()
	_, _, err := w.Gate().Tell(context.Background(), "club", ref, &m)
	must(w.t, err)
}

// deliver delivers what is due, and waits until it is done: the engine's own
// caretaker may be at it already.
func (w *world) deliver() {
	w.t.Helper()
	_, err := w.Deliver(context.Background())
	must(w.t, err)
}

var notice = gate.Message{Class: "service-info", Template: "service-notice", Params: map[string]string{"link": "https://privacy.example/notices/1"}}

package gate_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/gate"
	"avow.dev/internal/engine/journal"
	"avow.dev/ledger"
	"avow.dev/policy"
	"avow.dev/policy/syntax"
	"avow.dev/store/sqlite"
	"avow.dev/vault"
	"avow.dev/vault/blob"
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
	files   *blob.Folder
	wrap    func(gate.Store) gate.Store // nil: the store itself
	cfg     gate.Config
	reader  avow.SubjectRef // who reads what is published
}

var began = time.Date(2026, 11, 21, 9, 30, 0, 0, time.UTC)

func compile(t testing.TB, path string) *policy.Program {
	t.Helper()
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return compileText(t, src)
}

func compileText(t testing.TB, src []byte) *policy.Program {
	t.Helper()
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

func setup(t testing.TB) *world {
	t.Helper()
	return setupWith(t, "testdata/club.yaml")
}

func setupWith(t testing.TB, path string) *world {
	t.Helper()
	return setupProgram(t, compile(t, path))
}

// house is the policy of the tests that club.yaml is too small for, with changes
// to its text: pairs of old and new.
func house(t testing.TB, changes ...string) *policy.Program {
	t.Helper()
	src, err := os.ReadFile("testdata/house.yaml")
	must(t, err)
	for i := 0; i < len(changes); i += 2 {
		if !strings.Contains(string(src), changes[i]) {
			t.Fatalf("the policy does not contain %q", changes[i])
		}
	}
	return compileText(t, []byte(strings.NewReplacer(changes...).Replace(string(src))))
}

func setupProgram(t testing.TB, p *policy.Program) *world {
	t.Helper()
	return setupConfig(t, p, gate.Config{})
}

func setupSite(t testing.TB, p *policy.Program, s gate.Site) *world {
	t.Helper()
	return setupConfig(t, p, gate.Config{Site: s})
}

func setupConfig(t testing.TB, p *policy.Program, cfg gate.Config) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), program: p, now: newClock(), cfg: cfg}
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

func newClock() *atomic.Int64 {
	now := new(atomic.Int64)
	now.Store(began.UnixNano())
	return now
}

func (w *world) start() {
	w.t.Helper()
	var err error
	w.store, err = sqlite.Open(context.Background(), sqlite.Config{Dir: w.dir})
	must(w.t, err)
	w.keys, err = w.ring.Vault(context.Background(), "club", vault.Options{})
	must(w.t, err)
	w.files, err = blob.NewFolder(filepath.Join(w.dir, "files"))
	must(w.t, err)
	cfg := w.cfg
	cfg.Store, cfg.Clock, cfg.Files = w.store, w.clock, w.files
	cfg.LogKey = logKey
	if w.wrap != nil {
		cfg.Store = w.wrap(w.store)
	}
	w.Gate, err = gate.Open(cfg)
	must(w.t, err)
	must(w.t, w.Serve(context.Background(), w.program, w.keys))
}

// logKey is the key of each log of the tests, by its policy.
func logKey(id avow.PolicyID) (ledger.Key, bool) {
	k, err := ledger.KeyFromSeed("avow.test/"+string(id), []byte("the seed of a key of tests alone"))
	return k, err == nil
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

// codes are the reasons of a refusal, "allow" for nil, or the code of an error.
func codes(err error) string {
	if err == nil {
		return "allow"
	}
	if r, ok := errors.AsType[*avow.Refusal](err); ok {
		return strings.Join(r.Decision.Reasons.Codes(), " ")
	}
	return "error " + string(avow.CodeOf(err))
}

func (w *world) wants(err error, want string) {
	w.t.Helper()
	if got := codes(err); got != want {
		w.t.Fatalf("got %s (%v), want %s", got, err, want)
	}
}

// leaves are all leaves of the log, each of which has to parse.
func (w *world) leaves() []evidence.Leaf {
	w.t.Helper()
	state, err := w.store.LogState(context.Background(), "club")
	must(w.t, err)
	bodies, err := w.store.Leaves(context.Background(), "club", 0, state.Recorded)
	must(w.t, err)
	var all []evidence.Leaf
	for _, b := range bodies {
		l, err := evidence.Parse(b)
		must(w.t, err)
		all = append(all, l)
	}
	return all
}

// count counts the leaves of a kind.
func (w *world) count(kind evidence.Kind) int {
	w.t.Helper()
	n := 0
	for _, l := range w.leaves() {
		if l.Kind == kind {
			n++
		}
	}
	return n
}

func (w *world) last() evidence.Leaf {
	w.t.Helper()
	all := w.leaves()
	return all[len(all)-1]
}

// restart closes everything but the keys folder and opens it again.
func (w *world) restart() {
	w.t.Helper()
	w.stop()
	w.start()
}

// has says what the person's copy shows of a datum.
func (w *world) has(ref avow.SubjectRef, d avow.Datum) []string {
	w.t.Helper()
	c, err := w.Access(context.Background(), "club", ref)
	if avow.CodeOf(err) == avow.Unknown && err != nil {
		return nil
	}
	must(w.t, err)
	var out []string
	for _, h := range c.Held {
		if h.Datum == d {
			out = append(out, string(h.Value.Expose()))
		}
	}
	return out
}

func (w *world) sweep() gate.Swept {
	w.t.Helper()
	n, err := w.Sweep(context.Background())
	must(w.t, err)
	return n
}

// joinHouse signs somebody up under the policy of house.yaml.
func (w *world) joinHouse(ref avow.SubjectRef, items ...gate.Item) error {
	w.t.Helper()
	_, err := w.Collect(context.Background(), &gate.Collecting{
		Request: avow.Request{Policy: "club", Subject: ref, Purpose: "manage-account", Point: "sign-up", Feature: "account", Source: "person"},
		Items:   items, Agree: w.accept(),
	})
	return err
}

func (w *world) say(ref avow.SubjectRef, choice avow.Choice, state avow.ChoiceState) {
	w.t.Helper()
	_, err := w.Agree(context.Background(), "club", ref, &gate.Agreement{Choices: []gate.ChoiceEvent{{Choice: choice, State: state}}})
	must(w.t, err)
}

// journalled starts the gate again, with a journal.
func (w *world) journalled() {
	w.t.Helper()
	notes, err := journal.Open(filepath.Join(w.t.TempDir(), "journal"))
	must(w.t, err)
	w.stop()
	w.cfg.Journal = notes
	w.start()
}

// backup copies the data as it is now. restore puts the copy in its place; the keys and
// the journal stay as they are then.
func (w *world) backup() (restore func()) {
	w.t.Helper()
	path := filepath.Join(w.dir, "avow.db")
	w.stop()
	before, err := os.ReadFile(path)
	must(w.t, err)
	w.start()
	return func() {
		w.t.Helper()
		w.stop()
		must(w.t, os.WriteFile(path, before, 0o600))
		for _, beside := range []string{path + "-wal", path + "-shm"} {
			if err := os.Remove(beside); err != nil && !errors.Is(err, os.ErrNotExist) {
				w.t.Fatal(err)
			}
		}
		w.start()
	}
}

package httpapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/httpapi"
	"avow.dev/internal/auth"
	"avow.dev/internal/officer"
	"avow.dev/ledger"
	"avow.dev/policy"
	"avow.dev/policy/syntax"
	"avow.dev/store/sqlite"
	"avow.dev/vault"
	"avow.dev/vault/blob"
	"github.com/prometheus/client_golang/prometheus"
)

// world is a door before a real gate, a real store and a real vault, with a
// clock of its own.
type world struct {
	policy string // file of its text
	*httpapi.Door
	t      testing.TB
	dir    string
	gate   *gate.Gate
	auth   *auth.Keeper
	store  *sqlite.Store
	sealer *gate.Sealer
	key    ledger.Key
	now    *atomic.Int64
	logs   *lockedBuffer
	code   atomic.Value // the code that was sent last
	reg    *prometheus.Registry

	app, officer, auditor, recipient string
}

var began = time.Date(2026, 11, 21, 9, 30, 0, 0, time.UTC)

// lockedBuffer is a log that several requests write to.
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

func compile(t testing.TB, path string) *policy.Program {
	t.Helper()
	src, err := os.ReadFile(path)
	must(t, err)
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

func setup(t testing.TB, change ...func(*httpapi.Config)) *world {
	t.Helper()
	return setupPolicy(t, "testdata/club.yaml", change...)
}

// setupPolicy is setup with another text of the policy club.
func setupPolicy(t testing.TB, policy string, change ...func(*httpapi.Config)) *world {
	t.Helper()
	w := &world{t: t, policy: policy, dir: t.TempDir(), now: new(atomic.Int64), logs: new(lockedBuffer), reg: prometheus.NewRegistry()}
	w.now.Store(began.UnixNano())
	w.openGate()
	cfg := httpapi.Config{Gate: w.gate, Auth: w.auth, Clock: w.clock, Metrics: w.reg, Log: slog.New(slog.NewJSONHandler(w.logs, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Stats: func() httpapi.Stats {
			s := w.store.Stats()
			return httpapi.Stats{Groups: s.Groups, Changes: s.Changes, Waiting: s.Waiting, Failing: s.Failing}
		},
		BaseURL: "https://privacy.example", VKeys: map[avow.PolicyID]string{"club": w.key.Public()}, Contact: "mailto:security@haven.example",
		LastProof: func() (httpapi.Proof, bool) { return httpapi.Proof{At: began, Rows: 4, Proved: 3, Failed: 1}, true }}
	for _, c := range change {
		c(&cfg)
	}
	var err error
	w.Door, err = httpapi.New(cfg)
	must(t, err)
	w.app = w.token(auth.Grant{Name: "app", Scopes: auth.App, Policies: []avow.PolicyID{"club"}})
	w.officer = w.token(auth.Grant{Name: "officer", Person: "ann", Scopes: auth.Officer, Roles: officer.Roles()})
	w.auditor = w.token(auth.Grant{Name: "auditor", Scopes: auth.Auditor})
	w.recipient = w.token(auth.Grant{Name: "recipient", Scopes: auth.Recipient, Recipient: "host", Policies: []avow.PolicyID{"club"}})
	return w
}

func (w *world) openGate() {
	t, ctx, dir := w.t, context.Background(), w.dir
	must(t, os.Mkdir(filepath.Join(dir, "keys"), 0o700))
	root := filepath.Join(dir, "root.key")
	must(t, vault.CreateRootFile(root))
	r, err := vault.OpenRootFile(root)
	must(t, err)
	must(t, vault.Init(ctx, filepath.Join(dir, "keys"), r, began))
	ring, err := vault.Open(ctx, filepath.Join(dir, "keys"), r)
	must(t, err)
	must(t, ring.AddPolicy(ctx, "club", began))
	w.store, err = sqlite.Open(ctx, sqlite.Config{Dir: dir})
	must(t, err)
	keys, err := ring.Vault(ctx, "club", vault.Options{})
	must(t, err)
	t.Cleanup(func() {
		must(t, w.store.Close())
		must(t, keys.Close())
	})
	files, err := blob.NewFolder(filepath.Join(dir, "files"))
	must(t, err)
	w.key, err = ledger.NewKey(strings.NewReader(strings.Repeat("not so random....", 4)), "privacy.example/club")
	must(t, err)
	w.gate, err = gate.Open(gate.Config{Store: w.store, Clock: w.clock, Courier: w, Files: files, LogKey: func(avow.PolicyID) (ledger.Key, bool) { return w.key, true }})
	must(t, err)
	must(t, w.gate.Serve(ctx, compile(t, w.policy), keys))
	signer, err := w.key.Signer()
	must(t, err)
	w.sealer = w.gate.NewSealer("club", signer)
	w.auth = auth.New(w.store, w.clock)
}

// SendCode is a courier that keeps the code.
func (w *world) SendCode(_ context.Context, c *gate.Code) error {
	w.code.Store(string(c.Code.Expose()))
	return nil
}

func (w *world) token(g auth.Grant) string {
	w.t.Helper()
	secret, _, err := w.auth.Issue(context.Background(), g)
	must(w.t, err)
	return secret
}

func (w *world) clock() time.Time { return time.Unix(0, w.now.Load()).UTC() }

func (w *world) pass(d time.Duration) { w.now.Add(int64(d)) }

func (w *world) seal() {
	w.t.Helper()
	_, err := w.sealer.Seal(context.Background())
	must(w.t, err)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// do sends a request and returns the answer.
func (w *world) do(method, path, token, body string, headers ...string) *httptest.ResponseRecorder {
	var in io.Reader = http.NoBody
	if body != "" {
		in = strings.NewReader(body)
	}
	r := httptest.NewRequest(method, path, in)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	out := httptest.NewRecorder()
	w.ServeHTTP(out, r)
	return out
}

// post sends a body to an operation as the app and checks the status.
func (w *world) post(op, body string, status int, headers ...string) *httptest.ResponseRecorder {
	w.t.Helper()
	out := w.do("POST", "/v1/club/"+op, w.app, body, headers...)
	if out.Code != status {
		w.t.Fatalf("%s: status %d, want %d: %s", op, out.Code, status, out.Body)
	}
	return out
}

func (w *world) hash() string {
	p, err := w.gate.Program("club")
	must(w.t, err)
	return string(p.Hash())
}

func (w *world) accepting() string {
	return `"policy_hash":"` + w.hash() + `","accept":true,"gesture":"accept-button","language":"en","age":"adult"`
}

// join signs somebody up.
func (w *world) join(ref, mail, phone string) *httptest.ResponseRecorder {
	w.t.Helper()
	return w.post("collect", `{"subject":"`+ref+`","purpose":"manage-account","point":"sign-up","feature":"account","source":"person","items":[`+
		`{"datum":"email","value":"`+mail+`"},{"datum":"phone","value":"`+phone+`"}],"agree":{`+w.accepting()+`}}`, 200)
}

// decode reads an answer.
func decode[T any](t testing.TB, r *httptest.ResponseRecorder) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(r.Body.Bytes(), &v); err != nil {
		t.Fatalf("%v: %s", err, r.Body)
	}
	return v
}

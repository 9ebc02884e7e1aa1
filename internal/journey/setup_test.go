package journey_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"avow.dev/deliver"
	"avow.dev/internal/auth"
	"avow.dev/internal/chromium/browsertest"
	"avow.dev/internal/engine"
	"avow.dev/internal/mailbox"
	"avow.dev/internal/storybook"
	"avow.dev/policy"
	"avow.dev/policy/syntax"
	"avow.dev/vault"
)

func TestMain(m *testing.M) { browsertest.Main(m) }

// began is the day of every journey.
var began = storybook.Began

// patience is how long a letter may take. Nothing waits for it that comes earlier.
const patience = time.Minute

// town is a club with its engine, the mail server that its letters go to, and a
// clock that only the test moves.
type town struct {
	*engine.Engine
	t       *testing.T
	now     atomic.Int64
	program *policy.Program
	beside  []*policy.Program // other policies that the same server keeps
	box     *mailbox.Box
	came    chan struct{} // once for each letter
	log     *lines
	dir     string
	token   string
}

// lines keeps everything that was logged, down to the debug level.
type lines struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
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

func compile(t *testing.T, text string) *policy.Program {
	t.Helper()
	f, faults := syntax.Parse("policy.yaml", []byte(text))
	if len(faults) > 0 {
		t.Fatal(faults.Format())
	}
	p, faults := policy.Compile(f)
	if len(faults) > 0 {
		t.Fatal(faults.Format())
	}
	return p
}

// openTown opens the club of the storybook with its post, after changes of its
// policy's text: old, new, old, new.
func openTown(t *testing.T, changes ...string) *town {
	t.Helper()
	h := &town{t: t, log: new(lines), came: make(chan struct{}, 1024)}
	h.now.Store(began.UnixNano())
	text := string(storybook.Policy)
	for i := 0; i+1 < len(changes); i += 2 {
		if !strings.Contains(text, changes[i]) {
			t.Fatalf("the policy has no %q", changes[i])
		}
		text = strings.Replace(text, changes[i], changes[i+1], 1)
	}
	h.program = compile(t, text)
	h.beside = []*policy.Program{compile(t, strings.Replace(text, "policy: club", "policy: choir", 1))}
	var err error
	h.box, err = mailbox.Open(mailbox.Options{})
	must(t, err)
	t.Cleanup(func() { must(t, h.box.Close()) })
	h.box.After(func() { h.came <- struct{}{} })
	h.open(t.TempDir())
	return h
}

func (h *town) open(dir string) {
	h.t.Helper()
	h.dir = dir
	path := filepath.Join(dir, "root.key")
	must(h.t, vault.CreateRootFile(path))
	root, err := vault.OpenRootFile(path)
	must(h.t, err)
	h.Engine, err = engine.Open(h.t.Context(), engine.Config{
		Data: filepath.Join(dir, "data"), Keys: filepath.Join(dir, "keys"), Root: root, Policies: append(h.beside, h.program), Create: true, Clock: h.clock,
		Listen: "127.0.0.1:0", Log: slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Post: engine.Post{Mail: &deliver.MailConfig{Server: "smtp+plain://" + h.box.Addr(), From: "privacy@haven.example"}},
	})
	must(h.t, err)
	h.t.Cleanup(func() { must(h.t, h.Close(context.Background())) })
	h.token, _, err = h.Auth().Issue(h.t.Context(), auth.Grant{Name: "the club's app", Scopes: auth.App | auth.Officer, Person: "desk"})
	must(h.t, err)
}

func (h *town) clock() time.Time     { return time.Unix(0, h.now.Load()).UTC() }
func (h *town) pass(d time.Duration) { h.now.Add(int64(d)) }

// ask sends a body to an operation of the JSON door, as the club's own server does,
// and returns the status and the answer.
func (h *town) ask(op, body string) (int, []byte) { h.t.Helper(); return h.askOf("club", op, body) }

// askOf is ask of any policy.
func (h *town) askOf(policy, op, body string) (int, []byte) {
	h.t.Helper()
	req, err := http.NewRequestWithContext(h.t.Context(), http.MethodPost, h.URL()+"/v1/"+policy+"/"+op, strings.NewReader(body))
	must(h.t, err)
	req.Header.Set("Authorization", "Bearer "+h.token)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	must(h.t, err)
	raw, err := io.ReadAll(res.Body)
	must(h.t, err)
	must(h.t, res.Body.Close())
	return res.StatusCode, raw
}

// call is ask where nothing may go wrong.
func (h *town) call(op, body string) map[string]any {
	h.t.Helper()
	status, raw := h.ask(op, body)
	if status != http.StatusOK {
		h.t.Fatalf("%s answers %d: %s", op, status, raw)
	}
	var out map[string]any
	must(h.t, json.Unmarshal(raw, &out))
	return out
}

// join signs somebody up at the club, and has the club use what they gave.
func (h *town) join(ref, mail, name string) {
	h.t.Helper()
	quoted, err := json.Marshal(name)
	must(h.t, err)
	h.call("collect", `{"subject":"`+ref+`","purpose":"manage-account","point":"sign-up","feature":"account","source":"person","items":[{"datum":"email","value":"`+mail+`"},{"datum":"name","value":`+string(quoted)+
		`}],"agree":{"policy_hash":"`+string(h.program.Hash())+`","accept":true,"gesture":"accept-button","language":"en","age":"adult"}}`)
	h.call("collect", `{"subject":"`+ref+`","purpose":"show-walks","point":"sign-up","feature":"walks","source":"device","items":[{"datum":"location-precise","value":"22.3193,114.1694"}]}`)
	h.call("use", `{"subject":"`+ref+`","data":["email","name"],"purpose":"manage-account","role":"desk"}`)
}

// letters waits until an address has got n letters, and returns them.
func (h *town) letters(to string, n int) []mailbox.Mail {
	h.t.Helper()
	limit := time.NewTimer(patience)
	defer limit.Stop()
	for {
		if got := h.box.To(to); len(got) >= n {
			return got
		}
		select {
		case <-h.came:
		case <-limit.C:
			h.t.Fatalf("%d letters came for %s, want %d; there are %d in all", len(h.box.To(to)), to, n, len(h.box.Mails()))
		}
	}
}

var sixDigits = regexp.MustCompile(`\b\d{6}\b`)

// code is the code of the nth letter to an address.
func (h *town) code(to string, n int) string {
	h.t.Helper()
	m := h.letters(to, n)[n-1]
	code := sixDigits.FindString(m.Body)
	if code == "" {
		h.t.Fatalf("no code stands in %q", m.Body)
	}
	return code
}

// visitor is somebody at a browser of their own.
type visitor struct {
	*browsertest.Page
	h *town
}

func (h *town) visitor() *visitor {
	h.t.Helper()
	v := &visitor{browsertest.Open(h.t), h}
	must(h.t, v.Width(1280))
	must(h.t, v.Header("Accept-Language", "en"))
	return v
}

// to opens a page of the centre.
func (v *visitor) to(path string) { v.h.t.Helper(); v.Goto(v.h.URL() + "/privacy/club" + path) }

// enter comes in by the link that the app hands over.
func (v *visitor) enter(ref string) {
	v.h.t.Helper()
	url, _ := v.h.call("hand-overs", `{"subject":"`+ref+`"}`)["url"].(string)
	v.Goto(url)
	v.Follow("main form button")
}

// at is where the browser is, below the centre's first page.
func (v *visitor) at() string {
	v.h.t.Helper()
	return strings.TrimPrefix(browsertest.Eval[string](v.Page, "location.pathname + location.search + location.hash"), "/privacy/club")
}

// reads fails the test unless a reader sees each of some words on the page.
func (v *visitor) reads(words ...string) {
	v.h.t.Helper()
	text := v.words()
	for _, w := range words {
		if !strings.Contains(text, w) {
			v.h.t.Errorf("at %s, the page lacks %q:\n%s", v.at(), w, text)
		}
	}
}

// words is what a reader sees of the page.
func (v *visitor) words() string {
	v.h.t.Helper()
	return strings.Join(strings.Fields(v.Text("body")), " ")
}

// lacks fails the test if any of some words stands in the page, seen or not.
func (v *visitor) lacks(words ...string) {
	v.h.t.Helper()
	html, err := v.HTML()
	must(v.h.t, err)
	for _, w := range words {
		if strings.Contains(html, w) {
			v.h.t.Errorf("%q stands in the page at %s", w, v.at())
		}
	}
}

// sound fails the test if the page said something to the console, or asked anybody
// but the club's own server.
func (v *visitor) sound(except ...string) {
	v.h.t.Helper()
	v.Quiet(except...)
	v.Alone(strings.TrimPrefix(v.h.URL(), "http://"))
}

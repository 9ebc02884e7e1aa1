package centre_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"avow.dev"
	"avow.dev/deliver"
	"avow.dev/gate"
	"avow.dev/internal/chromium/browsertest"
	"avow.dev/internal/engine"
	"avow.dev/policy"
	"avow.dev/policy/syntax"
	"avow.dev/vault"
)

func TestMain(m *testing.M) { browsertest.Main(m) }

// house is an engine with its door open, a policy with everything a page can show,
// and a clock of its own.
type house struct {
	*engine.Engine
	t       *testing.T
	dir     string
	now     atomic.Int64
	program *policy.Program
	log     *lines
}

// lines keeps what was logged.
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

var began = time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func compile(t testing.TB, changes ...string) *policy.Program {
	t.Helper()
	src, err := os.ReadFile("../../internal/storybook/club.yaml")
	must(t, err)
	f, faults := syntax.Parse("club.yaml", []byte(strings.NewReplacer(changes...).Replace(string(src))))
	if len(faults) > 0 {
		t.Fatal(faults.Format())
	}
	p, faults := policy.Compile(f)
	if len(faults) > 0 {
		t.Fatal(faults.Format())
	}
	return p
}

func openHouse(t *testing.T, changes ...string) *house {
	t.Helper()
	return openPrograms(t, compile(t, changes...))
}

func (h *house) config(root vault.Root, programs []*policy.Program) engine.Config {
	return engine.Config{Data: filepath.Join(h.dir, "data"), Keys: filepath.Join(h.dir, "keys"), Root: root, Policies: programs,
		Create: true, Clock: h.clock, Listen: "127.0.0.1:0", Post: engine.Post{Mail: &deliver.MailConfig{Server: "smtp+plain://127.0.0.1:9", From: "privacy@haven.example"}}, Log: slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug}))}
}

func (h *house) close() { must(h.t, h.Close(context.Background())) }

func (h *house) clock() time.Time     { return time.Unix(0, h.now.Load()).UTC() }
func (h *house) pass(d time.Duration) { h.now.Add(int64(d)) }

// join makes somebody a member with a few things about them.
func (h *house) join(ref avow.SubjectRef, mail, name string) {
	h.t.Helper()
	items := func(pairs ...string) (out []gate.Item) {
		for i := 0; i < len(pairs); i += 2 {
			out = append(out, gate.Item{Datum: avow.Datum(pairs[i]), Value: gate.NewValue([]byte(pairs[i+1]))})
		}
		return out
	}
	ctx := h.t.Context()
	_, err := h.Gate().Collect(ctx, &gate.Collecting{
		Request: avow.Request{Policy: "club", Subject: ref, Purpose: "manage-account", Point: "sign-up", Feature: "account", Source: "person"},
		Items:   items("email", mail, "name", name),
		Agree:   &gate.Agreement{Policy: h.program.Hash(), Accept: true, Gesture: "accept-button", Language: "en", Age: avow.KnownAdult},
	})
	must(h.t, err)
	_, err = h.Gate().Collect(ctx, &gate.Collecting{
		Request: avow.Request{Policy: "club", Subject: ref, Purpose: "show-walks", Point: "sign-up", Feature: "walks", Source: "device"},
		Items:   items("location-precise", "22.3193,114.1694"),
	})
	must(h.t, err)
	_, err = h.Gate().Use(ctx, &avow.Request{Policy: "club", Subject: ref, Data: []avow.Datum{"email", "name"}, Purpose: "manage-account", Role: "desk"})
	must(h.t, err)
	_, err = h.Gate().Entrust(ctx, &avow.Request{Policy: "club", Subject: ref, Data: []avow.Datum{"email"}, Purpose: "manage-account", Recipient: "host"})
	must(h.t, err)
}

// visitor is a browser as a program: it keeps the cookies that it is given, and
// says of a form that it comes from our own page.
type visitor struct {
	h       *house
	cookies map[string]string
	lang    string
}

func (h *house) visitor() *visitor {
	return &visitor{h: h, cookies: make(map[string]string), lang: "en"}
}

// link returns the address of a hand-over link.
func (h *house) link(ref avow.SubjectRef) string {
	h.t.Helper()
	link, _, err := h.Gate().HandOver(h.t.Context(), "club", ref, h.clock())
	must(h.t, err)
	return "/privacy/club/enter/" + link
}

// signedIn returns a browser in which somebody has followed a link of the app.
func (h *house) signedIn(ref avow.SubjectRef) *visitor {
	h.t.Helper()
	v := h.visitor()
	if r := v.post(h.link(ref), nil); r.status != http.StatusSeeOther {
		h.t.Fatalf("the link led to %d", r.status)
	}
	return v
}

type answer struct {
	status int
	header http.Header
	body   string
}

func (v *visitor) get(path string) *answer { return v.send(http.MethodGet, path, nil, "same-origin") }

func (v *visitor) post(path string, form url.Values) *answer {
	return v.send(http.MethodPost, path, form, "same-origin")
}

func (v *visitor) send(method, path string, form url.Values, site string) *answer {
	v.h.t.Helper()
	req, err := http.NewRequestWithContext(v.h.t.Context(), method, v.h.URL()+path, strings.NewReader(form.Encode()))
	must(v.h.t, err)
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	req.Header.Set("Sec-Fetch-Site", site)
	req.Header.Set("Accept-Language", v.lang)
	for name, value := range v.cookies {
		req.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	res, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
	must(v.h.t, err)
	defer func() { must(v.h.t, res.Body.Close()) }()
	body, err := io.ReadAll(res.Body)
	must(v.h.t, err)
	for _, c := range res.Cookies() {
		if c.MaxAge < 0 {
			delete(v.cookies, c.Name)
		} else {
			v.cookies[c.Name] = c.Value
		}
	}
	return &answer{res.StatusCode, res.Header, string(body)}
}

// tags are what has to go from a page so that its words remain.
var tags = regexp.MustCompile(`(?s)<[^>]*>`)

// words is the text of a page.
func (a *answer) words() string {
	return strings.Join(strings.Fields(strings.NewReplacer("&#39;", "'", "&#34;", `"`, "&amp;", "&").Replace(tags.ReplaceAllString(a.body, " "))), " ")
}

// shows fails the test unless the page holds each of some words.
func (a *answer) shows(t *testing.T, status int, words ...string) {
	t.Helper()
	if a.status != status {
		t.Fatalf("status %d, want %d: %s", a.status, status, a.words())
	}
	for _, w := range words {
		if !strings.Contains(a.words(), w) {
			t.Errorf("the page lacks %q:\n%s", w, a.words())
		}
	}
}

// leads fails the test unless the answer leads to an address.
func (a *answer) leads(t *testing.T, to string, said ...string) {
	t.Helper()
	if a.status != http.StatusSeeOther || a.header.Get("Location") != to {
		t.Fatalf("status %d to %q, want %q: %s", a.status, a.header.Get("Location"), to, a.words())
	}
	for _, word := range said {
		if !strings.Contains(strings.Join(a.header.Values("Set-Cookie"), "\n"), "__Host-avow-once="+word+".") {
			t.Fatalf("the page says %q, want %s", a.header.Values("Set-Cookie"), word)
		}
	}
}

package console_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/chromium/browsertest"
	"avow.dev/internal/engine"
	"avow.dev/policy"
	"avow.dev/policy/syntax"
	"avow.dev/vault"
)

func TestMain(m *testing.M) { browsertest.Main(m) }

// house is an engine with its door open and a clock of its own.
type house struct {
	*engine.Engine
	t       *testing.T
	now     *atomic.Int64
	program *policy.Program
	log     *strings.Builder
}

var began = time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func read(t testing.TB, example string) []byte {
	t.Helper()
	src, err := os.ReadFile("../../examples/" + example + "/policy.yaml")
	must(t, err)
	return src
}

func compile(t testing.TB, src []byte) *policy.Program {
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

func open(t *testing.T, example string, set ...func(*engine.Config)) *house {
	t.Helper()
	return openText(t, read(t, example), set...)
}

// with is the text of an example in which something stands otherwise.
func with(t *testing.T, example, old, new string) []byte {
	t.Helper()
	src := string(read(t, example))
	if !strings.Contains(src, old) {
		t.Fatalf("the example does not say %q", old)
	}
	return []byte(strings.Replace(src, old, new, 1))
}

func openText(t *testing.T, src []byte, set ...func(*engine.Config)) *house {
	t.Helper()
	dir := t.TempDir()
	h := &house{t: t, now: new(atomic.Int64), program: compile(t, src), log: new(strings.Builder)}
	path := filepath.Join(dir, "root.key")
	must(t, vault.CreateRootFile(path))
	root, err := vault.OpenRootFile(path)
	must(t, err)
	h.now.Store(began.UnixNano())
	cfg := engine.Config{Data: filepath.Join(dir, "data"), Keys: filepath.Join(dir, "keys"), Root: root, Policies: []*policy.Program{h.program},
		Create: true, Clock: func() time.Time { return time.Unix(0, h.now.Load()).UTC() }, Listen: "127.0.0.1:0", Log: slog.New(slog.DiscardHandler)}
	for _, change := range set {
		change(&cfg)
	}
	h.Engine, err = engine.Open(t.Context(), cfg)
	must(t, err)
	t.Cleanup(func() { must(t, h.Close(context.Background())) })
	return h
}

// join makes somebody a member of the policy.
func (h *house) join(ref avow.SubjectRef) {
	h.t.Helper()
	gesture := "accept-button"
	for _, g := range h.program.File().Acceptance.Gesture {
		if g.Text == "sign-up" {
			gesture = g.Text
		}
	}
	_, err := h.Gate().Agree(h.t.Context(), h.program.ID(), ref, &gate.Agreement{Policy: h.program.Hash(), Accept: true, Gesture: gesture, Language: "en", Age: avow.KnownAdult})
	must(h.t, err)
}

// at is a page of the policy's console.
func (h *house) at(page string) string { return "/console/" + string(h.program.ID()) + page }

// visitor is a browser as a program.
type visitor struct {
	h       *house
	cookies map[string]string
	lang    string
	account account
}

func (h *house) visitor() *visitor {
	return &visitor{h: h, cookies: make(map[string]string), lang: "en"}
}

func form(pairs ...string) url.Values {
	f := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		f.Set(pairs[i], pairs[i+1])
	}
	return f
}

type answer struct {
	status int
	header http.Header
	body   string
}

func (v *visitor) get(path string) *answer { return v.send(http.MethodGet, path, nil, "same-origin") }

func (v *visitor) post(path string, f url.Values) *answer {
	return v.send(http.MethodPost, path, f, "same-origin")
}

// upload posts a file.
func (v *visitor) upload(path, field, content string) *answer {
	v.h.t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	part, err := w.CreateFormFile(field, "paper.pdf")
	must(v.h.t, err)
	_, err = io.WriteString(part, content)
	must(v.h.t, errors.Join(err, w.Close()))
	return v.sendBody(http.MethodPost, path, w.FormDataContentType(), b.String(), "same-origin")
}

func (v *visitor) send(method, path string, f url.Values, site string) *answer {
	v.h.t.Helper()
	kind := ""
	if method == http.MethodPost {
		kind = "application/x-www-form-urlencoded"
	}
	return v.sendBody(method, path, kind, f.Encode(), site)
}

func (v *visitor) sendBody(method, path, kind, content, site string) *answer {
	v.h.t.Helper()
	req, err := http.NewRequestWithContext(v.h.t.Context(), method, v.h.URL()+path, strings.NewReader(content))
	must(v.h.t, err)
	if kind != "" {
		req.Header.Set("Content-Type", kind)
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

var tags = regexp.MustCompile(`(?s)<[^>]*>`)

// shows expects a page with words on it.
func (a *answer) shows(t *testing.T, status int, words ...string) *answer {
	t.Helper()
	text := strings.Join(strings.Fields(tags.ReplaceAllString(a.body, " ")), " ")
	if a.status != status {
		t.Fatalf("status %d, want %d: %s", a.status, status, text)
	}
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("the page does not say %q: %s", w, text)
		}
	}
	return a
}

// leads expects to be led to a page, and returns its address without the query.
func (a *answer) leads(t *testing.T, prefix string) string {
	t.Helper()
	to := a.header.Get("Location")
	if a.status != http.StatusSeeOther || !strings.HasPrefix(to, prefix) {
		t.Fatalf("status %d, led to %q, want %q: %s", a.status, to, prefix, strings.Join(strings.Fields(tags.ReplaceAllString(a.body, " ")), " "))
	}
	at, _, _ := strings.Cut(to, "?")
	return at
}

var proposed = regexp.MustCompile(`name="what" value="([0-9a-f]{64})"`)

// what is the digest that a page has somebody approve.
func (a *answer) what(t *testing.T) string {
	t.Helper()
	m := proposed.FindStringSubmatch(a.body)
	if m == nil {
		t.Fatal("the page has nothing to approve")
	}
	return m[1]
}

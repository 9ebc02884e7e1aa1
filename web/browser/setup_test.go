package browser_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"avow.dev/cookies"
	"avow.dev/gate"
	"avow.dev/internal/chromium/browsertest"
	"avow.dev/policy"
	"avow.dev/policy/syntax"
	"avow.dev/store/sqlite"
	"avow.dev/vault"
	"avow.dev/web/browser"
)

func TestMain(m *testing.M) { browsertest.Main(m) }

var began = time.Date(2026, 11, 21, 9, 30, 0, 0, time.UTC)

// world is a door with the script, a shop that uses it, and a third party.
type world struct {
	t     *testing.T
	gate  *gate.Gate
	reg   *cookies.Register
	avow  *httptest.Server
	shop  *httptest.Server
	third *httptest.Server
	page  string // of the shop, behind its head
	head  string // instead of the usual one

	mu    sync.Mutex
	asked []string // what the third party was asked for
}

func compile(t testing.TB, name string, changes ...string) *policy.Program {
	t.Helper()
	src, err := os.ReadFile("../../examples/" + name + "/policy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	f, faults := syntax.Parse("policy.yaml", []byte(strings.NewReplacer(changes...).Replace(string(src))))
	if len(faults) > 0 {
		t.Fatal(faults.Format())
	}
	p, faults := policy.Compile(f)
	if len(faults) > 0 {
		t.Fatal(faults.Format())
	}
	return p
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// setup serves ASTRAL's policy, whose third party is played on this machine.
func setup(t *testing.T, body string) *world {
	t.Helper()
	w := &world{t: t, page: body}
	w.third = httptest.NewServer(http.HandlerFunc(w.stranger))
	t.Cleanup(w.third.Close)
	p := compile(t, "astral", "hosts: [widgets.skylens.example]", `hosts: ["`+w.host()+`"]`)
	w.reg = cookies.Of(p)
	w.gate = openGate(t, p)
	avow := http.NewServeMux()
	w.avow = httptest.NewServer(avow)
	t.Cleanup(w.avow.Close)
	h, err := browser.Handler(browser.Config{Gate: w.gate, Clock: func() time.Time { return began }, BaseURL: w.avow.URL})
	must(t, err)
	avow.Handle("/browser/", h)
	w.shop = httptest.NewServer(http.HandlerFunc(w.serve))
	t.Cleanup(w.shop.Close)
	return w
}

// host is the third party under a name that makes it another site.
func (w *world) host() string {
	return "widgets.localhost:" + w.third.URL[strings.LastIndex(w.third.URL, ":")+1:]
}

func (w *world) url() string {
	return "http://shop.localhost:" + w.shop.URL[strings.LastIndex(w.shop.URL, ":")+1:]
}

func (w *world) stranger(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	w.asked = append(w.asked, r.URL.Path)
	w.mu.Unlock()
	http.SetCookie(rw, &http.Cookie{Name: "skylens_id", Value: "0123456789abcdef", SameSite: http.SameSiteNoneMode, Secure: true})
	if strings.HasSuffix(r.URL.Path, ".js") {
		rw.Header().Set("Content-Type", "text/javascript")
		fmt.Fprint(rw, `document.body.dataset.widget = "here"`)
	}
}

func (w *world) thirdAsked() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.asked)
}

// strict is the policy that a careful site sends by itself.
func (w *world) strict() string {
	all := w.avow.URL + " http://" + w.host()
	return "default-src 'none'; script-src 'self' " + all + "; style-src 'self'; img-src 'self' data: " + all + "; connect-src 'self' " + all + "; frame-src " + all
}

func (w *world) serve(rw http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/favicon.ico" {
		rw.WriteHeader(http.StatusNoContent)
		return
	}
	if r.URL.Path == "/own.js" {
		rw.Header().Set("Content-Type", "text/javascript")
		fmt.Fprint(rw, `document.cookie = "ac_visits=0123456789abcdef0123456789abcdef; Path=/"; document.cookie = "ac_prefs=dark=1; Path=/"; document.cookie = "stray=1; Path=/"; document.body.dataset.own = "ran"`)
		return
	}
	if r.URL.Path == "/counted.js" {
		rw.Header().Set("Content-Type", "text/javascript")
		fmt.Fprint(rw, `document.body.dataset.counted = (document.body.dataset.counted || 0) * 1 + 1`)
		return
	}
	if strings.HasPrefix(r.URL.Path, "/workers/") { // a service worker that does nothing
		rw.Header().Set("Content-Type", "text/javascript")
		return
	}
	rw.Header().Set("Content-Security-Policy", w.strict())
	http.SetCookie(rw, &http.Cookie{Name: "ac_session", Value: "0123456789012345678901", Path: "/"})
	head := w.head
	if head == "" {
		head = `<script src="` + w.avow.URL + `/browser/astral/avow.js"></script>`
	}
	fmt.Fprintf(rw, `<!doctype html><html lang="%s"><head>%s<meta name="viewport" content="width=device-width"><title>Shop</title></head><body><main><h1>Shop</h1>
<p>Reading needs nothing.</p><a href="/other">Go on</a> <button type="button" data-avow-open>Cookies</button></main>%s</body></html>`, or(r.URL.Query().Get("lang"), "en"), head, w.page)
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func openGate(t *testing.T, p *policy.Program) *gate.Gate {
	t.Helper()
	dir := t.TempDir()
	must(t, os.Mkdir(dir+"/keys", 0o700))
	must(t, vault.CreateRootFile(dir+"/root.key"))
	root, err := vault.OpenRootFile(dir + "/root.key")
	must(t, err)
	must(t, vault.Init(t.Context(), dir+"/keys", root, began))
	ring, err := vault.Open(t.Context(), dir+"/keys", root)
	must(t, err)
	must(t, ring.AddPolicy(t.Context(), string(p.ID()), began))
	store, err := sqlite.Open(context.Background(), sqlite.Config{Dir: dir})
	must(t, err)
	keys, err := ring.Vault(context.Background(), string(p.ID()), vault.Options{})
	must(t, err)
	g, err := gate.Open(gate.Config{Store: store, Clock: func() time.Time { return began }})
	must(t, err)
	must(t, g.Serve(t.Context(), p, keys))
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return g
}

package browsertest_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"avow.dev/internal/chromium"
	"avow.dev/internal/chromium/browsertest"
)

func TestMain(m *testing.M) { browsertest.Main(m) }

const shop = `<!doctype html><html lang="en"><title>Shop</title><main><h1>Shop</h1> <a href="/?again">Again</a>
<form><label>Name <input id="name"></label></form>
<button id="go" type="button">Go</button><p id="said" hidden></p></main>
<script>go.onclick = () => { said.textContent = "hello " + document.getElementById("name").value; said.hidden = false }</script>`

func site(t *testing.T) string {
	t.Helper()
	mux := http.NewServeMux()
	write := func(body string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			http.SetCookie(w, &http.Cookie{Name: "seen", Value: "gpc" + r.Header.Get("Sec-Gpc")})
			if _, err := w.Write([]byte(body)); err != nil {
				t.Error(err)
			}
		}
	}
	mux.HandleFunc("/{$}", write(shop))
	mux.HandleFunc("/stranger", write(`<!doctype html><title>x</title><img src="http://stranger.example/x.png">`))
	mux.HandleFunc("/bad", write(`<!doctype html><html lang="en"><title>x</title><img src="data:,"><button></button><script>throw new Error("broken")</script>`))
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

func TestAPageIsUsed(t *testing.T) {
	t.Parallel()
	url, page := site(t), browsertest.Open(t)
	page.Goto(url)
	page.Fill("#name", "Ada")
	page.Click("#go")
	page.See("#said")
	if got := page.Text("#said"); got != "hello Ada" {
		t.Errorf("the page says %q", got)
	}
	if jar := page.Jar(); !slices.Equal(jar, []string{"seen"}) {
		t.Errorf("the jar holds %v", jar)
	}
	page.Follow("a")
	if at := browsertest.Eval[string](page, "location.search"); at != "?again" {
		t.Errorf("the link leads to %q", at)
	}
	page.Accessible()
	page.Quiet("favicon")
	page.Alone(strings.TrimPrefix(url, "http://"))
	if png, err := page.Screenshot(320); err != nil || !strings.HasPrefix(string(png), "\x89PNG") {
		t.Errorf("no picture: %v", err)
	}
	if w := browsertest.Eval[int](page, "innerWidth"); w != 320 {
		t.Errorf("the page is %d wide", w)
	}
}

func TestPagesShareNothing(t *testing.T) {
	t.Parallel()
	url := site(t)
	browsertest.Open(t).Goto(url)
	if jar := browsertest.Open(t).Jar(); len(jar) != 0 {
		t.Errorf("a new page has the cookies %v", jar)
	}
}

func TestWhatAPageDoesWrongIsSeen(t *testing.T) {
	t.Parallel()
	url, page := site(t), browsertest.Open(t)
	page.Goto(url + "/stranger")
	if got := page.Strangers(strings.TrimPrefix(url, "http://")); !slices.Equal(got, []string{"stranger.example"}) {
		t.Errorf("strangers are %v", got)
	}
	page.Goto(url + "/bad")
	page.Until(`document.readyState == "complete"`)
	if got := page.Complaints(); !slices.ContainsFunc(got, func(c string) bool { return strings.Contains(c, "broken") }) {
		t.Errorf("complaints are %v", got)
	}
	told := &recorder{TB: t}
	browsertest.Told(page, told).Accessible()
	if told.errors != 2 {
		t.Errorf("axe found %d things, want the picture and the button without a name", told.errors)
	}
}

type recorder struct {
	testing.TB
	errors int
}

func (r *recorder) Errorf(string, ...any) { r.errors++ }

func TestSignals(t *testing.T) {
	t.Parallel()
	url, page := site(t), browsertest.Open(t)
	page.SendGPC()
	page.Goto(url)
	if !browsertest.Eval[bool](page, "navigator.globalPrivacyControl") {
		t.Error("scripts do not see the signal")
	}
	if cookies, err := page.Cookies(); err != nil || len(cookies) != 1 || cookies[0].Value != "gpc1" {
		t.Errorf("the server did not see the signal: %v %v", cookies, err)
	}
}

func TestCookiesOff(t *testing.T) {
	t.Parallel()
	url, page := site(t), browsertest.OpenCookiesOff(t)
	page.Goto(url)
	if read := browsertest.Eval[string](page, `document.cookie = "mine=1", document.cookie`); read != "" || len(page.Jar()) > 0 {
		t.Errorf("cookies are on: scripts read %q, the jar holds %v", read, page.Jar())
	}
}

func TestPasskey(t *testing.T) {
	t.Parallel()
	url, page := site(t), browsertest.Open(t)
	page.Passkeys()
	page.Goto(strings.Replace(url, "127.0.0.1", "localhost", 1))
	const create = `navigator.credentials.create({publicKey: {challenge: new Uint8Array(32), rp: {name: "x"},
		user: {id: new Uint8Array(8), name: "x", displayName: "x"}, pubKeyCredParams: [{type: "public-key", alg: -7}],
		authenticatorSelection: {residentKey: "required", userVerification: "required"}}}).then(c => c.type)`
	if got := browsertest.Eval[string](page, create); got != "public-key" {
		t.Errorf("the authenticator made %q", got)
	}
}

func TestNoBrowserIsSaidPlainly(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	t.Setenv("AVOW_CHROMIUM", "")
	if _, err := chromium.Find(""); err != chromium.ErrNone {
		t.Errorf("got %v", err)
	}
	if _, err := chromium.Find("/nowhere/chromium"); err == nil || err == chromium.ErrNone {
		t.Errorf("a named browser that is not there: got %v", err)
	}
}

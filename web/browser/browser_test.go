package browser_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"avow.dev"
	"avow.dev/internal/chromium/browsertest"
	"avow.dev/web/browser"
	"avow.dev/web/internal/build"
)

const (
	accept = "#cc-main .cm [data-role=all]"
	reject = "#cc-main .cm [data-role=necessary]"
	choose = "#cc-main .cm [data-role=show]"
	banner = "#cc-main .cm"
	centre = "#cc-main .pm"
)

// body has something of each kind that waits for a choice.
func body(third string) string {
	return `<script src="/own.js"></script>
<script type="text/plain" data-avow="ac_visits" data-src="/counted.js"></script>
<script type="text/plain" data-avow="skylens_id" data-src="http://` + third + `/widget.js"></script>
<img alt="" data-avow="skylens_id" data-src="http://` + third + `/pixel.png">
<iframe title="Widget" data-avow="skylens_id" data-src="http://` + third + `/frame"></iframe>`
}

func world0(t *testing.T) *world {
	t.Helper()
	w := setup(t, "")
	w.page = body(w.host())
	return w
}

func ready(p *browsertest.Page) {
	p.Until(`window.avow && document.readyState == "complete"`)
}

// jar is what is in the jar without the choice itself.
func jar(p *browsertest.Page) []string {
	return slices.DeleteFunc(p.Jar(), func(n string) bool { return n == "avow_choice" })
}

func wants(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

func TestNothingBeforeAChoice(t *testing.T) {
	t.Parallel()
	w := world0(t)
	p := browsertest.Open(t)
	must(t, p.Width(1200))
	p.Goto(w.url())
	p.See(banner)
	wants(t, "before a choice", jar(p), []string{"ac_session"})
	p.Press("Escape", "Escape")
	p.Follow("main a") // browsing on
	p.See(banner)
	wants(t, "after browsing on", p.Jar(), []string{"ac_session"})
	if browsertest.Eval[bool](p, `avow.decided()`) || w.thirdAsked() > 0 {
		t.Errorf("browsing on counts as a choice, or the third party was asked %d times", w.thirdAsked())
	}
	p.Alone(hostOf(w.url()), hostOf(w.avow.URL))
	p.Quiet()
}

func hostOf(s string) string {
	u, err := url.Parse(s)
	if err != nil {
		return s
	}
	return u.Host
}

func TestRejectAll(t *testing.T) {
	t.Parallel()
	w := world0(t)
	p := browsertest.Open(t)
	p.Goto(w.url())
	p.Click(reject)
	p.Gone(banner)
	p.Until(`avow.decided()`)
	p.Reload()
	ready(p)
	wants(t, "after a no", p.Jar(), []string{"ac_session", "avow_choice"})
	if browsertest.Eval[bool](p, `document.documentElement.classList.contains("show--consent")`) || w.thirdAsked() > 0 {
		t.Error("somebody who said no is asked again, or the third party was asked")
	}
	w.recorded(p, avow.Refused)
}

// recorded reads at the gate what the visitor chose.
func (w *world) recorded(p *browsertest.Page, state avow.ChoiceState) {
	w.t.Helper()
	name := browsertest.Eval[string](p, `JSON.parse(decodeURIComponent(document.cookie.match(/avow_choice=([^;]*)/)[1])).consentId`)
	var s avow.Standing
	for range 200 { // the page may have gone on before the answer came
		var err error
		s, err = w.gate.Standing(w.t.Context(), "astral", browser.Visitor(name))
		must(w.t, err)
		if len(s.Choices) > 0 {
			break
		}
		browsertest.Eval[bool](p, `new Promise(r => setTimeout(() => r(true), 20))`)
	}
	if len(s.Choices) != 3 {
		w.t.Fatalf("the gate knows of %d choices", len(s.Choices))
	}
	for _, c := range s.Choices {
		if c.State != state {
			w.t.Errorf("%s is %v, want %v", c.Choice, c.State, state)
		}
	}
}

func TestAcceptAll(t *testing.T) {
	t.Parallel()
	w := world0(t)
	p := browsertest.Open(t)
	p.Goto(w.url())
	p.Click(accept)
	p.Until(`document.body && document.body.dataset.widget == "here" && document.body.dataset.counted == "1"`)
	p.Reload()
	p.Until(`document.body && document.body.dataset.widget == "here"`)
	wants(t, "after a yes", jar(p), []string{"ac_prefs", "ac_session", "ac_visits"}) // cookies of other sites, private windows refuse by themselves
	if w.thirdAsked() == 0 {
		t.Error("the third party is not asked after a yes")
	}
	w.recorded(p, avow.Given)
	p.Quiet()

	// Taking back is as easy, and what was set goes.
	p.Click("[data-avow-open]")
	p.See(centre)
	p.Click("#cc-main .pm [data-role=necessary]")
	p.Until(`window.avow && avow.decided() && !avow.allowed("skylens_id") && document.readyState == "complete" && !document.body.dataset.widget`)
	wants(t, "after taking it back", jar(p), []string{"ac_session"})
	asked := w.thirdAsked()
	p.Reload()
	ready(p)
	if w.thirdAsked() != asked {
		t.Error("the third party is still asked")
	}
}

func TestOneChoiceAlone(t *testing.T) {
	t.Parallel()
	w := world0(t)
	p := browsertest.Open(t)
	p.Goto(w.url())
	p.Click(choose)
	p.See(centre)
	p.Click("#cc-main .section__toggle[value=performance-cookies]")
	p.Click("#cc-main .pm [data-role=save]")
	p.Until(`document.body.dataset.counted == "1"`)
	p.Reload()
	p.Until(`document.body && document.body.dataset.counted == "1"`)
	wants(t, "after one yes", jar(p), []string{"ac_session", "ac_visits"})
	if w.thirdAsked() > 0 {
		t.Error("the third party was asked")
	}
}

func TestGPC(t *testing.T) {
	t.Parallel()
	w := world0(t)
	p := browsertest.Open(t)
	p.SendGPC()
	p.Goto(w.url())
	ready(p)
	if !browsertest.Eval[bool](p, `avow.signal && !avow.allowed("skylens_id")`) {
		t.Error("the signal is not heard")
	}
	if browsertest.Eval[bool](p, `document.documentElement.classList.contains("show--consent")`) {
		t.Error("somebody whose browser has answered is asked")
	}
	wants(t, "under GPC", p.Jar(), []string{"ac_session"})
	// A yes that is said under the signal is the later word.
	p.Click("[data-avow-open]")
	p.See(centre)
	p.Click("#cc-main .pm [data-role=all]")
	p.Until(`document.body && document.body.dataset.widget == "here"`)
	w.recorded(p, avow.Given)
}

// TestAYesBeforeTheSignal: the signal is the later word.
func TestAYesBeforeTheSignal(t *testing.T) {
	t.Parallel()
	w := world0(t)
	p := browsertest.Open(t)
	p.Goto(w.url())
	p.Click(accept)
	p.Until(`document.body && document.body.dataset.widget == "here"`)
	asked := w.thirdAsked()
	p.SendGPC()
	p.Goto(w.url() + "/other")
	ready(p)
	wants(t, "under a later GPC", jar(p), []string{"ac_session"})
	if w.thirdAsked() != asked {
		t.Error("the third party is asked under the signal")
	}
}

func TestCookiesOff(t *testing.T) {
	t.Parallel()
	w := world0(t)
	p := browsertest.OpenCookiesOff(t)
	p.Goto(w.url())
	p.See(banner)
	p.Click(reject)
	p.Gone(banner)
	if text := p.Text("main p"); text != "Reading needs nothing." || len(p.Jar()) > 0 {
		t.Errorf("with cookies off the page says %q, and the jar holds %v", text, p.Jar())
	}
	p.Quiet()
}

// TestUndeclaredIsBlocked: neither a host nor a cookie that the policy does not
// name gets through, whatever a page does, and however willing the person is.
func TestUndeclaredIsBlocked(t *testing.T) {
	t.Parallel()
	w := setup(t, `<script src="/own.js"></script>`)
	p := browsertest.Open(t)
	p.Goto(w.url())
	p.Click(accept)
	p.Until(`window.avow && avow.decided() && document.head && document.head.querySelector("meta").content.includes("widgets") && document.readyState == "complete"`)
	stranger := strings.Replace(w.host(), "widgets", "stranger", 1)
	for _, try := range []string{
		`new Promise(r => { const i = new Image(); i.onload = i.onerror = () => r(true); i.src = "http://` + stranger + `/x.png"; setTimeout(r, 300, true) })`,
		`fetch("http://` + stranger + `/x").then(() => false, () => true)`,
		`new Promise(r => { const s = document.createElement("script"); s.onload = () => r(false); s.onerror = () => r(true); s.src = "http://` + stranger + `/x.js"; document.head.append(s) })`,
	} {
		if !browsertest.Eval[bool](p, try) {
			t.Errorf("%s got through", try)
		}
	}
	before := w.thirdAsked()
	if browsertest.Eval[bool](p, `navigator.sendBeacon("http://`+stranger+`/x"), new Promise(r => setTimeout(r, 100, true))`) && w.thirdAsked() != before {
		t.Error("a beacon got through")
	}
	if slices.ContainsFunc(w.asked, func(path string) bool { return strings.HasPrefix(path, "/x") }) {
		t.Errorf("the stranger was asked for %v", w.asked)
	}
	if slices.Contains(p.Jar(), "stray") {
		t.Error("an undeclared cookie is in the jar")
	}
}

func TestForget(t *testing.T) {
	t.Parallel()
	w := world0(t)
	p := browsertest.Open(t)
	p.Goto(w.url())
	p.Click(reject)
	p.Until(`avow.decided()`)
	browsertest.Eval[any](p, `void avow.forget()`)
	p.Until(`window.avow && !avow.decided() && document.documentElement.classList.contains("show--consent")`)
	wants(t, "after forgetting", p.Jar(), []string{"ac_session"}) // the page sets its session again
}

func TestBannerIsFairAndAccessible(t *testing.T) {
	t.Parallel()
	w := world0(t)
	for _, scheme := range []string{"light", "dark"} {
		for _, lang := range []string{"en", "zh"} {
			p := browsertest.Open(t)
			must(t, p.Prefer("prefers-color-scheme", scheme))
			must(t, p.Width(320))
			p.Goto(w.url() + "/?lang=" + lang)
			p.See(banner)
			p.Until(`getComputedStyle(document.querySelector("` + banner + `")).opacity == "1"`)
			p.Accessible()
			const same = `(() => { const [a, b] = ["all", "necessary"].map(r => document.querySelector("#cc-main .cm [data-role=" + r + "]")); const [x, y] = [a, b].map(e => e.getBoundingClientRect());
				const [s, u] = [a, b].map(e => getComputedStyle(e)); return x.width == y.width && x.height == y.height && s.backgroundColor == u.backgroundColor && s.color == u.color && s.fontSize == u.fontSize })()`
			if !browsertest.Eval[bool](p, same) {
				t.Error("accepting and rejecting do not look the same")
			}
			if !browsertest.Eval[bool](p, `document.documentElement.scrollWidth <= 320`) {
				t.Error("the page is wider than a small phone")
			}
			p.Picture("banner-"+lang+"-"+scheme, 320)
			p.Click(choose)
			p.See(centre)
			p.Until(`getComputedStyle(document.querySelector("` + centre + `")).opacity == "1"`)
			p.Click(centre + " button.pm__section-title")
			p.Accessible()
			if browsertest.Eval[int](p, `document.querySelectorAll("#cc-main .section__toggle:checked:not(:disabled)").length`) != 0 {
				t.Error("a box is ticked before the person ticks it")
			}
			p.Picture("cookies-"+lang+"-"+scheme, 800)
			p.Press("Escape")
			p.Gone(centre)
			if browsertest.Eval[bool](p, `avow.decided()`) {
				t.Error("Escape is taken for a choice")
			}
			p.Quiet()
		}
	}
}

func TestKeyboard(t *testing.T) {
	t.Parallel()
	w := world0(t)
	p := browsertest.Open(t)
	p.Goto(w.url())
	p.See(banner)
	p.Until(`document.activeElement && document.activeElement.closest("#cc-main")`)
	for range 6 {
		if browsertest.Eval[bool](p, `document.activeElement.matches("`+strings.ReplaceAll(reject, `"`, `\"`)+`")`) {
			break
		}
		p.Press("Tab")
	}
	p.Press("Enter")
	p.Gone(banner)
	p.Until(`avow.decided() && !avow.allowed("ac_visits")`)
}

func TestSizes(t *testing.T) {
	t.Parallel()
	w := setup(t, "")
	for name, most := range map[string]int{"avow.js": 20 << 10, "gate.js": 4 << 10} {
		raw := get(t, w.avow.URL+"/browser/astral/"+name)
		var b bytes.Buffer
		z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
		must(t, err)
		_, err = z.Write(raw)
		must(t, err)
		must(t, z.Close())
		t.Logf("%s: %d bytes, %d with gzip, policy and words of both languages included", name, len(raw), b.Len())
		if b.Len() > most {
			t.Errorf("%s is %d bytes with gzip, more than %d", name, b.Len(), most)
		}
	}
}

func get(t *testing.T, address string) []byte {
	t.Helper()
	r, err := http.Get(address)
	must(t, err)
	defer r.Body.Close()
	raw, err := io.ReadAll(r.Body)
	must(t, err)
	if r.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %s", address, r.StatusCode, raw)
	}
	return raw
}

func TestBundleIsCurrent(t *testing.T) {
	t.Parallel()
	files, err := build.Scripts(".", map[string]string{"gate.js": "gate-alone.ts", "avow.js": "banner.ts"})
	must(t, err)
	for name, want := range files {
		got, err := os.ReadFile("dist/" + name)
		must(t, err)
		if !bytes.Equal(got, want) {
			t.Errorf("dist/%s is not current: go generate ./web/browser", name)
		}
	}
}

func TestChoicesAreStrict(t *testing.T) {
	t.Parallel()
	w := setup(t, "")
	const visitor = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
	hash := string(w.reg.Hash())
	for name, c := range map[string]struct {
		body   string
		status int
	}{
		"whole":                   {`{"visitor":"` + visitor + `","gesture":"save","policy_hash":"` + hash + `","language":"en","gpc":true,"choices":[{"choice":"functional-cookies","state":"given"}]}`, 200},
		"no visitor":              {`{"visitor":"me","gesture":"save","policy_hash":"` + hash + `","choices":[{"choice":"functional-cookies","state":"given"}]}`, 422},
		"browsing":                {`{"visitor":"` + visitor + `","gesture":"browse","policy_hash":"` + hash + `","choices":[{"choice":"functional-cookies","state":"given"}]}`, 422},
		"another text":            {`{"visitor":"` + visitor + `","gesture":"save","policy_hash":"sha256:00","choices":[{"choice":"functional-cookies","state":"given"}]}`, 422},
		"no choice about cookies": {`{"visitor":"` + visitor + `","gesture":"save","policy_hash":"` + hash + `","choices":[{"choice":"no-such-thing","state":"given"}]}`, 422},
		"nothing":                 {`{"visitor":"` + visitor + `","gesture":"save","policy_hash":"` + hash + `","choices":[]}`, 422},
		"an unknown member":       {`{"visitor":"` + visitor + `","subject":"user-1"}`, 400},
		"no JSON":                 {`<choice>`, 400},
		"too large":               {`{"visitor":"` + strings.Repeat("x", 17<<10) + `"}`, 400},
	} {
		r, err := http.Post(w.avow.URL+"/browser/astral/choices", "application/json", strings.NewReader(c.body))
		must(t, err)
		answer, err := io.ReadAll(r.Body)
		must(t, err)
		r.Body.Close()
		if r.StatusCode != c.status || (c.status == 200) != strings.Contains(string(answer), `"leaf"`) {
			t.Errorf("%s: %d %s", name, r.StatusCode, answer)
		}
		if strings.Contains(string(answer), visitor) {
			t.Errorf("%s: the answer repeats what was sent", name)
		}
	}
	s, err := w.gate.Standing(t.Context(), "astral", browser.Visitor(visitor))
	must(t, err)
	if len(s.Choices) != 1 || s.Signals&avow.SignalGPC == 0 {
		t.Errorf("recorded are %v, %v", s.Choices, s.Signals)
	}
	for range 100 {
		r, err := http.Post(w.avow.URL+"/browser/astral/choices", "application/json", strings.NewReader("{}"))
		must(t, err)
		r.Body.Close()
		if r.StatusCode == http.StatusTooManyRequests {
			return
		}
	}
	t.Error("one network may make visitors known without end")

}

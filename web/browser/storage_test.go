package browser_test

import (
	"strings"
	"testing"

	"avow.dev/internal/chromium/browsertest"
)

// tries is a page whose own script keeps things wherever a browser lets it, whatever
// anybody chose.
const tries = `(async () => {
	const out = [];
	for (const [where, s] of [["local", localStorage], ["session", sessionStorage]]) for (const name of ["ac_theme", "ac_draft", "stray", "avow_ages"]) {
		const before = s.getItem(name); s.setItem(name, "mine"); if (s.getItem(name) === "mine" && before !== "mine") out.push(where + " " + name);
	}
	for (const name of ["ac_theme", "stray"]) {
		try { await new Promise((yes, no) => { const r = indexedDB.open(name); r.onsuccess = () => { r.result.close(); yes(); }; r.onerror = no; }); out.push("database " + name); } catch {}
		try { await caches.open(name); out.push("cache " + name); } catch {}
	}
	return out.join(", ");
})()`

// holds is all that the browser keeps of the site, but cookies.
const holds = `(async () => [
	...Object.keys(localStorage).map(k => "local " + k), ...Object.keys(sessionStorage).map(k => "session " + k),
	...(await indexedDB.databases()).map(d => "database " + d.name), ...(await caches.keys()).map(k => "cache " + k)].sort().join(", "))()`

func held(t *testing.T, p *browsertest.Page, what, want string) {
	t.Helper()
	if got := browsertest.Eval[string](p, holds); got != want {
		t.Errorf("%s: the browser keeps %q, want %q", what, got, want)
	}
}

// comes waits until the browser keeps just this.
func comes(t *testing.T, p *browsertest.Page, what, want string) {
	t.Helper()
	browsertest.Eval[any](p, `(async () => { for (let i = 0; i < 200 && await `+holds+` !== "`+want+`"; i++) await new Promise(r => setTimeout(r, 20)) })()`)
	held(t, p, what, want)
}

func TestStorageWaitsForAChoice(t *testing.T) {
	t.Parallel()
	w := world0(t)
	p := browsertest.Open(t)
	p.Goto(w.url())
	ready(p)
	if got := browsertest.Eval[string](p, tries); got != "session ac_draft" {
		t.Errorf("before a choice a script could keep %s", got)
	}
	held(t, p, "before a choice", "session ac_draft")

	p.Click(accept)
	p.Until(`window.avow && avow.decided() && avow.allowed("ac_theme") && document.readyState == "complete"`)
	p.Reload()
	ready(p)
	want := "local ac_theme, session ac_theme, database ac_theme, cache ac_theme"
	if got := browsertest.Eval[string](p, tries); got != want {
		t.Errorf("after a yes a script could keep %q, want %q", got, want)
	}
	all := "cache ac_theme, database ac_theme, local ac_theme, local avow_ages, session ac_draft, session ac_theme"
	held(t, p, "after a yes", all)
	p.Reload()
	ready(p)
	held(t, p, "on the next page", all)

	// Taken back: what hung on the choice goes, the rest stays.
	p.Click("[data-avow-open]")
	p.See(centre)
	p.Click("#cc-main .pm [data-role=necessary]")
	p.Until(`window.avow && avow.decided() && !avow.allowed("ac_theme") && document.readyState == "complete" && !document.body.dataset.widget`)
	comes(t, p, "after taking it back", "session ac_draft")
	p.Quiet()
}

// TestStorageUnderGPC: the signal closes what it speaks of, also after an earlier yes.
func TestStorageUnderGPC(t *testing.T) {
	t.Parallel()
	w := world0(t)
	p := browsertest.Open(t)
	p.Goto(w.url())
	p.Click(accept)
	p.Until(`window.avow && avow.decided() && document.readyState == "complete"`)
	p.Reload()
	ready(p)
	browsertest.Eval[string](p, tries)
	p.SendGPC()
	p.Goto(w.url() + "/other")
	ready(p)
	comes(t, p, "under the signal", "session ac_draft")
	if got := browsertest.Eval[string](p, tries); got != "" {
		t.Errorf("under the signal a script could keep %q", got)
	}
}

// TestStrayStorageGoes: what lies in the browser already, or gets there past the
// methods, is taken out; what the policy gives a time goes when it is over.
func TestStrayStorageGoes(t *testing.T) {
	t.Parallel()
	w := world0(t)
	w.head = "<!-- no script -->"
	p := browsertest.Open(t)
	p.Goto(w.url())
	browsertest.Eval[any](p, `void (localStorage.stray = "1", sessionStorage.stray = "1", localStorage.ac_draft = "a visit's alone")`)
	browsertest.Eval[any](p, `new Promise(r => { const q = indexedDB.open("stray"); q.onsuccess = () => { q.result.close(); r(); } })`)
	w.head = ""
	p.Goto(w.url())
	ready(p)
	comes(t, p, "what was there already", "")
	browsertest.Eval[any](p, `void (localStorage.stray = "1")`)
	p.Goto(w.url() + "/other")
	ready(p)
	comes(t, p, "after leaving", "")

	p.Click(accept)
	p.Until(`window.avow && avow.decided() && avow.allowed("ac_theme") && document.readyState == "complete"`)
	p.Reload()
	ready(p)
	left := browsertest.Eval[int](p, `(localStorage.setItem("ac_theme", "dark"), JSON.parse(localStorage.avow_ages).ac_theme - Math.floor(Date.now() / 1000))`)
	if month := 30 * 24 * 3600; left < month-60 || left > month {
		t.Errorf("the entry may stay for %d seconds, want %d", left, month)
	}
	browsertest.Eval[any](p, `void (localStorage.avow_ages = JSON.stringify({ac_theme: Math.floor(Date.now() / 1000) - 1}))`)
	p.Reload()
	ready(p)
	comes(t, p, "after its time", "")
}

// TestStorageForgets: deleting everything takes out all that the site keeps.
func TestStorageForgets(t *testing.T) {
	t.Parallel()
	w := world0(t)
	p := browsertest.Open(t)
	p.Goto(w.url())
	p.Click(accept)
	p.Until(`window.avow && avow.decided() && document.readyState == "complete"`)
	p.Reload()
	ready(p)
	browsertest.Eval[string](p, tries)
	browsertest.Eval[any](p, `void avow.forget()`)
	p.Until(`window.avow && !avow.decided() && document.documentElement.classList.contains("show--consent")`)
	comes(t, p, "after forgetting", "")
}

// TestStorageOff: in a browser that keeps nothing the script stands all the same.
func TestStorageOff(t *testing.T) {
	t.Parallel()
	w := world0(t)
	p := browsertest.OpenCookiesOff(t)
	p.Goto(w.url())
	p.See(banner)
	p.Click(accept)
	p.Gone(banner)
	p.Quiet()
}

// TestStorageIsListed: the banner's table names it, as the published text does.
func TestStorageIsListed(t *testing.T) {
	t.Parallel()
	w := setup(t, "")
	script := string(get(t, w.avow.URL+"/browser/astral/avow.js"))
	if !strings.Contains(script, `["ac_theme"`) {
		t.Error("the banner has no row for ac_theme")
	}
}

// TestTheCookieLivesAsLongAsTheChoice: in the jar as in the policy.
func TestTheCookieLivesAsLongAsTheChoice(t *testing.T) {
	t.Parallel()
	w := world0(t)
	p := browsertest.Open(t)
	p.Goto(w.url())
	p.Click(reject)
	p.Until(`avow.decided()`)
	const left = `cookieStore.get("avow_choice").then(c => Math.round((c.expires - Date.now()) / 1000))`
	if got, want := browsertest.Eval[int](p, left), 180*24*3600; got < want-120 || got > want {
		t.Errorf("the choice cookie lives for %d seconds, want %d", got, want)
	}
}

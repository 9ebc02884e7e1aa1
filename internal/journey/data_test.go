package journey_test

import (
	"archive/zip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"avow.dev/internal/chromium/browsertest"
	"avow.dev/internal/engine/enginetest"
)

// again signs in once more by the nth letter, from the page that asks for it.
func (v *screen) again(to string, n int) {
	v.h.t.Helper()
	v.reads("Please sign in once more")
	v.Fill("#address", to)
	v.Follow("main form button")
	v.Fill("#code", v.h.Code(to, n))
	v.Follow("main form button")
}

// TestMyData: masked until asked for, shown after a fresh sign-in, put right, objected
// to; letters go to the new address.
func TestMyData(t *testing.T) {
	t.Parallel()
	h := openTown(t)
	h.join("li", "li@haven.example", "Li Wei")
	h.join("ann", "ann@haven.example", "Ann Ode")
	v := h.screen()
	v.enter("li")
	v.Follow(`nav.side a[href="/privacy/club/data"]`)
	v.reads("l•••@h•••.example", "L•••", "You told us", "Manage your account", "Your device", "3 March 2027", "help desk")
	v.lacks("li@haven.example", "Li Wei", "22.3193")

	h.Pass(16 * time.Minute)
	v.Follow("#email form button")
	v.again("li@haven.example", 1)
	if at := v.at(); at != "/data" {
		t.Fatalf("the code leads to %s", at)
	}
	v.lacks("li@haven.example") // a form is not sent again by itself
	v.Follow("#email form button")
	v.reads("li@haven.example")
	v.lacks("Li Wei", "22.3193")
	if strings.Contains(v.at(), "haven") {
		t.Errorf("the address holds the value: %s", v.at())
	}

	v.Follow(`#email a[href$="/correct/email"]`)
	v.Fill("#value", "ann@haven.example")
	v.Follow("main form button")
	v.reads("belongs to somebody else")
	v.Fill("#value", "wei@haven.example")
	v.Follow("main form button")
	v.reads("Your correction is saved", "w•••@h•••.example")

	v.Follow(`#name a[href*="right=object"]`)
	v.reads("Ask for something")
	if right := browsertest.Eval[string](v.Page, `document.querySelector("input[name=right]:checked").value`); right != "object" {
		t.Errorf("to object is to ask for %q", right)
	}
	v.Fill("#text", "My name is nobody's business but mine.")
	v.Follow("main form button")
	v.reads("An objection", "My name is nobody's business but mine.", "We have your request")

	v.to("/data")
	v.Follow(`article.thing:last-of-type a[href*="/delete/"]`)
	v.reads("It cannot be undone")
	v.Follow("main form button.danger")
	v.reads("Deleted, in every copy and backup")
	v.sound("422")

	late := h.screen()
	late.to("/sign-in")
	late.Fill("#address", "wei@haven.example")
	late.Follow("main form button")
	late.Fill("#code", h.Code("wei@haven.example", 1))
	late.Follow("main form button")
	late.reads("Signed in by e-mail")
	if n := len(h.To("li@haven.example")); n != 1 {
		t.Errorf("%d letters went to the old address", n)
	}
}

// TestACopyOpensWithoutANetwork fetches the copy as people do, and opens its page
// from a folder.
func TestACopyOpensWithoutANetwork(t *testing.T) {
	t.Parallel()
	h := openTown(t)
	h.join("li", "li@haven.example", `Li "<b>" Wei`)
	h.Call("requests", `{"subject":"li","right":"ask","text":"Who sees where I walk?"}`)
	v := h.screen()
	v.enter("li")
	h.Pass(16 * time.Minute)
	v.to("/copy")
	v.reads("You will be asked to sign in again first")
	v.Follow("main form .acts button")
	v.again("li@haven.example", 1)
	v.Follow("main form .acts button")
	v.reads("Your copy is ready below", "23 November 2026", "opens for nobody but you")
	folder := t.TempDir()
	must(t, v.DownloadTo(folder))
	v.Click("main table a[download]")
	archive := filepath.Join(folder, "club-2026-11-22-page.zip")
	h.await(func() bool { _, err := os.Stat(archive); return err == nil })
	page := unpack(t, archive)

	reader := h.screen()
	must(t, reader.Prefer("prefers-color-scheme", "dark"))
	must(t, reader.Width(320))
	reader.Goto("file://" + page)
	reader.reads("What Haven Walks holds about you", "li@haven.example", `Li "<b>" Wei`, "22.3193,114.1694", "Who sees where I walk?", "3 March 2027")
	reader.Accessible()
	reader.fits(320)
	reader.Alone()
	reader.Quiet()

	// In the other language too, and on paper: nothing of it leads out of the folder.
	for _, link := range strings.Fields(browsertest.Eval[string](reader.Page, `[...document.querySelectorAll("a[href]")].map(a => a.getAttribute("href")).join(" ")`)) {
		if _, err := os.Stat(filepath.Join(folder, link)); err != nil {
			t.Errorf("the page leads to %s, which is not in the folder", link)
		}
	}
	reader.Follow("nav a[hreflang=zh]")
	reader.reads("关于您", "li@haven.example", "22.3193,114.1694", "Who sees where I walk?")
	reader.Accessible()
	reader.fits(320)
	if ink := browsertest.Eval[string](reader.Page, `[...document.styleSheets[0].cssRules].filter(r => r.media && r.media.mediaText == "print").map(r => r.cssText).join("")`); !strings.Contains(ink, "background") {
		t.Error("the page has no words for paper")
	}
	reader.Follow("nav a[hreflang=en]")
	reader.reads("What Haven Walks holds about you")
	reader.Alone()
	reader.Quiet()

	thief := h.screen()
	h.join("eve", "eve@haven.example", "Eve")
	thief.enter("eve")
	thief.Goto(browsertest.Eval[string](v.Page, `document.querySelector("main table a[download]").href`))
	thief.lacks("li@haven.example")
	h.Pass(24 * time.Hour)
	v.to("/copy")
	v.enter("li")
	v.to("/copy")
	if browsertest.Eval[bool](v.Page, `!!document.querySelector("main table a[download]")`) {
		t.Error("the copy waits longer than was said")
	}
}

// await asks until something is so. Browsers say of a download only that it begins.
func (h *town) await(so func() bool) {
	h.t.Helper()
	tick, limit := time.NewTicker(10*time.Millisecond), time.NewTimer(enginetest.Patience)
	defer tick.Stop()
	defer limit.Stop()
	for !so() {
		select {
		case <-tick.C:
		case <-limit.C:
			h.t.Fatal("it did not come")
		}
	}
}

// unpack writes the files of an archive beside it, and returns the page's path.
func unpack(t *testing.T, archive string) string {
	t.Helper()
	z, err := zip.OpenReader(archive)
	must(t, err)
	defer func() { must(t, z.Close()) }()
	for _, f := range z.File {
		in, err := f.Open()
		must(t, err)
		raw, err := io.ReadAll(in)
		must(t, err)
		must(t, os.WriteFile(filepath.Join(filepath.Dir(archive), filepath.Base(f.Name)), raw, 0o600))
	}
	return filepath.Join(filepath.Dir(archive), "index.html")
}

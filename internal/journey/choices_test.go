package journey_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"avow.dev/internal/chromium/browsertest"
)

// state is what a switch says, and which of its buttons is pressed.
func (v *screen) state(choice string) string {
	v.h.t.Helper()
	pressed := browsertest.Eval[string](v.Page, fmt.Sprintf(`[...document.querySelectorAll("#%s button[aria-pressed=true]")].map(b => b.value).join()`, choice))
	return v.Text("#"+choice+" .badge") + "/" + pressed
}

// used reports whether the club may now use something of somebody.
func (h *town) used(ref, purpose, datum string) bool {
	h.t.Helper()
	status, raw := h.Ask("use", `{"subject":"`+ref+`","data":["`+datum+`"],"purpose":"`+purpose+`","role":"desk"}`)
	if status != http.StatusOK && status != http.StatusForbidden {
		h.t.Fatalf("use answers %d: %s", status, raw)
	}
	return status == http.StatusOK
}

// walks is a use that an objection stops.
const walks = `use:
  - {id: show-walks-near, data: [location-precise], for: [show-walks], by: [desk], basis: legitimate-interest, needs: {choice: [nearby]}}
`

// TestChoices: a yes, a no after it, a yes again; each press is one receipt, both
// buttons weigh the same, and the club can do only what was said last.
func TestChoices(t *testing.T) {
	t.Parallel()
	h := openTown(t, "use:\n", walks)
	h.join("li", "li@haven.example", "Li Wei")
	v := h.screen()
	v.enter("li")
	v.Follow(`nav.side a[href="/privacy/club/choices"]`)
	if got := v.state("offers") + " " + v.state("nearby"); got != "Off, not asked/ On/yes" {
		t.Errorf("before anything is said: %s", got)
	}
	const size = `JSON.stringify([...document.querySelectorAll("#offers button")].map(b => {const r = b.getBoundingClientRect(), s = getComputedStyle(b); return [Math.round(r.width), Math.round(r.height), s.backgroundColor, s.color, s.fontWeight, s.fontSize]}))`
	var sizes [][6]any
	must(t, json.Unmarshal([]byte(browsertest.Eval[string](v.Page, size)), &sizes))
	if len(sizes) != 2 || sizes[0] != sizes[1] {
		t.Errorf("the two answers do not weigh the same: %v", sizes)
	}
	if h.used("li", "marketing", "email") {
		t.Error("letters before a yes")
	}
	for _, step := range []struct{ press, says, state string }{
		{"yes", "Saved: yes.", "On/yes"}, {"no", "Saved: no. From now on it is not done.", "Off/no"}, {"yes", "Saved: yes.", "On/yes"}, {"no", "Saved: no.", "Off/no"},
	} {
		h.Pass(time.Minute)
		v.Follow("#offers button[value=" + step.press + "]")
		v.reads(step.says)
		if got := v.state("offers"); got != step.state {
			t.Errorf("after %s: %s", step.press, got)
		}
		if may := h.used("li", "marketing", "email"); may != (step.press == "yes") {
			t.Errorf("after %s: letters %v", step.press, may)
		}
	}
	if n := browsertest.Eval[int](v.Page, `document.querySelectorAll("table.stack a[href*='/looked/']").length`); n != 4 {
		t.Errorf("four answers have %d receipts", n)
	}
	v.reads("You said", "No longer")
	must(t, h.Seal(t.Context()))
	v.Follow("table.stack a[href*='/looked/']")
	v.reads("You took a yes back", "This entry stands in the public log")
	v.Follow(`nav.side a[href="/privacy/club/choices"]`)
	if !h.used("li", "show-walks", "location-precise") {
		t.Error("refused before an objection")
	}
	v.Follow("#nearby button[value=no]")
	if h.used("li", "show-walks", "location-precise") {
		t.Error("an objection is not heeded")
	}
	v.sound()
}

// TestTheBrowserSaysNo: the signal of a browser turns off what it is about, is said
// to be the reason, and is outweighed by what its owner says afterwards.
func TestTheBrowserSaysNo(t *testing.T) {
	t.Parallel()
	h := openTown(t, "use:\n", walks)
	h.join("li", "li@haven.example", "Li Wei")
	plain := h.screen()
	plain.enter("li")
	plain.to("/choices")
	if got := plain.state("nearby"); got != "On/yes" {
		t.Errorf("before the signal: %s", got)
	}
	h.Pass(time.Minute)
	v := h.screen()
	v.SendGPC()
	v.enter("li")
	v.to("/choices")
	v.reads("Your browser sends the Global Privacy Control signal", "We follow it.")
	if got := v.state("nearby"); got != "Off, by your browser/no" {
		t.Errorf("under the signal: %s", got)
	}
	if h.used("li", "show-walks", "location-precise") {
		t.Error("the signal is not heeded")
	}
	h.Pass(time.Minute)
	v.Follow("#nearby button[value=yes]")
	if got := v.state("nearby"); got != "On/yes" || !h.used("li", "show-walks", "location-precise") {
		t.Errorf("a yes after the signal: %s", got)
	}
	h.Pass(time.Minute)
	v.Reload() // the signal that the browser goes on sending is no new one
	if got := v.state("nearby"); got != "On/yes" {
		t.Errorf("a page later: %s", got)
	}
	res, err := http.Get(h.URL() + "/.well-known/gpc.json")
	must(t, err)
	must(t, res.Body.Close())
	if res.StatusCode != http.StatusOK {
		t.Errorf("the site does not say that it heeds the signal: %s", res.Status)
	}
	v.sound()
}

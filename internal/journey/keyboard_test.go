package journey_test

import (
	"fmt"
	"testing"

	"avow.dev/internal/chromium/browsertest"
)

// tabTo goes from one thing to the next with Tab alone until the focus is where a
// selector says, and fails the test if it cannot be seen that it is there.
func (v *screen) tabTo(selector string) {
	v.h.t.Helper()
	for range 80 {
		v.Press("Tab")
		if browsertest.Eval[bool](v.Page, fmt.Sprintf(`document.activeElement.matches(%q)`, selector)) {
			const ring = `(s => s.outlineStyle != "none" && parseFloat(s.outlineWidth) > 0 || s.boxShadow != "none")(getComputedStyle(document.activeElement))`
			if !browsertest.Eval[bool](v.Page, ring) {
				v.h.t.Errorf("nobody sees that the focus is at %s", selector)
			}
			return
		}
	}
	v.h.t.Fatalf("Tab does not reach %s at %s", selector, v.at())
}

// types types a text where the focus is.
func (v *screen) types(text string) {
	v.h.t.Helper()
	for _, c := range text {
		v.Press(string(c))
	}
}

// fits fails the test if anything is wider than the screen.
func (v *screen) fits(width int) {
	v.h.t.Helper()
	if w := browsertest.Eval[int](v.Page, "document.documentElement.scrollWidth"); w > width {
		v.h.t.Errorf("%s is %d wide on a screen of %d", v.at(), w, width)
	}
}

// TestOnAPhoneInTheDarkByKeyboard signs in and chooses with Tab and Enter alone, on a
// screen of 320 pixels, in dark mode.
func TestOnAPhoneInTheDarkByKeyboard(t *testing.T) {
	t.Parallel()
	h := openTown(t)
	h.join("li", "li@haven.example", "Li Wei")
	v := h.screen()
	must(t, v.Width(320))
	must(t, v.Prefer("prefers-color-scheme", "dark"))
	v.to("/choices")
	dark := browsertest.Eval[string](v.Page, "getComputedStyle(document.documentElement).backgroundColor")
	var r, g, b int
	if _, err := fmt.Sscanf(dark, "rgb(%d, %d, %d)", &r, &g, &b); err != nil || r+g+b > 200 {
		t.Errorf("in the dark the page is %s", dark)
	}
	v.tabTo("a.skip") // what is said first leads past everything that is on every page
	v.tabTo("#address")
	v.types("li@haven.example")
	v.Accessible()
	v.fits(320)
	v.EnterLeads()
	v.tabTo("#code")
	v.types(h.Code("li@haven.example", 1))
	v.fits(320)
	v.EnterLeads()
	if at := v.at(); at != "/choices" {
		t.Fatalf("the code leads to %s", at)
	}
	v.Accessible()
	v.fits(320)
	v.tabTo("#offers button[value=no]") // as near as the other
	v.tabTo("#offers button[value=yes]")
	v.EnterLeads()
	v.reads("Saved: yes.")
	if state := v.Text("#offers .badge"); state != "On" {
		t.Errorf("after a yes the switch says %q", state)
	}
	v.tabTo("#offers button[value=no]")
	v.EnterLeads()
	v.reads("Saved: no.")
	if state := v.Text("#offers .badge"); state != "Off" {
		t.Errorf("after a no the switch says %q", state)
	}
	v.fits(320)
	v.sound()
}

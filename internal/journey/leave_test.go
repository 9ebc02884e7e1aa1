package journey_test

import (
	"strings"
	"testing"
	"time"
)

const (
	erase   = "form:has(input[value=erase]) "
	week    = 7 * 24 * time.Hour
	leaving = `nav.side a[href="/privacy/club/leave"]`
)

// TestLeaveWithTimeToThink: the preview, the box that has to be ticked, a change of
// mind, a second decision, and nothing left when the time is over.
func TestLeaveWithTimeToThink(t *testing.T) {
	t.Parallel()
	h := openTown(t)
	h.join("li", "li@haven.example", "Li Wei")
	v := h.screen()
	v.enter("li")
	v.Follow(leaving)
	v.reads("For 7 days you can change your mind", "E-mail address Goes", "What goes, what stays, and until when")
	v.Follow(erase + "button") // the box is not ticked
	v.reads("Tick the box to show that you mean it")
	v.Click("#sure-erase")
	v.Follow(erase + "button")
	v.reads("Everything goes on 29 November 2026", "nothing of yours is used")
	if h.used("li", "manage-account", "email") {
		t.Error("somebody who is leaving is used")
	}
	h.Pass(6 * 24 * time.Hour)
	v.enter("li")
	v.reads("Everything will be deleted on 29 November 2026")
	v.Follow(leaving)
	v.Follow("section.card form button")
	v.reads("Undone. Everything is as it was.")
	if !h.used("li", "manage-account", "email") {
		t.Error("after the change of mind the account is shut")
	}
	v.Follow(leaving)
	v.Click("#sure-erase")
	v.Follow(erase + "button")
	v.sound("422")
	h.Pass(week)
	_, err := h.Sweep(t.Context())
	must(t, err)
	v.to("/data")
	if at := v.at(); !strings.HasPrefix(at, "/sign-in") {
		t.Errorf("an erased person is at %s", at)
	}
	v.Fill("#address", "li@haven.example")
	v.Follow("main form button")
	v.reads("If we know the address, a code is on its way")
	if n := len(h.To("li@haven.example")); n > 0 {
		t.Errorf("%d letters went to somebody who is erased", n)
	}
	if status, _ := h.Ask("access", `{"subject":"li"}`); status != 404 {
		t.Errorf("the club still knows them: %d", status)
	}
}

// TestACertificate: without time to think the erasure is done at once; its certificate
// opens for anybody, and the browser keeps nothing.
func TestACertificate(t *testing.T) {
	t.Parallel()
	h := openTown(t, "undo: 7d, ", "")
	h.join("li", "li@haven.example", "Li Wei")
	v := h.screen()
	v.enter("li")
	v.Follow(leaving)
	v.reads("It happens at once and cannot be undone")
	v.Click("#sure-erase")
	v.Follow(erase + "button")
	v.reads("Certificate of erasure", "The person's key was destroyed")
	v.lacks("li@haven.example", "Li Wei")
	if jar := v.Jar(); len(jar) > 0 {
		t.Errorf("the browser keeps %v", jar)
	}
	v.Accessible()
	must(t, h.Seal(t.Context()))
	v.Reload()
	v.reads("This entry stands in the public log", "avow verify")
	v.sound()
}

package journey_test

import (
	"strings"
	"testing"
	"time"

	"avow.dev/internal/chromium/browsertest"
)

// TestARequestAndItsAnswer: asked in the page, answered by the club, late where it is
// late, all of it in the page and none of it in a letter.
func TestARequestAndItsAnswer(t *testing.T) {
	t.Parallel()
	h := openTown(t)
	h.join("li", "li@haven.example", "Li Wei")
	v := h.screen()
	v.enter("li")
	v.Follow(`nav.side a[href="/privacy/club/requests"]`)
	v.reads("You have not asked for anything")
	v.Follow("main .acts a[role=button]")
	v.Fill("#text", "Who sees where <i>I</i> walk?")
	v.Follow("main form button")
	v.reads("We have your request", "Who sees where <i>I</i> walk?", "An answer by 7 December 2026")
	id := v.at()[strings.LastIndex(v.at(), "/")+1:]
	id, _, _ = strings.Cut(id, "?")
	h.Call("requests/send", `{"request":"`+id+`","role":"desk","text":"Nobody but <you>."}`)
	v.Reload()
	v.reads("Nobody but <you>.", "Help desk")
	v.Fill("#text", "Thank you.")
	v.Follow("main form button")
	v.reads("Thank you.")
	h.Pass(16 * 24 * time.Hour)
	_, err := h.Sweep(t.Context())
	must(t, err)
	v.enter("li")
	v.Follow(`nav.side a[href="/privacy/club/requests"]`)
	v.reads("Late", "That we are late is in the public log")
	h.Call("requests/answer", `{"request":"`+id+`","role":"desk","text":"It is kept for 101 days."}`)
	v.Reload()
	v.reads("It is kept for 101 days.")
	v.sound()
	for _, m := range h.Mails() {
		if strings.Contains(m.Raw, "101 days") || strings.Contains(m.Raw, "I walk") || strings.Contains(m.Raw, "Nobody but") {
			t.Errorf("a letter says what was asked: %s", m.Body)
		}
	}
}

// TestWhoLooked: each use and each refusal stands on the page a moment later, with the
// proof of it.
func TestWhoLooked(t *testing.T) {
	t.Parallel()
	h := openTown(t)
	h.join("li", "li@haven.example", "Li Wei")
	if h.used("li", "marketing", "email") {
		t.Error("a use without a yes was let pass")
	}
	h.Call("entrust", `{"subject":"li","data":["email"],"purpose":"manage-account","recipient":"host"}`)
	v := h.screen()
	v.enter("li")
	v.Follow(`nav.side a[href="/privacy/club/looked"]`)
	v.reads("Data was used · help desk", "Data was given to a helper of ours · Nimbus Hosting", "A use was refused", "You have not been asked for your consent")
	v.Follow(`nav.tabs a[href$="only=refused"]`)
	v.reads("A use was refused")
	if strings.Contains(v.Text("ul.looks"), "Nimbus") {
		t.Error("what was allowed stands among the refusals")
	}
	must(t, h.Seal(t.Context()))
	v.Follow("ul.looks li a")
	v.reads("stands in the public log", "Rules of the policy", "Refused")
	v.sound()
}

// TestThePolicyAndMe: each sentence says what it means for the reader, in the language
// that they pick, and the language stays.
func TestThePolicyAndMe(t *testing.T) {
	t.Parallel()
	h := openTown(t)
	h.join("li", "li@haven.example", "Li Wei")
	v := h.screen()
	v.to("/policy")
	v.reads("Sign in to see what each sentence means for you")
	v.enter("li")
	v.Follow(`nav.side a[href="/privacy/club/policy"]`)
	v.reads("Your precise location would go on 3 March 2027", "You gave your e-mail address and name", "Not done: Show my name on the wall is off for you", "You accepted version 2.0 on 22 November 2026")
	v.Follow("nav.languages a[lang=zh]")
	v.reads("2027年3月3日", "海湾徒步")
	if lang := browsertest.Eval[string](v.Page, "document.documentElement.lang"); lang != "zh" {
		t.Errorf("the page is in %q", lang)
	}
	v.Follow(`nav.side a[href="/privacy/club/data"]`)
	v.reads("电子邮")
	v.Follow("nav.languages a[lang=en]")
	v.reads("My data")
	v.sound()
}

// TestWithoutScripts reads and asks in a browser that runs no script at all.
func TestWithoutScripts(t *testing.T) {
	t.Parallel()
	h := openTown(t)
	h.join("li", "li@haven.example", "Li Wei")
	v := h.screen()
	must(t, v.WithoutScripts())
	v.to("/data")
	v.Fill("#address", "li@haven.example")
	v.Follow("main form button")
	v.Fill("#code", h.Code("li@haven.example", 1))
	v.Follow("main form button")
	v.reads("l•••@h•••.example")
	v.Follow("#email form button")
	v.reads("li@haven.example")
	v.Follow(`nav.side a[href="/privacy/club/choices"]`)
	v.Follow("#offers button[value=yes]")
	v.reads("Saved: yes.")
	v.Follow(`nav.side a[href="/privacy/club/requests"]`)
	v.Follow("main .acts a[role=button]")
	v.Fill("#text", "Who sees where I walk?")
	v.Follow("main form button")
	v.reads("We have your request", "Who sees where I walk?")
	v.Follow(`nav.side a[href="/privacy/club/policy"]`)
	v.reads("would go on 3 March 2027")
	v.Follow(`nav.side a[href="/privacy/club/copy"]`)
	v.Follow("main form .acts button")
	v.reads("Your copy is ready below")
	for _, r := range v.Requests() {
		if r.Kind == "Script" || r.Kind == "XHR" || r.Kind == "Fetch" {
			t.Errorf("a browser without scripts asked for %s", r.URL)
		}
	}
	v.sound()
}

package journey_test

import (
	"strings"
	"testing"
	"time"
)

// TestSignInByLetter goes the whole way: the address is typed, a letter is composed
// and sent, the code is read in it and typed, and it works once, in that browser.
func TestSignInByLetter(t *testing.T) {
	t.Parallel()
	h := openTown(t)
	h.join("li", "li@haven.example", "Li Wei")
	v := h.screen()
	v.to("/data")
	if at := v.at(); at != "/sign-in?then=%2Fprivacy%2Fclub%2Fdata" {
		t.Fatalf("nobody is led to %s", at)
	}
	v.Accessible()
	v.Fill("#address", "li@haven.example")
	v.Follow("main form button")
	v.reads("If we know the address, a code is on its way", "Six digits")
	v.Accessible()
	code := h.Code("li@haven.example", 1)
	wrong := strings.Map(func(r rune) rune { return '0' + (r-'0'+1)%10 }, code)
	v.Fill("#code", wrong)
	v.Follow("main form button")
	v.reads("One thing needs your attention", "This code does not work")
	other := h.screen() // who reads the letter over somebody's shoulder
	other.to("/sign-in")
	other.Fill("#address", "eve@haven.example") // whom nobody knows
	other.Follow("main form button")
	if got, want := other.words(), "If we know the address, a code is on its way"; !strings.Contains(got, want) {
		t.Errorf("an address that nobody has leads to %q", got)
	}
	other.Fill("#code", code)
	other.Follow("main form button")
	other.reads("This code does not work")

	v.Fill("#code", code[:3]+" "+code[3:]) // as people copy it
	v.Follow("main form button")
	if at := v.at(); at != "/data" {
		t.Fatalf("the code leads to %s", at)
	}
	v.reads("Signed in by e-mail", "l•••@h•••.example")
	v.sound("422")
	again := h.screen()
	again.to("/sign-in")
	again.Fill("#address", "li@haven.example")
	again.Follow("main form button")
	h.Letters("li@haven.example", 2)
	again.Fill("#code", code)
	again.Follow("main form button")
	again.reads("This code does not work")

	letter := h.Letters("li@haven.example", 1)[0]
	for _, part := range []string{"Li Wei", "li@haven.example", "http"} {
		if strings.Contains(letter.Body+letter.Subject, part) {
			t.Errorf("the letter says %q: %s", part, letter.Body)
		}
	}
	if n := len(h.To("eve@haven.example")); n > 0 {
		t.Errorf("%d letters went to somebody whom nobody knows", n)
	}
	for _, secret := range []string{code, "li@haven.example", "eve@haven.example"} {
		if strings.Contains(h.Log.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
	v.Follow(".account form button")
	v.reads("You are signed out")
	v.to("/data")
	if at := v.at(); !strings.HasPrefix(at, "/sign-in") {
		t.Errorf("signed out, and still at %s", at)
	}
}

// TestAnOldCodeIsDead: ten minutes, as the page says.
func TestAnOldCodeIsDead(t *testing.T) {
	t.Parallel()
	h := openTown(t)
	h.join("li", "li@haven.example", "Li Wei")
	v := h.screen()
	v.to("/sign-in")
	v.Fill("#address", "li@haven.example")
	v.Follow("main form button")
	code := h.Code("li@haven.example", 1)
	h.Pass(10*time.Minute + time.Second)
	v.Fill("#code", code)
	v.Follow("main form button")
	v.reads("This code does not work")
}

// TestTheLinkOfTheApp: it signs in whoever opens it first, and only when they press
// the button.
func TestTheLinkOfTheApp(t *testing.T) {
	t.Parallel()
	h := openTown(t)
	h.join("li", "li@haven.example", "Li Wei")
	url, _ := h.Call("hand-overs", `{"subject":"li"}`)["url"].(string)
	scanner := h.screen() // a program that looks at links before people do
	scanner.Goto(url)
	scanner.reads("Open your privacy centre")
	scanner.to("/data")
	if at := scanner.at(); !strings.HasPrefix(at, "/sign-in") {
		t.Errorf("looking at the link is enough to reach %s", at)
	}
	v := h.screen()
	v.Goto(url)
	v.Accessible()
	v.Follow("main form button")
	v.reads("Signed in from the app", "What do you have on me?")
	late := h.screen()
	late.Goto(url)
	late.Follow("main form button")
	late.reads("This link does not work any more")
	late.Accessible()
	if jar := late.Jar(); len(jar) > 0 {
		t.Errorf("a dead link leaves %v", jar)
	}
	v.sound()
}

package centre_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"avow.dev"
	"avow.dev/internal/chromium/browsertest"
	"avow.dev/internal/engine/enginetest"
	"avow.dev/internal/passkey/passkeytest"
)

// local is the address at which browsers take passkeys of a server on this machine.
func (h *house) local() string { return strings.Replace(h.URL(), "127.0.0.1", "localhost", 1) }

func (h *house) device() *passkeytest.Device { h.t.Helper(); return passkeytest.New(h.t, h.local()) }

// keyed is somebody at a browser who has devices with passkeys.
type keyed struct {
	*enginetest.Visitor
	h *house
}

func (h *house) keyed() *keyed { return &keyed{h.Visitor(), h} }

func (h *house) keyedAs(ref avow.SubjectRef) *keyed { h.t.Helper(); return &keyed{h.signedIn(ref), h} }

// options asks what a page's script asks.
func (v *keyed) options(path string, f url.Values) []byte {
	v.h.t.Helper()
	a := v.Post("/privacy/club"+path+"/options", f)
	if a.Status != http.StatusOK || a.Header.Get("Content-Type") != "application/json" || a.Header.Get("Cache-Control") != "no-store" {
		v.h.t.Fatalf("%s: %d %s", path, a.Status, a.Body)
	}
	return []byte(a.Body)
}

// adds has a device make a passkey for who is signed in.
func (v *keyed) adds(d *passkeytest.Device) {
	v.h.t.Helper()
	v.Post("/privacy/club/passkeys", url.Values{"answer": {string(d.Make(v.options("/passkeys", nil)))}, "name": {"li's phone"}}).Leads(v.h.t, "/privacy/club/passkeys")
}

// shows signs in by what a device shows.
func (v *keyed) showsPasskey(d *passkeytest.Device) *enginetest.Answer {
	v.h.t.Helper()
	return v.Post("/privacy/club/sign-in/passkey", url.Values{"answer": {string(d.Show(v.options("/sign-in/passkey", nil)))}, "then": {"/privacy/club/data"}})
}

func TestPasskeys(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.join("li", "li@haven.example", "Li Wei")
	h.join("eve", "eve@haven.example", "Eve")
	li, d := h.keyedAs("li"), h.device()
	li.Get("/privacy/club/passkeys").Shows(t, http.StatusOK, "You have no passkey", "You never need one")
	li.adds(d)
	li.Get("/privacy/club/passkeys").Shows(t, http.StatusOK, "li's phone", "on one device", "never")

	v := h.keyed()
	v.showsPasskey(d).Leads(t, "/privacy/club/data")
	v.Get("/privacy/club/data").Shows(t, http.StatusOK, "Signed in by passkey", "L•••")
	v.Post("/privacy/club/data/show", url.Values{"datum": {"name"}}).Shows(t, http.StatusOK, "Li Wei")
	if secrets := v.Get("/privacy/club/looked").Words(); !strings.Contains(secrets, "You added a passkey") {
		t.Errorf("the trail does not say it: %s", secrets)
	}

	// What is stale asks again, for their own passkeys only.
	h.Pass(16 * time.Minute)
	stale := v.Post("/privacy/club/data/show", url.Values{"datum": {"name"}})
	if stale.Status != http.StatusSeeOther || !strings.Contains(stale.Header.Get("Location"), "again=yes") {
		t.Fatalf("an old sign-in reveals: %d", stale.Status)
	}
	again := url.Values{"again": {"yes"}, "then": {"/privacy/club/data"}}
	asked := v.options("/sign-in/passkey", again)
	if !passkeytest.Asks(asked) {
		t.Error("who is known is asked for anybody's passkey")
	}
	again.Set("answer", string(d.Show(asked)))
	before := v.Cookies["__Host-avow-club"]
	v.Post("/privacy/club/sign-in/passkey", again).Leads(t, "/privacy/club/data")
	if v.Cookies["__Host-avow-club"] == before {
		t.Error("the session keeps its secret")
	}
	v.Post("/privacy/club/data/show", url.Values{"datum": {"name"}}).Shows(t, http.StatusOK, "Li Wei")

	// It is in their copy, and nothing that opens anything.
	v.Post("/privacy/club/copy", url.Values{"format": {"json"}}).Leads(t, "/privacy/club/copy")

	// Nobody else removes it, and their own removal signs passkeys out elsewhere.
	other := h.keyed()
	other.showsPasskey(d).Leads(t, "/privacy/club/data")
	_, rest, _ := strings.Cut(v.Get("/privacy/club/passkeys").Body, `name="passkey" value="`)
	id, _, _ := strings.Cut(rest, `"`)
	if r := h.keyedAs("eve").Post("/privacy/club/passkeys/remove", url.Values{"passkey": {id}, "subject": {"li"}}); r.Status != http.StatusNotFound {
		t.Errorf("eve removes li's passkey: %d", r.Status)
	}
	v.Post("/privacy/club/passkeys/remove", url.Values{"passkey": {id}}).Leads(t, "/privacy/club/passkeys")
	v.Get("/privacy/club/passkeys").Shows(t, http.StatusOK, "The passkey is removed.", "You have no passkey")
	if r := other.Get("/privacy/club/data"); r.Status != http.StatusSeeOther {
		t.Errorf("what a passkey signed in stays in: %d", r.Status)
	}
	h.keyed().showsPasskey(d).Shows(t, http.StatusUnprocessableEntity, "This passkey does not sign you in")
}

// TestNobodyLearnsByPasskeys who is a member: what is asked and answered is the same for
// everybody, and one browser's question is another's no answer.
func TestNobodyLearnsByPasskeys(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.join("li", "li@haven.example", "Li Wei")
	d := h.device()
	h.keyedAs("li").adds(d)
	v := h.keyed()
	asked := v.options("/sign-in/passkey", url.Values{"address": {"li@haven.example"}, "subject": {"li"}, "again": {"yes"}})
	if passkeytest.Asks(asked) {
		t.Errorf("a sign-in names passkeys: %s", asked)
	}
	stranger := h.device()
	h.join("eve", "eve@haven.example", "Eve")
	stranger.Make(h.keyedAs("eve").options("/passkeys", nil)) // and never sent back
	unknown := v.Post("/privacy/club/sign-in/passkey", url.Values{"answer": {string(stranger.Show(asked))}})
	forged := h.keyed()
	d.Unverified = true
	known := forged.Post("/privacy/club/sign-in/passkey", url.Values{"answer": {string(d.Show(forged.options("/sign-in/passkey", nil)))}})
	d.Unverified = false
	if unknown.Status != known.Status || unknown.Words() != known.Words() {
		t.Errorf("a passkey of nobody and one of somebody get different answers: %d %q, %d %q", unknown.Status, unknown.Words(), known.Status, known.Words())
	}
	thief, answered := h.keyed(), h.keyed()
	thief.options("/sign-in/passkey", nil)
	answer := string(d.Show(answered.options("/sign-in/passkey", nil)))
	thief.Post("/privacy/club/sign-in/passkey", url.Values{"answer": {answer}}).Shows(t, http.StatusUnprocessableEntity, "This passkey does not sign you in")
	planted := answered.Cookies["__Host-avow.club.passkey"]
	answered.Post("/privacy/club/sign-in/passkey", url.Values{"answer": {answer}}).Leads(t, "/privacy/club")
	answered.Cookies["__Host-avow.club.passkey"] = planted
	answered.Post("/privacy/club/sign-in/passkey", url.Values{"answer": {answer}}).Shows(t, http.StatusUnprocessableEntity, "This passkey does not sign you in")
	if strings.Contains(h.Log.String(), "li's phone") || strings.Contains(h.Log.String(), "clientDataJSON") {
		t.Error("the log holds what a browser sent")
	}
}

// TestWhereNoCodesAreSentThereAreNoPasskeys: who comes from the application alone is
// offered none, and none is taken.
func TestWhereNoCodesAreSentThereAreNoPasskeys(t *testing.T) {
	t.Parallel()
	h := openHouse(t, "class: code", "class: reply")
	h.join("li", "li@haven.example", "Li Wei")
	li := h.keyedAs("li")
	for _, path := range []string{"/sign-in", "/data"} {
		if a := li.Get("/privacy/club" + path); strings.Contains(strings.ToLower(a.Body), "passkey") {
			t.Errorf("%s speaks of passkeys", path)
		}
	}
	li.Get("/privacy/club/passkeys").Shows(t, http.StatusNotFound)
	for _, path := range []string{"/sign-in/passkey/options", "/sign-in/passkey", "/passkeys", "/passkeys/options"} {
		if a := li.Post("/privacy/club"+path, url.Values{"answer": {"{}"}}); a.Status != http.StatusServiceUnavailable {
			t.Errorf("%s answers %d", path, a.Status)
		}
	}
}

func TestPasskeysInABrowser(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.join("li", "li@haven.example", "Li Wei")
	p := browsertest.Open(t)
	must(t, p.Header("Accept-Language", "en"))
	p.Passkeys()
	text := func() string { return strings.Join(strings.Fields(p.Text("body")), " ") }
	reads := func(words ...string) {
		t.Helper()
		for _, w := range words {
			if got := text(); !strings.Contains(got, w) {
				t.Errorf("the page lacks %q: %s", w, got)
			}
		}
	}
	looks := func(name string) {
		t.Helper()
		for _, width := range []int64{320, 1280} {
			must(t, p.Width(width))
			p.Accessible()
			if wide := browsertest.Eval[int64](p, "document.documentElement.scrollWidth"); wide > width {
				t.Errorf("%s is %d wide on a screen of %d", name, wide, width)
			}
			p.Picture(name, width)
		}
	}
	p.Goto(h.local() + h.link("li"))
	p.Follow("main form button")
	p.Follow(".account a.who")
	reads("You have no passkey", "Add a passkey")
	p.Fill("#name", "my phone")
	p.Follow("form[data-passkey] button")
	reads("The passkey is added.", "my phone")
	looks("passkeys")
	p.Follow(".account form button")
	p.Goto(h.local() + "/privacy/club/data")
	reads("Or by a passkey")
	looks("sign-in")
	p.Follow("form[data-passkey] button")
	reads("Signed in by passkey", "L•••")

	h.Pass(16 * time.Minute)
	p.Goto(h.local() + "/privacy/club/data")
	p.Follow("#name form button, form[action$='/data/show'] button")
	reads("Or by a passkey")
	p.Follow("form[data-passkey] button")
	p.Follow("#name form button, form[action$='/data/show'] button")
	reads("Li Wei")

	p.Goto(h.local() + "/privacy/club/passkeys")
	p.Follow("form[action$='/passkeys/remove'] button")
	reads("The passkey is removed.")
	p.Quiet()
	p.Alone(strings.TrimPrefix(h.local(), "http://"))

	p.Goto(h.URL() + "/privacy/club/sign-in") // another name of the same machine
	if strings.Contains(text(), "passkey") {
		t.Error("passkeys are offered at an address where they do not work")
	}
	plain := browsertest.Open(t)
	must(t, plain.WithoutScripts())
	must(t, plain.Header("Accept-Language", "en"))
	plain.Goto(h.local() + "/privacy/club/sign-in")
	if strings.Contains(plain.Text("body"), "passkey") || !strings.Contains(plain.Text("body"), "E-mail") {
		t.Errorf("without a script: %s", plain.Text("body"))
	}
}

// TestAPasskeyGoesWithItsPerson.
func TestAPasskeyGoesWithItsPerson(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.join("li", "li@haven.example", "Li Wei")
	d := h.device()
	h.keyedAs("li").adds(d)
	_, err := h.Gate().Erase(t.Context(), "club", avow.SubjectRef("li"))
	must(t, err)
	h.keyed().showsPasskey(d).Shows(t, http.StatusUnprocessableEntity, "This passkey does not sign you in")
}

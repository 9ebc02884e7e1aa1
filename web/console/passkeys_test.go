package console_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"avow.dev/internal/chromium/browsertest"
	"avow.dev/internal/officer"
	"avow.dev/internal/passkey/passkeytest"
	"avow.dev/web/console"
)

// local is the address at which browsers take passkeys of a server on this machine.
func (h *house) local() string { return strings.Replace(h.URL(), "127.0.0.1", "localhost", 1) }

// device is one whose browser is at the console.
func (h *house) device() *passkeytest.Device {
	h.t.Helper()
	return passkeytest.New(h.t, h.Officers().PasskeyOrigin())
}

// options asks what a page's script asks.
func (v *visitor) options(path string, f ...string) []byte {
	v.h.t.Helper()
	a := v.Post(path+"/options", form(f...))
	if a.Status != http.StatusOK || a.Header.Get("Content-Type") != "application/json" {
		v.h.t.Fatalf("%s: %d %s", path, a.Status, a.Body)
	}
	return []byte(a.Body)
}

// adds has a device make a passkey for who is signed in.
func (v *visitor) adds(d *passkeytest.Device) {
	v.h.t.Helper()
	v.Post("/console/passkeys", form("answer", string(d.Make(v.options("/console/passkeys"))), "name", "fob of ann")).Leads(v.h.t, "/console/passkeys")
}

func TestPasskeysInABrowser(t *testing.T) {
	t.Parallel()
	h := open(t, "generic")
	ann := h.account("ann@house.example", "ann", officer.PrivacyOfficer)
	s := &screen{browsertest.Open(t), h, t}
	s.Passkeys()
	enter := func() {
		t.Helper()
		s.Goto(h.local() + "/console")
		s.Fill("#login", ann.login)
		s.Fill("#password", password)
		s.Fill("#code", h.code(ann))
		h.Pass(30 * time.Second)
		s.Follow("main form button")
	}
	enter()
	s.Follow(".account a.who")
	s.reads("You have no passkey", "Add a passkey")
	s.Fill("#passkey-name", "fob of ann")
	s.Follow("form[data-passkey] button")
	s.reads("The passkey is added.", "fob of ann", "never", "on one device")
	must(t, s.Width(1280))
	s.fits(1280, "/console/passkeys")
	s.Click("form[data-passkey] button") // the browser knows that it has one
	s.Until(`!document.querySelector('[data-when=present]').hidden`)
	s.reads("This device has a passkey of yours already.")

	s.Follow(".account form button")
	s.reads("Or by a passkey")
	s.Follow("form[data-passkey] button")
	s.reads("Policies", "ann")

	h.Pass(officer.FreshFor + time.Second)
	s.Goto(h.local() + "/console/passkeys")
	s.Follow("form[action='/console/passkeys/remove'] button")
	s.reads("Show again who you are", "By a passkey")
	must(t, s.Width(320))
	s.fits(320, "/console/again")
	s.Follow("form[data-passkey] button")
	s.reads("Your passkeys", "fob of ann")
	s.Follow("form[action='/console/passkeys/remove'] button")
	// What the passkey had signed in is signed out.
	s.reads("Sign in", "Password")
	s.Click("form[data-passkey] button")
	s.Until(`!document.querySelector('[data-when=failed]').hidden || document.body.innerText.includes("does not sign you in")`)
	enter()
	s.Goto(h.local() + "/console/passkeys")
	s.reads("You have no passkey")
	s.Quiet("403")

	// At another name of the same machine, passkeys do not show.
	s.Goto(h.URL() + "/console")
	s.lacksInSight("Or by a passkey")
}

// TestAPasskeyForAnInvitation: somebody is invited and never has a password.
func TestAPasskeyForAnInvitation(t *testing.T) {
	t.Parallel()
	h := open(t, "generic")
	secret := h.invite(officer.Invitation{Login: "new@house.example", Person: "new", Roles: []officer.Role{officer.PrivacyOfficer}})
	s := &screen{browsertest.Open(t), h, t}
	s.Passkeys()
	s.Goto(h.local() + "/console/invitation")
	s.Fill("#invitation", secret)
	s.Follow("main form button")
	s.reads("Or a passkey")
	must(t, s.Width(320))
	s.fits(320, "/console/enrol")
	s.Fill("#passkey-name", "phone")
	s.Follow("form[data-passkey] button")
	s.reads("Sign in by the passkey.")
	s.Follow("form[data-passkey] button")
	s.reads("new")
	h.Pass(officer.FreshFor + time.Second)
	s.Goto(h.local() + "/console/again?to=%2Fconsole%2Fpasskeys")
	s.lacksInSight("Password")
	s.Follow("form[data-passkey] button")
	s.reads("Your passkeys", "phone")
	s.Follow("form[action='/console/passkeys/remove'] button")
	s.reads("This is the only way by which you sign in.", "phone")
	s.Quiet("409")
}

// TestWithoutAScript nothing is shown that does nothing.
func TestWithoutAScript(t *testing.T) {
	t.Parallel()
	h := open(t, "generic")
	ann := h.account("ann@house.example", "ann", officer.PrivacyOfficer)
	v := h.sign(ann)
	d := h.device()
	v.adds(d)
	s := &screen{browsertest.Open(t), h, t}
	must(t, s.WithoutScripts())
	s.Goto(h.local() + "/console")
	s.lacksInSight("Or by a passkey", "Sign in by a passkey")
	s.Fill("#login", ann.login)
	s.Fill("#password", password)
	s.Fill("#code", h.code(ann))
	h.Pass(30 * time.Second)
	s.Follow("main form button")
	s.Goto(h.local() + "/console/passkeys")
	s.lacksInSight("Add a passkey")
	s.reads("fob of ann", "this page needs JavaScript")
	s.Follow("form[action='/console/passkeys/remove'] button")
	s.reads("The passkey is removed.", "You have no passkey")
}

func (s *screen) words() string {
	s.t.Helper()
	return strings.Join(strings.Fields(s.Text("body")), " ")
}

func (s *screen) reads(words ...string) {
	s.t.Helper()
	text := s.words()
	for _, w := range words {
		if !strings.Contains(text, w) {
			s.t.Errorf("the page lacks %q:\n%s", w, text)
		}
	}
}

// lacksInSight fails the test if a reader sees any of some words.
func (s *screen) lacksInSight(words ...string) {
	s.t.Helper()
	text := s.words()
	for _, w := range words {
		if strings.Contains(text, w) {
			s.t.Errorf("the page shows %q:\n%s", w, text)
		}
	}
}

// TestPasskeysAreTheirOwners: nobody reaches the pages without being signed in, a form of
// another site is turned away, and what else a form holds changes nothing.
func TestPasskeysAreTheirOwners(t *testing.T) {
	t.Parallel()
	h := open(t, "generic")
	ann := h.as("ann", officer.PrivacyOfficer)
	eve := h.as("eve", officer.Support)
	mine := h.device()
	ann.adds(mine)
	list, err := h.Officers().Passkeys(t.Context(), "ann@house.example")
	must(t, err)
	id := list[0].ID
	filled := form("answer", "{}", "name", "x", "passkey", id, "login", "ann@house.example", "person", "ann", "handle", "AAAA", "account", ann.account.login)
	for _, p := range console.Pages() {
		if !strings.Contains(p.Path, "passkey") {
			continue
		}
		path := "/console" + p.Path
		own := strings.HasPrefix(p.Path, "/passkeys") || strings.HasPrefix(p.Path, "/again")
		if a := h.visitor().Send(p.Method, path, filled); own && outcome(a) != "sign-in" {
			t.Errorf("%s %s: nobody gets %d", p.Method, p.Path, a.Status)
		} else if !own && a.Status >= 500 {
			t.Errorf("%s %s: %d", p.Method, p.Path, a.Status)
		}
		eve.Send(p.Method, path, filled)
		if p.Method != http.MethodPost {
			continue
		}
		if a := ann.From("cross-site").Send(p.Method, path, filled); a.Status != http.StatusForbidden {
			t.Errorf("%s takes a form of another site: %d", p.Path, a.Status)
		}
	}
	if left, err := h.Officers().Passkeys(t.Context(), "ann@house.example"); err != nil || len(left) != 1 {
		t.Errorf("somebody else left ann with %v: %v", left, err)
	}
	if left, err := h.Officers().Passkeys(t.Context(), "eve@house.example"); err != nil || len(left) != 0 {
		t.Errorf("eve has %v: %v", left, err)
	}
	// A form that names somebody else adds to nobody else.
	yours := h.device()
	made := yours.Make(eve.options("/console/passkeys", "login", "ann@house.example", "person", "ann"))
	eve.Post("/console/passkeys", form("answer", string(made), "login", "ann@house.example", "person", "ann", "roles", "operator")).Leads(t, "/console/passkeys")
	v := h.visitor()
	v.Post("/console/passkey", form("answer", string(yours.Show(v.options("/console/passkey"))))).Leads(t, "/console")
	v.Get("/console/passkeys").Shows(t, http.StatusOK, "eve")
	if a := v.Get("/console/passkeys"); strings.Contains(a.Body, "fob of ann") {
		t.Error("eve sees ann's passkey")
	}
	// The answer to what one browser was asked works in no other.
	other := h.visitor()
	answer := string(mine.Show(other.options("/console/passkey")))
	thief := h.visitor()
	thief.options("/console/passkey")
	thief.Post("/console/passkey", form("answer", answer)).Shows(t, http.StatusForbidden, "This passkey does not sign you in")
	other.Post("/console/passkey", form("answer", answer)).Leads(t, "/console")
	other.Post("/console/passkey", form("answer", answer)).Shows(t, http.StatusForbidden, "This passkey does not sign you in")
}

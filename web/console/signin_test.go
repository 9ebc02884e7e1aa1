package console_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"avow.dev/evidence"
	"avow.dev/internal/engine/enginetest"
	"avow.dev/internal/officer"
)

const cookie = "__Host-avow-console"

// TestNothingTellsOneWrongSignInFromAnother: whether a name is anybody's cannot be
// learned at the door.
func TestNothingTellsOneWrongSignInFromAnother(t *testing.T) {
	t.Parallel()
	h := open(t, "generic")
	ann := h.account("ann@house.example", "ann", officer.PrivacyOfficer)
	invited := h.invite(officer.Invitation{Login: "new@house.example", Person: "new", Roles: []officer.Role{officer.Support}})
	gone := h.account("gone@house.example", "gone", officer.PrivacyOfficer)
	must(t, h.Officers().Disable(t.Context(), gone.login))
	pages := map[string]string{}
	for name, f := range map[string][]string{
		"nothing":             {},
		"nobody":              {"login", "eve@house.example", "password", password, "code", h.code(ann)},
		"a wrong password":    {"login", ann.login, "password", "wrong", "code", h.code(ann)},
		"a wrong code":        {"login", ann.login, "password", password, "code", "000000"},
		"an invited account":  {"login", "new@house.example", "password", invited, "code", "000000"},
		"an ended account":    {"login", gone.login, "password", password, "code", h.code(gone)},
		"somebody else's key": {"login", ann.login, "password", password, "code", h.code(gone)},
	} {
		v := h.visitor()
		a := v.Post("/console", form(f...)).Shows(t, http.StatusForbidden, "These do not sign you in")
		if len(v.Cookies) > 0 {
			t.Errorf("%s: got %v", name, v.Cookies)
		}
		pages[a.Body] = name
	}
	if len(pages) != 1 {
		t.Errorf("the answers differ: %d kinds", len(pages))
	}
}

// TestTooManyTries: five are taken in a quarter of an hour, for a name that somebody
// has and for one that nobody has.
func TestTooManyTries(t *testing.T) {
	t.Parallel()
	h := open(t, "generic")
	ann := h.account("ann@house.example", "ann", officer.PrivacyOfficer)
	v := h.visitor()
	for _, login := range []string{ann.login, "nobody@house.example"} {
		for range 5 {
			v.Post("/console", form("login", login, "password", "wrong", "code", "000000")).Shows(t, http.StatusForbidden)
		}
		v.Post("/console", form("login", login, "password", password, "code", h.code(ann))).Shows(t, http.StatusTooManyRequests, "Wait a quarter of an hour")
	}
	h.Pass(15 * time.Minute)
	v.enter(ann).LeadsUnder(t, "/console")
}

// TestASessionIsNeverTheOneThatWasBrought: a secret that somebody planted opens
// nothing after a sign-in, and no secret outlives a sign-in or a sign-out.
func TestASessionIsNeverTheOneThatWasBrought(t *testing.T) {
	t.Parallel()
	h := open(t, "generic")
	ann, eve := h.account("ann@house.example", "ann", officer.PrivacyOfficer), h.as("eve", officer.Support)
	planted := eve.Cookies[cookie]
	v := h.visitor()
	v.Cookies[cookie] = planted
	v.enter(ann).LeadsUnder(t, "/console")
	first := v.Cookies[cookie]
	if first == planted || len(first) != 43 {
		t.Fatalf("the session's secret is %q", first)
	}
	eve.Get(h.at("")).LeadsUnder(t, "/console")
	v.account = ann
	v.again()
	second := v.Cookies[cookie]
	thief := h.visitor()
	thief.Cookies[cookie] = first
	thief.Get(h.at("")).LeadsUnder(t, "/console")
	v.Get(h.at("")).Shows(t, http.StatusOK, "Today")
	v.Post("/console/leave", nil).LeadsUnder(t, "/console")
	if _, held := v.Cookies[cookie]; held {
		t.Error("the browser keeps the cookie")
	}
	thief.Cookies[cookie] = second
	thief.Get(h.at("")).LeadsUnder(t, "/console")
}

func TestTheCookie(t *testing.T) {
	t.Parallel()
	h := open(t, "generic")
	a := h.visitor().enter(h.account("ann@house.example", "ann", officer.PrivacyOfficer))
	got := a.Header.Get("Set-Cookie")
	for _, want := range []string{cookie + "=", "; Path=/;", "; Max-Age=36000", "; HttpOnly", "; Secure", "; SameSite=Strict"} {
		if !strings.Contains(got, want) {
			t.Errorf("the cookie lacks %q: %s", want, got)
		}
	}
	if strings.Contains(got, "Domain") {
		t.Errorf("the cookie goes to other hosts: %s", got)
	}
}

// TestSessionsEnd: nobody stays signed in who is away, or all day, or whose account
// was ended.
func TestSessionsEnd(t *testing.T) {
	t.Parallel()
	h := open(t, "generic")
	v := h.officer("ann")
	h.Pass(16 * time.Minute)
	v.Get(h.at("")).LeadsUnder(t, "/console")
	v.enter(v.account).LeadsUnder(t, "/console")
	for range 61 {
		h.Pass(10 * time.Minute)
		if a := v.Get(h.at("")); a.Status != http.StatusOK {
			a.LeadsUnder(t, "/console")
			v.enter(v.account).LeadsUnder(t, "/console")
			must(t, h.Officers().Disable(t.Context(), v.account.login))
			v.Get(h.at("")).LeadsUnder(t, "/console")
			return
		}
	}
	t.Error("a session of ten hours goes on")
}

// TestAnInvitationWorksOnce and makes the account that of whoever holds its key.
func TestAnInvitationWorksOnce(t *testing.T) {
	t.Parallel()
	h := open(t, "generic")
	invitation := h.invite(officer.Invitation{Login: "ann@house.example", Person: "a.lindqvist", Roles: []officer.Role{officer.PrivacyOfficer}})
	v := h.visitor()
	v.Get("/console/invitation").Shows(t, http.StatusOK, "An invitation works once")
	v.Post("/console/invitation", form("invitation", strings.Repeat("A", 43))).Shows(t, http.StatusForbidden, "This invitation does not work")
	page := v.Post("/console/invitation", form("invitation", " "+invitation+" ")).Shows(t, http.StatusOK, "You are a.lindqvist", "ann@house.example", "otpauth://totp/")
	if !strings.Contains(page.Body, `src="data:image/png;base64,iVBOR`) || strings.Contains(page.Header.Get("Content-Security-Policy"), "http") {
		t.Error("the picture is not drawn here")
	}
	secret := page.Field(t, "secret")
	key := account{"ann@house.example", secret}
	send := func(pw, key, code string) *enginetest.Answer {
		return v.Post("/console/accept", form("invitation", invitation, "secret", key, "password", pw, "code", code))
	}
	again := send("short", secret, h.code(key)).Shows(t, http.StatusBadRequest, "too easily guessed")
	if again.Field(t, "secret") != secret {
		t.Error("the key changed after it was scanned")
	}
	send(password, secret, "000000").Shows(t, http.StatusBadRequest, "not of the key above")
	send(password, "JBSWY3DP", h.code(account{"", "JBSWY3DP"})).Shows(t, http.StatusForbidden, "This invitation does not work")
	if a := send(password, secret, h.code(key)); a.LeadsUnder(t, "/console") != "/console" || v.Cookies[cookie] != "" {
		t.Errorf("accepting signs in: %v", v.Cookies)
	}
	if a := h.visitor().Get("/console?said=joined"); strings.Contains(a.Body, "The account is yours") {
		t.Error("a link has the page say that an account was made")
	}
	v.Get("/console").Shows(t, http.StatusOK, "The account is yours")
	send(password, secret, h.code(key)).Shows(t, http.StatusForbidden, "This invitation does not work")
	h.Pass(30 * time.Second)
	h.sign(key).Get("/console").Shows(t, http.StatusOK, "a.lindqvist", "Policies")
	late := h.invite(officer.Invitation{Login: "bo@house.example", Person: "bo", Roles: []officer.Role{officer.Support}})
	h.Pass(73 * time.Hour)
	v.Post("/console/invitation", form("invitation", late)).Shows(t, http.StatusForbidden, "This invitation does not work")
}

// TestApprovingNeedsAProofOfNow: after five minutes somebody shows again who they
// are, and comes back to the matter.
func TestApprovingNeedsAProofOfNow(t *testing.T) {
	t.Parallel()
	h := open(t, "generic")
	ann, bo := h.officer("ann"), h.officer("bo")
	next := strings.Replace(enginetest.Example(t, "generic"), "version: \""+h.Program.Version()+"\"", "version: \"next\"", 1)
	at := ann.Post(h.at("/policy"), form("text", next, "why", "law")).LeadsUnder(t, h.at("/changes/"))
	ann.Post(at+"/check", nil).LeadsUnder(t, at)
	what := bo.Get(at).Field(t, "what")
	h.Pass(6 * time.Minute)
	stale := bo.Post(at+"/approve", form("what", what))
	if stale.LeadsUnder(t, "/console/again"); !strings.HasSuffix(stale.Header.Get("Location"), "?to="+strings.ReplaceAll(at, "/", "%2F")) {
		t.Errorf("led to %s", stale.Header.Get("Location"))
	}
	bo.Get(at).Shows(t, http.StatusOK, "approved by nobody yet")
	bo.Get(stale.Header.Get("Location")).Shows(t, http.StatusOK, "Show again who you are")
	bo.Post("/console/again", form("to", at, "password", password, "code", "000000")).Shows(t, http.StatusForbidden, "These do not sign you in")
	if got := bo.Post("/console/again", form("to", at, "password", password, "code", h.code(bo.account))).LeadsUnder(t, at); got != at {
		t.Errorf("led to %s", got)
	}
	bo.Post(at+"/approve", form("what", what)).LeadsUnder(t, at)
	bo.Get(at).Shows(t, http.StatusOK, "approved by bo")
	h.Pass(6 * time.Minute)
	bo.Get(h.at("/data?as=csv&of=inventory")).LeadsUnder(t, "/console/again")
}

// TestNobodyIsLedElsewhere: the page after a sign-in is one of the console.
func TestNobodyIsLedElsewhere(t *testing.T) {
	t.Parallel()
	h := open(t, "generic")
	v := h.officer("ann")
	for _, to := range []string{"https://evil.example/", "//evil.example/console/", "/console/../privacy", "/console/generic/../../x", `/console/\evil.example`, "/console/generic\r\nX: y", "javascript:alert(1)", "/privacy/generic", "/console/generic/nowhere"} {
		a := v.Post("/console/again", form("to", to, "password", password, "code", h.code(v.account)))
		h.Pass(30 * time.Second)
		if got := a.Header.Get("Location"); got != "/console" {
			t.Errorf("%q leads to %q", to, got)
		}
	}
	if a := h.visitor().Get(h.at("/requests?after=x")); a.Header.Get("Location") != "/console?to=%2Fconsole%2Fgeneric%2Frequests%3Fafter%3Dx" {
		t.Errorf("led to %s", a.Header.Get("Location"))
	}
}

// TestOnePersonNeverCountsTwice: whoever has two accounts is the same person in
// both, and neither approves what the other put forward.
func TestOnePersonNeverCountsTwice(t *testing.T) {
	t.Parallel()
	h := open(t, "generic")
	ann, other := h.officer("ann"), h.sign(h.account("ann.private@house.example", "ann", officer.Lawyer))
	bo, bos := h.officer("bo"), h.sign(h.account("bo.law@house.example", "bo", officer.Lawyer))
	next := strings.Replace(enginetest.Example(t, "generic"), "version: \""+h.Program.Version()+"\"", "version: \"next\"", 1)
	at := ann.Post(h.at("/policy"), form("text", next, "why", "law")).LeadsUnder(t, h.at("/changes/"))
	ann.Post(at+"/check", nil).LeadsUnder(t, at)
	what := ann.Get(at).Field(t, "what")
	for _, v := range []*visitor{ann, other} {
		v.again()
		v.Post(at+"/approve", form("what", what)).Shows(t, http.StatusForbidden)
	}
	bo.again()
	bo.Post(at+"/approve", form("what", what)).LeadsUnder(t, at)
	bos.again()
	bos.Post(at+"/approve", form("what", what)).Shows(t, http.StatusConflict)
	bo.Get(at).Shows(t, http.StatusOK, "Checked", "approved by bo")
}

// TestASignInIsInTheLog: whoever is let in has left evidence with each policy that their
// account is for, also when they show again who they are; whoever is not has left none.
func TestASignInIsInTheLog(t *testing.T) {
	t.Parallel()
	h := open(t, "generic")
	ann := h.account("ann@house.example", "ann", officer.PrivacyOfficer)
	signIns := func() int {
		t.Helper()
		s := h.Gate().Store()
		state, err := s.LogState(t.Context(), h.Program.ID())
		must(t, err)
		leaves, err := s.Leaves(t.Context(), h.Program.ID(), 0, state.Recorded)
		must(t, err)
		n := 0
		for _, raw := range leaves {
			if l, err := evidence.Parse(raw); err == nil && l.Kind == evidence.OfficerSignedIn {
				n++
			}
		}
		return n
	}
	v := h.visitor()
	v.Post("/console", form("login", ann.login, "password", "wrong", "code", h.code(ann))).Shows(t, http.StatusForbidden)
	if n := signIns(); n != 0 {
		t.Errorf("%d leaves of a sign-in that failed", n)
	}
	v.enter(ann).LeadsUnder(t, "/console")
	if n := signIns(); n != 1 {
		t.Errorf("%d leaves of a sign-in", n)
	}
	v.account = ann
	v.again()
	if n := signIns(); n != 2 {
		t.Errorf("%d leaves of a sign-in and a proof of now", n)
	}
}

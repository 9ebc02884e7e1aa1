package console_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

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
		a := v.post("/console", form(f...)).shows(t, http.StatusForbidden, "These do not sign you in")
		if len(v.cookies) > 0 {
			t.Errorf("%s: got %v", name, v.cookies)
		}
		pages[a.body] = name
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
			v.post("/console", form("login", login, "password", "wrong", "code", "000000")).shows(t, http.StatusForbidden)
		}
		v.post("/console", form("login", login, "password", password, "code", h.code(ann))).shows(t, http.StatusTooManyRequests, "Wait a quarter of an hour")
	}
	h.now.Add(int64(15 * time.Minute))
	v.enter(ann).leads(t, "/console")
}

// TestASessionIsNeverTheOneThatWasBrought: a secret that somebody planted opens
// nothing after a sign-in, and no secret outlives a sign-in or a sign-out.
func TestASessionIsNeverTheOneThatWasBrought(t *testing.T) {
	t.Parallel()
	h := open(t, "generic")
	ann, eve := h.account("ann@house.example", "ann", officer.PrivacyOfficer), h.as("eve", officer.Support)
	planted := eve.cookies[cookie]
	v := h.visitor()
	v.cookies[cookie] = planted
	v.enter(ann).leads(t, "/console")
	first := v.cookies[cookie]
	if first == planted || len(first) != 43 {
		t.Fatalf("the session's secret is %q", first)
	}
	eve.get(h.at("")).leads(t, "/console")
	v.account = ann
	v.again()
	second := v.cookies[cookie]
	thief := h.visitor()
	thief.cookies[cookie] = first
	thief.get(h.at("")).leads(t, "/console")
	v.get(h.at("")).shows(t, http.StatusOK, "Today")
	v.post("/console/leave", nil).leads(t, "/console")
	if _, held := v.cookies[cookie]; held {
		t.Error("the browser keeps the cookie")
	}
	thief.cookies[cookie] = second
	thief.get(h.at("")).leads(t, "/console")
}

func TestTheCookie(t *testing.T) {
	t.Parallel()
	h := open(t, "generic")
	a := h.visitor().enter(h.account("ann@house.example", "ann", officer.PrivacyOfficer))
	got := a.header.Get("Set-Cookie")
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
	h.now.Add(int64(16 * time.Minute))
	v.get(h.at("")).leads(t, "/console")
	v.enter(v.account).leads(t, "/console")
	for range 61 {
		h.now.Add(int64(10 * time.Minute))
		if a := v.get(h.at("")); a.status != http.StatusOK {
			a.leads(t, "/console")
			v.enter(v.account).leads(t, "/console")
			must(t, h.Officers().Disable(t.Context(), v.account.login))
			v.get(h.at("")).leads(t, "/console")
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
	v.get("/console/invitation").shows(t, http.StatusOK, "An invitation works once")
	v.post("/console/invitation", form("invitation", strings.Repeat("A", 43))).shows(t, http.StatusForbidden, "This invitation does not work")
	page := v.post("/console/invitation", form("invitation", " "+invitation+" ")).shows(t, http.StatusOK, "You are a.lindqvist", "ann@house.example", "otpauth://totp/")
	if !strings.Contains(page.body, `src="data:image/png;base64,iVBOR`) || strings.Contains(page.header.Get("Content-Security-Policy"), "http") {
		t.Error("the picture is not drawn here")
	}
	secret := between(t, page.body, `name="secret" value="`, `"`)
	key := account{"ann@house.example", secret}
	send := func(pw, key, code string) *answer {
		return v.post("/console/accept", form("invitation", invitation, "secret", key, "password", pw, "code", code))
	}
	again := send("short", secret, h.code(key)).shows(t, http.StatusBadRequest, "too easily guessed")
	if between(t, again.body, `name="secret" value="`, `"`) != secret {
		t.Error("the key changed after it was scanned")
	}
	send(password, secret, "000000").shows(t, http.StatusBadRequest, "not of the key above")
	send(password, "JBSWY3DP", h.code(account{"", "JBSWY3DP"})).shows(t, http.StatusForbidden, "This invitation does not work")
	if a := send(password, secret, h.code(key)); a.leads(t, "/console") != "/console" || v.cookies[cookie] != "" {
		t.Errorf("accepting signs in: %v", v.cookies)
	}
	if a := h.visitor().get("/console?said=joined"); strings.Contains(a.body, "The account is yours") {
		t.Error("a link has the page say that an account was made")
	}
	v.get("/console").shows(t, http.StatusOK, "The account is yours")
	send(password, secret, h.code(key)).shows(t, http.StatusForbidden, "This invitation does not work")
	h.now.Add(int64(30 * time.Second))
	h.sign(key).get("/console").shows(t, http.StatusOK, "a.lindqvist", "Policies")
	late := h.invite(officer.Invitation{Login: "bo@house.example", Person: "bo", Roles: []officer.Role{officer.Support}})
	h.now.Add(int64(73 * time.Hour))
	v.post("/console/invitation", form("invitation", late)).shows(t, http.StatusForbidden, "This invitation does not work")
}

// TestApprovingNeedsAProofOfNow: after five minutes somebody shows again who they
// are, and comes back to the matter.
func TestApprovingNeedsAProofOfNow(t *testing.T) {
	t.Parallel()
	h := open(t, "generic")
	ann, bo := h.officer("ann"), h.officer("bo")
	next := strings.Replace(string(read(t, "generic")), "version: \""+h.program.Version()+"\"", "version: \"next\"", 1)
	at := ann.post(h.at("/policy"), form("text", next, "why", "law")).leads(t, h.at("/changes/"))
	ann.post(at+"/check", nil).leads(t, at)
	what := bo.get(at).what(t)
	h.now.Add(int64(6 * time.Minute))
	stale := bo.post(at+"/approve", form("what", what))
	if stale.leads(t, "/console/again"); !strings.HasSuffix(stale.header.Get("Location"), "?to="+strings.ReplaceAll(at, "/", "%2F")) {
		t.Errorf("led to %s", stale.header.Get("Location"))
	}
	bo.get(at).shows(t, http.StatusOK, "approved by nobody yet")
	bo.get(stale.header.Get("Location")).shows(t, http.StatusOK, "Show again who you are")
	bo.post("/console/again", form("to", at, "password", password, "code", "000000")).shows(t, http.StatusForbidden, "These do not sign you in")
	if got := bo.post("/console/again", form("to", at, "password", password, "code", h.code(bo.account))).leads(t, at); got != at {
		t.Errorf("led to %s", got)
	}
	bo.post(at+"/approve", form("what", what)).leads(t, at)
	bo.get(at).shows(t, http.StatusOK, "approved by bo")
	h.now.Add(int64(6 * time.Minute))
	bo.get(h.at("/data?as=csv&of=inventory")).leads(t, "/console/again")
}

// TestNobodyIsLedElsewhere: the page after a sign-in is one of the console.
func TestNobodyIsLedElsewhere(t *testing.T) {
	t.Parallel()
	h := open(t, "generic")
	v := h.officer("ann")
	for _, to := range []string{"https://evil.example/", "//evil.example/console/", "/console/../privacy", "/console/generic/../../x", `/console/\evil.example`, "/console/generic\r\nX: y", "javascript:alert(1)", "/privacy/generic", "/console/generic/nowhere"} {
		a := v.post("/console/again", form("to", to, "password", password, "code", h.code(v.account)))
		h.now.Add(int64(30 * time.Second))
		if got := a.header.Get("Location"); got != "/console" {
			t.Errorf("%q leads to %q", to, got)
		}
	}
	if a := h.visitor().get(h.at("/requests?after=x")); a.header.Get("Location") != "/console?to=%2Fconsole%2Fgeneric%2Frequests%3Fafter%3Dx" {
		t.Errorf("led to %s", a.header.Get("Location"))
	}
}

// TestOnePersonNeverCountsTwice: whoever has two accounts is the same person in
// both, and neither approves what the other put forward.
func TestOnePersonNeverCountsTwice(t *testing.T) {
	t.Parallel()
	h := open(t, "generic")
	ann, other := h.officer("ann"), h.sign(h.account("ann.private@house.example", "ann", officer.Lawyer))
	bo, bos := h.officer("bo"), h.sign(h.account("bo.law@house.example", "bo", officer.Lawyer))
	next := strings.Replace(string(read(t, "generic")), "version: \""+h.program.Version()+"\"", "version: \"next\"", 1)
	at := ann.post(h.at("/policy"), form("text", next, "why", "law")).leads(t, h.at("/changes/"))
	ann.post(at+"/check", nil).leads(t, at)
	what := ann.get(at).what(t)
	for _, v := range []*visitor{ann, other} {
		v.again()
		v.post(at+"/approve", form("what", what)).shows(t, http.StatusForbidden)
	}
	bo.again()
	bo.post(at+"/approve", form("what", what)).leads(t, at)
	bos.again()
	bos.post(at+"/approve", form("what", what)).shows(t, http.StatusConflict)
	bo.get(at).shows(t, http.StatusOK, "Checked", "approved by bo")
}

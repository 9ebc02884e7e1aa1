package centre_test

import (
	"archive/zip"
	"bytes"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"avow.dev"
	"avow.dev/gate"
)

func form(pairs ...string) url.Values {
	f := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		f.Set(pairs[i], pairs[i+1])
	}
	return f
}

func member(t *testing.T, changes ...string) (*house, *visitor) {
	t.Helper()
	h := openHouse(t, changes...)
	h.join("li", "li@haven.example", "Li Wei")
	return h, h.signedIn("li")
}

func TestMyDataIsMaskedUntilItIsAskedFor(t *testing.T) {
	t.Parallel()
	h, v := member(t)
	v.get("/privacy/club/data").shows(t, http.StatusOK, "E-mail address", "l•••@h•••.example", "You told us", "Manage your account", "a contract with you", "Nimbus Hosting", "help desk", "30 days after your account is closed", "3 March 2027", "Your device")
	if a := v.get("/privacy/club/data"); strings.Contains(a.body, "li@haven") || strings.Contains(a.body, "Li Wei") || strings.Contains(a.body, "22.3193") {
		t.Error("a value stands in clear")
	}
	a := v.post("/privacy/club/data/show", form("datum", "email"))
	a.shows(t, http.StatusOK, "li@haven.example", "L•••")
	if strings.Contains(a.body, "Li Wei") {
		t.Error("more is shown than was asked for")
	}
	if r := v.post("/privacy/club/data/show", form("datum", "no-such")); r.status != http.StatusNotFound {
		t.Errorf("something that is not held: %d", r.status)
	}
	h.pass(16 * time.Minute)
	v.post("/privacy/club/data/show", form("datum", "email")).leads(t, "/privacy/club/sign-in?again=yes&then=%2Fprivacy%2Fclub%2Fdata")
}

func TestCorrect(t *testing.T) {
	t.Parallel()
	h, v := member(t)
	v.get("/privacy/club/data/correct/email").shows(t, http.StatusOK, "l•••@h•••.example", "These received the old value: Nimbus Hosting")
	v.post("/privacy/club/data/correct/email", form("value", "")).shows(t, http.StatusUnprocessableEntity, "One thing needs your attention", "Enter the right value")
	v.post("/privacy/club/data/correct/email", form("value", "no address")).shows(t, http.StatusUnprocessableEntity, "does not look right")
	h.join("ann", "ann@haven.example", "Ann")
	v.post("/privacy/club/data/correct/email", form("value", "ann@haven.example")).shows(t, http.StatusUnprocessableEntity, "belongs to somebody else")
	v.post("/privacy/club/data/correct/email", form("value", "wei@haven.example")).leads(t, "/privacy/club/data", "corrected")
	v.post("/privacy/club/data/show", form("datum", "email")).shows(t, http.StatusOK, "wei@haven.example")
	if r := v.get("/privacy/club/data/correct/password"); r.status != http.StatusNotFound {
		t.Errorf("what is not held can be corrected: %d", r.status)
	}
	h.pass(11 * time.Minute) // the policy wants a sign-in of ten minutes for an edit
	if r := v.post("/privacy/club/data/correct/email", form("value", "x@haven.example")); r.status != http.StatusSeeOther || !strings.Contains(r.header.Get("Location"), "sign-in") {
		t.Errorf("an edit with an old sign-in: %d", r.status)
	}
}

func TestDeleteOneThing(t *testing.T) {
	t.Parallel()
	_, v := member(t)
	v.get("/privacy/club/data/delete/location-precise").shows(t, http.StatusOK, "Delete your precise location?", "no backup can be read")
	v.post("/privacy/club/data/delete/location-precise", nil).leads(t, "/privacy/club/data", "deleted")
	a := v.get("/privacy/club/data")
	a.shows(t, http.StatusOK, "Deleted, in every copy and backup", "E-mail address")
	if strings.Contains(a.words(), "Precise location") {
		t.Error("it is still listed")
	}
	if r := v.post("/privacy/club/data/delete/location-precise", nil); r.status != http.StatusNotFound {
		t.Errorf("deleted twice: %d", r.status)
	}
}

func TestChoices(t *testing.T) {
	t.Parallel()
	h, v := member(t)
	v.get("/privacy/club/choices").shows(t, http.StatusOK, "Letters about new walks Off, not asked", "Walks near me On", "This stops: letters", "What is not a choice", "a contract with you", "You have not said anything yet")
	v.post("/privacy/club/choices", form("choice", "offers", "answer", "yes")).leads(t, "/privacy/club/choices", "chosen-yes")
	v.get("/privacy/club/choices").shows(t, http.StatusOK, "Letters about new walks On", "runs out on 22 November 2027", "Entry ")
	v.post("/privacy/club/choices", form("choice", "offers", "answer", "no")).leads(t, "/privacy/club/choices", "chosen-no")
	v.get("/privacy/club/choices").shows(t, http.StatusOK, "Letters about new walks Off", "No longer")
	if _, err := h.Gate().Use(t.Context(), &avow.Request{Policy: "club", Subject: "li", Data: []avow.Datum{"email"}, Purpose: "marketing", Role: "desk"}); err == nil {
		t.Error("used after a no")
	}
	for _, bad := range []url.Values{form("choice", "offers", "answer", "maybe"), form("choice", "no-such", "answer", "yes"), form("choice", "offers")} {
		if r := v.post("/privacy/club/choices", bad); r.status != http.StatusBadRequest {
			t.Errorf("%v: %d", bad, r.status)
		}
	}
	// Both answers are buttons of the same form and class, and none of them is the default.
	if a := v.get("/privacy/club/choices"); strings.Count(a.body, `name="answer" value="no"`) != 3 || strings.Count(a.body, `name="answer" value="yes"`) != 3 {
		t.Error("the two answers are not offered alike")
	}
}

func TestBrowserSignal(t *testing.T) {
	t.Parallel()
	h, v := member(t)
	if _, err := h.Gate().Agree(t.Context(), "club", "li", &gate.Agreement{Signals: []avow.Signals{avow.SignalGPC}}); err != nil {
		t.Fatal(err)
	}
	v.get("/privacy/club/choices").shows(t, http.StatusOK, "Walks near me Off, by your browser", "We follow it")
	h.pass(time.Minute)
	v.post("/privacy/club/choices", form("choice", "nearby", "answer", "yes"))
	v.get("/privacy/club/choices").shows(t, http.StatusOK, "Walks near me On")
}

func TestCopy(t *testing.T) {
	t.Parallel()
	h, v := member(t)
	for format, want := range map[string]string{"page": "Li Wei", "json": `"value": "li@haven.example"`, "csv": "email,E-mail address,li@haven.example"} {
		v.post("/privacy/club/copy", form("format", format)).leads(t, "/privacy/club/copy", "copied")
		list := v.get("/privacy/club/copy")
		list.shows(t, http.StatusOK, "Your copy is ready below", "opens for nobody but you")
		_, rest, _ := strings.Cut(list.body, `href="/privacy/club/copy/`)
		id, _, _ := strings.Cut(rest, `"`)
		a := v.get("/privacy/club/copy/" + id)
		if a.status != http.StatusOK || !strings.Contains(a.header.Get("Content-Disposition"), "attachment") {
			t.Fatalf("%s: %d, %v", format, a.status, a.header)
		}
		if got := unzip(t, a.body); !strings.Contains(got, want) || strings.Contains(got, "http://") || strings.Contains(got, "https://") || strings.Contains(got, "<script") {
			t.Errorf("%s: the copy is %s", format, got)
		}
		h.pass(time.Second)
	}
	v.post("/privacy/club/copy", url.Values{"format": {"csv"}, "part": {"name"}})
	_, rest, _ := strings.Cut(v.get("/privacy/club/copy").body, `href="/privacy/club/copy/`)
	id, _, _ := strings.Cut(rest, `"`)
	if got := unzip(t, v.get("/privacy/club/copy/"+id).body); !strings.Contains(got, "Li Wei") || strings.Contains(got, "li@haven.example") {
		t.Errorf("a part is %s", got)
	}
	h.pass(gate.PackageLife)
	fresh := h.signedIn("li")
	if r := fresh.get("/privacy/club/copy/" + id); r.status != http.StatusNotFound {
		t.Errorf("after its time: %d", r.status)
	}
	if r := fresh.post("/privacy/club/copy", form("format", "exe")); r.status != http.StatusBadRequest {
		t.Errorf("a format that does not exist: %d", r.status)
	}
}

func unzip(t *testing.T, body string) string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader([]byte(body)), int64(len(body)))
	must(t, err)
	var all strings.Builder
	for _, f := range z.File {
		r, err := f.Open()
		must(t, err)
		_, err = io.Copy(&all, r) //nolint:gosec // our own archive
		must(t, err)
		must(t, r.Close())
	}
	return all.String()
}

func TestRequests(t *testing.T) {
	t.Parallel()
	h, v := member(t)
	v.get("/privacy/club/requests").shows(t, http.StatusOK, "You have not asked for anything", "privacy@haven.example")
	v.post("/privacy/club/requests/new", form("right", "ask", "text", " ")).shows(t, http.StatusUnprocessableEntity, "Write what you want us to do")
	a := v.post("/privacy/club/requests/new", form("right", "ask", "text", "Who sees where I walk?"))
	at, _, _ := strings.Cut(a.header.Get("Location"), "?")
	v.get(at).shows(t, http.StatusOK, "Who sees where I walk?", "An answer by 7 December 2026", "No messages yet")
	id := at[strings.LastIndexByte(at, '/')+1:]
	_, _, err := h.Gate().SendMessage(t.Context(), "club", id, "desk", gate.NewValue([]byte("Nobody but you.")))
	must(t, err)
	v.post(at, form("text", "Thank you.")).leads(t, at, "written")
	v.get(at).shows(t, http.StatusOK, "Nobody but you.", "Help desk", "Thank you.")
	v.get("/privacy/club").shows(t, http.StatusOK, "Waiting for an answer", "A question")
	h.pass(16 * 24 * time.Hour)
	_, err = h.Sweep(t.Context())
	must(t, err)
	late := h.signedIn("li")
	late.get("/privacy/club/requests").shows(t, http.StatusOK, "Late", "That we are late is in the public log")
	late.post(at+"/revoke", nil).leads(t, "/privacy/club/requests", "revoked")
	late.get("/privacy/club/requests").shows(t, http.StatusOK, "Taken back")
}

func TestWhoLooked(t *testing.T) {
	t.Parallel()
	h, v := member(t)
	if _, err := h.Gate().Use(t.Context(), &avow.Request{Policy: "club", Subject: "li", Data: []avow.Datum{"email"}, Purpose: "marketing", Role: "desk"}); err == nil {
		t.Fatal("a use without a yes was let pass")
	}
	v.get("/privacy/club/looked").shows(t, http.StatusOK, "Data was used · help desk", "Data was given to a helper of ours · Nimbus Hosting", "e-mail address and name", "to manage your account")
	refused := v.get("/privacy/club/looked?only=refused")
	refused.shows(t, http.StatusOK, "A use was refused", "You have not been asked for your consent")
	if strings.Contains(refused.words(), "Nimbus") {
		t.Error("what was allowed is among the refused")
	}
	must(t, h.Seal(t.Context()))
	_, rest, _ := strings.Cut(v.get("/privacy/club/looked?only=others").body, `href="/privacy/club/looked/`)
	index, _, _ := strings.Cut(rest, `"`)
	v.get("/privacy/club/looked/"+index).shows(t, http.StatusOK, "Entry "+index, "stands in the public log", "Rules of the policy")
	proof := v.get("/privacy/club/looked/" + index + "/proof")
	if !strings.HasPrefix(proof.body, "c2sp.org/tlog-proof@v1") {
		t.Errorf("the proof is %q", proof.body)
	}
	for range 80 {
		_, err := h.Gate().Use(t.Context(), &avow.Request{Policy: "club", Subject: "li", Data: []avow.Datum{"email"}, Purpose: "manage-account", Role: "desk"})
		must(t, err)
	}
	n, path := 0, "/privacy/club/looked?only=others"
	for path != "" && n < 10 {
		a := v.get(path)
		n++
		_, rest, more := strings.Cut(a.body, `rel="next" href="`)
		path, _, _ = strings.Cut(rest, `"`)
		path = strings.ReplaceAll(path, "&amp;", "&")
		if !more {
			path = ""
		}
	}
	if n != 3 {
		t.Errorf("82 entries stand on %d pages", n)
	}
}

func TestLeave(t *testing.T) {
	t.Parallel()
	h, v := member(t)
	v.get("/privacy/club/leave").shows(t, http.StatusOK, "E-mail address Goes", "For 7 days you can change your mind", "Nimbus Hosting", "kept 30 days after your account is closed", "until 22 December 2026")
	v.post("/privacy/club/leave", form("what", "erase")).shows(t, http.StatusUnprocessableEntity, "Tick the box")
	v.post("/privacy/club/leave", form("what", "erase", "sure", "yes")).leads(t, "/privacy/club/leave", "leaving")
	v.get("/privacy/club").shows(t, http.StatusOK, "Everything will be deleted on 29 November 2026")
	v.post("/privacy/club/leave/undo", nil).leads(t, "/privacy/club", "stayed")
	v.post("/privacy/club/data/show", form("datum", "email")).shows(t, http.StatusOK, "li@haven.example")
	v.post("/privacy/club/leave", form("what", "close", "sure", "yes")).leads(t, "/privacy/club/leave", "closed")
	h.pass(31 * 24 * time.Hour)
	_, err := h.Sweep(t.Context())
	must(t, err)
	if r := v.get("/privacy/club/data"); r.status == http.StatusOK && strings.Contains(r.words(), "E-mail") {
		t.Errorf("what was kept for 30 days is there: %s", r.words())
	}
}

// TestACertificateAfterWaiting: who erases everything and has time to think is led to
// their certificate by an address that they were given while they could still be told.
func TestACertificateAfterWaiting(t *testing.T) {
	t.Parallel()
	h, v := member(t)
	v.post("/privacy/club/leave", form("what", "erase", "sure", "yes")).leads(t, "/privacy/club/leave", "leaving")
	page := v.get("/privacy/club/leave")
	page.shows(t, http.StatusOK, "Keep this address now")
	_, rest, _ := strings.Cut(page.body, `href="/privacy/club/erased/`)
	id, _, found := strings.Cut(rest, `"`)
	if !found {
		t.Fatal("no way to the certificate")
	}
	stranger, at := h.visitor(), "/privacy/club/erased/"+id
	stranger.get(at).shows(t, http.StatusOK, "Nothing has been erased")
	h.pass(8 * 24 * time.Hour)
	_, err := h.Sweep(t.Context())
	must(t, err)
	a := stranger.get(at)
	if to := a.header.Get("Location"); a.status != http.StatusSeeOther || !strings.HasPrefix(to, "/privacy/club/certificate/") {
		t.Fatalf("led to %q with %d", to, a.status)
	}
	stranger.get(a.header.Get("Location")).shows(t, http.StatusOK, "Certificate of erasure", "The person's key was destroyed")
	for _, wrong := range []string{"x", strings.Repeat("0", 31)} {
		if r := stranger.get("/privacy/club/erased/" + wrong); r.status != http.StatusNotFound {
			t.Errorf("%s: %d", wrong, r.status)
		}
	}
}

func TestErasedAtOnceWithACertificate(t *testing.T) {
	t.Parallel()
	h, v := member(t, "undo: 7d, ", "")
	v.get("/privacy/club/leave").shows(t, http.StatusOK, "It happens at once and cannot be undone")
	a := v.post("/privacy/club/leave", form("what", "erase", "sure", "yes"))
	at := a.header.Get("Location")
	if !strings.HasPrefix(at, "/privacy/club/certificate/") {
		t.Fatalf("led to %q: %s", at, a.words())
	}
	if len(v.cookies) > 0 {
		t.Errorf("the browser keeps %v", v.cookies)
	}
	must(t, h.Seal(t.Context()))
	stranger := h.visitor()
	stranger.get(at).shows(t, http.StatusOK, "Certificate of erasure", "Haven Walking Club Ltd erased everything", "The person's key was destroyed")
	if p := stranger.get(at + "/proof"); !strings.HasPrefix(p.body, "c2sp.org/tlog-proof@v1") {
		t.Errorf("the proof is %q", p.body)
	}
	if r := stranger.get("/privacy/club/certificate/0"); r.status != http.StatusNotFound {
		t.Errorf("another entry shows as a certificate: %d", r.status)
	}
	if _, err := h.Gate().Holdings(t.Context(), "club", "li"); avow.CodeOf(err) != avow.Unknown {
		t.Errorf("still known: %v", err)
	}
}

func TestAHoldIsSaid(t *testing.T) {
	t.Parallel()
	h, v := member(t)
	_, _, err := h.Gate().ProposeHold(t.Context(), "club", gate.Officer{Person: "ann"}, "li", &gate.Holding{Rule: "suit", Case: "m", Statute: "s", Until: h.clock().AddDate(0, 1, 0)})
	must(t, err)
	v.get("/privacy/club/leave").shows(t, http.StatusOK, "A legal hold forbids erasing until 22 December 2026", "E-mail address Stays")
	v.post("/privacy/club/leave", form("what", "erase", "sure", "yes")).shows(t, http.StatusForbidden, "This was refused", "A legal hold covers your data: it is stored, and nothing else is done with it", "Ask a person to look at it")
}

func TestPublishAndTakeDown(t *testing.T) {
	t.Parallel()
	h, v := member(t)
	v.get("/privacy/club/publish").shows(t, http.StatusOK, "Name Not published", "anyone on the Internet")
	ask := v.post("/privacy/club/publish/ask", form("datum", "name", "to", "everybody"))
	ask.shows(t, http.StatusOK, "Publish your name?", "Li Wei", "your name will be visible to anyone on the Internet", "can be read, copied and printed by anyone")
	_, rest, _ := strings.Cut(ask.body, `name="token" value="`)
	token, _, _ := strings.Cut(rest, `"`)
	if r := v.post("/privacy/club/publish", form("datum", "name", "to", "everybody", "token", "made-up")); r.status != http.StatusForbidden || !strings.Contains(r.words(), "The notice was not shown to you") {
		t.Errorf("published without the notice: %d %s", r.status, r.words())
	}
	v.post("/privacy/club/publish", form("datum", "name", "to", "everybody", "token", token)).leads(t, "/privacy/club/publish", "published")
	list := v.get("/privacy/club/publish")
	list.shows(t, http.StatusOK, "Visible to anyone on the Internet")
	_, rest, _ = strings.Cut(list.body, `href="/privacy/club/public/`)
	at, _, _ := strings.Cut(rest, `"`)
	stranger := h.visitor()
	page := stranger.get("/privacy/club/public/" + at)
	page.shows(t, http.StatusOK, "Li Wei")
	if page.header.Get("Cache-Control") != "no-store" || page.header.Get("X-Robots-Tag") != "noindex" || strings.Contains(page.body, "li@haven") {
		t.Errorf("the public page: %v", page.header)
	}
	if r := v.post("/privacy/club/publish/ask", form("datum", "email", "to", "everybody")); r.status != http.StatusBadRequest {
		t.Errorf("what the policy does not list can be published: %d", r.status)
	}
	v.post("/privacy/club/publish/down", form("datum", "name", "to", "everybody")).leads(t, "/privacy/club/publish", "taken-down")
	if r := stranger.get("/privacy/club/public/" + at); r.status != http.StatusNotFound || strings.Contains(r.body, "Li Wei") {
		t.Errorf("after the take-down: %d", r.status)
	}
}

func TestThePolicyKnowsItsReader(t *testing.T) {
	t.Parallel()
	_, v := member(t)
	v.post("/privacy/club/choices", form("choice", "offers", "answer", "yes"))
	v.get("/privacy/club/policy").shows(t, http.StatusOK, "Your precise location would go on 3 March 2027", "Your e-mail address and name: the clock has not started", "You gave your e-mail address and name",
		"Happened to you 1 time, last on 22 November 2026", "On since 22 November 2026", "Not done: Show my name on the wall is off for you", "You accepted version 2.0 on 22 November 2026")
	nobody := v.h.visitor().get("/privacy/club/policy")
	nobody.shows(t, http.StatusOK, "Sign in to see what each sentence means for you")
	if strings.Contains(nobody.words(), "would go on") {
		t.Error("a sentence means something for nobody")
	}
	v.lang = "zh"
	v.get("/privacy/club/policy").shows(t, http.StatusOK, "2027年3月3日", "删除")
}

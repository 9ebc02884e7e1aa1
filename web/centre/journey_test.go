package centre_test

import (
	"archive/zip"
	"bytes"
	"io"
	"net/http"
	"net/url"
	"path"
	"strings"
	"testing"
	"time"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/engine/enginetest"
)

func form(pairs ...string) url.Values {
	f := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		f.Set(pairs[i], pairs[i+1])
	}
	return f
}

func member(t *testing.T, changes ...string) (*house, *enginetest.Visitor) {
	t.Helper()
	h := openHouse(t, changes...)
	h.join("li", "li@haven.example", "Li Wei")
	return h, h.signedIn("li")
}

func TestMyDataIsMaskedUntilItIsAskedFor(t *testing.T) {
	t.Parallel()
	h, v := member(t)
	v.Get("/privacy/club/data").Shows(t, http.StatusOK, "E-mail address", "l•••@h•••.example", "You told us", "Manage your account", "a contract with you", "Nimbus Hosting", "help desk", "30 days after your account is closed", "3 March 2027", "Your device")
	if a := v.Get("/privacy/club/data"); strings.Contains(a.Body, "li@haven") || strings.Contains(a.Body, "Li Wei") || strings.Contains(a.Body, "22.3193") {
		t.Error("a value stands in clear")
	}
	a := v.Post("/privacy/club/data/show", form("datum", "email"))
	a.Shows(t, http.StatusOK, "li@haven.example", "L•••")
	if strings.Contains(a.Body, "Li Wei") {
		t.Error("more is shown than was asked for")
	}
	if r := v.Post("/privacy/club/data/show", form("datum", "no-such")); r.Status != http.StatusNotFound {
		t.Errorf("something that is not held: %d", r.Status)
	}
	h.Pass(16 * time.Minute)
	v.Post("/privacy/club/data/show", form("datum", "email")).Leads(t, "/privacy/club/sign-in?again=yes&then=%2Fprivacy%2Fclub%2Fdata")
}

func TestCorrect(t *testing.T) {
	t.Parallel()
	h, v := member(t)
	v.Get("/privacy/club/data/correct/email").Shows(t, http.StatusOK, "l•••@h•••.example", "These received the old value: Nimbus Hosting")
	v.Post("/privacy/club/data/correct/email", form("value", "")).Shows(t, http.StatusUnprocessableEntity, "One thing needs your attention", "Enter the right value")
	v.Post("/privacy/club/data/correct/email", form("value", "no address")).Shows(t, http.StatusUnprocessableEntity, "does not look right")
	h.join("ann", "ann@haven.example", "Ann")
	v.Post("/privacy/club/data/correct/email", form("value", "ann@haven.example")).Shows(t, http.StatusUnprocessableEntity, "belongs to somebody else")
	v.Post("/privacy/club/data/correct/email", form("value", "wei@haven.example")).Leads(t, "/privacy/club/data", "corrected")
	v.Post("/privacy/club/data/show", form("datum", "email")).Shows(t, http.StatusOK, "wei@haven.example")
	if r := v.Get("/privacy/club/data/correct/password"); r.Status != http.StatusNotFound {
		t.Errorf("what is not held can be corrected: %d", r.Status)
	}
	h.Pass(11 * time.Minute) // the policy wants a sign-in of ten minutes for an edit
	if r := v.Post("/privacy/club/data/correct/email", form("value", "x@haven.example")); r.Status != http.StatusSeeOther || !strings.Contains(r.Header.Get("Location"), "sign-in") {
		t.Errorf("an edit with an old sign-in: %d", r.Status)
	}
}

func TestDeleteOneThing(t *testing.T) {
	t.Parallel()
	_, v := member(t)
	v.Get("/privacy/club/data/delete/location-precise").Shows(t, http.StatusOK, "Delete your precise location?", "no backup can be read")
	v.Post("/privacy/club/data/delete/location-precise", nil).Leads(t, "/privacy/club/data", "deleted")
	a := v.Get("/privacy/club/data")
	a.Shows(t, http.StatusOK, "Deleted, in every copy and backup", "E-mail address")
	if strings.Contains(a.Words(), "Precise location") {
		t.Error("it is still listed")
	}
	if r := v.Post("/privacy/club/data/delete/location-precise", nil); r.Status != http.StatusNotFound {
		t.Errorf("deleted twice: %d", r.Status)
	}
}

func TestChoices(t *testing.T) {
	t.Parallel()
	h, v := member(t)
	v.Get("/privacy/club/choices").Shows(t, http.StatusOK, "Letters about new walks Off, not asked", "Walks near me On", "This stops: letters", "What is not a choice", "a contract with you", "You have not said anything yet")
	v.Post("/privacy/club/choices", form("choice", "offers", "answer", "yes")).Leads(t, "/privacy/club/choices", "chosen-yes")
	v.Get("/privacy/club/choices").Shows(t, http.StatusOK, "Letters about new walks On", "runs out on 22 November 2027", "Entry ")
	v.Post("/privacy/club/choices", form("choice", "offers", "answer", "no")).Leads(t, "/privacy/club/choices", "chosen-no")
	v.Get("/privacy/club/choices").Shows(t, http.StatusOK, "Letters about new walks Off", "No longer")
	if _, err := h.Gate().Use(t.Context(), &avow.Request{Policy: "club", Subject: "li", Data: []avow.Datum{"email"}, Purpose: "marketing", Role: "desk"}); err == nil {
		t.Error("used after a no")
	}
	for _, bad := range []url.Values{form("choice", "offers", "answer", "maybe"), form("choice", "no-such", "answer", "yes"), form("choice", "offers")} {
		if r := v.Post("/privacy/club/choices", bad); r.Status != http.StatusBadRequest {
			t.Errorf("%v: %d", bad, r.Status)
		}
	}
	// Both answers are buttons of the same form and class, and none of them is the default.
	if a := v.Get("/privacy/club/choices"); strings.Count(a.Body, `name="answer" value="no"`) != 3 || strings.Count(a.Body, `name="answer" value="yes"`) != 3 {
		t.Error("the two answers are not offered alike")
	}
}

func TestBrowserSignal(t *testing.T) {
	t.Parallel()
	h, v := member(t)
	if _, err := h.Gate().Agree(t.Context(), "club", "li", &gate.Agreement{Signals: []avow.Signals{avow.SignalGPC}}); err != nil {
		t.Fatal(err)
	}
	v.Get("/privacy/club/choices").Shows(t, http.StatusOK, "Walks near me Off, by your browser", "We follow it")
	h.Pass(time.Minute)
	v.Post("/privacy/club/choices", form("choice", "nearby", "answer", "yes"))
	v.Get("/privacy/club/choices").Shows(t, http.StatusOK, "Walks near me On")
}

// TestACopyThatIsReviewed: where people look at copies first, the page asks for one.
func TestACopyThatIsReviewed(t *testing.T) {
	t.Parallel()
	h := openHouse(t, "\nrights:\n", "\nrights:\n  - {id: to-take, right: copy, how: [centre], effect: on-review, approvals: 2}\n")
	h.join("li", "li@haven.example", "Li Wei")
	v := h.signedIn("li")
	v.Get("/privacy/club/copy").Shows(t, http.StatusOK, "2 people of ours look at exactly what is in a copy, and agree to it, before it goes out", "Ask for a copy")
	at := v.Post("/privacy/club/copy", nil).LeadsUnder(t, "/privacy/club/requests/of/")
	v.Get(at).Shows(t, http.StatusOK, "A copy of my data")
	if page := v.Get("/privacy/club/copy"); strings.Contains(page.Body, "Ready to fetch") {
		t.Error("a copy waits that nobody looked at")
	}
}

func TestCopy(t *testing.T) {
	t.Parallel()
	h, v := member(t)
	for format, want := range map[string]string{"page": "Li Wei", "json": `"value": "li@haven.example"`, "csv": "email,E-mail address,li@haven.example"} {
		v.Post("/privacy/club/copy", form("format", format)).Leads(t, "/privacy/club/copy", "copied")
		list := v.Get("/privacy/club/copy")
		list.Shows(t, http.StatusOK, "Your copy is ready below", "opens for nobody but you")
		_, rest, _ := strings.Cut(list.Body, `href="/privacy/club/copy/`)
		id, _, _ := strings.Cut(rest, `"`)
		a := v.Get("/privacy/club/copy/" + id)
		if a.Status != http.StatusOK || !strings.Contains(a.Header.Get("Content-Disposition"), "attachment") {
			t.Fatalf("%s: %d, %v", format, a.Status, a.Header)
		}
		if got := unzip(t, a.Body); !strings.Contains(got, want) || strings.Contains(got, "http://") || strings.Contains(got, "https://") || strings.Contains(got, "<script") {
			t.Errorf("%s: the copy is %s", format, got)
		}
		h.Pass(time.Second)
	}
	v.Post("/privacy/club/copy", url.Values{"format": {"csv"}, "part": {"name"}})
	_, rest, _ := strings.Cut(v.Get("/privacy/club/copy").Body, `href="/privacy/club/copy/`)
	id, _, _ := strings.Cut(rest, `"`)
	if got := unzip(t, v.Get("/privacy/club/copy/"+id).Body); !strings.Contains(got, "Li Wei") || strings.Contains(got, "li@haven.example") {
		t.Errorf("a part is %s", got)
	}
	h.Pass(gate.PackageLife)
	fresh := h.signedIn("li")
	if r := fresh.Get("/privacy/club/copy/" + id); r.Status != http.StatusNotFound {
		t.Errorf("after its time: %d", r.Status)
	}
	if r := fresh.Post("/privacy/club/copy", form("format", "exe")); r.Status != http.StatusBadRequest {
		t.Errorf("a format that does not exist: %d", r.Status)
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
	v.Get("/privacy/club/requests").Shows(t, http.StatusOK, "You have not asked for anything", "privacy@haven.example")
	v.Post("/privacy/club/requests/new", form("right", "ask", "text", " ")).Shows(t, http.StatusUnprocessableEntity, "Write what you want us to do")
	a := v.Post("/privacy/club/requests/new", form("right", "ask", "text", "Who sees where I walk?"))
	at, _, _ := strings.Cut(a.Header.Get("Location"), "?")
	v.Get(at).Shows(t, http.StatusOK, "Who sees where I walk?", "An answer by 7 December 2026", "No messages yet")
	id := at[strings.LastIndexByte(at, '/')+1:]
	_, _, err := h.Gate().SendMessage(t.Context(), "club", id, "desk", gate.NewValue([]byte("Nobody but you.")))
	must(t, err)
	v.Post(at, form("text", "Thank you.")).Leads(t, at, "written")
	v.Get(at).Shows(t, http.StatusOK, "Nobody but you.", "Help desk", "Thank you.")
	v.Get("/privacy/club").Shows(t, http.StatusOK, "Waiting for an answer", "A question")
	h.Pass(16 * 24 * time.Hour)
	_, err = h.Sweep(t.Context())
	must(t, err)
	late := h.signedIn("li")
	late.Get("/privacy/club/requests").Shows(t, http.StatusOK, "Late", "That we are late is in the public log")
	late.Post(at+"/revoke", nil).Leads(t, "/privacy/club/requests", "revoked")
	late.Get("/privacy/club/requests").Shows(t, http.StatusOK, "Taken back")
}

func TestWhoLooked(t *testing.T) {
	t.Parallel()
	h, v := member(t)
	if _, err := h.Gate().Use(t.Context(), &avow.Request{Policy: "club", Subject: "li", Data: []avow.Datum{"email"}, Purpose: "marketing", Role: "desk"}); err == nil {
		t.Fatal("a use without a yes was let pass")
	}
	v.Get("/privacy/club/looked").Shows(t, http.StatusOK, "Data was used · help desk", "Data was given to a helper of ours · Nimbus Hosting", "e-mail address and name", "to manage your account")
	refused := v.Get("/privacy/club/looked?only=refused")
	refused.Shows(t, http.StatusOK, "A use was refused", "You have not been asked for your consent")
	if strings.Contains(refused.Words(), "Nimbus") {
		t.Error("what was allowed is among the refused")
	}
	must(t, h.Seal(t.Context()))
	_, rest, _ := strings.Cut(v.Get("/privacy/club/looked?only=others").Body, `href="/privacy/club/looked/`)
	index, _, _ := strings.Cut(rest, `"`)
	v.Get("/privacy/club/looked/"+index).Shows(t, http.StatusOK, "Entry "+index, "stands in the public log", "Rules of the policy")
	proof := v.Get("/privacy/club/looked/" + index + "/proof")
	if !strings.HasPrefix(proof.Body, "c2sp.org/tlog-proof@v1") {
		t.Errorf("the proof is %q", proof.Body)
	}
	for range 80 {
		_, err := h.Gate().Use(t.Context(), &avow.Request{Policy: "club", Subject: "li", Data: []avow.Datum{"email"}, Purpose: "manage-account", Role: "desk"})
		must(t, err)
	}
	n, path := 0, "/privacy/club/looked?only=others"
	for path != "" && n < 10 {
		a := v.Get(path)
		n++
		_, rest, more := strings.Cut(a.Body, `rel="next" href="`)
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
	v.Get("/privacy/club/leave").Shows(t, http.StatusOK, "E-mail address Goes", "For 7 days you can change your mind", "Nimbus Hosting", "kept 30 days after your account is closed", "until 22 December 2026")
	v.Post("/privacy/club/leave", form("what", "erase")).Shows(t, http.StatusUnprocessableEntity, "Tick the box")
	v.Post("/privacy/club/leave", form("what", "erase", "sure", "yes")).Leads(t, "/privacy/club/leave", "leaving")
	v.Get("/privacy/club").Shows(t, http.StatusOK, "Everything will be deleted on 29 November 2026")
	v.Post("/privacy/club/leave/undo", nil).Leads(t, "/privacy/club", "stayed")
	v.Post("/privacy/club/data/show", form("datum", "email")).Shows(t, http.StatusOK, "li@haven.example")
	v.Post("/privacy/club/leave", form("what", "close", "sure", "yes")).Leads(t, "/privacy/club/leave", "closed")
	h.Pass(31 * 24 * time.Hour)
	_, err := h.Sweep(t.Context())
	must(t, err)
	if r := v.Get("/privacy/club/data"); r.Status == http.StatusOK && strings.Contains(r.Words(), "E-mail") {
		t.Errorf("what was kept for 30 days is there: %s", r.Words())
	}
}

// TestACertificateAfterWaiting: who erases everything and has time to think is led to
// their certificate by an address that they were given while they could still be told.
func TestACertificateAfterWaiting(t *testing.T) {
	t.Parallel()
	h, v := member(t)
	v.Post("/privacy/club/leave", form("what", "erase", "sure", "yes")).Leads(t, "/privacy/club/leave", "leaving")
	page := v.Get("/privacy/club/leave")
	page.Shows(t, http.StatusOK, "Keep this address now")
	_, rest, _ := strings.Cut(page.Body, `href="/privacy/club/erased/`)
	id, _, found := strings.Cut(rest, `"`)
	if !found {
		t.Fatal("no way to the certificate")
	}
	stranger, at := h.Visitor(), "/privacy/club/erased/"+id
	stranger.Get(at).Shows(t, http.StatusOK, "Nothing has been erased")
	h.Pass(8 * 24 * time.Hour)
	_, err := h.Sweep(t.Context())
	must(t, err)
	a := stranger.Get(at)
	if to := a.Header.Get("Location"); a.Status != http.StatusSeeOther || !strings.HasPrefix(to, "/privacy/club/certificate/") {
		t.Fatalf("led to %q with %d", to, a.Status)
	}
	stranger.Get(a.Header.Get("Location")).Shows(t, http.StatusOK, "Certificate of erasure", "The person's key was destroyed")
	for _, wrong := range []string{"x", strings.Repeat("0", 31)} {
		if r := stranger.Get("/privacy/club/erased/" + wrong); r.Status != http.StatusNotFound {
			t.Errorf("%s: %d", wrong, r.Status)
		}
	}
}

func TestErasedAtOnceWithACertificate(t *testing.T) {
	t.Parallel()
	h, v := member(t, "undo: 7d, ", "")
	v.Get("/privacy/club/leave").Shows(t, http.StatusOK, "It happens at once and cannot be undone")
	a := v.Post("/privacy/club/leave", form("what", "erase", "sure", "yes"))
	at := a.Header.Get("Location")
	if !strings.HasPrefix(at, "/privacy/club/certificate/") {
		t.Fatalf("led to %q: %s", at, a.Words())
	}
	if len(v.Cookies) > 0 {
		t.Errorf("the browser keeps %v", v.Cookies)
	}
	must(t, h.Seal(t.Context()))
	stranger := h.Visitor()
	stranger.Get(at).Shows(t, http.StatusOK, "Certificate of erasure", "Haven Walking Club Ltd erased everything", "The person's key was destroyed")
	if p := stranger.Get(path.Dir(at) + "/proof"); !strings.HasPrefix(p.Body, "c2sp.org/tlog-proof@v1") {
		t.Errorf("the proof is %q", p.Body)
	}
	if r := stranger.Get("/privacy/club/certificate/0"); r.Status != http.StatusNotFound {
		t.Errorf("another entry shows as a certificate: %d", r.Status)
	}
	if _, err := h.Gate().Holdings(t.Context(), "club", "li"); avow.CodeOf(err) != avow.Unknown {
		t.Errorf("still known: %v", err)
	}
}

func TestAHoldIsSaid(t *testing.T) {
	t.Parallel()
	h, v := member(t)
	_, _, err := h.Gate().ProposeHold(t.Context(), "club", gate.Officer{Person: "ann"}, "li", &gate.Holding{Rule: "suit", Case: "m", Statute: "s", Until: h.Now().AddDate(0, 1, 0)})
	must(t, err)
	v.Get("/privacy/club/leave").Shows(t, http.StatusOK, "A legal hold forbids erasing until 22 December 2026", "E-mail address Stays")
	v.Post("/privacy/club/leave", form("what", "erase", "sure", "yes")).Shows(t, http.StatusForbidden, "This was refused", "A legal hold covers your data: it is stored, and nothing else is done with it", "Ask a person to look at it")
}

func TestPublishAndTakeDown(t *testing.T) {
	t.Parallel()
	h, v := member(t)
	v.Get("/privacy/club/publish").Shows(t, http.StatusOK, "Name Not published", "anyone on the Internet")
	ask := v.Post("/privacy/club/publish/ask", form("datum", "name", "to", "everybody"))
	ask.Shows(t, http.StatusOK, "Publish your name?", "Li Wei", "your name will be visible to anyone on the Internet", "can be read, copied and printed by anyone")
	_, rest, _ := strings.Cut(ask.Body, `name="token" value="`)
	token, _, _ := strings.Cut(rest, `"`)
	if r := v.Post("/privacy/club/publish", form("datum", "name", "to", "everybody", "token", "made-up")); r.Status != http.StatusForbidden || !strings.Contains(r.Words(), "The notice was not shown to you") {
		t.Errorf("published without the notice: %d %s", r.Status, r.Words())
	}
	v.Post("/privacy/club/publish", form("datum", "name", "to", "everybody", "token", token)).Leads(t, "/privacy/club/publish", "published")
	list := v.Get("/privacy/club/publish")
	list.Shows(t, http.StatusOK, "Visible to anyone on the Internet")
	_, rest, _ = strings.Cut(list.Body, `href="/privacy/club/public/`)
	at, _, _ := strings.Cut(rest, `"`)
	stranger := h.Visitor()
	page := stranger.Get("/privacy/club/public/" + at)
	page.Shows(t, http.StatusOK, "Li Wei")
	if page.Header.Get("Cache-Control") != "no-store" || page.Header.Get("X-Robots-Tag") != "noindex" || strings.Contains(page.Body, "li@haven") {
		t.Errorf("the public page: %v", page.Header)
	}
	if r := v.Post("/privacy/club/publish/ask", form("datum", "email", "to", "everybody")); r.Status != http.StatusBadRequest {
		t.Errorf("what the policy does not list can be published: %d", r.Status)
	}
	v.Post("/privacy/club/publish/down", form("datum", "name", "to", "everybody")).Leads(t, "/privacy/club/publish", "taken-down")
	if r := stranger.Get("/privacy/club/public/" + at); r.Status != http.StatusNotFound || strings.Contains(r.Body, "Li Wei") {
		t.Errorf("after the take-down: %d", r.Status)
	}
}

func TestThePolicyKnowsItsReader(t *testing.T) {
	t.Parallel()
	h, v := member(t)
	v.Post("/privacy/club/choices", form("choice", "offers", "answer", "yes"))
	v.Get("/privacy/club/policy").Shows(t, http.StatusOK, "Your precise location would go on 3 March 2027", "Your e-mail address and name: the clock has not started", "You gave your e-mail address and name",
		"Happened to you 1 time, last on 22 November 2026", "On since 22 November 2026", "Not done: Show my name on the wall is off for you", "You accepted version 2.0 on 22 November 2026")
	nobody := h.Visitor().Get("/privacy/club/policy")
	nobody.Shows(t, http.StatusOK, "Sign in to see what each sentence means for you")
	if strings.Contains(nobody.Words(), "would go on") {
		t.Error("a sentence means something for nobody")
	}
	v.Reads("zh")
	v.Get("/privacy/club/policy").Shows(t, http.StatusOK, "2027年3月3日", "删除")
}

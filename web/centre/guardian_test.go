package centre_test

import (
	"archive/zip"
	"bytes"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/engine/enginetest"
	"avow.dev/internal/mailbox"
)

// home is the club with a mail server, so that parents get what is written to them.
type home struct {
	*house
	*enginetest.Postbox
}

func openHome(t *testing.T) *home {
	t.Helper()
	box := enginetest.OpenPostbox(t, mailbox.Options{})
	p := enginetest.Compile(t, enginetest.Read(t, "../../internal/storybook/club.yaml"))
	return &home{&house{enginetest.Open(t, p, box.Post()), t}, box}
}

// child joins and says at the centre that they are young.
func (h *home) child(ref avow.SubjectRef, mail string) *enginetest.Visitor {
	h.t.Helper()
	_, err := h.Gate().Collect(h.t.Context(), &gate.Collecting{
		Request: avow.Request{Policy: "club", Subject: ref, Purpose: "manage-account", Point: "sign-up", Feature: "account", Source: "person"},
		Items:   []gate.Item{{Datum: "email", Value: gate.NewValue([]byte(mail))}, {Datum: "name", Value: gate.NewValue([]byte("Placeholder of " + string(ref)))}},
		Agree:   &gate.Agreement{Policy: h.Program.Hash(), Accept: true, Gesture: "accept-button", Language: "en"}})
	must(h.t, err)
	v := h.signedIn(ref)
	v.Post("/privacy/club/children/young", form("sure", "yes")).Leads(h.t, "/privacy/club/children", "young")
	return v
}

// parent comes in by the nth code that goes to an address.
func (h *home) parent(mail string, letters int) *enginetest.Visitor {
	h.t.Helper()
	h.Letters(mail, letters-1) // what was sent before is there: letters of one instant come in any order
	v := h.Visitor()
	v.Post("/privacy/club/guardian", form("address", mail)).Leads(h.t, "/privacy/club/guardian/code")
	v.Post("/privacy/club/guardian/code", form("code", h.Code(mail, letters))).LeadsUnder(h.t, "/privacy/club/guardian")
	return v
}

// wards are the addresses of the pages of a parent's young people.
func wards(v *enginetest.Visitor) []string {
	var out []string
	for _, part := range strings.Split(v.Get("/privacy/club/guardian").Body, `href="/privacy/club/guardian/of/`)[1:] {
		id, _, _ := strings.Cut(part, `"`)
		out = append(out, "/privacy/club/guardian/of/"+id)
	}
	return out
}

// TestAParentsPages goes the whole way of a parent: named, let in by a code, seeing kinds
// and no values, agreeing, taking a copy, having everything deleted, and undoing it.
func TestAParentsPages(t *testing.T) {
	t.Parallel()
	h := openHome(t)
	li := h.child("li", "li@haven.example")
	li.Get("/privacy/club/children").Shows(t, http.StatusOK, "Nothing more is taken in about you", "Name a parent or guardian", "Young person")
	li.Post("/privacy/club/children/guardian", form("address", "li+mum@haven.example")).Shows(t, http.StatusUnprocessableEntity, "it is your own")
	li.Post("/privacy/club/children/guardian", form("address", "Mum@home.example")).Leads(t, "/privacy/club/children", "guardian-asked")
	li.Get("/privacy/club/children").Shows(t, http.StatusOK, "We asked the person whom you named", "mu•••ple", "Do not ask them any more")

	asked := h.Letters("mum@home.example", 1)[0]
	if !strings.Contains(asked.Body, h.URL()+"/privacy/club/guardian\n") || strings.Contains(asked.Body, "Placeholder") || strings.Contains(asked.Body, "li@") {
		t.Errorf("the letter: %s", asked.Body)
	}
	mum := h.parent("mum@home.example", 2)
	all := wards(mum)
	if len(all) != 1 {
		t.Fatalf("they decide for %v", all)
	}
	page := mum.Get(all[0]).Shows(t, http.StatusOK, "Do you agree, as their parent or guardian?", "E-mail address", "Name", "Letters about new walks", "We ask for no document", "I am not their parent")
	for _, secret := range []string{"li@haven.example", "Placeholder of li", "l•••@"} {
		if strings.Contains(page.Body, secret) {
			t.Errorf("a parent reads %q before any answer", secret)
		}
	}
	if strings.Contains(page.Body, "Take a copy") || mum.Post(all[0]+"/copy", form("format", "json")).Status != http.StatusForbidden {
		t.Error("a copy before an answer as a parent")
	}
	mum.Post(all[0], form("answer", "yes")).Leads(t, all[0], "guardian-yes")
	mum.Get(all[0]).Shows(t, http.StatusOK, "Saved: you agree", "You agreed as their parent or guardian", "Take a copy")
	if got := h.Letters("mum@home.example", 3)[2]; !strings.Contains(got.Subject, "You agreed as a parent or guardian") {
		t.Errorf("the confirmation: %s", got.Subject)
	}
	if got := h.Letters("li@haven.example", 1)[0]; !strings.Contains(got.Subject, "Your parent or guardian agreed") {
		t.Errorf("the young person is told: %s", got.Subject)
	}
	li.Get("/privacy/club/children").Shows(t, http.StatusOK, "A parent or guardian agreed Yes")
	li.Get("/privacy/club/looked").Shows(t, http.StatusOK, "Your parent or guardian agreed", "Your parent or guardian looked at what is held")

	z := mum.Post(all[0]+"/copy", form("format", "json"))
	if z.Status != http.StatusOK || z.Header.Get("Content-Type") != "application/zip" || z.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("the copy: %d %v", z.Status, z.Header)
	}
	if got := unzipped(t, z.Body); !strings.Contains(got, "Placeholder of li") {
		t.Errorf("the copy holds %s", got)
	}

	mum.Post(all[0]+"/erase", nil).Shows(t, http.StatusUnprocessableEntity, "I am their parent or guardian")
	mum.Post(all[0]+"/erase", form("sure", "yes")).Leads(t, all[0], "guardian-erase")
	mum.Get(all[0]).Shows(t, http.StatusOK, "Everything is deleted on 29 November 2026", "Undo it")
	li.Get("/privacy/club/children").Shows(t, http.StatusOK, "On 29 November 2026 everything about you is deleted", "A parent or guardian asked for it")
	if a := li.Get("/privacy/club/leave"); strings.Contains(a.Body, `action="/privacy/club/leave/undo"`) {
		t.Error("the young person is offered to undo it")
	}
	if a := li.Post("/privacy/club/leave/undo", nil); a.Status != http.StatusForbidden {
		t.Errorf("the young person undoes it: %d", a.Status)
	}
	if got := h.Letters("li@haven.example", 2)[1]; !strings.Contains(got.Subject, "has everything deleted") {
		t.Errorf("the young person is told: %s", got.Subject)
	}
	mum.Post(all[0]+"/undo", nil).Leads(t, all[0], "guardian-kept")
	mum.Post(all[0], form("answer", "stop")).Leads(t, all[0], "guardian-stop")
	mum.Post(all[0], form("answer", "no")).Leads(t, all[0], "guardian-no")
	mum.Get(all[0]).Shows(t, http.StatusOK, "You did not agree, or took it back", "29 November 2026")
	mum.Post("/privacy/club/guardian/leave", nil).Leads(t, "/privacy/club/guardian", "signed-out")
	mum.Get(all[0]).Leads(t, "/privacy/club/guardian")
	for _, canary := range []string{"mum@home", "li@haven", "Placeholder of li"} {
		if strings.Contains(h.Log.String(), canary) {
			t.Errorf("the log holds %q", canary)
		}
	}
}

// TestNobodyElseIsAParent: what somebody without the code, with another's page, with an
// old session or from another site can do is nothing, and all strangers read the same.
func TestNobodyElseIsAParent(t *testing.T) {
	t.Parallel()
	h := openHome(t)
	h.child("li", "li@haven.example").Post("/privacy/club/children/guardian", form("address", "mum@home.example"))
	h.child("mo", "mo@haven.example").Post("/privacy/club/children/guardian", form("address", "dad@other.example"))
	mum, dad := h.parent("mum@home.example", 2), h.parent("dad@other.example", 2)
	his := wards(dad)[0]
	acts := map[string]url.Values{"": form("answer", "yes"), "/erase": form("sure", "yes"), "/undo": nil, "/copy": form("format", "json")}
	for path, f := range acts {
		if a := mum.Post(his+path, f); a.Status != http.StatusNotFound {
			t.Errorf("a parent of another child: %s answers %d", path, a.Status)
		}
		h.Visitor().Post(his+path, f).Leads(t, "/privacy/club/guardian") // the page's address alone
		if a := dad.From("cross-site").Post(his+path, f); a.Status != http.StatusForbidden {
			t.Errorf("another site sends %s: %d", path, a.Status)
		}
	}
	mum.Get(his).Shows(t, http.StatusNotFound)
	kid := h.signedIn("li")
	kid.Get(wards(mum)[0]).Leads(t, "/privacy/club/guardian")

	// The page is the same for an address that nobody named.
	known, unknown := h.Visitor(), h.Visitor()
	a, b := known.Post("/privacy/club/guardian", form("address", "mum@home.example")), unknown.Post("/privacy/club/guardian", form("address", "stranger@home.example"))
	if a.Status != b.Status || a.Body != b.Body || len(a.Header) != len(b.Header) {
		t.Errorf("the answers differ: %v and %v", a.Header, b.Header)
	}
	if x, y := known.Get("/privacy/club/guardian/code"), unknown.Get("/privacy/club/guardian/code"); x.Body != y.Body {
		t.Error("the pages differ")
	}
	x, y := known.Post("/privacy/club/guardian/code", form("code", "no-code")), unknown.Post("/privacy/club/guardian/code", form("code", "no-code"))
	if x.Status != http.StatusUnprocessableEntity || x.Body != y.Body {
		t.Errorf("wrong codes are answered differently: %d and %d", x.Status, y.Status)
	}
	code := h.Code("mum@home.example", 3)
	if a := unknown.Post("/privacy/club/guardian/code", form("code", code)); a.Status != http.StatusUnprocessableEntity {
		t.Errorf("the code works in another browser: %d", a.Status)
	}
	known.Post("/privacy/club/guardian/code", form("code", code)).LeadsUnder(t, "/privacy/club/guardian/of/")
	if a := known.Post("/privacy/club/guardian/code", form("code", code)); a.Status == http.StatusSeeOther && strings.Contains(a.Header.Get("Location"), "/of/") {
		t.Error("the code works twice")
	}
	if len(h.To("stranger@home.example")) != 0 {
		t.Error("a stranger gets a letter")
	}
	h.Pass(gate.GuardianSessionLife)
	dad.Post(his+"/erase", form("sure", "yes")).Leads(t, "/privacy/club/guardian")
	if d, waits, err := h.Gate().Departure(t.Context(), "club", "mo"); err != nil || waits {
		t.Errorf("erased by an old session: %v %v", d, err)
	}
	old := h.signedIn("mo")
	h.Pass(16 * time.Minute)
	if a := old.Post("/privacy/club/children/guardian", form("address", "thief@home.example")); !strings.Contains(a.Header.Get("Location"), "again=yes") {
		t.Errorf("an old sign-in names a guardian: %d", a.Status)
	}
}

// TestWhereNoGuardianIsAsked: the pages say what holds, and offer nothing that is not
// there. Where minors are erased, saying so erases.
func TestWhereNoGuardianIsAsked(t *testing.T) {
	t.Parallel()
	h := openHouse(t, "rule: guardian-consent, age: 14", "rule: erase-when-found, age: 14")
	h.join("li", "li@haven.example", "Li")
	h.Visitor().Get("/privacy/club/guardian").Shows(t, http.StatusNotFound)
	a := h.Visitor().Get("/privacy/club/children").Shows(t, http.StatusOK, "Write to us by the contacts of the policy")
	if strings.Contains(a.Body, "/privacy/club/guardian") {
		t.Error("a page is offered that is not there")
	}
	_, err := h.Gate().Collect(t.Context(), &gate.Collecting{
		Request: avow.Request{Policy: "club", Subject: "mo", Purpose: "manage-account", Point: "sign-up", Feature: "account", Source: "person"},
		Items:   []gate.Item{{Datum: "name", Value: gate.NewValue([]byte("Mo"))}},
		Agree:   &gate.Agreement{Policy: h.Program.Hash(), Accept: true, Gesture: "accept-button", Language: "en"}})
	must(t, err)
	mo := h.signedIn("mo")
	mo.Get("/privacy/club/children").Shows(t, http.StatusOK, "Are you younger than 14?", "at once and for good")
	mo.Post("/privacy/club/children/young", nil).Shows(t, http.StatusUnprocessableEntity, "Say first that you are sure")
	mo.Post("/privacy/club/children/young", form("sure", "yes")).LeadsUnder(t, "/privacy/club/certificate/")
	if st, err := h.Gate().Standing(t.Context(), "club", "mo"); err != nil || st.Account != avow.NoRelation || st.Age != avow.KnownMinor {
		t.Errorf("afterwards: %+v %v", st, err)
	}
}

func unzipped(t *testing.T, body string) string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader([]byte(body)), int64(len(body)))
	must(t, err)
	i := slices.IndexFunc(z.File, func(f *zip.File) bool { return strings.HasPrefix(f.Name, "data.") })
	r, err := z.File[i].Open()
	must(t, err)
	raw, err := io.ReadAll(r)
	must(t, err)
	must(t, r.Close())
	return string(raw)
}

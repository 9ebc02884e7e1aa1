package centre_test

import (
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/engine/enginetest"
)

// next takes another text of the club's policy through the desk and announces it.
func (h *house) next(from time.Time, changes ...string) string {
	h.t.Helper()
	src, err := os.ReadFile("../../internal/storybook/club.yaml")
	must(h.t, err)
	text := strings.NewReplacer(changes...).Replace(string(src))
	officer := func(name string) gate.Officer { return gate.Officer{Person: name, Via: "test"} }
	ctx := h.t.Context()
	m, _, err := h.Gate().ProposeChange(ctx, "club", officer("ann"), []byte(text), "law")
	must(h.t, err)
	m, _, err = h.Gate().CheckChange(ctx, "club", m.ID, officer("ann"))
	must(h.t, err)
	for _, by := range []string{"bo", "cleo"} {
		m, _, err = h.Gate().ApproveChange(ctx, "club", m.ID, officer(by), m.Proposal.What)
		must(h.t, err)
	}
	m, _, err = h.Gate().AnnounceChange(ctx, "club", m.ID, officer("ann"), from, "https://haven.example")
	must(h.t, err)
	return strings.TrimPrefix(string(m.Body.Hash), "sha256:")
}

// wider lets the desk read names for walks, and keeps places for a shorter time.
var wider = []string{`version: "2.0"`, `version: "3.0"`, "keep: 101d", "keep: 50d",
	"use:\n", "use:\n  - {id: greet, data: [name], for: [show-walks], by: [desk], basis: contract}\n"}

// TestVersions: a change is there for everybody sentence by sentence, says to each what
// it means for them, and is agreed to or not from there.
func TestVersions(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	for _, ref := range []avow.SubjectRef{"li", "mo"} {
		h.join(ref, string(ref)+"@haven.example", "Name")
	}
	nobody := h.Visitor()
	nobody.Get("/privacy/club/versions").Shows(t, http.StatusOK, "Version 2.0", "In force", "There has been one version so far")
	hash := h.next(enginetest.Began.AddDate(0, 0, 10), wider...)
	at := "/privacy/club/versions/" + hash

	// Announced: read by everybody, and answered by nobody yet.
	nobody.Get("/privacy/club/versions").Shows(t, http.StatusOK, "Version 3.0", "Announced", "What changed against version 2.0", "The law changed", "More is allowed in some way")
	page := nobody.Get(at)
	page.Shows(t, http.StatusOK, "What changes with version 3.0", "More is allowed", "Less is allowed, or more promised", "Sign in to see what this means for you")
	for _, mark := range []string{"<del>101 ", "<ins>50 ", "new</span>"} {
		if !strings.Contains(page.Body, mark) {
			t.Errorf("the page lacks %s", mark)
		}
	}
	if strings.Contains(page.Words(), "Holds for you") || strings.Contains(page.Body, `name="answer"`) {
		t.Error("a stranger is told what it means for them, or asked")
	}
	if n, err := h.Gate().ChangeSeen(t.Context(), "club", avow.Hash("sha256:"+hash)); err != nil || n != 0 {
		t.Errorf("%d were shown the change, %v", n, err)
	}
	li, mo := h.signedIn("li"), h.signedIn("mo")
	li.Get("/privacy/club").Shows(t, http.StatusOK, "Version 3.0 of the policy holds from 2 December 2026", "See what changes for me")
	li.Get(at).Shows(t, http.StatusOK, "Nothing to answer yet", "Holds for you only if you agree, at the earliest from 2 December 2026", "About your name",
		"What you gave before 2 December 2026 stays under the earlier rules", "In your favour from 2 December 2026", "About your precise location")
	if n, err := h.Gate().ChangeSeen(t.Context(), "club", avow.Hash("sha256:"+hash)); err != nil || n != 1 {
		t.Errorf("%d were shown the change, %v", n, err)
	}
	if r := li.Post(at, url.Values{"answer": {"yes"}}); r.Status != http.StatusConflict {
		t.Errorf("agreed to what is not in force: %d", r.Status)
	}

	// In force: asked, with two answers, and an empty one is none.
	h.Pass(11 * 24 * time.Hour)
	_, err := h.Sweep(t.Context())
	must(t, err)
	li, mo = h.signedIn("li"), h.signedIn("mo")
	mo.Get("/privacy/club").Shows(t, http.StatusOK, "Version 3.0 of the policy waits for your answer")
	mo.Get(at).Shows(t, http.StatusOK, "Do you agree?", "Stay with my version", "Yes, I agree")
	if r := mo.Post(at, nil); r.Status != http.StatusBadRequest {
		t.Errorf("no answer is taken for one: %d", r.Status)
	}
	mo.Post(at, url.Values{"answer": {"stay"}}).Leads(t, at, "version-kept")
	mo.Get(at).Shows(t, http.StatusOK, "You stay with the version that you accepted")
	if strings.Contains(mo.Get("/privacy/club").Words(), "waits for your answer") {
		t.Error("who stays is asked again")
	}
	li.Post(at, url.Values{"answer": {"yes"}}).Leads(t, at, "version-agreed")
	li.Get(at).Shows(t, http.StatusOK, "You accepted this version on 3 December 2026")
	greet := func(ref avow.SubjectRef) error {
		_, err := h.Gate().Use(t.Context(), &avow.Request{Policy: "club", Subject: ref, Data: []avow.Datum{"name"}, Purpose: "show-walks", Role: "desk"})
		return err
	}
	if greet("mo") == nil {
		t.Error("what is wider holds for who stayed")
	}
	if greet("li") == nil {
		t.Error("what li gave before is used by the later rules")
	}
	// A past version is compared with any other, and tells nobody what it means now.
	past := strings.TrimPrefix(string(h.Program.Hash()), "sha256:")
	li.Get(at+"?from="+past).Shows(t, http.StatusOK, "What changes with version 3.0")
	if r := li.Get("/privacy/club/versions/" + past); r.Status != http.StatusNotFound {
		t.Errorf("the first version is compared with nothing: %d", r.Status)
	}
	for _, wrong := range []string{"/privacy/club/versions/" + strings.Repeat("0", 64), at + "?from=" + strings.Repeat("0", 64), "/privacy/club/versions/latest"} {
		if r := li.Get(wrong); r.Status != http.StatusNotFound {
			t.Errorf("%s: %d", wrong, r.Status)
		}
	}
	li.Get("/privacy/club/versions?to="+hash+"&from="+past).Leads(t, at+"?from="+past)
	zh := h.Visitor()
	zh.Reads("zh")
	zh.Get(at).Shows(t, http.StatusOK, "版本 3.0 的变更", "允许得更多")
}

// TestRefusingAVersion: where silence does not keep the earlier rules, no is no to all.
func TestRefusingAVersion(t *testing.T) {
	t.Parallel()
	loud := []string{"rule: silence-keeps-narrower, widening: fresh-consent", "rule: reasons, reasons: [law]"}
	h := openHouse(t, loud...)
	h.join("li", "li@haven.example", "Li")
	hash := h.next(enginetest.Began.Add(time.Hour), append(loud, wider...)...)
	h.Pass(2 * time.Hour)
	_, err := h.Sweep(t.Context())
	must(t, err)
	at := "/privacy/club/versions/" + hash
	li := h.signedIn("li")
	li.Get(at).Shows(t, http.StatusOK, "Do you agree?", "No, I do not agree", "You are asked to agree; without your yes nothing of yours is used")
	if r := li.Post(at, url.Values{"answer": {"stay"}}); r.Status != http.StatusConflict {
		t.Errorf("stayed with a version that does not hold: %d", r.Status)
	}
	li.Post(at, url.Values{"answer": {"no"}}).Leads(t, at, "version-refused")
	if _, err := h.Gate().Use(t.Context(), &avow.Request{Policy: "club", Subject: "li", Data: []avow.Datum{"name"}, Purpose: "manage-account", Role: "desk"}); err == nil {
		t.Error("used after a no")
	}
	li.Get("/privacy/club/data").Shows(t, http.StatusOK, "My data")
}

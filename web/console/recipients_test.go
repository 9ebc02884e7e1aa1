package console_test

import (
	"crypto/sha256"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/officer"
	"avow.dev/policy/syntax"
)

// TestAWebhookIsPutForward: the key that signs is shown once, to whoever puts the
// webhook forward, and the recipient's page shows the address alone.
func TestAWebhookIsPutForward(t *testing.T) {
	t.Parallel()
	h := open(t, "generic")
	ann, bo := h.officer("ann"), h.officer("bo")
	at := ""
	for i := range h.Program.File().Parties {
		if e := &h.Program.File().Parties[i]; len(e.Requires) > 0 && e.Kind.Text != "successor" {
			at = h.at("/recipients/" + e.ID.Text)
			break
		}
	}
	paper := form("kind", "assessment", "by", "Notary Ltd", "document", hexOf("paper"), "date", h.day(-10), "expires", h.day(200), "hook", "https://partner.example/hook")
	once := ann.Post(at, paper).Shows(t, http.StatusOK, "https://partner.example/hook", "It is not shown again")
	if !strings.Contains(once.Body, "whsec_") || once.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("the key is not shown, or kept by browsers: %v", once.Header)
	}
	for _, who := range []*visitor{ann, bo} {
		if page := who.Get(at).Shows(t, http.StatusOK, "https://partner.example/hook", "Nothing was sent"); strings.Contains(page.Body, "whsec_") {
			t.Error("the key is shown again")
		}
	}
	paper.Set("hook", "http://partner.example/hook")
	if bad := ann.Post(at, paper); bad.Status < 400 || strings.Contains(bad.Body, "whsec_") {
		t.Errorf("without TLS: %d", bad.Status)
	}
}

// TestAPolicyOfARecipientChanges: what a look at a recipient's policy finds stands in
// Today and on the recipient's page, with what a new paper can bind to.
func TestAPolicyOfARecipientChanges(t *testing.T) {
	t.Parallel()
	h := open(t, "airtalk")
	ann := h.officer("ann")
	id, link := "", ""
	for i := range h.Program.File().Parties {
		if e := &h.Program.File().Parties[i]; slices.ContainsFunc(e.Requires, func(w syntax.Word) bool { return w.Text == "policy-link" }) {
			id, link = e.ID.Text, e.PolicyURL.Text
		}
	}
	m, _, err := h.Gate().ProposeQualification(t.Context(), "airtalk", gate.Officer{Person: "bo"}, &gate.Qualifying{Recipient: avow.Recipient(id), Kind: "policy-link", Link: link, Document: hexOf("We keep nothing."),
		By: "Bo", Date: h.Now().Add(-time.Hour), Expires: h.Now().AddDate(0, 6, 0)})
	must(t, err)
	_, _, err = h.Gate().ApproveQualification(t.Context(), "airtalk", m.ID, gate.Officer{Person: "cleo"}, m.Proposal.What)
	must(t, err)
	at := h.at("/recipients/" + id)
	if page := ann.Get(h.at("")).Shows(t, http.StatusOK, "Nothing waits"); strings.Contains(page.Body, at) {
		t.Error("a text that stays asks for somebody")
	}
	seen := sha256.Sum256([]byte("We keep it all."))
	_, err = h.Gate().SawPolicyLink(t.Context(), &gate.PolicyLink{Policy: "airtalk", Paper: m.ID, Link: link}, gate.LinkFound{Read: true, Document: seen, Words: seen})
	must(t, err)
	if page := ann.Get(h.at("")).Shows(t, http.StatusOK, "Policy of a recipient", "has another text"); !strings.Contains(page.Body, at) {
		t.Error("Today does not lead to the recipient")
	}
	if page := ann.Get(at).Shows(t, http.StatusOK, "State Shut", "what the link leads to has another text", hexOf("We keep it all."), link); strings.Contains(page.Words(), "Data goes on to go there") {
		t.Error("a recipient that is shut is said to get data")
	}
	v := h.as("zhang", officer.PrivacyOfficer)
	v.Reads("zh")
	v.Get(at).Shows(t, http.StatusOK, "文本已变更")
	_, _, err = h.Gate().RevokeQualification(t.Context(), "airtalk", m.ID, gate.Officer{Person: "bo"})
	must(t, err)
	ann.Get(h.at("")).Shows(t, http.StatusOK, "Nothing waits")
}

package console_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"avow.dev/internal/officer"
)

// TestADemandIsHandedOutOnce: after two people's approval, for a reason, with a proof
// of now, as a file; afterwards the page says what went out and shows none of it.
func TestADemandIsHandedOutOnce(t *testing.T) {
	t.Parallel()
	h := open(t, "airtalk")
	h.holds("li", "email", "canary@mail.example")
	ann, bo, cleo, aud := h.officer("ann"), h.officer("bo"), h.officer("cleo"), h.as("aud", officer.Auditor)
	d := &h.program.File().Demands[0]
	page := ann.get(h.at("/disclosure")).shows(t, http.StatusOK)
	_, rest, _ := strings.Cut(page.body, `name="authority"`)
	at := ann.post(h.at("/demands"), form("ground", d.ID.Text, "authority", between(t, rest, `<option value="`, `"`), "instrument", d.Instruments[0].Text, "number", "2026-72",
		"statute", "Criminal Procedure Law, article 54", "issued", "2026-11-20", "expires", "2026-12-31")).leads(t, h.at("/demands/"))
	ann.upload(at+"/paper", "paper", "%PDF-1.7 made up").leads(t, at)
	ann.post(at+"/authenticate", form("how", "called back through the switchboard")).leads(t, at)
	ann.post(at+"/amend", form("finding", "The order names the account.")).leads(t, at)
	ann.post(at+"/scope", form("people", "li", "asked", everything(h), "from", "2025-01-01", "to", "2026-12-01")).leads(t, at)
	reason := form("why", "demand", "said", "Counsel hands it over today.")
	what := bo.get(at).shows(t, http.StatusOK).what(t)
	bo.post(at+"/approve", form("what", what)).leads(t, at)
	if early := bo.get(at).shows(t, http.StatusOK); strings.Contains(early.body, at+"/release") {
		t.Error("one approval offers the release")
	}
	if early := bo.post(at+"/release", reason); early.status != http.StatusForbidden || early.header.Get("Content-Disposition") != "" {
		t.Errorf("one approval hands out: %d", early.status)
	}
	cleo.post(at+"/approve", form("what", what)).leads(t, at)
	if strings.Contains(aud.get(at).shows(t, http.StatusOK, "Approved").body, at+"/release") {
		t.Error("an auditor is offered the release")
	}
	aud.post(at+"/release", reason).shows(t, http.StatusForbidden, "None of your roles may do this")
	h.now.Add(int64(6 * time.Minute))
	ann.post(at+"/release", reason).leads(t, "/console/again")
	ann.again()
	ann.get(at).shows(t, http.StatusOK, "Hand it out", "handed out once")
	ann.post(at+"/release", nil).shows(t, http.StatusForbidden)
	ann.get(at).shows(t, http.StatusOK, "Hand it out")
	file := ann.post(at+"/release", reason)
	if file.status != http.StatusOK || !strings.HasPrefix(file.header.Get("Content-Disposition"), "attachment") || file.header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%d %v: %s", file.status, file.header, tags.ReplaceAllString(file.body, " "))
	}
	var got struct {
		Package string
		Receipt struct{ Leaf string }
		People  []struct {
			Subject string
			Items   []struct{ Datum, Value string }
		}
	}
	must(t, json.Unmarshal([]byte(file.body), &got))
	if len(got.People) != 1 || got.People[0].Subject != "li" || !strings.Contains(file.body, "canary@mail.example") {
		t.Errorf("the file: %s", file.body)
	}
	ann.post(at+"/release", reason).shows(t, http.StatusConflict)
	after := aud.get(at).shows(t, http.StatusOK, "Released", "What was handed out", "Handed out by ann", "People of whom something was given 1", got.Package, got.Receipt.Leaf)
	for _, p := range got.People[0].Items {
		if p.Value == "canary@mail.example" && !strings.Contains(after.body, "E-mail") && !strings.Contains(after.body, p.Datum) {
			t.Errorf("the page does not say that %s went out", p.Datum)
		}
	}
	if strings.Contains(after.body, "canary@mail.example") || strings.Contains(after.body, ">li<") {
		t.Error("the page shows what was handed out, or of whom")
	}
	aud.get(h.at("/openings")).shows(t, http.StatusOK, "What a demand gets", "Counsel hands it over today.")
}

// TestADemandIsTakenBack by its authority, and closed.
func TestADemandIsTakenBack(t *testing.T) {
	t.Parallel()
	h := open(t, "airstep")
	ann := h.officer("ann")
	page := ann.get(h.at("/disclosure")).shows(t, http.StatusOK)
	_, rest, _ := strings.Cut(page.body, `name="authority"`)
	at := ann.post(h.at("/demands"), form("ground", h.program.File().Demands[0].ID.Text, "authority", between(t, rest, `<option value="`, `"`))).leads(t, h.at("/demands/"))
	ann.post(at+"/withdraw", form("why", "They wrote that it is settled.")).leads(t, at)
	if strings.Contains(ann.get(at).shows(t, http.StatusOK, "Withdrawn").body, "/withdraw\"") {
		t.Error("what is closed can be closed again")
	}
	ann.post(at+"/withdraw", form("why", "Again.")).shows(t, http.StatusConflict)
}

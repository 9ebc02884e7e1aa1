package console_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"avow.dev/internal/officer"
)

// TestADemandIsHandedOut: after two people's approval, for a reason, with a proof of now,
// as a file; afterwards the page says what went out and shows none of it. Where the file
// broke off, the very same goes out again, until the authority takes its demand back.
func TestADemandIsHandedOut(t *testing.T) {
	t.Parallel()
	h := open(t, "airtalk")
	h.holds("li", "email", "canary@mail.example")
	ann, bo, cleo, aud := h.officer("ann"), h.officer("bo"), h.officer("cleo"), h.as("aud", officer.Auditor)
	at := h.ordered(ann, "number", "2026-72")
	ann.Upload(at+"/paper", "paper", "%PDF-1.7 made up").LeadsUnder(t, at)
	ann.Post(at+"/authenticate", form("how", "called back through the switchboard")).LeadsUnder(t, at)
	ann.Post(at+"/amend", form("finding", "The order names the account.")).LeadsUnder(t, at)
	ann.Post(at+"/scope", form("people", "li", "asked", everything(h), "from", "2025-01-01", "to", "2026-12-01")).LeadsUnder(t, at)
	reason := form("why", "demand", "said", "Counsel hands it over today.")
	what := bo.Get(at).Shows(t, http.StatusOK).Field(t, "what")
	bo.Post(at+"/approve", form("what", what)).LeadsUnder(t, at)
	if early := bo.Get(at).Shows(t, http.StatusOK); strings.Contains(early.Body, at+"/release") {
		t.Error("one approval offers the release")
	}
	if early := bo.Post(at+"/release", reason); early.Status != http.StatusForbidden || early.Header.Get("Content-Disposition") != "" {
		t.Errorf("one approval hands out: %d", early.Status)
	}
	cleo.Post(at+"/approve", form("what", what)).LeadsUnder(t, at)
	if strings.Contains(aud.Get(at).Shows(t, http.StatusOK, "Approved").Body, at+"/release") {
		t.Error("an auditor is offered the release")
	}
	aud.Post(at+"/release", reason).Shows(t, http.StatusForbidden, "None of your roles may do this")
	h.Pass(6 * time.Minute)
	ann.Post(at+"/release", reason).LeadsUnder(t, "/console/again")
	ann.again()
	ann.Get(at).Shows(t, http.StatusOK, "Hand it out", "never shown here")
	ann.Post(at+"/release", nil).Shows(t, http.StatusForbidden)
	ann.Get(at).Shows(t, http.StatusOK, "Hand it out")
	file := ann.Post(at+"/release", reason)
	if file.Status != http.StatusOK || !strings.HasPrefix(file.Header.Get("Content-Disposition"), "attachment") || file.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%d %v: %s", file.Status, file.Header, file.Words())
	}
	var got struct {
		Package string
		Receipt struct{ Leaf string }
		People  []struct {
			Subject string
			Items   []struct{ Datum, Value string }
		}
	}
	must(t, json.Unmarshal([]byte(file.Body), &got))
	if len(got.People) != 1 || got.People[0].Subject != "li" || !strings.Contains(file.Body, "canary@mail.example") {
		t.Errorf("the file: %s", file.Body)
	}
	ann.Post(at+"/release", reason).Shows(t, http.StatusConflict)
	after := aud.Get(at).Shows(t, http.StatusOK, "Released", "What was handed out", "Handed out by ann", "People of whom something was given 1", got.Package, got.Receipt.Leaf)
	for _, p := range got.People[0].Items {
		if p.Value == "canary@mail.example" && !strings.Contains(after.Body, "E-mail") && !strings.Contains(after.Body, p.Datum) {
			t.Errorf("the page does not say that %s went out", p.Datum)
		}
	}
	if strings.Contains(after.Body, "canary@mail.example") || strings.Contains(after.Body, ">li<") {
		t.Error("the page shows what was handed out, or of whom")
	}
	aud.Get(h.at("/openings")).Shows(t, http.StatusOK, "What a demand gets", "Counsel hands it over today.")

	if strings.Contains(after.Body, at+"/repeat") {
		t.Error("an auditor is offered to hand it out again")
	}
	ann.Get(at).Shows(t, http.StatusOK, "Hand it out again", "Times left: 3")
	again := form("why", "demand", "said", "The line broke before the end.", "what", got.Package)
	aud.Post(at+"/repeat", again).Shows(t, http.StatusForbidden, "None of your roles may do this")
	ann.Post(at+"/repeat", form("why", "demand", "said", "Another one.", "what", strings.Repeat("0c", 32))).Shows(t, http.StatusConflict)
	second := ann.Post(at+"/repeat", again)
	var same struct{ Package string }
	must(t, json.Unmarshal([]byte(second.Body), &same))
	if second.Status != http.StatusOK || same.Package != got.Package || !strings.Contains(second.Body, "canary@mail.example") {
		t.Errorf("the second time: %d %s", second.Status, second.Words())
	}
	ann.Get(at).Shows(t, http.StatusOK, "Handed out again", "Times left: 2")
	ann.Post(at+"/recall", form("why", "They wrote that it is settled.")).LeadsUnder(t, at)
	if closed := ann.Get(at).Shows(t, http.StatusOK, "Taken back by the authority"); strings.Contains(closed.Body, at+"/repeat") {
		t.Error("what was taken back is offered again")
	}
	ann.Post(at+"/repeat", again).Shows(t, http.StatusConflict)
}

// TestADemandIsTakenBack by its authority, and closed.
func TestADemandIsTakenBack(t *testing.T) {
	t.Parallel()
	h := open(t, "airstep")
	ann := h.officer("ann")
	at := h.demanded(ann)
	ann.Post(at+"/withdraw", form("why", "They wrote that it is settled.")).LeadsUnder(t, at)
	if strings.Contains(ann.Get(at).Shows(t, http.StatusOK, "Withdrawn").Body, "/withdraw\"") {
		t.Error("what is closed can be closed again")
	}
	ann.Post(at+"/withdraw", form("why", "Again.")).Shows(t, http.StatusConflict)
}

// TestAGagIsMadeLonger: after a release, while it lasts, to a later day and with a
// citation; what was given is not undone, and others see the new end.
func TestAGagIsMadeLonger(t *testing.T) {
	t.Parallel()
	h := open(t, "airtalk")
	h.holds("li", "email", "canary@mail.example")
	ann, bo, cleo, aud := h.officer("ann"), h.officer("bo"), h.officer("cleo"), h.as("aud", officer.Auditor)
	at := h.ordered(ann, "number", "2026-73", "gag", "2026-12-15")
	longer := form("gag", "2027-01-31", "statute", "Order of 5 December")
	if early := ann.Get(at).Shows(t, http.StatusOK, "15 December 2026"); strings.Contains(early.Body, at+"/gag") {
		t.Error("a gag is made longer before anything was given")
	}
	ann.Post(at+"/gag", longer).Shows(t, http.StatusConflict)
	ann.Upload(at+"/paper", "paper", "%PDF-1.7 made up").LeadsUnder(t, at)
	ann.Post(at+"/authenticate", form("how", "called back through the switchboard")).LeadsUnder(t, at)
	ann.Post(at+"/amend", form("finding", "The order names the account.")).LeadsUnder(t, at)
	ann.Post(at+"/scope", form("people", "li", "asked", everything(h), "from", "2025-01-01", "to", "2026-12-01")).LeadsUnder(t, at)
	what := bo.Get(at).Shows(t, http.StatusOK).Field(t, "what")
	for _, v := range []*visitor{bo, cleo} {
		v.Post(at+"/approve", form("what", what)).LeadsUnder(t, at)
	}
	ann.again()
	if file := ann.Post(at+"/release", form("why", "demand", "said", "Counsel hands it over today.")); file.Status != http.StatusOK {
		t.Fatalf("%d: %s", file.Status, file.Words())
	}
	if page := ann.Get(at).Shows(t, http.StatusOK, "15 December 2026"); !strings.Contains(page.Body, at+"/gag") {
		t.Fatal("nobody can make the gag longer")
	}
	if strings.Contains(aud.Get(at).Body, at+"/gag") {
		t.Error("an auditor is offered it")
	}
	aud.Post(at+"/gag", longer).Shows(t, http.StatusForbidden)
	for name, bad := range map[string][]string{"an earlier end": {"2026-12-01", "Order"}, "the same end": {"2026-12-15", "Order"}, "no citation": {"2027-01-31", ""}, "no day": {"soon", "Order"}, "no end": {"", "Order"}} {
		if a := ann.Post(at+"/gag", form("gag", bad[0], "statute", bad[1])); a.Status < 400 || a.Status >= 500 {
			t.Errorf("%s: %d", name, a.Status)
		}
	}
	ann.Get(at).Shows(t, http.StatusOK, "15 December 2026")
	ann.Post(at+"/gag", longer).LeadsUnder(t, at)
	aud.Get(at).Shows(t, http.StatusOK, "Released", "31 January 2027", "Order of 5 December")
	h.Pass(40 * 24 * time.Hour) // past the first end
	_, err := h.Sweep(t.Context())
	must(t, err)
	if n, err := h.Gate().DemandNotices(t.Context(), "airtalk", "li"); err != nil || len(n) != 0 {
		t.Errorf("somebody was told within the gag: %d, %v", len(n), err)
	}
	h.Pass(60 * 24 * time.Hour)
	_, err = h.Sweep(t.Context())
	must(t, err)
	if n, err := h.Gate().DemandNotices(t.Context(), "airtalk", "li"); err != nil || len(n) != 1 {
		t.Errorf("after the gag: %d notices, %v", len(n), err)
	}
	h.officer("dora").Post(at+"/gag", form("gag", "2028-01-31", "statute", "Too late")).Shows(t, http.StatusConflict)
}

// demanded has a demand on the policy's first ground taken in, and returns its page.
func (h *house) demanded(by *visitor, fields ...string) string {
	h.t.Helper()
	page := by.Get(h.at("/disclosure")).Shows(h.t, http.StatusOK)
	_, rest, _ := strings.Cut(page.Body, `name="authority"`)
	fields = append(fields, "ground", h.Program.File().Demands[0].ID.Text, "authority", between(h.t, rest, `<option value="`, `"`))
	return by.Post(h.at("/demands"), form(fields...)).LeadsUnder(h.t, h.at("/demands/"))
}

// ordered does so for a paper of the first kind that opens that ground.
func (h *house) ordered(by *visitor, fields ...string) string {
	h.t.Helper()
	return h.demanded(by, append(fields, "instrument", h.Program.File().Demands[0].Instruments[0].Text, "statute", "Criminal Procedure Law, article 54", "issued", "2026-11-20", "expires", "2026-12-31")...)
}

package console_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/engine/enginetest"
	"avow.dev/internal/officer"
)

// entrusted is a house from which a processor without a webhook has got something of
// somebody who is erased since, and the page of what is done for that.
func entrusted(t *testing.T) (h *house, page string) {
	t.Helper()
	head, tail, ok := strings.Cut(enginetest.Example(t, "generic"), "  - id: analytics-partner\n")
	if !ok {
		t.Fatal("the example has no processor")
	}
	h = openText(t, head+"  - id: analytics-partner\n"+strings.Replace(tail, "requires: [terms, purposes, assessment]", "", 1))
	h.join("li-the-subject")
	_, err := h.Gate().Agree(t.Context(), "generic", "li-the-subject", &gate.Agreement{Choices: []gate.ChoiceEvent{{Choice: "usage-analysis", State: avow.Given}}})
	must(t, err)
	_, err = h.Gate().Entrust(t.Context(), &avow.Request{Policy: "generic", Subject: "li-the-subject", Data: []avow.Datum{"app-usage"}, Purpose: "usage-statistics", Recipient: "analytics-partner"})
	must(t, err)
	_, err = h.Gate().Erase(t.Context(), "generic", "li-the-subject")
	must(t, err)
	all, err := h.Gate().Fulfilments(t.Context(), "generic", "", 1, false)
	must(t, err)
	return h, h.at("/fulfilments/" + all[0].ID)
}

// TestAnErasureStoreByStore: the officer sees each store, tells a recipient by hand and
// finds nothing of the person afterwards; the certificate says what stayed, with a proof.
func TestAnErasureStoreByStore(t *testing.T) {
	t.Parallel()
	h, at := entrusted(t)
	ann, dan := h.officer("ann"), h.as("dan", officer.Auditor)
	ann.Get(h.at("")).Shows(t, http.StatusOK, "Carrying out", "Somebody has to be told")
	list := ann.Get(h.at("/fulfilments")).Shows(t, http.StatusOK, "Erasure", "Everything that was held", "Under way")
	page := ann.Get(at).Shows(t, http.StatusOK, "The person's key", "Done", "Tell them by hand", "Told otherwise", "See whom it is about")
	for _, seen := range []string{list.Body, page.Body, dan.Get(at).Body} {
		if strings.Contains(seen, "li-the-subject") {
			t.Error("the page says whom it is about")
		}
	}
	if seen := dan.Get(at); strings.Contains(seen.Body, "Told otherwise") {
		t.Error("an auditor is offered to act")
	}
	ann.Post(at+"/open", nil).Shows(t, http.StatusForbidden) // without a reason
	ann.Post(at+"/open", form("why", "request", "said", "to tell them")).Shows(t, http.StatusOK, "li-the-subject", "Hand-overs, by which recipients know")
	step := between(t, page.Body, `name="step" value="`, `"`)
	ann.Post(at+"/told", form("step", step, "on", h.day(1), "channel", "mail")).Shows(t, http.StatusBadRequest)
	ann.Post(at+"/retry", form("step", step)).Shows(t, http.StatusConflict)
	dan.Post(at+"/told", form("step", step, "on", h.day(0), "channel", "mail")).Shows(t, http.StatusForbidden)
	ann.Post(at+"/told", form("step", step, "on", h.day(0), "channel", "mail", "answer", "<b>done</b>")).LeadsUnder(t, at)
	if told := ann.Get(at).Shows(t, http.StatusOK, "told them by mail", "Open the certificate"); !strings.Contains(told.Body, "&lt;b&gt;done") || strings.Contains(told.Body, "<b>done") {
		t.Error("the answer is not shown as it was written")
	}

	cert := ann.Get(at+"/certificate").Shows(t, http.StatusOK, "Certificate of erasure", "What stayed", "Had some of it, and was told", "They name nobody")
	if strings.Contains(cert.Body, "li-the-subject") {
		t.Error("the certificate names the person")
	}
	must(t, h.Seal(t.Context()))
	file := ann.Get(at + "/certificate/file")
	var is struct {
		Leaf   string `json:"leaf"`
		Proof  string `json:"tlog_proof"`
		Stores []struct{ State string }
		Left   []struct{ What string }
	}
	if file.Status != http.StatusOK || json.Unmarshal([]byte(file.Body), &is) != nil || !strings.HasPrefix(is.Proof, "c2sp.org/tlog-proof") || len(is.Stores) < 5 || len(is.Left) < 2 || strings.Contains(file.Body, "li-the-subject") {
		t.Errorf("%d: %s", file.Status, file.Body)
	}
	if proof := dan.Get(at + "/certificate/proof"); proof.Status != http.StatusOK || proof.Body != is.Proof {
		t.Errorf("%d: %s", proof.Status, proof.Body)
	}
}

// TestAStepIsTriedAgain: what the application could not do comes again when an officer
// says so, that step alone.
func TestAStepIsTriedAgain(t *testing.T) {
	t.Parallel()
	h := open(t, "airtalk")
	h.join("li")
	_, err := h.Gate().Erase(t.Context(), "airtalk", "li")
	must(t, err)
	waits, err := h.Gate().AppSteps(t.Context(), "airtalk", "", 10)
	if must(t, err); len(waits) != 1 {
		t.Fatalf("%+v", waits)
	}
	_, err = h.Gate().AnswerAppStep(t.Context(), "airtalk", waits[0].ID, gate.AppTroubled, "app")
	must(t, err)
	at := h.at("/fulfilments/" + waits[0].ID)
	ann := h.officer("ann")
	ann.Get(h.at("")).Shows(t, http.StatusOK, "A step failed")
	page := ann.Get(at).Shows(t, http.StatusOK, "The app could not do it", "Try again: The app")
	step := between(t, page.Body, `name="step" value="`, `"`)
	ann.Post(at+"/retry", form("step", "99")).Shows(t, http.StatusNotFound)
	ann.Post(at+"/retry", form("step", step)).LeadsUnder(t, at)
	if again, err := h.Gate().AppSteps(t.Context(), "airtalk", "", 10); err != nil || len(again) != 1 || again[0].Subject != "li" {
		t.Errorf("%+v, %v", again, err)
	}
}

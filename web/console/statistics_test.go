package console_test

import (
	"net/http"
	"strings"
	"testing"

	"avow.dev/internal/engine/enginetest"
	"avow.dev/internal/officer"
)

// TestATableIsPutForwardApprovedAndReleased: by the form, approved by two others, and
// counted against the privacy budget, once.
func TestATableIsPutForwardApprovedAndReleased(t *testing.T) {
	t.Parallel()
	const rule = "    data: [quality-event, sales-count]\n    for: [improve, improve-marketing, monitor-quality]\n    threshold: 20\n"
	h := openText(t, enginetest.Changed(t, enginetest.Example(t, "airtalk"), rule, rule+"    approvals: 2\n    epsilon: \"0.5\"\n"))
	ann, bo, cleo, aud := h.as("ann", officer.Lawyer), h.officer("bo"), h.officer("cleo"), h.as("aud", officer.Auditor)
	ann.Get(h.at("/statistics")).Shows(t, http.StatusOK, "gather-usage", "release-summaries", "Privacy budget", "Spent")
	at := h.at("/statistics/gather-usage")
	ann.Get(at).Shows(t, http.StatusOK, "Put a table forward", "Nobody outside")
	if strings.Contains(aud.Get(at).Shows(t, http.StatusOK, "gather-usage").Body, "<textarea") {
		t.Error("an auditor is offered the form")
	}
	ann.Get(h.at("/statistics/no-such-rule")).Shows(t, http.StatusNotFound)
	table := form("data", "quality-event", "purpose", "improve", "epsilon", "0.2", "how-1", "bands", "values-1", "0\r\n10\r\n100", "totals", "yes")
	for name, spoilt := range map[string][2]string{"budget": {"epsilon", "3"}, "edges": {"values-1", "ten"}, "descending": {"values-1", "10\n0"}, "field of nothing": {"most", "one"}} {
		f := form()
		for k := range table {
			f.Set(k, table.Get(k))
		}
		f.Set(spoilt[0], spoilt[1])
		if a := ann.Post(at, f); a.Status != http.StatusBadRequest {
			t.Errorf("%s: %d", name, a.Status)
		}
	}
	matter := ann.Post(at, table).LeadsUnder(t, h.at("/releases/"))
	page := bo.Get(matter).Shows(t, http.StatusOK, "Put forward by ann", "Bands of numbers: 0, 10, 100", "0.2", "Approvals wanted 2", "Nobody outside")
	what := page.Field(t, "what")
	bo.Post(matter+"/release", nil).Shows(t, http.StatusForbidden, "A second person has not approved")
	bo.Post(matter+"/approve", form("what", what)).LeadsUnder(t, matter)
	bo.Post(matter+"/approve", form("what", what)).Shows(t, http.StatusConflict)
	cleo.Post(matter+"/approve", form("what", what)).LeadsUnder(t, matter)
	cleo.Post(matter+"/release", nil).LeadsUnder(t, matter)
	cleo.Get(matter).Shows(t, http.StatusOK, "Released", "Figures", "withheld", "Fingerprint of the figures", "Nobody outside 0.5 0.2 0.3 0.2")
	if again := ann.Post(at, table).LeadsUnder(t, h.at("/releases/")); again != matter {
		t.Error("a question that was answered is asked anew")
	}
	table.Set("epsilon", "0.3")
	table.Set("values-1", "0\n5")
	other := ann.Post(at, table).LeadsUnder(t, h.at("/releases/"))
	ann.Post(other+"/withdraw", nil).LeadsUnder(t, other)
	ann.Get(other).Shows(t, http.StatusOK, "Withdrawn")
	ann.Post(other+"/withdraw", nil).Shows(t, http.StatusConflict)
}

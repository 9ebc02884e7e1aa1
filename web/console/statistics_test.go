package console_test

import (
	"net/http"
	"strings"
	"testing"

	"avow.dev/internal/officer"
)

// TestATableIsPutForwardApprovedAndReleased: by the form, approved by two others, and
// counted against the privacy budget, once.
func TestATableIsPutForwardApprovedAndReleased(t *testing.T) {
	t.Parallel()
	const rule = "    data: [quality-event, sales-count]\n    for: [improve, improve-marketing, monitor-quality]\n    threshold: 20\n"
	h := openText(t, with(t, "airtalk", rule, rule+"    approvals: 2\n    epsilon: \"0.5\"\n"))
	ann, bo, cleo, aud := h.as("ann", officer.Lawyer), h.officer("bo"), h.officer("cleo"), h.as("aud", officer.Auditor)
	ann.get(h.at("/statistics")).shows(t, http.StatusOK, "gather-usage", "release-summaries", "Privacy budget", "Spent")
	at := h.at("/statistics/gather-usage")
	ann.get(at).shows(t, http.StatusOK, "Put a table forward", "Nobody outside")
	if strings.Contains(aud.get(at).shows(t, http.StatusOK, "gather-usage").body, "<textarea") {
		t.Error("an auditor is offered the form")
	}
	ann.get(h.at("/statistics/no-such-rule")).shows(t, http.StatusNotFound)
	table := form("data", "quality-event", "purpose", "improve", "epsilon", "0.2", "how-1", "bands", "values-1", "0\r\n10\r\n100", "totals", "yes")
	for name, spoilt := range map[string][2]string{"budget": {"epsilon", "3"}, "edges": {"values-1", "ten"}, "descending": {"values-1", "10\n0"}, "field of nothing": {"most", "one"}} {
		f := form()
		for k := range table {
			f.Set(k, table.Get(k))
		}
		f.Set(spoilt[0], spoilt[1])
		if a := ann.post(at, f); a.status != http.StatusBadRequest {
			t.Errorf("%s: %d", name, a.status)
		}
	}
	matter := ann.post(at, table).leads(t, h.at("/releases/"))
	page := bo.get(matter).shows(t, http.StatusOK, "Put forward by ann", "Bands of numbers: 0, 10, 100", "0.2", "Approvals wanted 2", "Nobody outside")
	what := page.what(t)
	bo.post(matter+"/release", nil).shows(t, http.StatusForbidden, "A second person has not approved")
	bo.post(matter+"/approve", form("what", what)).leads(t, matter)
	bo.post(matter+"/approve", form("what", what)).shows(t, http.StatusConflict)
	cleo.post(matter+"/approve", form("what", what)).leads(t, matter)
	cleo.post(matter+"/release", nil).leads(t, matter)
	cleo.get(matter).shows(t, http.StatusOK, "Released", "Figures", "withheld", "Fingerprint of the figures", "Nobody outside 0.5 0.2 0.3 0.2")
	if again := ann.post(at, table).leads(t, h.at("/releases/")); again != matter {
		t.Error("a question that was answered is asked anew")
	}
	table.Set("epsilon", "0.3")
	table.Set("values-1", "0\n5")
	other := ann.post(at, table).leads(t, h.at("/releases/"))
	ann.post(other+"/withdraw", nil).leads(t, other)
	ann.get(other).shows(t, http.StatusOK, "Withdrawn")
	ann.post(other+"/withdraw", nil).shows(t, http.StatusConflict)
}

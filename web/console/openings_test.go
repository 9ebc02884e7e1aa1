package console_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"avow.dev/gate"
	"avow.dev/internal/officer"
)

// reason is what somebody gives who opens something, masked.
var reason = form("why", "request", "said", "The answer is due.")

// asked makes somebody ask, and returns the page of the request.
func (h *house) asked(words string) string {
	h.t.Helper()
	h.join("li")
	a, _, err := h.Gate().Ask(h.t.Context(), h.program.ID(), "li", &gate.Asking{Right: "ask", Text: gate.NewValue([]byte(words))})
	must(h.t, err)
	return h.at("/requests/" + a.ID)
}

// TestSupportOpensOnePersonMaskedWithATicket and nothing else.
func TestSupportOpensOnePersonMaskedWithATicket(t *testing.T) {
	t.Parallel()
	h := open(t, "generic")
	at := h.asked("Call me at 13800138000, please.")
	v := h.as("sue", officer.Support)
	if page := v.get(at).shows(t, http.StatusOK, "Open what was written", "Ticket"); strings.Contains(page.body, `name="show"`) {
		t.Error("support is offered to see everything")
	}
	help := func(pairs ...string) *answer {
		return v.post(at+"/open", form(append([]string{"why", "help", "said", "They called."}, pairs...)...))
	}
	help().shows(t, http.StatusBadRequest)
	v.post(at+"/open", reason).shows(t, http.StatusBadRequest)
	help("ticket", "T-71", "show", "full").shows(t, http.StatusForbidden, "None of your roles may do this", "Privacy officer")
	if a := help("ticket", "T-71").shows(t, http.StatusOK, "Call me at •••, please.", "Answer and close"); strings.Contains(a.body, "13800138000") {
		t.Error("the number is shown")
	}
	v.get(h.at("/openings")).shows(t, http.StatusForbidden)
	aud := h.as("aud", officer.Auditor)
	list := aud.get(h.at("/openings")).shows(t, http.StatusOK, "sue", "To help somebody", "They called.", "T-71", "A request")
	if strings.Contains(list.body, "In full") || strings.Contains(list.body, ">li<") {
		t.Error("the list says that more was shown, or whose it was")
	}
	aud.post(at+"/open", reason).shows(t, http.StatusForbidden, "None of your roles may do this")
}

// TestSeeingEverythingNeedsAProofOfNow, and stands among the openings and on the
// person's trail.
func TestSeeingEverythingNeedsAProofOfNow(t *testing.T) {
	t.Parallel()
	h := open(t, "generic")
	at := h.asked("Call me at 13800138000, please.")
	v := h.officer("ann")
	h.now.Add(int64(6 * time.Minute))
	full := form("why", "request", "said", "The number is needed to answer.", "show", "full")
	v.post(at+"/open", full).leads(t, "/console/again")
	v.post(at+"/open", reason).shows(t, http.StatusOK, "Call me at •••, please.")
	v.again()
	v.post(at+"/open", full).shows(t, http.StatusOK, "Call me at 13800138000, please.")
	v.get(h.at("/openings")).shows(t, http.StatusOK, "A request · In full", "The number is needed to answer.")
	traced, _, err := h.Gate().Traced(t.Context(), "generic", "li", 0, 10)
	must(t, err)
	looks := 0
	for i := range traced {
		if l := &traced[i].Leaf; l.Kind == "ask-read" {
			looks++
			if l.Why != "request" || l.Role != h.people()[0] {
				t.Errorf("%+v", l)
			}
		}
	}
	if looks != 2 {
		t.Errorf("%d looks on the person's trail, want 2", looks)
	}
}

package console_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"avow.dev/gate"
	"avow.dev/internal/engine/enginetest"
	"avow.dev/internal/officer"
)

// reason is what somebody gives who opens something, masked.
var reason = form("why", "request", "said", "The answer is due.")

// asked makes somebody ask, and returns the page of the request.
func (h *house) asked(words string) string {
	h.t.Helper()
	h.join("li")
	a, _, err := h.Gate().Ask(h.t.Context(), h.Program.ID(), "li", &gate.Asking{Right: "ask", Text: gate.NewValue([]byte(words))})
	must(h.t, err)
	return h.at("/requests/" + a.ID)
}

// TestSupportOpensOnePersonMaskedWithATicket and nothing else.
func TestSupportOpensOnePersonMaskedWithATicket(t *testing.T) {
	t.Parallel()
	h := open(t, "generic")
	at := h.asked("Call me at 13800138000, please.")
	v := h.as("sue", officer.Support)
	if page := v.Get(at).Shows(t, http.StatusOK, "Open what was written", "Ticket"); strings.Contains(page.Body, `name="show"`) {
		t.Error("support is offered to see everything")
	}
	help := func(pairs ...string) *enginetest.Answer {
		return v.Post(at+"/open", form(append([]string{"why", "help", "said", "They called."}, pairs...)...))
	}
	help().Shows(t, http.StatusBadRequest)
	v.Post(at+"/open", reason).Shows(t, http.StatusBadRequest)
	help("ticket", "T-71", "show", "full").Shows(t, http.StatusForbidden, "None of your roles may do this", "Privacy officer")
	if a := help("ticket", "T-71").Shows(t, http.StatusOK, "Call me at •••, please.", "Answer and close"); strings.Contains(a.Body, "13800138000") {
		t.Error("the number is shown")
	}
	v.Get(h.at("/openings")).Shows(t, http.StatusForbidden)
	aud := h.as("aud", officer.Auditor)
	list := aud.Get(h.at("/openings")).Shows(t, http.StatusOK, "sue", "To help somebody", "They called.", "T-71", "A request")
	if strings.Contains(list.Body, "In full") || strings.Contains(list.Body, ">li<") {
		t.Error("the list says that more was shown, or whose it was")
	}
	aud.Post(at+"/open", reason).Shows(t, http.StatusForbidden, "None of your roles may do this")
}

// TestSeeingEverythingNeedsAProofOfNow, and stands among the openings and on the
// person's trail.
func TestSeeingEverythingNeedsAProofOfNow(t *testing.T) {
	t.Parallel()
	h := open(t, "generic")
	at := h.asked("Call me at 13800138000, please.")
	v := h.officer("ann")
	h.Pass(6 * time.Minute)
	full := form("why", "request", "said", "The number is needed to answer.", "show", "full")
	v.Post(at+"/open", full).LeadsUnder(t, "/console/again")
	v.Post(at+"/open", reason).Shows(t, http.StatusOK, "Call me at •••, please.")
	v.again()
	v.Post(at+"/open", full).Shows(t, http.StatusOK, "Call me at 13800138000, please.")
	v.Get(h.at("/openings")).Shows(t, http.StatusOK, "A request · In full", "The number is needed to answer.")
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

package centre_test

import (
	"net/http"
	"strings"
	"testing"

	"avow.dev/gate"
)

// TestWhoOpenedItAndWhy: the person reads who looked at them for which reason, and
// not what the officer wrote for those who watch.
func TestWhoOpenedItAndWhy(t *testing.T) {
	t.Parallel()
	h, v := member(t)
	desk := gate.Officer{Person: "ann", Via: "session", Role: "desk"}
	_, err := h.Gate().Open(t.Context(), "club", "li", desk, &gate.Look{Why: gate.WhyHelp, Text: "They cannot find their walks.", Ticket: "T-71"}, "record")
	must(t, err)
	a, _, err := h.Gate().Ask(t.Context(), "club", "li", &gate.Asking{Right: "ask", Text: gate.NewValue([]byte("Who?"))})
	must(t, err)
	_, _, _, err = h.Gate().ReadRequest(t.Context(), "club", a.ID, desk, &gate.Look{Why: gate.WhyRequest, Text: "It is due."})
	must(t, err)
	page := v.Get("/privacy/club/looked?only=others")
	page.Shows(t, http.StatusOK, "Somebody of ours looked at your record · help desk", "to help you, in a case with a number", "Your request was read · help desk", "to answer what you asked")
	for _, hidden := range []string{"ann", "T-71", "cannot find"} {
		if strings.Contains(page.Words(), hidden) {
			t.Errorf("the person reads %q", hidden)
		}
	}
	v.Reads("zh")
	v.Get("/privacy/club/looked?only=others").Shows(t, http.StatusOK, "我们的人员查看了您的记录", "为帮助您")
}

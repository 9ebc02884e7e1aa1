package centre_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"avow.dev"
	"avow.dev/cookies"
)

// state returns where somebody stands with a choice, once the opt-outs so far are
// carried out.
func (h *house) state(ref avow.SubjectRef, choice avow.Choice) avow.ChoiceState {
	h.t.Helper()
	_, err := h.Gate().CarryOptOuts(h.t.Context())
	must(h.t, err)
	st, err := h.Gate().Standing(h.t.Context(), "club", ref)
	must(h.t, err)
	c, _ := st.Choice(choice)
	return c.State
}

// TestOptOut: nobody has to sign in to be left alone, and nobody learns from that who is
// known.
func TestOptOut(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.join("li", "li-private@haven.example", "Li")
	h.join("mo", "mo@haven.example", "Mo")
	signed := h.signedIn("li")
	signed.Post("/privacy/club/choices", url.Values{"choice": {"offers"}, "answer": {"yes"}})

	form := func(address string) url.Values { return url.Values{"right": {"opt-out"}, "address": {address}} }
	nobody := h.Visitor()
	nobody.Get("/privacy/club/opt-out").Shows(t, http.StatusOK, "You need no account", "Walks near me", "Opt out now")
	known := nobody.Post("/privacy/club/opt-out", form("Li-Private@haven.example"))
	stranger := h.Visitor()
	unknown := stranger.Post("/privacy/club/opt-out", form("stranger@haven.example"))
	known.Leads(t, "/privacy/club/opt-out", "opted-out")
	unknown.Leads(t, "/privacy/club/opt-out", "opted-out")
	if known.Body != unknown.Body || len(known.Header) != len(unknown.Header) {
		t.Errorf("the answers differ: %v and %v", known.Header, unknown.Header)
	}
	a, b := nobody.Get("/privacy/club/opt-out"), stranger.Get("/privacy/club/opt-out")
	a.Shows(t, http.StatusOK, "Done. You are left alone")
	if a.Body != b.Body {
		t.Error("the pages differ")
	}
	for choice, want := range map[avow.Choice]avow.ChoiceState{"offers": avow.Withdrawn, "nearby": avow.Refused, "show-me": avow.Refused} {
		if got := h.state("li", choice); got != want {
			t.Errorf("li's %s is %s, want %s", choice, got, want)
		}
	}
	if got := h.state("mo", "nearby"); got == avow.Refused {
		t.Error("somebody else is opted out")
	}
	if nobody.Cookies["__Host-avow-club"] != "" || strings.Contains(nobody.Get("/privacy/club/data").Header.Get("Location"), "data/") {
		t.Error("opting out signs in")
	}
	if strings.Contains(h.Log.String(), "private@haven") || strings.Contains(h.Log.String(), "stranger@") {
		t.Error("the log holds an address")
	}

	// This browser remembers it too, under a name that says nothing.
	text, err := url.PathUnescape(nobody.Cookies[cookies.ChoiceCookie])
	must(t, err)
	var kept struct {
		Categories []string `json:"categories"`
		Visitor    string   `json:"consentId"`
	}
	must(t, json.Unmarshal([]byte(text), &kept))
	if kept.Categories == nil || len(kept.Categories) != 0 || !cookies.IsVisitor(kept.Visitor) {
		t.Errorf("the browser remembers %s", text)
	}
	if got := h.state(cookies.Visitor(kept.Visitor), "nearby"); got != avow.Refused {
		t.Errorf("the browser's choice is %s", got)
	}
	before := kept.Visitor
	nobody.Post("/privacy/club/opt-out", form(""))
	if text, _ = url.PathUnescape(nobody.Cookies[cookies.ChoiceCookie]); !strings.Contains(text, before) {
		t.Error("the browser is known under another name now")
	}

	// Who is signed in need not type.
	mo := h.signedIn("mo")
	mo.Get("/privacy/club/opt-out").Shows(t, http.StatusOK, "You are signed in")
	mo.Post("/privacy/club/opt-out", form("")).Leads(t, "/privacy/club/opt-out", "opted-out")
	if got := h.state("mo", "nearby"); got != avow.Refused {
		t.Errorf("mo's choice is %s", got)
	}
	h.Visitor().Post("/privacy/club/opt-out", form("nonsense")).Shows(t, http.StatusUnprocessableEntity, "does not look like")
	if r := h.Visitor().Post("/privacy/club/opt-out", url.Values{"right": {"erase"}, "address": {"mo@haven.example"}}); r.Status != http.StatusBadRequest {
		t.Errorf("an address is enough to be erased: %d", r.Status)
	}
	if r := h.Visitor().From("cross-site").Post("/privacy/club/opt-out", form("mo@haven.example")); r.Status != http.StatusForbidden {
		t.Errorf("another site opts people out: %d", r.Status)
	}
	for range 4 {
		h.Visitor().Post("/privacy/club/opt-out", form("flood@haven.example"))
	}
	h.Visitor().Post("/privacy/club/opt-out", form("flood@haven.example"))
	if r := h.Visitor().Post("/privacy/club/opt-out", form("flood@haven.example")); r.Status != http.StatusTooManyRequests {
		t.Errorf("asked without end: %d", r.Status)
	}
}

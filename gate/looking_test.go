package gate_test

import (
	"strings"
	"testing"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/gate"
)

var (
	desk        = gate.Officer{Person: "ann", Via: "token-1", Role: "desk"}
	forRequest  = &gate.Look{Why: gate.WhyRequest, Text: "The answer is due."}
	forReview   = &gate.Look{Why: gate.WhyReview, Text: "The queue of the day."}
	forIncident = &gate.Look{Why: gate.WhyIncident, Text: "No channel reached them."}
	forDemand   = &gate.Look{Why: gate.WhyDemand, Text: "Counsel wants to read it."}
)

// TestNothingIsOpenedWithoutAReason tries what is no reason on every way to open
// something.
func TestNothingIsOpenedWithoutAReason(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.join("li", "a@mail.example", "+8613800001111")
	a, _, err := w.Ask(t.Context(), "club", "li", &gate.Asking{Right: "ask", Text: gate.NewValue([]byte("Who?"))})
	must(t, err)
	for name, o := range map[string]*gate.Look{
		"none":            nil,
		"an empty one":    {},
		"another word":    {Why: "curiosity", Text: "I wonder."},
		"no words":        {Why: gate.WhyRequest},
		"too many words":  {Why: gate.WhyRequest, Text: strings.Repeat("x", 1001)},
		"no ticket":       {Why: gate.WhyHelp, Text: "They called."},
		"a ticket's tale": {Why: gate.WhyHelp, Text: "They called.", Ticket: strings.Repeat("7", 65)},
	} {
		before := w.last().ID
		_, _, _, read := w.ReadRequest(t.Context(), "club", a.ID, desk, o)
		_, _, held := w.HeldContents(t.Context(), "club", desk, o, "", 10)
		_, _, letters := w.IncidentLetters(t.Context(), "club", strings.Repeat("0", 32), desk, o)
		_, look := w.Open(t.Context(), "club", "li", desk, o, "record")
		for _, err := range []error{read, held, letters, look} {
			if c := avow.CodeOf(err); c != avow.Forbidden && c != avow.Invalid {
				t.Errorf("%s: %v", name, err)
			}
		}
		if w.last().ID != before {
			t.Errorf("%s: something was recorded", name)
		}
	}
	nobody := gate.Officer{Via: "token"}
	if _, _, _, err := w.ReadRequest(t.Context(), "club", a.ID, nobody, forRequest); avow.CodeOf(err) != avow.Forbidden {
		t.Errorf("nobody by name: %v", err)
	}
	all, err := w.Looks(t.Context(), "club", 10)
	if must(t, err); len(all) != 0 {
		t.Errorf("%+v", all)
	}
}

// TestWhoLookedAndWhy: the reason is recorded before anything is opened, stands on
// the person's trail as a word, and in words for those who watch.
func TestWhoLookedAndWhy(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.join("li", "a@mail.example", "+8613800001111")
	a, _, err := w.Ask(t.Context(), "club", "li", &gate.Asking{Right: "ask", Text: gate.NewValue([]byte("Call me at 13800138000, please."))})
	must(t, err)
	masked := *forRequest
	masked.Masked = true
	got, _, r, err := w.ReadRequest(t.Context(), "club", a.ID, desk, &masked)
	if must(t, err); string(got.Text.Expose()) != "Call me at •••, please." {
		t.Errorf("shown masked: %q", got.Text.Expose())
	}
	w.pass(time.Second)
	got, _, _, err = w.ReadRequest(t.Context(), "club", a.ID, desk, forRequest)
	if must(t, err); string(got.Text.Expose()) != "Call me at 13800138000, please." {
		t.Errorf("shown: %q", got.Text.Expose())
	}
	w.pass(time.Second)
	_, err = w.Open(t.Context(), "club", "li", bo, &gate.Look{Why: gate.WhyHelp, Text: "They cannot sign in.", Ticket: "T-71"}, "consents")
	must(t, err)
	traced, _, err := w.Traced(t.Context(), "club", "li", 0, 3)
	must(t, err)
	if l := traced[0].Leaf; l.Kind != evidence.Opened || l.Why != gate.WhyHelp || l.Role != "" {
		t.Errorf("%+v", l)
	}
	if l := traced[2].Leaf; l.Kind != evidence.AskRead || l.Why != gate.WhyRequest || l.Role != "desk" || traced[2].Index != r.Index {
		t.Errorf("%+v", l)
	}
	put, err := w.Evidence(t.Context(), "club", r.Index-1)
	if must(t, err); put.Leaf.Kind != evidence.OpeningStep || put.Leaf.ID != traced[2].Leaf.Done {
		t.Errorf("the reason is not bound to the opening: %+v", put.Leaf)
	}
	all, err := w.Looks(t.Context(), "club", 2)
	if must(t, err); len(all) != 2 || all[0].Body.Ticket != "T-71" || all[0].Body.What != "consents" || all[0].Steps[0].By.Person != "bo" || all[1].Body.Of != a.ID || all[1].Body.Masked || all[1].Body.Text != forRequest.Text {
		t.Errorf("%+v", all)
	}
	if _, err := w.Open(t.Context(), "club", "stranger", bo, forRequest, "record"); avow.CodeOf(err) != avow.Unknown {
		t.Errorf("somebody who is not known: %v", err)
	}
}

package gate_test

import (
	"strings"
	"testing"

	"avow.dev/evidence"
	"avow.dev/gate"
)

// TestTellAnswered: whoever asked is told when there is an answer, a refusal or a delay,
// by a link and without a word of what was asked or answered.
func TestTellAnswered(t *testing.T) {
	t.Parallel()
	w := mailbox(t)
	w.AnswersAt("https://privacy.example")
	for _, c := range []struct{ refuse, subject string }{{"", "Your request is answered"}, {"repetitive", "Our decision on your request"}} {
		a, _, err := w.Ask(t.Context(), "club", "li", &gate.Asking{Right: "complain", Text: text("about my secret ailment")})
		must(t, err)
		r, err := w.AnswerRequest(t.Context(), &gate.Answering{Policy: "club", Request: a.ID, By: "desk", Text: text("your secret ailment is cured"), Refuse: c.refuse, Proof: text("see above")})
		must(t, err)
		if l := w.leafAt(r.Index); l.Kind != evidence.Answered {
			t.Errorf("the receipt is of %s", l.Kind)
		}
		d := w.next()
		if d == nil {
			t.Fatalf("nothing goes out about %s", c.subject)
		}
		if d.Channel != gate.ByMail || string(d.To.Expose()) != "li@mail.example" || d.Text.Subject != c.subject || !strings.Contains(d.Text.Body, "https://privacy.example/privacy/club/requests/of/"+a.ID) {
			t.Errorf("%s: %+v", d.Channel, d.Text)
		}
		if all := d.Text.Subject + d.Text.Short + d.Text.Body; strings.Contains(all, "ailment") || strings.Contains(all, "li@") {
			t.Errorf("the mail says %q", all)
		}
		w.settle(d, gate.Sent)
		if d := w.next(); d != nil {
			t.Errorf("and again: %q", d.Text.Subject)
		}
	}
}

// TestTellAnsweredWithoutADoor: without an address of the pages nothing is sent that
// would lead nowhere.
func TestTellAnsweredWithoutADoor(t *testing.T) {
	t.Parallel()
	w := mailbox(t)
	a, _, err := w.Ask(t.Context(), "club", "li", &gate.Asking{Right: "ask", Text: text("why?")})
	must(t, err)
	_, err = w.AnswerRequest(t.Context(), &gate.Answering{Policy: "club", Request: a.ID, By: "desk", Text: text("because")})
	must(t, err)
	if d := w.next(); d != nil {
		t.Errorf("sent %q", d.Text.Body)
	}
}

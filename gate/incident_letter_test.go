package gate_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/gate"
	"avow.dev/policy"
)

// posting is mail.yaml with a rule that lets the law's messages go by post.
func posting(t *testing.T) *policy.Program {
	t.Helper()
	src, err := os.ReadFile("testdata/mail.yaml")
	must(t, err)
	text := string(src)
	for _, change := range [][2]string{
		{"{id: law, class: legal, channels: [email, sms]", "{id: law, class: legal, channels: [email, sms, post]"},
		{"{id: write, data: [email, phone, push-token]", "{id: write, data: [email, phone, push-token, parcel, name]"},
		{"{id: take-notices, data: [email, phone, push-token]", "{id: take-notices, data: [email, phone, push-token, parcel, name]"},
		{"{id: keep-notices, data: [email, phone, push-token]", "{id: keep-notices, data: [email, phone, push-token, parcel, name]"},
		{"{id: keep-parcel, data: [parcel], keep", "{id: keep-parcel, data: [parcel], for: [deliver], keep"},
	} {
		if !strings.Contains(text, change[0]) {
			t.Fatalf("the policy does not contain %q", change[0])
		}
		text = strings.Replace(text, change[0], change[1], 1)
	}
	return compileText(t, []byte(text))
}

// TestIncidentLetters: whom no channel reaches is written to on paper, where the
// policy opens their address for it; posted letters count as told.
func TestIncidentLetters(t *testing.T) {
	t.Parallel()
	w := setupProgram(t, posting(t))
	w.AnswersAt("https://privacy.example")
	m, _, err := w.OpenIncident(t.Context(), "club", ana, w.known(), w.words())
	must(t, err)
	w.gives("li", "sign-up", "notices", item("name", "Li Wei"), item("parcel", "1 Harbour Road"))
	w.gives("wang", "sign-up", "notices", item("email", "wang@mail.example"))
	w.gives("zhao", "sign-up", "notices", item("push-token", "token-of-zhao"))
	w.scoped(m, gate.Reach{})
	if _, _, err := w.IncidentLetters(t.Context(), "club", m.ID, ana, forIncident); avow.CodeOf(err) != avow.Conflict {
		t.Errorf("letters before anybody was told: %v", err)
	}
	_, _, err = w.TellIncident(t.Context(), "club", m.ID, ana)
	must(t, err)
	w.pursue()
	if p := w.stands(m).Body.Progress; p.Told != 1 || p.Unreachable != 2 {
		t.Fatalf("progress %+v", p)
	}
	if _, _, err := w.LettersPosted(t.Context(), "club", m.ID, ana); avow.CodeOf(err) != avow.Conflict {
		t.Errorf("posted before it was written: %v", err)
	}
	uses := w.count(evidence.Used)
	letters, _, err := w.IncidentLetters(t.Context(), "club", m.ID, ana, forIncident)
	must(t, err)
	if len(letters) != 1 {
		t.Fatalf("%d letters", len(letters))
	}
	l := &letters[0]
	if string(l.Name.Expose()) != "Li Wei" || string(l.Address.Expose()) != "1 Harbour Road" || !strings.Contains(l.Text.Body, "what-happened in en") || strings.Contains(l.Text.Body, "Harbour") {
		t.Errorf("%s", l.Text.Body)
	}
	if n := w.count(evidence.Used); n != uses+1 {
		t.Errorf("%d leaves of the opened address", n-uses)
	}
	got, _, err := w.LettersPosted(t.Context(), "club", m.ID, ana)
	must(t, err)
	if p := got.Body.Progress; p.Told != 2 || p.Unreachable != 1 || p.ByChannel[gate.ByPost] != 1 || p.Finished.IsZero() {
		t.Errorf("progress %+v", p)
	}
	if again, _, err := w.IncidentLetters(t.Context(), "club", m.ID, ana, forIncident); err != nil || len(again) != 0 {
		t.Errorf("%d letters again, %v", len(again), err)
	}
	did := got.Steps[len(got.Steps)-1]
	if did.Did != "posted" || did.By.Person != "ana" || !slices.ContainsFunc(got.Steps, func(s gate.Step) bool { return s.Did == "letters" }) {
		t.Errorf("history %+v", got.Steps)
	}
}

// TestIncidentNoticesPreview: every language, before anybody is told, and without
// evidence.
func TestIncidentNoticesPreview(t *testing.T) {
	t.Parallel()
	w, m := alarmed(t)
	w.gives("li", "sign-up", "notices", item("email", "li@mail.example"))
	w.scoped(m, gate.Reach{})
	all, err := w.IncidentNotices(t.Context(), "club", m.ID)
	must(t, err)
	if len(all) != 2 || !strings.Contains(all["en"].Body, "advice in en") || !strings.Contains(all["zh"].Body, "advice in zh") || !strings.Contains(strings.ToLower(all["en"].Body), "mail") {
		t.Errorf("%+v", all)
	}
}

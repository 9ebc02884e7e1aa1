package gate_test

import (
	"strings"
	"testing"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/gate"
)

const contentRules = `
content:
  - {id: no-numbers, clause: [HOUSE-1], finds: [phone, email], in: [public-post, profile], action: block}
  - {id: no-outing, finds: [nickname-with-contact], in: [peer-message], action: hold}
`

func TestContactDetailsInContent(t *testing.T) {
	t.Parallel()
	w := setupProgram(t, house(t, "\nuse:\n", contentRules+"\nuse:\n"))
	w.join("li", "li@mail.example", "+8613800001111")
	check := func(where, text string, names ...string) gate.Review {
		t.Helper()
		r, err := w.Check(t.Context(), &gate.Content{Policy: "club", Subject: "li", Where: where, Text: gate.NewValue([]byte(text)), Names: names})
		must(t, err)
		return r
	}
	for _, c := range []struct{ where, text, want string }{
		{"public-post", "nice picture", "allow"}, {"public-post", "call 13800138000", "block"}, {"profile", "anna at mail dot com", "block"},
		{"public-post", "QQ 12345678", "allow"}, {"peer-message", "call 13800138000", "allow"}, {"peer-message", "@bo has 13800138000", "hold"},
	} {
		if r := check(c.where, c.text); r.Action != c.want || (r.Held != "") != (c.want == "hold") || (len(r.Found) > 0) != (c.want != "allow") {
			t.Errorf("%s %q: %+v, want %s", c.where, c.text, r, c.want)
		}
	}
	if all := w.leaves(); all[len(all)-1].Kind != evidence.Checked || all[len(all)-2].Kind != evidence.ContentDecided { // the matter's own leaf, and the one that answers
		t.Errorf("last leaves %s, %s", all[len(all)-2].Kind, all[len(all)-1].Kind)
	}
	if r := check("peer-message", "Bo Lin has 13800138000", "bo lin"); r.Action != "hold" {
		t.Errorf("a name that the app knows: %+v", r)
	}
	for name, c := range map[string]gate.Content{
		"no place": {Where: "wall", Text: gate.NewValue([]byte("x"))}, "no text": {Where: "profile"},
		"no UTF-8": {Where: "profile", Text: gate.NewValue([]byte("\xff"))}, "long": {Where: "profile", Text: gate.NewValue([]byte(strings.Repeat("x", 64<<10+1)))},
	} {
		c.Policy, c.Subject = "club", "li"
		if _, err := w.Check(t.Context(), &c); avow.CodeOf(err) != avow.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestHeldContentWaitsForSomebody(t *testing.T) {
	t.Parallel()
	w := setupProgram(t, house(t, "\nuse:\n", contentRules+"\nuse:\n"))
	w.join("li", "li@mail.example", "+8613800001111")
	const text = "@bo has 13800138000"
	r, err := w.Check(t.Context(), &gate.Content{Policy: "club", Subject: "li", Where: "peer-message", Text: gate.NewValue([]byte(text))})
	must(t, err)
	if h, err := w.ContentOutcome(t.Context(), "club", r.Held); err != nil || h.State != "held" || h.Text.Len() > 0 {
		t.Errorf("%+v %v", h, err)
	}
	all, _, err := w.HeldContents(t.Context(), "club", ann, forReview, "", 10)
	if must(t, err); len(all) != 1 || string(all[0].Text.Expose()) != text || all[0].ID != r.Held || !all[0].Due.Equal(began.Add(gate.ContentWait)) {
		t.Fatalf("%+v", all)
	}
	traced, _, err := w.Traced(t.Context(), "club", "li", 0, 1)
	if must(t, err); len(traced) != 1 || traced[0].Leaf.Kind != evidence.ContentRead || traced[0].Leaf.Why != gate.WhyReview {
		t.Errorf("the writer does not find who read it: %+v", traced)
	}
	if _, _, err := w.DecideContent(t.Context(), "club", r.Held, gate.Officer{Via: "token"}, true, ""); avow.CodeOf(err) != avow.Forbidden {
		t.Errorf("by nobody: %v", err)
	}
	_, _, err = w.DecideContent(t.Context(), "club", r.Held, ann, true, "a shop's number")
	must(t, err)
	if _, _, err := w.DecideContent(t.Context(), "club", r.Held, bo, false, ""); avow.CodeOf(err) != avow.Conflict {
		t.Errorf("twice: %v", err)
	}
	if h, err := w.ContentOutcome(t.Context(), "club", r.Held); err != nil || h.State != "released" {
		t.Errorf("%+v %v", h, err)
	}
	if all, _, err = w.HeldContents(t.Context(), "club", ann, forReview, "", 10); err != nil || len(all) != 0 {
		t.Errorf("%+v %v", all, err)
	}
}

// TestHeldContentGoesWithItsWriter: what waits for a decision is erased with whoever
// wrote it, here and in every backup, and nobody decides about it any more.
func TestHeldContentGoesWithItsWriter(t *testing.T) {
	t.Parallel()
	w := setupProgram(t, house(t, "\nuse:\n", contentRules+"\nuse:\n"))
	w.join("li", "li@mail.example", "+8613800001111")
	w.join("bo", "bo@mail.example", "+8613800002222")
	hold := func(ref avow.SubjectRef, text string) string {
		t.Helper()
		r, err := w.Check(t.Context(), &gate.Content{Policy: "club", Subject: ref, Where: "peer-message", Text: gate.NewValue([]byte(text))})
		must(t, err)
		return r.Held
	}
	first := hold("li", "@bo has 13800138000")
	hold("bo", "@li has 13800138001")
	if _, err := w.EraseData(t.Context(), "club", "li", []avow.Datum{"phone"}); err != nil { // a new key carries it over
		t.Fatal(err)
	}
	if h, _, err := w.OpenContent(t.Context(), "club", first, ann, forReview); err != nil || string(h.Text.Expose()) != "@bo has 13800138000" {
		t.Fatalf("under a new key: %q %v", h.Text.Expose(), err)
	}
	_, err := w.Erase(t.Context(), "club", "li")
	must(t, err)
	if h, _, err := w.OpenContent(t.Context(), "club", first, ann, forReview); avow.CodeOf(err) != avow.Unknown {
		t.Errorf("read after the erasure: %q %v", h.Text.Expose(), err)
	}
	if all, _, err := w.HeldContents(t.Context(), "club", ann, forReview, "", 10); err != nil || len(all) != 1 || string(all[0].Text.Expose()) != "@li has 13800138001" {
		t.Errorf("what is left: %+v %v", all, err)
	}
	if all, err := w.WaitingContents(t.Context(), "club", "", 10); err != nil || len(all) != 1 {
		t.Errorf("waiting: %+v %v", all, err)
	}
	_, _, err = w.DecideContent(t.Context(), "club", first, ann, true, "")
	must(t, err)
}

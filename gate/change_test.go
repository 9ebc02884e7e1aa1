package gate_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/gate"
	"avow.dev/policy"
)

// promises is what the house says of its changes: thirty days' notice, and silence
// keeps the narrower rules.
const promises = `
changes:
  - {id: told-before, rule: notice-period, notice: 30d, channels: [system, email]}
  - {id: silence, rule: silence-keeps-narrower, widening: fresh-consent}
  - {id: because, rule: reasons, reasons: [law, business]}
`

// widened lets the desk read an e-mail address for tips, which it may not.
const (
	narrow = `{id: give-tips, data: [name], for: [tips]`
	wide   = `{id: give-tips, data: [name, phone], for: [tips]`
)

func changeable(t *testing.T, changes ...string) *policy.Program {
	t.Helper()
	return compileText(t, changeableText(t, changes...))
}

func changeableText(t *testing.T, changes ...string) []byte {
	t.Helper()
	src, err := os.ReadFile("testdata/house.yaml")
	must(t, err)
	text := string(src) + promises
	for i := 0; i < len(changes); i += 2 {
		if !strings.Contains(text, changes[i]) {
			t.Fatalf("the policy does not contain %q", changes[i])
		}
		text = strings.Replace(text, changes[i], changes[i+1], 1)
	}
	return []byte(text)
}

// announced takes a draft to where it is announced.
func (w *world) announced(text []byte, from time.Time) gate.PolicyChange {
	w.t.Helper()
	ctx := w.t.Context()
	m, _, err := w.ProposeChange(ctx, "club", ann, text, "law")
	must(w.t, err)
	m, _, err = w.CheckChange(ctx, "club", m.ID, ann)
	must(w.t, err)
	for _, by := range []gate.Officer{bo, cleo} {
		m, _, err = w.ApproveChange(ctx, "club", m.ID, by, m.Proposal.What)
		must(w.t, err)
	}
	m, _, err = w.AnnounceChange(ctx, "club", m.ID, ann, from, "https://privacy.example/policy/club")
	must(w.t, err)
	return m
}

func (w *world) tips(ref avow.SubjectRef, data ...avow.Datum) error {
	_, err := w.Use(w.t.Context(), &avow.Request{Policy: "club", Subject: ref, Data: data, Purpose: "tips", Role: "desk"})
	return err
}

// TestWideningWaits follows a wider text: not before its date, not for people who
// are silent, not on what was collected earlier; and narrower at once for all.
func TestWideningWaits(t *testing.T) {
	t.Parallel()
	w := setupProgram(t, changeable(t))
	ctx := t.Context()
	for _, ref := range []avow.SubjectRef{"silent", "agrees"} {
		must(t, w.joinHouse(ref, item("name", "Li")))
		_, err := w.Collect(ctx, &gate.Collecting{Request: avow.Request{Policy: "club", Subject: ref, Purpose: "manage-account", Point: "profile-page", Feature: "account", Source: "person"},
			Items: []gate.Item{item("phone", map[avow.SubjectRef]string{"silent": "13800001111", "agrees": "13800002222"}[ref])}})
		must(t, err)
	}
	next := changeable(t, `version: "1.0"`, `version: "2.0"`, narrow, wide, `data: [email, phone, name, shoe,`, `data: [email, phone, shoe,`)
	if err := w.Replace(ctx, next); avow.CodeOf(err) != avow.Conflict {
		t.Fatalf("a wider text came in by the file: %v", err)
	}
	m := w.announced(changeableText(t, `version: "1.0"`, `version: "2.0"`, narrow, wide, `data: [email, phone, name, shoe,`, `data: [email, phone, shoe,`), began.AddDate(0, 0, 30))
	if !m.Body.Widens || len(m.Body.Channels) != 2 {
		t.Errorf("%+v", m.Body)
	}
	w.at(began.AddDate(0, 0, 30).Add(-time.Nanosecond))
	w.sweep()
	w.wants(w.tips("agrees", "phone"), "purpose-undeclared")
	_, err := w.read("agrees", "name")
	must(t, err) // narrower from the date on
	w.at(began.AddDate(0, 0, 30))
	w.sweep()
	if p, _ := w.Program("club"); p.Hash() != next.Hash() {
		t.Fatal("day 30, and the new text does not hold")
	}
	_, err = w.read("agrees", "name")
	w.wants(err, "purpose-undeclared") // narrower for everybody
	must(t, w.tips("silent", "name"))  // as before
	w.wants(w.tips("silent", "phone"), "acceptance-outdated")
	_, err = w.Agree(ctx, "club", "agrees", &gate.Agreement{Policy: next.Hash(), Accept: true, Gesture: "accept-button"})
	must(t, err)
	w.wants(w.tips("agrees", "phone"), "acceptance-outdated") // collected under the old text
	w.restart()
	w.wants(w.tips("silent", "phone"), "acceptance-outdated")
	must(t, w.tips("silent", "name"))
	if p, _ := w.Program("club"); p.Hash() != next.Hash() {
		t.Fatal("the file on disk took the announced text back")
	}
	_, err = w.Collect(ctx, &gate.Collecting{Request: avow.Request{Policy: "club", Subject: "agrees", Purpose: "manage-account", Point: "profile-page", Feature: "account", Source: "person"},
		Items: []gate.Item{item("phone", "13800003333")}})
	must(t, err)
	must(t, w.tips("agrees", "phone"))
	versions, err := w.Versions(ctx, "club")
	must(t, err)
	if len(versions) != 2 || versions[0].State != "effective" || versions[0].Version != "2.0" || !versions[0].Told.Equal(began) || versions[0].Why != "law" || versions[1].State != "superseded" {
		t.Errorf("%+v", versions)
	}
	if err := w.Replace(ctx, w.program); avow.CodeOf(err) != avow.Conflict {
		t.Errorf("an old text came back by the file: %v", err)
	}
}

// A change of many items: older ones are left out of what the wider text allows.
func TestOlderItemsAreLeftOut(t *testing.T) {
	t.Parallel()
	w := setupProgram(t, changeable(t))
	ctx := t.Context()
	must(t, w.joinHouse("li", item("name", "Li")))
	step := func(n string) {
		t.Helper()
		_, err := w.Collect(ctx, &gate.Collecting{Request: avow.Request{Policy: "club", Subject: "li", Purpose: "show-walks", Point: "profile-page", Feature: "walks", Source: "device"},
			Items: []gate.Item{item("steps", n)}})
		must(t, err)
	}
	step("11")
	text := changeableText(t, `version: "1.0"`, `version: "2.0"`, narrow, `{id: give-tips, data: [name, steps], for: [tips]`)
	w.announced(text, began.AddDate(0, 0, 31))
	w.at(began.AddDate(0, 0, 31))
	w.sweep()
	next, err := w.Program("club")
	must(t, err)
	_, err = w.Agree(ctx, "club", "li", &gate.Agreement{Policy: next.Hash(), Accept: true, Gesture: "accept-button"})
	must(t, err)
	step("22")
	shown, err := w.Use(ctx, &avow.Request{Policy: "club", Subject: "li", Data: []avow.Datum{"steps"}, Purpose: "tips", Role: "desk"})
	must(t, err)
	if len(shown.Items) != 1 || string(shown.Items[0].Value.Expose()) != "22" {
		t.Errorf("%d items", len(shown.Items))
	}
}

// The steps of a change cannot be skipped, repeated or taken by one person alone.
func TestChangeSteps(t *testing.T) {
	t.Parallel()
	w := setupProgram(t, changeable(t))
	ctx := t.Context()
	text := changeableText(t, `version: "1.0"`, `version: "2.0"`, narrow, wide)
	for _, c := range []struct {
		text, why string
		want      avow.Code
	}{
		{"nonsense", "law", avow.Invalid},
		{string(changeableText(t)), "law", avow.Invalid},                                 // in force already
		{string(changeableText(t, narrow, wide)), "law", avow.Invalid},                   // the same version
		{string(changeableText(t, "policy: club", "policy: pub")), "law", avow.Invalid},  // of another
		{string(text), "mood", avow.Invalid}, {string(text), "technology", avow.Invalid}, // not what the policy lists
		{strings.Repeat("x", 1<<20), "law", avow.TooLarge},
	} {
		if _, _, err := w.ProposeChange(ctx, "club", ann, []byte(c.text), c.why); avow.CodeOf(err) != c.want {
			t.Errorf("%.20q because %s: %v", c.text, c.why, err)
		}
	}
	m, _, err := w.ProposeChange(ctx, "club", ann, text, "business")
	must(t, err)
	later := began.AddDate(0, 2, 0)
	announce := func(at time.Time) error {
		_, _, err := w.AnnounceChange(ctx, "club", m.ID, ann, at, "https://privacy.example/policy/club")
		return err
	}
	w.wants(announce(later), "error conflict")
	_, _, err = w.ApproveChange(ctx, "club", m.ID, bo, m.Proposal.What)
	w.wants(err, "error conflict")
	m, _, err = w.CheckChange(ctx, "club", m.ID, ann)
	must(t, err)
	approve := func(by gate.Officer) error {
		_, _, err := w.ApproveChange(ctx, "club", m.ID, by, m.Proposal.What)
		return err
	}
	w.wants(approve(ann), "error forbidden")
	w.wants(approve(ann2), "error forbidden")
	must(t, approve(bo))
	w.wants(announce(later), "error conflict")
	w.wants(approve(gate.Officer{Person: "bo", Via: "another"}), "error conflict")
	was := m.Proposal.What
	m, _, err = w.RedraftChange(ctx, "club", m.ID, ann, changeableText(t, `version: "1.0"`, `version: "2.1"`, narrow, wide), "law")
	must(t, err)
	m, _, err = w.CheckChange(ctx, "club", m.ID, ann)
	must(t, err)
	_, _, err = w.ApproveChange(ctx, "club", m.ID, cleo, was)
	w.wants(err, "error conflict") // an approval of the first draft
	must(t, approve(cleo))
	w.wants(announce(later), "error conflict") // bo approved another text
	must(t, approve(bo))
	w.wants(announce(began.AddDate(0, 0, 30).Add(-time.Nanosecond)), "error conflict") // too soon
	must(t, announce(later))
	w.wants(announce(later), "error conflict")
	if w.count(evidence.ChangeTold) == 0 || w.count(evidence.ChangeStep) < 5 {
		t.Error("evidence is missing")
	}
	_, _, err = w.WithdrawChange(ctx, "club", m.ID, ann)
	must(t, err)
	w.at(later)
	w.sweep()
	if p, _ := w.Program("club"); p.Version() != "1.0" {
		t.Error("a change that was given up came into force")
	}
	if v, err := w.Versions(ctx, "club"); err != nil || v[0].State != "withdrawn" || v[1].State != "effective" {
		t.Errorf("%+v %v", v, err)
	}
}

// TestADraftWithAnErrorStaysOne: what vetting finds is kept with the matter. An error
// that the text in force has not keeps the draft from being approved; what stood in
// the text before does not.
func TestADraftWithAnErrorStaysOne(t *testing.T) {
	t.Parallel()
	w := setupProgram(t, changeable(t))
	ctx := t.Context()
	const lawful, not = `for: [show-walks], basis: contract`, `for: [show-walks], basis: legitimate-interest` // which is none in China
	m, _, err := w.ProposeChange(ctx, "club", ann, changeableText(t, `version: "1.0"`, `version: "2.0"`, lawful, not), "law")
	must(t, err)
	m, r, err := w.CheckChange(ctx, "club", m.ID, ann)
	must(t, err)
	stops := 0
	for _, f := range m.Body.Findings {
		if f.Stops() {
			stops++
			if f.ID != "lawful-basis-missing" || f.Line == 0 || f.Try == "" {
				t.Errorf("stopped by %+v", f)
			}
		}
	}
	if stops != 1 || len(m.Body.Findings) < 2 || m.State != "draft" || r.Index < 0 || m.Steps[len(m.Steps)-1].Did != "checked" {
		t.Errorf("%d errors: %+v", stops, m)
	}
	if kept, err := w.Change(ctx, "club", m.ID); err != nil || len(kept.Body.Findings) != len(m.Body.Findings) {
		t.Errorf("%d findings are kept, %v", len(kept.Body.Findings), err)
	}
	_, _, err = w.ApproveChange(ctx, "club", m.ID, bo, m.Proposal.What)
	w.wants(err, "error conflict")
	_, _, err = w.AnnounceChange(ctx, "club", m.ID, ann, began.AddDate(0, 2, 0), "")
	w.wants(err, "error conflict")
	m, _, err = w.RedraftChange(ctx, "club", m.ID, ann, changeableText(t, `version: "1.0"`, `version: "2.0"`, narrow, wide), "law")
	must(t, err)
	if len(m.Body.Findings) != 0 {
		t.Error("findings of another draft")
	}
	if m, _, err = w.CheckChange(ctx, "club", m.ID, ann); err != nil || m.State != "checked" || len(m.Body.Findings) == 0 || !m.Body.Findings[0].Before {
		t.Errorf("%+v %v", m, err)
	}
}

// What cannot be put into words does not come into force.
func TestADraftThatNobodyCanRead(t *testing.T) {
	t.Parallel()
	w := setupProgram(t, changeable(t))
	ctx := t.Context()
	m, _, err := w.ProposeChange(ctx, "club", ann, append(changeableText(t, `version: "1.0"`, `version: "2.0"`), "\ninform:\n  - {id: careful, say: use-strong-pasword}\n"...), "law")
	must(t, err)
	m, _, err = w.CheckChange(ctx, "club", m.ID, ann)
	must(t, err)
	if m.State != "draft" || len(m.Body.Findings) == 0 || m.Body.Findings[0].ID != "not-renderable" || m.Body.Findings[0].Line == 0 {
		t.Errorf("%s: %+v", m.State, m.Body.Findings)
	}
}

func TestAPolicyMayRuleWideningOut(t *testing.T) {
	t.Parallel()
	w := setupProgram(t, changeable(t, "widening: fresh-consent", "widening: refused"))
	m, _, err := w.ProposeChange(t.Context(), "club", ann, changeableText(t, `version: "1.0"`, `version: "2.0"`, narrow, wide), "law")
	must(t, err)
	_, _, err = w.CheckChange(t.Context(), "club", m.ID, ann)
	w.wants(err, "error conflict")
}

// People are told once, and who was shown it is known.
func TestPeopleAreToldOfChanges(t *testing.T) {
	t.Parallel()
	w := setupProgram(t, changeable(t))
	ctx := t.Context()
	must(t, w.joinHouse("li", item("name", "Li"), item("email", "li@mail.example")))
	must(t, w.joinHouse("wu", item("name", "Wu")))
	m := w.announced(changeableText(t, `version: "1.0"`, `version: "2.0"`, narrow, wide), began.AddDate(0, 0, 30))
	w.sweep()
	w.sweep()
	m, err := w.Change(ctx, "club", m.ID)
	must(t, err)
	if m.Body.Mailed+m.Body.Missed != 2 || m.Body.Cursor != 0 {
		t.Errorf("%+v", m.Body)
	}
	for range 2 {
		ahead, _, err := w.ChangesAhead(ctx, "club", "li")
		must(t, err)
		if len(ahead) != 1 || ahead[0].State != "announced" || ahead[0].Accepted || len(ahead[0].Changes) == 0 || !ahead[0].Widens {
			t.Errorf("%+v", ahead)
		}
	}
	if n, err := w.ChangeSeen(ctx, "club", m.Body.Hash); err != nil || n != 1 {
		t.Errorf("%d saw it %v", n, err)
	}
}

// Without a page of the controller's own, people are led to what changes for them.
func TestAnAnnouncementLeadsToWhatChanges(t *testing.T) {
	t.Parallel()
	w := setupProgram(t, changeable(t))
	ctx := t.Context()
	m, _, err := w.ProposeChange(ctx, "club", ann, changeableText(t, `version: "1.0"`, `version: "2.0"`, narrow, wide), "law")
	must(t, err)
	m, _, err = w.CheckChange(ctx, "club", m.ID, ann)
	must(t, err)
	for _, by := range []gate.Officer{bo, cleo} {
		m, _, err = w.ApproveChange(ctx, "club", m.ID, by, m.Proposal.What)
		must(t, err)
	}
	from := began.AddDate(0, 0, 30)
	_, _, err = w.AnnounceChange(ctx, "club", m.ID, ann, from, "")
	w.wants(err, "error invalid") // there is no door, and so no page
	w.AnswersAt("https://privacy.example")
	_, _, err = w.AnnounceChange(ctx, "club", m.ID, ann, from, "")
	must(t, err)
	list, err := w.Versions(ctx, "club")
	must(t, err)
	if want := "https://privacy.example/privacy/club/versions/" + strings.TrimPrefix(string(m.Body.Hash), "sha256:"); list[0].Link != want {
		t.Errorf("people are led to %s", list[0].Link)
	}
}

// What works today and would stop is counted before anybody approves it.
func TestWouldBreak(t *testing.T) {
	t.Parallel()
	w := setupProgram(t, changeable(t))
	must(t, w.joinHouse("li", item("name", "Li")))
	for range 3 {
		_, err := w.read("li", "name")
		must(t, err)
	}
	must(t, w.tips("li", "name"))
	m, _, err := w.ProposeChange(t.Context(), "club", ann, changeableText(t, `version: "1.0"`, `version: "2.0"`, `data: [email, phone, name, shoe,`, `data: [email, phone, shoe,`), "law")
	must(t, err)
	m, _, err = w.CheckChange(t.Context(), "club", m.ID, ann)
	must(t, err)
	if len(m.Body.Breaks) != 1 || m.Body.Breaks[0].Count != 3 || m.Body.Breaks[0].Datum != "name" || m.Body.Breaks[0].Role != "desk" || m.Body.Widens || m.Body.Replayed != 5 {
		t.Errorf("%d replayed: %+v", m.Body.Replayed, m.Body.Breaks)
	}
}

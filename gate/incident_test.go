package gate_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/gate"
)

var ana = gate.Officer{Person: "ana", Via: "t1", Role: "desk"}

// alarmed is a world with an incident rule, and an incident that was opened.
func alarmed(t *testing.T) (*world, gate.Incident) {
	t.Helper()
	w := setupWith(t, "testdata/mail.yaml")
	w.AnswersAt("https://privacy.example")
	m, _, err := w.OpenIncident(t.Context(), "club", ana, w.known(), w.words())
	must(t, err)
	return w, m
}

func (w *world) known() *gate.Circumstances {
	now := w.clock()
	return &gate.Circumstances{Occurred: now.Add(-48 * time.Hour), Discovered: now.Add(-2 * time.Hour), Aware: now.Add(-time.Hour), Types: []string{"confidentiality"},
		Place: "mail server", Cause: "a lost password", Traces: "logs are kept"}
}

func (w *world) words() map[string]gate.Words {
	out := make(map[string]gate.Words)
	for _, language := range []string{"en", "zh"} {
		out[language] = gate.Words{}
		for _, name := range []string{"what-happened", "impact", "measures-taken", "measures-planned", "advice", "remedies", "contact"} {
			out[language][name] = name + " in " + language
		}
	}
	return out
}

// pursue goes on until nothing happens, and delivers in between; dead are channels
// that take nothing.
func (w *world) pursue(dead ...string) {
	w.t.Helper()
	for range 20 {
		did, err := w.PursueIncidents(context.Background())
		must(w.t, err)
		for d := w.next(); d != nil; d = w.next() {
			o := gate.Sent
			if slices.Contains(dead, d.Channel) {
				o = gate.Dead
			}
			w.settle(d, o)
			did++
		}
		if did == 0 {
			return
		}
	}
	w.t.Fatal("it does not come to an end")
}

func (w *world) stands(m gate.Incident) gate.Incident {
	w.t.Helper()
	got, err := w.ReadIncident(context.Background(), "club", m.ID)
	must(w.t, err)
	return got
}

// scoped settles who is affected.
func (w *world) scoped(m gate.Incident, r gate.Reach) gate.Incident {
	w.t.Helper()
	_, _, err := w.ScopeIncident(context.Background(), "club", m.ID, ana, &r)
	must(w.t, err)
	w.pursue()
	return w.stands(m)
}

// TestAffected: who is affected follows from kinds of data, times and keys.
func TestAffected(t *testing.T) {
	t.Parallel()
	w, m := alarmed(t)
	w.gives("li", "sign-up", "notices", item("email", "li@mail.example"), item("phone", "+8613800001111"))
	w.pass(time.Hour)
	middle := w.clock()
	w.pass(time.Hour)
	w.gives("wang", "sign-up", "notices", item("email", "wang@mail.example"))
	w.gives("zhao", "sign-up", "notices", item("push-token", "token-of-zhao"))
	for _, c := range []struct {
		name    string
		reach   gate.Reach
		people  int64
		records int64
	}{
		{"everything", gate.Reach{}, 3, 4},
		{"mail addresses", gate.Reach{Data: []avow.Datum{"email"}}, 2, 2},
		{"a backup of the first hour", gate.Reach{Store: "backup", To: middle}, 1, 2},
		{"what came in after it", gate.Reach{From: middle}, 2, 2},
		{"keys that nobody has", gate.Reach{FirstKey: 1 << 40, LastKey: 1 << 41}, 0, 0},
		{"nothing held", gate.Reach{Data: []avow.Datum{"steps"}}, 0, 0},
	} {
		got := w.scoped(m, c.reach)
		if a := got.Body.Affected; got.State != "scoped" || !a.Done || a.People != c.people || a.Records != c.records {
			t.Errorf("%s: %s, %+v", c.name, got.State, a)
		}
	}
	if _, _, err := w.ScopeIncident(t.Context(), "club", m.ID, ana, &gate.Reach{Data: []avow.Datum{"unheard-of"}}); avow.CodeOf(err) != avow.Invalid {
		t.Errorf("data that nobody knows: %v", err)
	}
}

// TestIncidentNotices: everybody is told in their language what of theirs is
// concerned, by the first channel that works.
func TestIncidentNotices(t *testing.T) {
	t.Parallel()
	w, m := alarmed(t)
	w.gives("li", "sign-up", "notices", item("email", "li@mail.example"), item("phone", "+8613800001111"))
	w.gives("zhao", "sign-up", "notices", item("push-token", "token-of-zhao"))
	w.scoped(m, gate.Reach{})
	_, _, err := w.TellIncident(t.Context(), "club", m.ID, ana)
	must(t, err)
	_, err = w.PursueIncidents(t.Context())
	must(t, err)
	d := w.next()
	if d == nil || d.Channel != "email" || !strings.Contains(d.Text.Body, "what-happened in en") || !strings.Contains(d.Text.Body, "advice in en") || !strings.Contains(d.Text.Body, "https://privacy.example/privacy/club") {
		t.Fatalf("notice %+v", d)
	}
	if strings.Contains(d.Text.Body, "push") || !strings.Contains(strings.ToLower(d.Text.Body), "mail") {
		t.Errorf("it names the data of others, or not theirs: %s", d.Text.Body)
	}
	w.settle(d, gate.Dead)
	w.pursue()
	got := w.stands(m)
	p := got.Body.Progress
	if got.State != "told" || p.Told != 1 || p.Unreachable != 1 || p.ByChannel["sms"] != 1 {
		t.Errorf("%s: %+v", got.State, p)
	}
	if got.Body.Public.IsZero() || w.count(evidence.IncidentAnnounced) != 1 {
		t.Error("half of the people were not reached, and nothing was announced")
	}
	all, err := w.Announcements(t.Context(), "club")
	must(t, err)
	if len(all) != 1 || all[0].Words["zh"]["advice"] != "advice in zh" {
		t.Errorf("announcements %+v", all)
	}
	if w.count(evidence.IncidentNotice) < 2 {
		t.Error("no evidence of who was told")
	}
}

// TestIncidentTellsAll: nobody is told while something that the policy promises is
// missing, in any language.
func TestIncidentTellsAll(t *testing.T) {
	t.Parallel()
	w, m := alarmed(t)
	w.gives("li", "sign-up", "notices", item("email", "li@mail.example"))
	w.scoped(m, gate.Reach{})
	for _, name := range []string{"what-happened", "impact", "advice", "contact"} {
		words := w.words()
		delete(words["zh"], name)
		_, _, err := w.DescribeIncident(t.Context(), "club", m.ID, ana, w.known(), words)
		must(t, err)
		if _, _, err = w.TellIncident(t.Context(), "club", m.ID, ana); avow.CodeOf(err) != avow.Conflict || !strings.Contains(tries(err), name+" (zh)") {
			t.Errorf("without %s: %v", name, err)
		}
	}
	words := w.words()
	words["en"]["impact"] = "li@mail.example got a mail"
	if _, _, err := w.DescribeIncident(t.Context(), "club", m.ID, ana, w.known(), words); avow.CodeOf(err) != avow.Invalid {
		t.Errorf("a person's address in a notice: %v", err)
	}
}

// TestIncidentClocks: clocks start when the controller is aware, and what is missed
// is recorded.
func TestIncidentClocks(t *testing.T) {
	t.Parallel()
	w, m := alarmed(t)
	aware := w.known().Aware
	due := map[string]time.Time{}
	for _, c := range m.Body.Clocks {
		if !c.AtOnce {
			due[c.Law+" "+c.To] = c.Due
		}
	}
	if got := due["eu authority"]; !got.Equal(aware.Add(72 * time.Hour)) {
		t.Errorf("the European clock ends at %v", got)
	}
	if got := due["policy people"]; !got.Equal(aware.Add(48 * time.Hour)) {
		t.Errorf("the policy's clock ends at %v", got)
	}
	r, err := w.IncidentReport(t.Context(), "club", m.ID, "eu", "en")
	must(t, err)
	if !slices.Contains(r.Missing, "people") {
		t.Errorf("what is not known is not missing: %+v", r)
	}
	if _, _, err := w.ReportIncident(t.Context(), "club", m.ID, "eu", ana, false); avow.CodeOf(err) != avow.Conflict {
		t.Errorf("a report with a hole: %v", err)
	}
	w.pass(73 * time.Hour)
	w.sweep()
	w.sweep()
	got := w.stands(m)
	missed := 0
	for _, c := range got.Body.Clocks {
		if c.Missed {
			missed++
		}
	}
	if missed != 2 || w.count(evidence.Overdue) != 2 {
		t.Errorf("%d clocks missed, %d leaves", missed, w.count(evidence.Overdue))
	}
	w.scoped(m, gate.Reach{})
	if r, err = w.IncidentReport(t.Context(), "club", m.ID, "eu", "en"); err != nil || !slices.Contains(r.Missing, "delay") {
		t.Errorf("a late report says why: %+v %v", r.Missing, err)
	}
	_, _, err = w.ReportIncident(t.Context(), "club", m.ID, "eu", ana, true)
	must(t, err)
	if got = w.stands(m); len(got.Body.Reports) != 1 || !got.Body.Reports[0].Phased || got.Body.Reports[0].Version != 1 {
		t.Errorf("reports %+v", got.Body.Reports)
	}
}

// TestIncidentAfterRestart: counting and telling go on where they were.
func TestIncidentAfterRestart(t *testing.T) {
	t.Parallel()
	w, m := alarmed(t)
	w.gives("li", "sign-up", "notices", item("email", "li@mail.example"))
	_, _, err := w.ScopeIncident(t.Context(), "club", m.ID, ana, &gate.Reach{})
	must(t, err)
	w.restart()
	w.AnswersAt("https://privacy.example")
	w.pursue()
	_, _, err = w.TellIncident(t.Context(), "club", m.ID, ana)
	must(t, err)
	_, err = w.PursueIncidents(t.Context())
	must(t, err)
	w.restart()
	w.pursue()
	if got := w.stands(m); got.State != "told" || got.Body.Progress.Told != 1 || !got.Body.Public.IsZero() {
		t.Errorf("%s: %+v", got.State, got.Body.Progress)
	}
	if n := w.count(evidence.MessageSent); n != 1 {
		t.Errorf("%d messages were sent", n)
	}
	_, _, err = w.CloseIncident(t.Context(), "club", m.ID, ana)
	must(t, err)
}

// tries is what an error advises.
func tries(err error) string {
	if e, ok := errors.AsType[*avow.Error](err); ok {
		return e.Try
	}
	return ""
}

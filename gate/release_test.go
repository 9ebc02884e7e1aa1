package gate_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"avow.dev"
	"avow.dev/disclose"
	"avow.dev/evidence"
	"avow.dev/gate"
)

// crowd signs n people up, with a town, an illness and the pages they visited.
func (w *world) crowd(name string, n int, town, illness string, visits ...string) {
	w.t.Helper()
	for i := range n {
		items := []gate.Item{item("town", town), item("illness", illness)}
		for _, v := range visits {
			items = append(items, item("visit", v))
		}
		_, err := w.Collect(context.Background(), &gate.Collecting{
			Request: avow.Request{Policy: "club", Subject: avow.SubjectRef(fmt.Sprint(name, i)), Purpose: "manage-account", Point: "sign-up", Feature: "account", Source: "person"},
			Items:   items, Agree: w.accept(),
		})
		must(w.t, err)
	}
}

func towns() gate.Question {
	return gate.Question{Rule: "to-bureau", Recipient: "bureau", Purpose: "release-statistics", Data: "town",
		By: []gate.By{{Values: []string{"north", "south", "empty"}}}}
}

// approved proposes a question and has two others approve it.
func (w *world) approved(q gate.Question) gate.Release {
	w.t.Helper()
	m, _, err := w.ProposeRelease(context.Background(), "club", ann, &q)
	must(w.t, err)
	what, err := m.Body.Digest()
	must(w.t, err)
	for _, by := range []gate.Officer{bo, cleo} {
		m, _, err = w.ApproveRelease(context.Background(), "club", m.ID, by, what)
		must(w.t, err)
	}
	return m
}

func figure(m *gate.Release, of ...string) (int64, bool) {
	for _, r := range m.Body.Rows {
		if slices.Equal(r.Of, of) {
			return r.Count, !r.Hidden
		}
	}
	return 0, false
}

// figures is a world whose bureau has papers for longer than any test takes.
func figures(t testing.TB) *world {
	t.Helper()
	w := setupWith(t, "testdata/figures.yaml")
	terms := w.paperOf("bureau", "terms")
	terms.Expires = began.AddDate(4, 0, 0)
	w.qualify(terms)
	return w
}

func TestReleaseCountsPeople(t *testing.T) {
	t.Parallel()
	w := figures(t)
	w.crowd("n", 80, "north", "cold")
	w.crowd("s", 9, "south", "cold")
	m := w.approved(towns())
	m, r, err := w.Release(t.Context(), "club", m.ID, ann)
	must(t, err)
	// Noise of epsilon 1 is beyond 30 with a chance of 7e-14.
	if n, shown := figure(&m, "north"); !shown || n < 50 || n > 110 {
		t.Errorf("north: %d, %v", n, shown)
	}
	for _, few := range []string{"south", "empty", "other"} {
		if n, shown := figure(&m, few); shown || n != 0 {
			t.Errorf("%s: %d shown", few, n)
		}
	}
	l := w.last()
	if m.State != "released" || l.Kind != evidence.Released || l.Verdict != avow.Allow || l.Recipient != "bureau" || l.Count != 1 ||
		!slices.Equal(l.Rules, []avow.RuleID{"to-bureau"}) || !slices.Equal(l.Clauses, []avow.ClauseID{"FIG-1"}) || l.Detail != m.Body.Shown || r.Verdict != avow.Allow {
		t.Errorf("%s %+v %+v", m.State, l, r)
	}
}

// TestAveragingGetsOneAnswer asks the same question as often as it likes: by the
// same matter, by a new one, after a restart. Every answer in a period is the
// same; a question that differs in anything finds the budget spent.
func TestAveragingGetsOneAnswer(t *testing.T) {
	t.Parallel()
	w := figures(t)
	w.crowd("n", 60, "north", "cold")
	first, _, err := w.Release(t.Context(), "club", w.approved(towns()).ID, ann)
	must(t, err)
	same := func(m gate.Release, err error) {
		t.Helper()
		must(t, err)
		if !reflect.DeepEqual(m.Body, first.Body) || m.ID != first.ID {
			t.Errorf("another answer: %+v", m.Body.Rows)
		}
	}
	for range 5 {
		w.pass(24 * time.Hour)
		m, _, err := w.Release(t.Context(), "club", first.ID, bo)
		same(m, err)
		q := towns()
		m, _, err = w.ProposeRelease(t.Context(), "club", bo, &q)
		same(m, err)
	}
	w.restart()
	m, err := w.ReadRelease(t.Context(), "club", first.ID)
	same(m, err)
	for name, other := range map[string]func(*gate.Question){
		"another category": func(q *gate.Question) { q.By[0].Values[2] = "west" },
		"no dimension":     func(q *gate.Question) { q.By = nil },
		"with totals":      func(q *gate.Question) { q.Totals = true },
		"a part of it":     func(q *gate.Question) { q.Epsilon = "0.000001" },
	} {
		q := towns()
		other(&q)
		_, _, err := w.Release(t.Context(), "club", w.approved(q).ID, ann)
		if avow.CodeOf(err) != avow.Conflict {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.pass(26 * 24 * time.Hour) // the next period
	m, _, err = w.Release(t.Context(), "club", w.approved(towns()).ID, ann)
	if must(t, err); m.ID == first.ID || m.State != "released" {
		t.Errorf("in the next period: %+v", m)
	}
}

func TestBudgetIsSpentInParts(t *testing.T) {
	t.Parallel()
	w := figures(t)
	for i, want := range []avow.Code{"", "", avow.Conflict} {
		q := towns()
		q.Epsilon, q.By[0].Values = "0.5", []string{fmt.Sprint("town ", i)}
		if _, _, err := w.Release(t.Context(), "club", w.approved(q).ID, ann); avow.CodeOf(err) != want && (want != "" || err != nil) {
			t.Errorf("%d: %v, want %q", i, err, want)
		}
	}
	q := towns()
	q.Epsilon = "1.5"
	if _, _, err := w.ProposeRelease(t.Context(), "club", ann, &q); avow.CodeOf(err) != avow.Invalid {
		t.Errorf("more than there is: %v", err)
	}
}

// TestReleaseRefuses everything that the rule does not name, with evidence.
func TestReleaseRefuses(t *testing.T) {
	t.Parallel()
	w := figures(t)
	for name, c := range map[string]struct {
		change func(*gate.Question)
		want   string
	}{
		"recipient":   {func(q *gate.Question) { q.Recipient = "other" }, "recipient-undeclared"},
		"nobody":      {func(q *gate.Question) { q.Recipient = "" }, "recipient-undeclared"},
		"purpose":     {func(q *gate.Question) { q.Purpose = "improve" }, "purpose-undeclared"},
		"datum":       {func(q *gate.Question) { q.Data = "password" }, "password-is-not-data"},
		"rule":        {func(q *gate.Question) { q.Rule = "inside" }, "verb-undeclared"},
		"no rule":     {func(q *gate.Question) { q.Rule = "nothing" }, "verb-undeclared"},
		"joined":      {func(q *gate.Question) { q.By[0].Datum = "event" }, "mixed-with-personal"},
		"two nobodys": {func(q *gate.Question) { q.Data, q.By[0].Datum = "event", "town" }, "mixed-with-personal"},
	} {
		q := towns()
		c.change(&q)
		before := w.count(evidence.Released)
		_, _, err := w.ProposeRelease(t.Context(), "club", ann, &q)
		if !strings.Contains(codes(err), c.want) {
			t.Errorf("%s: %s, want %s", name, codes(err), c.want)
		}
		if l := w.last(); w.count(evidence.Released) != before+1 || l.Verdict != avow.Refuse {
			t.Errorf("%s: no evidence of the refusal: %+v", name, l)
		}
	}
	q := towns()
	m, _, err := w.ProposeRelease(t.Context(), "club", ann, &q)
	must(t, err)
	if _, _, err := w.Release(t.Context(), "club", m.ID, ann); !strings.Contains(codes(err), "approval-missing") {
		t.Errorf("unapproved: %v", err)
	}
	approved := w.approved(q)
	w.pass(2 * 365 * 24 * time.Hour) // the recipient's terms have ended
	if _, _, err := w.Release(t.Context(), "club", approved.ID, ann); !strings.Contains(codes(err), "recipient-unqualified") {
		t.Errorf("lapsed: %v", err)
	}
}

// TestReleaseFourEyes plays those who would approve alone.
func TestReleaseFourEyes(t *testing.T) {
	t.Parallel()
	w := figures(t)
	q := towns()
	m, _, err := w.ProposeRelease(t.Context(), "club", ann, &q)
	must(t, err)
	what, err := m.Body.Digest()
	must(t, err)
	approve := func(by gate.Officer, what [32]byte, want avow.Code) {
		t.Helper()
		if _, _, err := w.ApproveRelease(t.Context(), "club", m.ID, by, what); avow.CodeOf(err) != want && (want != "" || err != nil) {
			t.Errorf("%s: %v, want %q", by.Via, err, want)
		}
	}
	approve(ann, what, avow.Forbidden)
	approve(ann2, what, avow.Forbidden)
	approve(gate.Officer{Via: "program"}, what, avow.Forbidden)
	approve(bo, [32]byte{1}, avow.Conflict)
	approve(bo, what, "")
	approve(gate.Officer{Person: "bo", Via: "another"}, what, avow.Conflict)
	if _, _, err := w.Release(t.Context(), "club", m.ID, bo); !strings.Contains(codes(err), "approval-missing") {
		t.Errorf("with one approval: %v", err)
	}
	approve(cleo, what, "")
	approve(gate.Officer{Person: "dan"}, what, avow.Conflict)
	_, _, err = w.WithdrawRelease(t.Context(), "club", m.ID, ann)
	must(t, err)
	if _, _, err := w.Release(t.Context(), "club", m.ID, ann); avow.CodeOf(err) != avow.Conflict {
		t.Errorf("withdrawn: %v", err)
	}
}

// TestWhoIsNotCounted: people who said no, who are under a hold, or are gone, and
// values whose time is over.
func TestWhoIsNotCounted(t *testing.T) {
	t.Parallel()
	for name, leave := range map[string]func(w *world, ref avow.SubjectRef){
		"objected": func(w *world, ref avow.SubjectRef) { w.say(ref, "count-me", avow.Refused) },
		"held": func(w *world, ref avow.SubjectRef) {
			err := w.hold(ref, "suit", "m", w.clock().Add(time.Hour))
			must(w.t, err)
		},
		"closed": func(w *world, ref avow.SubjectRef) {
			_, err := w.Close(context.Background(), "club", ref)
			must(w.t, err)
		},
		"erased": func(w *world, ref avow.SubjectRef) {
			_, err := w.Erase(context.Background(), "club", ref)
			must(w.t, err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := figures(t)
			w.crowd("n", 60, "north", "cold")
			w.crowd("s", 60, "south", "cold")
			for i := range 60 {
				leave(w, avow.SubjectRef(fmt.Sprint("s", i)))
			}
			m, _, err := w.Release(t.Context(), "club", w.approved(towns()).ID, ann)
			must(t, err)
			if _, shown := figure(&m, "north"); !shown {
				t.Error("the others are not counted either")
			}
			if n, shown := figure(&m, "south"); shown {
				t.Errorf("counted: %d", n)
			}
		})
	}
}

func TestReleaseOfWhatIsOver(t *testing.T) {
	t.Parallel()
	w := figures(t)
	w.crowd("n", 60, "north", "cold")
	w.pass(365 * 24 * time.Hour)
	m, _, err := w.Release(t.Context(), "club", w.approved(towns()).ID, ann)
	if must(t, err); slices.ContainsFunc(m.Body.Rows, func(r disclose.Row) bool { return !r.Hidden }) {
		t.Errorf("%+v", m.Body.Rows)
	}
}

// TestSensitiveGroups: a town in which everybody has the same illness is not
// shown, however large it is.
func TestSensitiveGroups(t *testing.T) {
	t.Parallel()
	w := figures(t)
	w.crowd("a", 60, "north", "cold")
	w.crowd("b", 60, "south", "cold")
	w.crowd("c", 60, "south", "cough")
	q := towns()
	q.By = []gate.By{{Values: []string{"north", "south"}}, {Datum: "illness", Values: []string{"cold", "cough"}}}
	m, _, err := w.Release(t.Context(), "club", w.approved(q).ID, ann)
	must(t, err)
	if _, shown := figure(&m, "north", "cold"); shown {
		t.Error("north is known to have a cold")
	}
	for _, illness := range []string{"cold", "cough"} {
		if n, shown := figure(&m, "south", illness); !shown || n < 30 || n > 90 {
			t.Errorf("south, %s: %d %v", illness, n, shown)
		}
	}
}

// TestVisitsCountPeople: somebody who looks at a page a hundred times is one
// person, and one who looks at all pages counts in as many cells as is asked for.
func TestVisitsCountPeople(t *testing.T) {
	t.Parallel()
	w := figures(t)
	w.crowd("a", 2, "north", "cold", slices.Repeat([]string{"/a/1"}, 100)...)
	w.crowd("b", 60, "north", "cold", "/b/1", "/b/2", "/b/3")
	q := gate.Question{Rule: "inside", Purpose: "improve", Data: "visit", By: []gate.By{{Values: []string{"/a", "/b"}, Prefix: true}}}
	m, _, err := w.ProposeRelease(t.Context(), "club", ann, &q)
	if must(t, err); m.State != "approved" {
		t.Fatalf("a rule without approvals: %s", m.State)
	}
	m, _, err = w.Release(t.Context(), "club", m.ID, ann)
	must(t, err)
	if _, shown := figure(&m, "/a"); shown {
		t.Error("two people are shown for their 200 visits")
	}
	if n, shown := figure(&m, "/b"); !shown || n < 30 || n > 90 {
		t.Errorf("/b: %d %v", n, shown)
	}
}

func TestReleaseOfEvents(t *testing.T) {
	t.Parallel()
	w := figures(t)
	for i := range 120 {
		kind := "slow"
		if i < 9 {
			kind = "hung"
		}
		_, err := w.Collect(t.Context(), &gate.Collecting{
			Request: avow.Request{Policy: "club", Purpose: "improve", Point: "sign-up", Source: "device"},
			Items:   []gate.Item{item("event", fmt.Sprintf(`{"kind":%q,"ms":%d}`, kind, 10*i))},
		})
		must(t, err)
	}
	q := gate.Question{Rule: "inside", Purpose: "improve", Data: "event", By: []gate.By{{Field: "kind", Values: []string{"slow", "hung"}}, {Field: "ms", Bands: []int64{0, 500}}}}
	m, _, err := w.ProposeRelease(t.Context(), "club", ann, &q)
	must(t, err)
	m, _, err = w.Release(t.Context(), "club", m.ID, ann)
	must(t, err)
	for _, c := range []struct {
		of    []string
		shown bool
	}{{[]string{"slow", "0 to 499"}, false}, {[]string{"slow", "500 and more"}, true}, {[]string{"hung", "0 to 499"}, false}, {[]string{"other", "other"}, false}} {
		n, shown := figure(&m, c.of...)
		if c.of[0] == "slow" && c.of[1] == "0 to 499" { // 41 of them: shown or not as the noise falls
			continue
		}
		if shown != c.shown {
			t.Errorf("%v: %d %v", c.of, n, shown)
		}
	}
}

// TestReleaseSurvivesACrash between the budget and the answer: the budget is spent
// once, and the answer comes.
func TestReleaseSurvivesACrash(t *testing.T) {
	t.Parallel()
	w := figures(t)
	w.crowd("n", 60, "north", "cold")
	m := w.approved(towns())
	ctx, cancel := context.WithCancel(t.Context())
	w.wrap = func(s gate.Store) gate.Store { return walking{s, cancel} }
	w.restart()
	if _, _, err := w.Release(ctx, "club", m.ID, ann); err == nil {
		t.Fatal("released by a caller who had gone")
	}
	w.wrap = nil
	w.restart()
	if m, err := w.ReadRelease(t.Context(), "club", m.ID); err != nil || m.State != "counting" || m.Body.Rows != nil {
		t.Fatalf("%+v %v", m, err)
	}
	if _, _, err := w.WithdrawRelease(t.Context(), "club", m.ID, ann); avow.CodeOf(err) != avow.Conflict {
		t.Errorf("withdrawn after the walk began: %v", err)
	}
	m, _, err := w.Release(t.Context(), "club", m.ID, ann)
	if must(t, err); m.State != "released" || m.Body.Until.IsZero() {
		t.Errorf("%+v", m)
	}
}

// walking tells when a walk over people begins.
type walking struct {
	gate.Store
	begins func()
}

func (s walking) NextSubject(ctx context.Context, floor int64) (int64, error) {
	s.begins()
	return s.Store.NextSubject(context.WithoutCancel(ctx), floor)
}

// TestReleasesAreSealed: neither a question nor its figures lie in clear.
func TestReleasesAreSealed(t *testing.T) {
	t.Parallel()
	w := figures(t)
	q := towns()
	q.By[0].Values[0] = "Canary-Town-9"
	_, _, err := w.Release(t.Context(), "club", w.approved(q).ID, ann)
	must(t, err)
	w.stop()
	must(t, filepath.WalkDir(w.dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		if bytes.Contains(raw, []byte("Canary-Town")) {
			return errors.Join(err, fmt.Errorf("%s holds a question in clear", path))
		}
		return err
	}))
	w.start()
}

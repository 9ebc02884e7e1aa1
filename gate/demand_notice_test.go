package gate_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"avow.dev"
	"avow.dev/evidence"
)

// TestGag: nobody is told while the gag lasts, not by their trail either, and they
// are told when it ends, also if it was extended, and also if the engine was down.
func TestGag(t *testing.T) {
	t.Parallel()
	w := setupDemands(t)
	r := order()
	r.Gag = began.AddDate(0, 0, 20)
	trail := func() []int64 {
		c, err := w.Access(t.Context(), "club", "li")
		must(t, err)
		return c.Trail
	}
	notices := func(ref avow.SubjectRef) int {
		t.Helper()
		n, err := w.DemandNotices(t.Context(), "club", ref)
		must(t, err)
		return len(n)
	}
	before := len(trail())
	m, _ := w.carriedOut(r, scoping())
	if m.Due != r.Gag || m.Body.ToldDue != r.Gag.AddDate(0, 0, 7) {
		t.Errorf("due %v, told by %v", m.Due, m.Body.ToldDue)
	}
	w.sweep()
	w.pass(19 * 24 * time.Hour)
	w.sweep()
	if notices("li") != 0 || len(trail()) > before+2 { // the two looks of this test
		t.Errorf("told during the gag: %d, %d leaves instead of %d", notices("li"), len(trail()), before)
	}
	if _, _, err := w.ExtendGag(t.Context(), "club", m.ID, ann, began.AddDate(0, 0, 30), ""); avow.CodeOf(err) != avow.Invalid {
		t.Errorf("extended without a citation: %v", err)
	}
	_, _, err := w.ExtendGag(t.Context(), "club", m.ID, ann, began.AddDate(0, 0, 30), "order of 5 December")
	must(t, err)
	w.pass(2 * 24 * time.Hour)
	w.sweep()
	if notices("li") != 0 {
		t.Error("told at the end of the first gag")
	}
	w.pass(9 * 24 * time.Hour)
	w.sweep()
	if got, err := w.DemandNotices(t.Context(), "club", "li"); err != nil || len(got) != 1 || got[0].Authority != "courts" || !slices.Equal(got[0].Data, []avow.Datum{"email", "name"}) || !got[0].Given.Equal(began) {
		t.Errorf("%+v %v", got, err)
	}
	if notices("wang") != 0 || w.count(evidence.DemandTold) != 1 || w.count(evidence.Overdue) != 0 {
		t.Errorf("wang %d, told %d, overdue %d", notices("wang"), w.count(evidence.DemandTold), w.count(evidence.Overdue))
	}
	w.sweep()
	if notices("li") != 1 || w.count(evidence.DemandTold) != 1 {
		t.Error("told twice")
	}
	if _, _, err := w.ExtendGag(t.Context(), "club", m.ID, ann, began.AddDate(1, 0, 0), "x"); avow.CodeOf(err) != avow.Conflict {
		t.Errorf("a gag that has ended was extended: %v", err)
	}
}

// TestToldByMessage: a message says that there is a notice, and nothing of it; a
// link in which something could travel is none.
func TestToldByMessage(t *testing.T) {
	t.Parallel()
	w := setupDemands(t)
	r := order()
	for _, bad := range []string{"ftp://x.example", "https://x.example/?who=li", "https://li@x.example", "javascript:alert(1)"} {
		r.Link = bad
		if _, _, err := w.ReceiveDemand(t.Context(), "club", ann, &r); avow.CodeOf(err) != avow.Invalid {
			t.Errorf("%s: %v", bad, err)
		}
	}
	r.Link = "https://privacy.example/privacy/club"
	w.carriedOut(r, scoping())
	if due, err := w.DueMessages(t.Context(), "club", 9); err != nil || len(due) != 0 {
		t.Fatalf("before they are told: %d %v", len(due), err)
	}
	w.sweep()
	due, err := w.DueMessages(t.Context(), "club", 9)
	if must(t, err); len(due) != 1 {
		t.Fatalf("%d messages", len(due))
	}
	m, err := w.TakeMessage(t.Context(), due[0])
	must(t, err)
	if text := fmt.Sprintf("%+v", *m); m == nil || strings.Contains(text, "courts") {
		t.Errorf("%+v", m)
	}
}

// TestNoticeIsMissed: the clock shows when people were told too late.
func TestNoticeIsMissed(t *testing.T) {
	t.Parallel()
	w := setupDemands(t)
	m, _ := w.carriedOut(order(), scoping())
	w.pass(8 * 24 * time.Hour) // nothing ran for eight days
	if n := w.sweep(); n.Overdue != 1 {
		t.Errorf("%+v", n)
	}
	m, err := w.ReadDemand(t.Context(), "club", m.ID)
	if must(t, err); !slices.Equal(m.Body.Missed, []string{"notice"}) || m.Body.Told.IsZero() || !m.Due.IsZero() || w.count(evidence.Overdue) != 1 || w.count(evidence.DemandTold) != 1 {
		t.Errorf("%+v", m.Body)
	}
}

// TestToldFirst: where people are told before, nothing is published until they are.
func TestToldFirst(t *testing.T) {
	t.Parallel()
	w := setupDemands(t)
	r, s := order(), scoping()
	r.Ground, r.Instrument, r.Authority = "told-first", "statute", "everybody"
	m, err := w.demand(r, s, true)
	must(t, err)
	if _, err := w.approve(m, bo); codes(err) != "notice-missing" {
		t.Errorf("before they were told: %v", err)
	}
	m, _, err = w.TellBefore(t.Context(), "club", m.ID, ann)
	must(t, err)
	if n, err := w.DemandNotices(t.Context(), "club", "li"); err != nil || len(n) != 1 || !n[0].Given.IsZero() {
		t.Errorf("%+v %v", n, err)
	}
	m, err = w.approve(m, bo, cleo)
	must(t, err)
	_, p, err := w.ReleaseDemand(t.Context(), "club", m.ID, ann, forDemand)
	if must(t, err); handedOut(p) != "li name=Name of li" {
		t.Error(handedOut(p))
	}
	if l := w.leaves(); l[len(l)-2].Kind != evidence.Published || l[len(l)-2].Verdict != avow.Allow {
		t.Errorf("no evidence that it was published: %+v", l[len(l)-2])
	}
}

package gate_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/gate"
)

const paper = "the court orders that ... Canary-Order-12"

func setupDemands(t testing.TB) *world {
	t.Helper()
	w := setupWith(t, "testdata/demands.yaml")
	for _, ref := range []avow.SubjectRef{"li", "wang"} {
		w.citizen(ref)
	}
	return w
}

func (w *world) citizen(ref avow.SubjectRef) {
	w.t.Helper()
	_, err := w.Collect(context.Background(), &gate.Collecting{
		Request: avow.Request{Policy: "club", Subject: ref, Purpose: "manage-account", Point: "sign-up", Feature: "account", Source: "person"},
		Items:   []gate.Item{item("email", string(ref)+"@mail.example"), item("name", "Name of "+string(ref)), item("visit", "/one")}, Agree: w.accept(),
	})
	must(w.t, err)
}

// order is a demand that lacks nothing.
func order() gate.Receiving {
	return gate.Receiving{Ground: "court-papers", Instrument: "court-order", Number: "(2026) 17", Statute: "Civil Procedure Law art. 67", Authority: "courts", Agency: "District court",
		Issued: began.Add(-time.Hour), Expires: began.AddDate(0, 1, 0)}
}

func scoping() gate.Scoping {
	return gate.Scoping{People: []avow.SubjectRef{"li"}, Asked: []avow.Datum{"email", "name"}, Named: []avow.Datum{"email", "name"}, From: began.AddDate(0, -1, 0), To: began.AddDate(0, 0, 1)}
}

// demand brings a demand to where it is scoped, with changes on the way.
func (w *world) demand(r gate.Receiving, s gate.Scoping, withPaper bool) (gate.Demand, error) {
	w.t.Helper()
	ctx := context.Background()
	m, _, err := w.ReceiveDemand(ctx, "club", ann, &r)
	if err != nil {
		return m, err
	}
	if withPaper {
		if m, _, err = w.AddPaper(ctx, "club", m.ID, ann, "application/pdf", strings.NewReader(paper)); err != nil {
			return m, err
		}
	}
	if m, _, err = w.AuthenticateDemand(ctx, "club", m.ID, bo, "called back by the register"); err != nil {
		return m, err
	}
	m, _, err = w.ScopeDemand(ctx, "club", m.ID, ann, &s)
	return m, err
}

func (w *world) approve(m gate.Demand, by ...gate.Officer) (gate.Demand, error) {
	w.t.Helper()
	what := m.Proposal.What
	for _, who := range by {
		var err error
		if m, _, err = w.ApproveDemand(context.Background(), "club", m.ID, who, what); err != nil {
			return m, err
		}
	}
	return m, nil
}

func (w *world) carriedOut(r gate.Receiving, s gate.Scoping) (gate.Demand, *gate.Handed) {
	w.t.Helper()
	m, err := w.demand(r, s, r.Instrument != "emergency-record")
	must(w.t, err)
	m, err = w.approve(m, bo, cleo)
	must(w.t, err)
	m, p, err := w.ReleaseDemand(context.Background(), "club", m.ID, ann, forDemand)
	must(w.t, err)
	return m, p
}

func handedOut(p *gate.Handed) string {
	var out []string
	for _, g := range p.People {
		for _, it := range g.Items {
			out = append(out, fmt.Sprintf("%s %s=%s", g.Subject, it.Datum, it.Value.Expose()))
		}
	}
	return strings.Join(out, "; ")
}

// TestDemandReleasesTheMinimum: what was asked for, and stands in the instrument,
// and the policy lets out; of the people and the period named, and nobody else.
func TestDemandReleasesTheMinimum(t *testing.T) {
	t.Parallel()
	w := setupDemands(t)
	w.pass(10 * 24 * time.Hour)
	_, err := w.Collect(t.Context(), &gate.Collecting{
		Request: avow.Request{Policy: "club", Subject: "li", Purpose: "manage-account", Point: "sign-up", Feature: "account", Source: "person"},
		Items:   []gate.Item{item("visit", "/later"), item("name", "A later name")}})
	must(t, err)
	s := scoping()
	s.Asked = []avow.Datum{"email", "name", "visit", "password", "photo", "crash-log", "birth-date", "email"}
	s.Named = []avow.Datum{"email", "visit", "password", "photo", "crash-log", "birth-date"}
	s.People = []avow.SubjectRef{"li", "li", "nobody-here"}
	m, p := w.carriedOut(order(), s)
	if got := handedOut(p); got != "li email=li@mail.example; li visit=/one" {
		t.Errorf("handed out: %s", got)
	}
	if got := fmt.Sprint(m.Body.Scope.Left); got != "[{name not-named} {password secret} {photo file} {crash-log not-personal} {birth-date undeclared}]" {
		t.Errorf("left out: %s", got)
	}
	if m.Body.Scope.Unknown != 1 || len(m.Body.Scope.People) != 1 || m.State != "released" {
		t.Errorf("%+v", m.Body.Scope)
	}
	all := w.leaves()
	disclosed, released := all[len(all)-2], all[len(all)-1]
	if disclosed.Kind != evidence.Disclosed || disclosed.Verdict != avow.Allow || disclosed.Recipient != "courts" || !slices.Equal(disclosed.Rules, []avow.RuleID{"to-court"}) || !slices.Equal(disclosed.Data, []avow.Datum{"email", "visit"}) {
		t.Errorf("%+v", disclosed)
	}
	if disclosed.Why != gate.WhyDemand || disclosed.Done != all[len(all)-3].ID || all[len(all)-3].Kind != evidence.OpeningStep {
		t.Errorf("the person does not read why: %+v", disclosed)
	}
	if released.Kind != evidence.DemandReleased || released.Count != 1 || released.Detail != m.Body.Digest || !slices.Equal(released.Clauses, []avow.ClauseID{"DEM-1"}) {
		t.Errorf("%+v", released)
	}
}

// TestDemandLacks leaves out one thing after the other that the policy, the law or
// the paper asks for: nothing is approved and nothing leaves.
func TestDemandLacks(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*gate.Receiving, *gate.Scoping)
		paper  bool
		want   string
	}{
		"no document":       {func(*gate.Receiving, *gate.Scoping) {}, false, "instrument-missing"},
		"no instrument":     {func(r *gate.Receiving, _ *gate.Scoping) { r.Instrument = "" }, true, "instrument-missing"},
		"another paper":     {func(r *gate.Receiving, _ *gate.Scoping) { r.Instrument = "agency-order" }, true, "instrument-missing"},
		"expired":           {func(r *gate.Receiving, _ *gate.Scoping) { r.Expires = began }, true, "instrument-missing"},
		"not yet issued":    {func(r *gate.Receiving, _ *gate.Scoping) { r.Issued = began.Add(time.Hour) }, true, "instrument-missing"},
		"no period":         {func(_ *gate.Receiving, s *gate.Scoping) { s.From, s.To = time.Time{}, time.Time{} }, true, "instrument-missing"},
		"period backwards":  {func(_ *gate.Receiving, s *gate.Scoping) { s.From, s.To = s.To, s.From }, true, "instrument-missing"},
		"no citation":       {func(r *gate.Receiving, _ *gate.Scoping) { r.Statute = "" }, true, "citation-missing"},
		"over scope":        {func(_ *gate.Receiving, s *gate.Scoping) { s.Named = []avow.Datum{"visit"} }, true, "nothing-held"},
		"nobody known":      {func(_ *gate.Receiving, s *gate.Scoping) { s.People = []avow.SubjectRef{"nobody"} }, true, "nothing-held"},
		"abroad":            {func(r *gate.Receiving, _ *gate.Scoping) { r.Region = "US-CA" }, true, "region-not-allowed"},
		"no such ground":    {func(r *gate.Receiving, _ *gate.Scoping) { r.Ground = "curiosity" }, true, "ground-undeclared"},
		"no such authority": {func(r *gate.Receiving, _ *gate.Scoping) { r.Authority = "friends" }, true, "recipient-undeclared"},
		"no authority":      {func(r *gate.Receiving, _ *gate.Scoping) { r.Authority = "host" }, true, "nothing-held"},
		"other purpose":     {func(_ *gate.Receiving, s *gate.Scoping) { s.Purpose = "protect-life" }, true, "nothing-held"},
		"emergency": {func(r *gate.Receiving, _ *gate.Scoping) {
			r.Ground, r.Instrument, r.Authority = "danger", "emergency-record", "police"
		}, false, "finding-missing urgency-missing"},
		"unknown foreigner": {func(r *gate.Receiving, _ *gate.Scoping) {
			r.Ground, r.Instrument, r.Authority, r.Region = "abroad", "agency-order", "ministry", "US"
		}, true, "region-not-allowed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setupDemands(t)
			r, s := order(), scoping()
			c.change(&r, &s)
			m, err := w.demand(r, s, c.paper)
			if err == nil {
				_, err = w.approve(m, bo, cleo)
			}
			if got := codes(err); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
			if l := w.last(); l.Verdict != avow.Refuse || l.Kind != evidence.Disclosed {
				t.Errorf("no evidence of the refusal: %+v", l)
			}
			if m.ID == "" {
				return
			}
			if _, p, err := w.ReleaseDemand(t.Context(), "club", m.ID, ann, forDemand); err == nil || p != nil || w.count(evidence.DemandReleased) != 0 {
				t.Error("released all the same")
			}
		})
	}
	w := setupDemands(t)
	r := order()
	r.Ground, r.Instrument, r.Authority = "abroad", "agency-order", "ministry"
	if _, err := w.demand(r, scoping(), true); avow.CodeOf(err) != avow.Invalid {
		t.Errorf("an authority that sits nowhere: %v", err)
	}
}

// TestForeignAuthorities get nothing without what each law pack demands.
func TestForeignAuthorities(t *testing.T) {
	t.Parallel()
	w := setupDemands(t)
	r, s := order(), scoping()
	r.Ground, r.Instrument, r.Authority, r.Region = "abroad", "agency-order", "ministry", "US"
	s.Asked, s.Named = []avow.Datum{"email"}, []avow.Datum{"email"}
	m, err := w.demand(r, s, true)
	must(t, err)
	// The policy is under the law of China, which wants an approval, and of the
	// Union, which wants an agreement.
	for _, c := range []struct {
		mech gate.Mechanism
		want string
	}{{gate.Mechanism{Kind: "agreement", Reference: "treaty 7"}, "region-not-allowed"}, {gate.Mechanism{Kind: "approval", Reference: " "}, "region-not-allowed"},
		{gate.Mechanism{Kind: "friendship", Reference: "x"}, "region-not-allowed"}, {gate.Mechanism{Kind: "approval", Reference: "Ministry of Justice 2026-3"}, "allow"}} {
		m, _, err = w.AmendDemand(t.Context(), "club", m.ID, ann, &gate.Amendment{Mechanism: c.mech})
		must(t, err)
		if _, err := w.approve(m, bo); codes(err) != c.want {
			t.Errorf("%+v: %v, want %s", c.mech, err, c.want)
		}
	}
}

// TestDemandFourEyes plays those who would approve alone.
func TestDemandFourEyes(t *testing.T) {
	t.Parallel()
	w := setupDemands(t)
	m, err := w.demand(order(), scoping(), true)
	must(t, err)
	what := m.Proposal.What
	step := func(by gate.Officer, what [32]byte, want avow.Code) {
		t.Helper()
		if _, _, err := w.ApproveDemand(t.Context(), "club", m.ID, by, what); avow.CodeOf(err) != want && (want != "" || err != nil) {
			t.Errorf("%s: %v, want %q", by.Via, err, want)
		}
	}
	unreleased := func(when, want string) {
		t.Helper()
		if _, p, err := w.ReleaseDemand(t.Context(), "club", m.ID, ann, forDemand); codes(err) != want || p != nil {
			t.Errorf("%s: %v", when, err)
		}
	}
	unreleased("without approval", "approval-missing")
	step(ann, what, avow.Forbidden)
	step(ann2, what, avow.Forbidden)
	step(gate.Officer{Via: "program"}, what, avow.Forbidden)
	step(bo, [32]byte{9}, avow.Conflict)
	step(bo, what, "")
	step(gate.Officer{Person: "bo", Via: "another"}, what, avow.Conflict)
	unreleased("with one approval", "approval-missing")
	step(cleo, what, "")

	// Approved. Now the scope changes, to more or less or the same in other words.
	for name, change := range map[string]func() error{
		"more data": func() error {
			s := scoping()
			s.Asked, s.Named = append(s.Asked, "visit"), append(s.Named, "visit")
			_, _, err := w.ScopeDemand(t.Context(), "club", m.ID, ann, &s)
			return err
		},
		"more people": func() error {
			s := scoping()
			s.People = append(s.People, "wang")
			_, _, err := w.ScopeDemand(t.Context(), "club", m.ID, ann, &s)
			return err
		},
		"longer": func() error {
			s := scoping()
			s.To = s.To.AddDate(1, 0, 0)
			_, _, err := w.ScopeDemand(t.Context(), "club", m.ID, ann, &s)
			return err
		},
		"another citation": func() error {
			_, _, err := w.AmendDemand(t.Context(), "club", m.ID, ann, &gate.Amendment{Statute: "another"})
			return err
		},
		"another document": func() error {
			_, _, err := w.AddPaper(t.Context(), "club", m.ID, ann, "text/plain", strings.NewReader("more"))
			return err
		},
		"a longer gag": func() error {
			_, _, err := w.AmendDemand(t.Context(), "club", m.ID, ann, &gate.Amendment{Gag: began.AddDate(1, 0, 0)})
			return err
		},
	} {
		must(t, change())
		unreleased("after "+name, "approval-missing")
		step(cleo, what, avow.Conflict) // what was read before
		now, err := w.ReadDemand(t.Context(), "club", m.ID)
		if must(t, err); len(now.Proposal.Approved) != 0 || now.State != "scoped" {
			t.Errorf("%s: %s with %d approvals", name, now.State, len(now.Proposal.Approved))
		}
		what = now.Proposal.What
		step(bo, what, "")
		step(cleo, what, "")
	}
	_, p, err := w.ReleaseDemand(t.Context(), "club", m.ID, ann, forDemand)
	if must(t, err); len(p.People) == 0 {
		t.Error("nobody's data")
	}
	for _, by := range []gate.Officer{ann, bo} { // replayed
		if _, p, err := w.ReleaseDemand(t.Context(), "club", m.ID, by, forDemand); avow.CodeOf(err) != avow.Conflict || p != nil {
			t.Errorf("released twice: %v", err)
		}
	}
	if w.count(evidence.DemandReleased) != 1 {
		t.Error("evidence of two releases")
	}
}

// TestDemandEnds: what was withdrawn, refused or is fought is not released, though
// it had been approved, and an instrument that runs out in between neither.
func TestDemandEnds(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		end  func(w *world, id string) error
		want string
	}{
		"withdrawn": {func(w *world, id string) error {
			_, _, err := w.WithdrawDemand(context.Background(), "club", id, ann, "taken back")
			return err
		}, "error conflict"},
		"refused": {func(w *world, id string) error {
			_, _, err := w.RefuseDemand(context.Background(), "club", id, ann, "too wide")
			return err
		}, "error conflict"},
		"challenged": {func(w *world, id string) error {
			_, _, err := w.ChallengeDemand(context.Background(), "club", id, ann, "in court")
			return err
		}, "approval-missing"},
		"expired": {func(w *world, _ string) error { w.pass(60 * 24 * time.Hour); return nil }, "instrument-missing"},
		"held": {func(w *world, _ string) error {
			err := w.hold("li", "suit", "m", w.clock().Add(time.Hour))
			return err
		}, "on-hold"},
		"erased": {func(w *world, _ string) error { _, err := w.Erase(context.Background(), "club", "li"); return err }, "nothing-held"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setupDemands(t)
			m, err := w.demand(order(), scoping(), true)
			must(t, err)
			_, err = w.approve(m, bo, cleo)
			must(t, err)
			must(t, c.end(w, m.ID))
			if _, p, err := w.ReleaseDemand(t.Context(), "club", m.ID, ann, forDemand); codes(err) != c.want || p != nil {
				t.Errorf("%v, want %s", err, c.want)
			}
		})
	}
}

// TestEmergency: a life is in danger and there is no paper. Reason, finding and
// two people are needed all the same, the person is told afterwards, and the
// paper comes afterwards, or its absence shows.
func TestEmergency(t *testing.T) {
	t.Parallel()
	for _, late := range []bool{false, true} {
		w := setupDemands(t)
		r := gate.Receiving{Ground: "danger", Instrument: "emergency-record", Authority: "police", Agency: "Rescue desk"}
		m, err := w.demand(r, scoping(), false)
		must(t, err)
		m, _, err = w.AmendDemand(t.Context(), "club", m.ID, ann, &gate.Amendment{Urgency: "lost in the mountains, does not answer", Finding: "call of the family, checked"})
		must(t, err)
		if _, p, err := w.ReleaseDemand(t.Context(), "club", m.ID, ann, forDemand); codes(err) != "approval-missing" || p != nil {
			t.Errorf("alone: %v", err)
		}
		m, err = w.approve(m, bo, cleo)
		must(t, err)
		m, p, err := w.ReleaseDemand(t.Context(), "club", m.ID, ann, forDemand)
		if must(t, err); handedOut(p) != "li email=li@mail.example; li name=Name of li" || m.Body.FindingBy.Person != "ann" || m.Body.PaperDue != began.Add(72*time.Hour) {
			t.Errorf("%s %+v", handedOut(p), m.Body)
		}
		w.pass(time.Hour)
		w.sweep()
		if n, err := w.DemandNotices(t.Context(), "club", "li"); err != nil || len(n) != 1 {
			t.Errorf("told: %v %v", n, err)
		}
		if !late {
			_, _, err = w.AddPaper(t.Context(), "club", m.ID, ann, "application/pdf", strings.NewReader(paper))
			must(t, err)
		}
		w.pass(72 * time.Hour)
		w.sweep()
		m, err = w.ReadDemand(t.Context(), "club", m.ID)
		must(t, err)
		if missed := slices.Contains(m.Body.Missed, "paper"); missed != late || (w.count(evidence.Overdue) == 1) != late || !m.Due.IsZero() && !late {
			t.Errorf("late %v: missed %v", late, m.Body.Missed)
		}
	}
}

// TestNothingHeld: a demand about somebody who is known, and of whom nothing of
// the minimum is held, is answered, and counts nobody.
func TestNothingHeld(t *testing.T) {
	t.Parallel()
	w := setupDemands(t)
	s := scoping()
	s.Asked, s.Named, s.To = []avow.Datum{"visit"}, []avow.Datum{"visit"}, began.Add(-time.Minute)
	m, p := w.carriedOut(order(), s)
	if len(p.People) != 1 || len(p.People[0].Items) != 0 || len(m.Body.People) != 0 || w.last().Count != 0 {
		t.Errorf("%+v %+v", p, w.last())
	}
	w.sweep()
	if n, err := w.DemandNotices(t.Context(), "club", "li"); err != nil || len(n) != 1 || len(n[0].Data) != 0 {
		t.Errorf("%+v %v", n, err)
	}
}

// TestTransparencyEqualsTheLog counts the leaves itself.
func TestTransparencyEqualsTheLog(t *testing.T) {
	t.Parallel()
	w := setupDemands(t)
	two := scoping()
	two.People = append(two.People, "wang")
	w.carriedOut(order(), two)
	w.carriedOut(order(), scoping())
	m, err := w.demand(order(), scoping(), true)
	must(t, err)
	_, _, err = w.ChallengeDemand(t.Context(), "club", m.ID, ann, "too wide")
	must(t, err)
	_, _, err = w.WithdrawDemand(t.Context(), "club", m.ID, ann, "")
	must(t, err)
	m, err = w.demand(order(), scoping(), true)
	must(t, err)
	_, _, err = w.RefuseDemand(t.Context(), "club", m.ID, ann, "no")
	must(t, err)
	silent := order() // a ground that the policy does not report
	silent.Ground, silent.Region, silent.Authority = "abroad", "CN", "ministry"
	_, _, err = w.ReceiveDemand(t.Context(), "club", ann, &silent)
	must(t, err)
	w.sweep()
	w.pass(60 * 24 * time.Hour) // into the next year
	r := order()
	_, _, err = w.ReceiveDemand(t.Context(), "club", ann, &r)
	must(t, err)
	type line struct {
		year                                                             int
		received, released, refused, withdrawn, challenged, people, told int64
	}
	want := make(map[int]*line)
	for _, l := range w.leaves() {
		if len(l.Rules) != 1 || l.Rules[0] != "court-papers" {
			continue
		}
		y := want[l.At.Year()]
		if y == nil {
			y = &line{year: l.At.Year()}
			want[y.year] = y
		}
		switch l.Kind {
		case evidence.DemandReceived:
			y.received++
		case evidence.DemandReleased:
			y.released++
			y.people += l.Count
		case evidence.DemandRefused:
			y.refused++
		case evidence.DemandWithdrawn:
			y.withdrawn++
		case evidence.DemandChallenged:
			y.challenged++
		case evidence.DemandTold:
			y.told++
		}
	}
	if *want[2026] != (line{2026, 4, 2, 1, 1, 1, 3, 3}) || *want[2027] != (line{year: 2027, received: 1}) {
		t.Errorf("the log: %+v %+v", *want[2026], *want[2027])
	}
	for range 2 {
		got, err := w.Transparency(t.Context(), "club")
		must(t, err)
		if len(got.Lines) != 2 || got.Size != int64(len(w.leaves())) {
			t.Fatalf("%+v", got)
		}
		for _, l := range got.Lines {
			if y := want[l.Year]; l.Ground != "court-papers" || *y != (line{l.Year, l.Received, l.Released, l.Refused, l.Withdrawn, l.Challenged, l.People, l.Told}) {
				t.Errorf("%+v, the log says %+v", l, *y)
			}
		}
		w.restart()
	}
}

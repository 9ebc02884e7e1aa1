package gate_test

import (
	"strings"
	"testing"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/gate"
)

// hold puts somebody under a hold, with as many people as it needs.
func (w *world) hold(ref avow.SubjectRef, rule avow.RuleID, matter string, until time.Time) error {
	w.t.Helper()
	m, _, err := w.ProposeHold(w.t.Context(), "club", ann, ref, &gate.Holding{Rule: rule, Case: matter, Statute: "art. 1 on " + matter, Until: until})
	if err == nil && m.State == "proposed" {
		m, _, err = w.ApproveHold(w.t.Context(), "club", m.ID, bo, m.Proposal.What)
	}
	if err == nil && m.State != "in-force" {
		w.t.Fatalf("the hold is %s", m.State)
	}
	return err
}

// unhold ends the hold that was put forward last.
func (w *world) unhold() error {
	w.t.Helper()
	all, err := w.Holds(w.t.Context(), "club", "", 100)
	must(w.t, err)
	m, _, err := w.ReleaseHold(w.t.Context(), "club", all[len(all)-1].ID, ann)
	if err == nil && m.State == "in-force" { // several people set it
		_, _, err = w.ReleaseHold(w.t.Context(), "club", m.ID, bo)
	}
	return err
}

// paired puts forward a hold that two people set.
func (w *world) paired(by gate.Officer) gate.Hold {
	w.t.Helper()
	m, r, err := w.ProposeHold(w.t.Context(), "club", by, them, &gate.Holding{Rule: "pair", Case: "M-1", Statute: "art. 2", Until: w.clock().Add(time.Hour)})
	must(w.t, err)
	if m.State != "proposed" || r.Verdict != avow.Refuse || w.count(evidence.HoldSet) != 0 {
		w.t.Fatalf("one was enough: %s", m.State)
	}
	return m
}

func TestAHoldOfTwoPeople(t *testing.T) {
	t.Parallel()
	w := setupProgram(t, house(t))
	w.play("accept")
	m := w.paired(ann)
	approve := func(by gate.Officer, what [32]byte, want avow.Code) {
		t.Helper()
		switch _, _, err := w.ApproveHold(t.Context(), "club", m.ID, by, what); {
		case want == "":
			must(t, err)
		case avow.CodeOf(err) != want:
			t.Fatalf("%s: %v, want %s", by.Via, err, want)
		}
	}
	what := m.Proposal.What
	approve(ann, what, avow.Forbidden)
	approve(ann2, what, avow.Forbidden) // another account of the same person
	approve(gate.Officer{Via: "program"}, what, avow.Forbidden)
	approve(bo, [32]byte{1}, avow.Conflict)
	other, _, err := w.ProposeHold(t.Context(), "club", ann, them, &gate.Holding{Rule: "pair", Case: "M-2", Statute: "art. 2", Until: w.clock().Add(time.Hour)})
	must(t, err)
	approve(bo, other.Proposal.What, avow.Conflict) // what was put forward about something else
	if h, err := w.Leaving(t.Context(), "club", them, true); err != nil || h.Held {
		t.Fatalf("held by one person: %v", err)
	}
	approve(bo, what, "")
	approve(bo, what, avow.Conflict) // again
	approve(cleo, what, avow.Conflict)
	h, err := w.Leaving(t.Context(), "club", them, true)
	if must(t, err); !h.Held || !h.HeldUntil.Equal(m.Body.Until) || w.count(evidence.HoldSet) != 1 {
		t.Errorf("%+v", h)
	}
	m, err = w.ReadHold(t.Context(), "club", m.ID)
	if must(t, err); m.State != "in-force" || len(m.Steps) != 2 || m.Steps[1].By != bo {
		t.Errorf("%+v", m)
	}
	if ref, err := w.HeldBy(t.Context(), "club", &m); ref != them || err != nil {
		t.Errorf("held: %q, %v", ref, err)
	}
	w.restart()
	w.play("erase → on-hold")
}

// TestAHoldOfTwoPeopleIsReleasedByTwo: not by one of them alone, also not by two
// accounts of one person, by a program, or by the one who asked saying so again.
func TestAHoldOfTwoPeopleIsReleasedByTwo(t *testing.T) {
	t.Parallel()
	w := setupProgram(t, house(t))
	w.play("accept")
	m := w.paired(ann)
	_, _, err := w.ApproveHold(t.Context(), "club", m.ID, bo, m.Proposal.What)
	must(t, err)
	release := func(by gate.Officer) (gate.Hold, error) {
		m, _, err := w.ReleaseHold(t.Context(), "club", m.ID, by)
		return m, err
	}
	m, err = release(ann)
	if must(t, err); m.State != "in-force" || m.Body.Ending.By != ann {
		t.Fatalf("one person released it: %s", m.State)
	}
	for _, by := range []gate.Officer{ann, ann2, {Via: "program"}} {
		if _, err := release(by); avow.CodeOf(err) != avow.Forbidden {
			t.Errorf("%+v: %v", by, err)
		}
	}
	if w.count(evidence.HoldReleased) != 0 {
		t.Fatal("released by one person")
	}
	w.play("erase → on-hold")
	w.restart()
	w.play("erase → on-hold")
	m, err = release(cleo) // not one of those who set it: two people all the same
	if must(t, err); m.State != "released" || w.count(evidence.HoldReleased) != 1 {
		t.Errorf("%s", m.State)
	}
	_, err = release(bo)
	w.wants(err, "error conflict")
	w.play("erase")
}

// TestAHoldThatIsNone: nothing that is not set by enough people for a case, on a
// ground and until a time that the policy allows, holds anybody.
func TestAHoldThatIsNone(t *testing.T) {
	t.Parallel()
	w := setupProgram(t, house(t))
	w.play("accept")
	soon := w.clock().Add(time.Hour)
	for name, c := range map[string]struct {
		by   gate.Officer
		ref  avow.SubjectRef
		h    gate.Holding
		want avow.Code
	}{
		"no such rule": {ann, them, gate.Holding{Rule: "none", Case: "M", Statute: "s", Until: soon}, avow.Invalid},
		"no case":      {ann, them, gate.Holding{Rule: "suit", Statute: "s", Until: soon}, avow.Invalid},
		"no statute":   {ann, them, gate.Holding{Rule: "suit", Case: "M", Until: soon}, avow.Invalid},
		"long":         {ann, them, gate.Holding{Rule: "suit", Case: strings.Repeat("M", 8<<10+1), Statute: "s", Until: soon}, avow.Invalid},
		"no end":       {ann, them, gate.Holding{Rule: "suit", Case: "M", Statute: "s"}, avow.Invalid},
		"over":         {ann, them, gate.Holding{Rule: "suit", Case: "M", Statute: "s", Until: w.clock()}, avow.Invalid},
		"too long":     {ann, them, gate.Holding{Rule: "suit", Case: "M", Statute: "s", Until: w.clock().Add(367 * 24 * time.Hour)}, avow.Invalid},
		"nobody":       {ann, "nobody", gate.Holding{Rule: "suit", Case: "M", Statute: "s", Until: soon}, avow.Unknown},
		"by nobody":    {gate.Officer{Via: "program"}, them, gate.Holding{Rule: "suit", Case: "M", Statute: "s", Until: soon}, avow.Forbidden},
	} {
		if _, _, err := w.ProposeHold(t.Context(), "club", c.by, c.ref, &c.h); avow.CodeOf(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	must(t, w.hold(them, "suit", "M", soon)) // one person is enough for this one
	if n := w.count(evidence.HoldSet); n != 1 {
		t.Errorf("%d holds", n)
	}
}

// TestAProposedHoldEnds: it is withdrawn, or its time passes; then nobody's yes
// brings it back.
func TestAProposedHoldEnds(t *testing.T) {
	t.Parallel()
	w := setupProgram(t, house(t))
	w.play("accept")
	late, gone := w.paired(ann), w.paired(ann)
	if m, _, err := w.ReleaseHold(t.Context(), "club", gone.ID, bo); err != nil || m.State != "withdrawn" {
		t.Fatalf("%s, %v", m.State, err)
	}
	_, _, err := w.ApproveHold(t.Context(), "club", gone.ID, cleo, gone.Proposal.What)
	w.wants(err, "error conflict")
	w.pass(time.Hour)
	_, _, err = w.ApproveHold(t.Context(), "club", late.ID, cleo, late.Proposal.What)
	w.wants(err, "error invalid")
	w.sweep()
	if m, err := w.ReadHold(t.Context(), "club", late.ID); err != nil || m.State != "over" || m.Steps[1].By.Person != "avow" {
		t.Errorf("%+v, %v", m, err)
	}
	if w.count(evidence.HoldSet) != 0 || w.count(evidence.HoldReleased) != 0 {
		t.Error("it was in force")
	}
}

// TestTwoHoldsOfOnePerson: what ends one leaves the other.
func TestTwoHoldsOfOnePerson(t *testing.T) {
	t.Parallel()
	w := setupProgram(t, house(t))
	w.play("accept")
	must(t, w.hold(them, "suit", "short", w.clock().Add(time.Hour)))
	w.pass(time.Second) // they are listed in the order of time
	must(t, w.hold(them, "suit", "long", w.clock().Add(48*time.Hour)))
	w.pass(time.Second)
	must(t, w.hold(them, "pair", "other", w.clock().Add(24*time.Hour)))
	must(t, w.unhold()) // the last one
	w.play("erase → on-hold")
	w.pass(2 * time.Hour)
	w.sweep()
	w.play("erase → on-hold")
	all, err := w.Holds(t.Context(), "club", "", 10)
	if must(t, err); len(all) != 3 || all[0].State != "over" || all[1].State != "in-force" || all[2].State != "released" {
		t.Fatalf("%+v", all)
	}
	_, _, err = w.ReleaseHold(t.Context(), "club", all[1].ID, cleo)
	must(t, err)
	_, _, err = w.ReleaseHold(t.Context(), "club", all[1].ID, cleo)
	w.wants(err, "error conflict")
	w.play("erase")
	if n := w.count(evidence.HoldReleased); n != 1 {
		t.Errorf("released %d times", n)
	}
	w.pass(48 * time.Hour)
	w.sweep()
}

// TestAHoldOfSomebodyGone: a matter whose person was erased closes by itself.
func TestAHoldOfSomebodyGone(t *testing.T) {
	t.Parallel()
	w := setupProgram(t, house(t))
	w.play("accept")
	m := w.paired(ann)
	w.play("erase")
	_, _, err := w.ApproveHold(t.Context(), "club", m.ID, bo, m.Proposal.What)
	w.wants(err, "error gone")
	w.play("accept") // somebody else, by the same reference
	_, _, err = w.ApproveHold(t.Context(), "club", m.ID, bo, m.Proposal.What)
	w.wants(err, "error gone")
	w.pass(time.Hour)
	w.sweep()
	if m, err := w.ReadHold(t.Context(), "club", m.ID); err != nil || m.State != "over" || len(m.Steps) != 2 {
		t.Errorf("%+v, %v", m, err)
	}
}

package gate_test

import (
	"context"
	"testing"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/gate"
)

// TestAReleaseThatBrokeOff: the same goes out again, with evidence of its own, and counts
// as no second release.
func TestAReleaseThatBrokeOff(t *testing.T) {
	t.Parallel()
	w := setupDemands(t)
	m, first := w.carriedOut(order(), scoping())
	w.pass(time.Hour)
	disclosed := w.count(evidence.Disclosed)
	again, p, err := w.RepeatRelease(t.Context(), "club", m.ID, ann, forDemand, m.Body.Digest)
	must(t, err)
	if handedOut(p) != handedOut(first) || again.Body.Digest != m.Body.Digest || again.State != "released" || len(again.Body.Repeats) != 1 {
		t.Errorf("%s, and first %s", handedOut(p), handedOut(first))
	}
	l := w.last()
	if l.Kind != evidence.DemandRepeated || l.Detail != m.Body.Digest || l.Done != m.Body.Leaf || l.ID != again.Body.Repeats[0].Leaf || w.count(evidence.Disclosed) != disclosed+1 || w.count(evidence.DemandReleased) != 1 {
		t.Errorf("%+v", l)
	}
	for range gate.MostRepeats - 1 {
		_, _, err := w.RepeatRelease(t.Context(), "club", m.ID, ann, forDemand, m.Body.Digest)
		must(t, err)
	}
	if _, p, err := w.RepeatRelease(t.Context(), "club", m.ID, ann, forDemand, m.Body.Digest); avow.CodeOf(err) != avow.Conflict || p != nil {
		t.Errorf("once more: %v", err)
	}
}

// TestNothingElseIsRepeated: another package, a changed one, after it was taken back, after
// its time or that of its paper, without a reason, and of what was never released.
func TestNothingElseIsRepeated(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for name, c := range map[string]struct {
		happens func(*world, *gate.Demand)
		look    *gate.Look
		want    string
	}{
		"another digest":   {func(_ *world, m *gate.Demand) { m.Body.Digest[0]++ }, forDemand, "error conflict"},
		"no digest":        {func(_ *world, m *gate.Demand) { m.Body.Digest = [32]byte{} }, forDemand, "error conflict"},
		"without a reason": {func(*world, *gate.Demand) {}, nil, "error forbidden"},
		"taken back": {func(w *world, m *gate.Demand) {
			_, _, err := w.RecallDemand(ctx, "club", m.ID, bo, "a mistake of theirs")
			must(w.t, err)
		}, forDemand, "error conflict"},
		"after three days": {func(w *world, _ *gate.Demand) { w.pass(gate.RepeatLife) }, forDemand, "error conflict"},
		"after its paper":  {func(w *world, _ *gate.Demand) { w.pass(26 * time.Hour) }, forDemand, "instrument-missing"},
		"corrected since": {func(w *world, _ *gate.Demand) {
			_, err := w.Correct(ctx, "club", "li", []gate.Item{item("name", "Another name")})
			must(w.t, err)
		}, forDemand, "error conflict"},
		"erased since": {func(w *world, _ *gate.Demand) {
			_, err := w.Erase(ctx, "club", "li")
			must(w.t, err)
		}, forDemand, "error conflict"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setupDemands(t)
			o := order()
			if name == "after its paper" {
				o.Expires = began.Add(25 * time.Hour)
			}
			m, _ := w.carriedOut(o, scoping())
			before := w.count(evidence.Disclosed)
			c.happens(w, &m)
			if _, p, err := w.RepeatRelease(t.Context(), "club", m.ID, ann, c.look, m.Body.Digest); codes(err) != c.want || p != nil {
				t.Errorf("%s: %v", codes(err), p)
			}
			allowed := 0
			for _, l := range w.leaves() {
				if l.Kind == evidence.Disclosed && l.Verdict == avow.Allow {
					allowed++
				}
			}
			if allowed > before || w.count(evidence.DemandRepeated) != 0 {
				t.Errorf("%d more left", allowed-before)
			}
		})
	}
	w := setupDemands(t)
	m, err := w.demand(order(), scoping(), true)
	must(t, err)
	if _, _, err := w.RepeatRelease(t.Context(), "club", m.ID, ann, forDemand, m.Body.Digest); avow.CodeOf(err) != avow.Conflict {
		t.Errorf("never released: %v", err)
	}
	if _, _, err := w.RecallDemand(t.Context(), "club", m.ID, ann, ""); avow.CodeOf(err) != avow.Conflict {
		t.Errorf("taken back before: %v", err)
	}
}

package gate_test

import (
	"context"
	"testing"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/gate"
)

const aVisitor = avow.SubjectRef("visitor:3f2504e0-4f89-41d3-9a0c-0305e82c3301")

// remembering is the policy of the tests with a choice cookie of some lifetime.
func remembering(t testing.TB, life string) *world {
	t.Helper()
	w := setupProgram(t, house(t, "access:\n", withCookie(life)))
	w.cfg.Trial = true
	w.restart()
	return w
}

func withCookie(life string) string {
	return "cookies:\n  - {id: remembered, name: avow_choice, category: necessary, for: [manage-account], lifetime: " + life + ", party: first}\naccess:\n"
}

func (w *world) wantVisitor(what string, known bool) {
	w.t.Helper()
	st, err := w.Standing(context.Background(), "club", aVisitor)
	must(w.t, err)
	if got := len(st.Choices) > 0; got != known {
		w.t.Fatalf("%s: the visitor is known %v, want %v", what, got, known)
	}
}

// TestVisitorsAreForgotten: what somebody without an account chose goes with the cookie
// that remembers it, counted from their last word; the evidence of it stays.
func TestVisitorsAreForgotten(t *testing.T) {
	t.Parallel()
	w := remembering(t, "180d")
	w.say(aVisitor, "offers", avow.Given)
	w.pass(100 * 24 * time.Hour)
	w.say(aVisitor, "offers", avow.Refused)
	w.say("li", "offers", avow.Refused) // of the application's own people nothing is forgotten
	w.pass(180*24*time.Hour - time.Second)
	w.sweep()
	w.wantVisitor("a second before the end", true)
	if may, err := w.MayAsk(t.Context(), "club", aVisitor, "offers"); err != nil || may.Ask || !may.After.Equal(w.clock().Add(time.Second)) {
		t.Errorf("asked again before the end: %+v, %v", may, err)
	}
	before := len(w.leaves())
	w.pass(time.Hour)
	if n := w.sweep(); n.Erased != 1 {
		t.Errorf("the sweep: %+v", n)
	}
	w.wantVisitor("after the end", false)
	if may, err := w.MayAsk(t.Context(), "club", aVisitor, "offers"); err != nil || !may.Ask {
		t.Errorf("not asked again after the end: %+v, %v", may, err)
	}
	if n := len(w.leaves()); n < before || w.count(evidence.Consented) != 1 || w.count(evidence.EraseDone) != 1 {
		t.Errorf("%d leaves after %d, %d of the yes, %d of the end", n, before, w.count(evidence.Consented), w.count(evidence.EraseDone))
	}
	if st, err := w.Standing(t.Context(), "club", "li"); err != nil || len(st.Choices) != 1 {
		t.Errorf("somebody else's choice: %v, %v", st.Choices, err)
	}
}

// TestVisitorsOfAnotherText: where the policy comes to remember for a shorter time,
// nobody is remembered for the longer one.
func TestVisitorsOfAnotherText(t *testing.T) {
	t.Parallel()
	w := remembering(t, "300d")
	w.say(aVisitor, "offers", avow.Refused)
	w.sweep()
	must(t, w.Replace(t.Context(), house(t, "access:\n", withCookie("30d"))))
	w.pass(31 * 24 * time.Hour)
	w.sweep()
	w.wantVisitor("under the shorter time", false)
}

// neverDue is a store in which rows stand as they did before visitors had an end: in no
// queue.
type neverDue struct{ gate.Store }

func (n neverDue) Commit(ctx context.Context, c *gate.Change) (int64, error) {
	if c.Insert != nil {
		c.Insert.Due = 0
	}
	return n.Store.Commit(ctx, c)
}

// TestVisitorsOfOldStores: whoever was recorded before there was an end gets one.
func TestVisitorsOfOldStores(t *testing.T) {
	t.Parallel()
	w := remembering(t, "180d")
	w.wrap = func(s gate.Store) gate.Store { return neverDue{s} }
	w.restart()
	w.say(aVisitor, "offers", avow.Given)
	w.wrap = nil
	w.restart()
	w.pass(10 * 24 * time.Hour)
	w.sweep()
	w.wantVisitor("while the choice is remembered", true)
	w.pass(171 * 24 * time.Hour)
	w.sweep()
	w.wantVisitor("after the end", false)
}

// TestVisitorsWithoutMemory: where no browser remembers, nor does the gate.
func TestVisitorsWithoutMemory(t *testing.T) {
	t.Parallel()
	w := setupProgram(t, house(t))
	w.say(aVisitor, "offers", avow.Refused)
	w.pass(26 * time.Hour)
	w.sweep()
	w.wantVisitor("a day later", false)
}

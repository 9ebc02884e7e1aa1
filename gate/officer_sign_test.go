package gate_test

import (
	"strings"
	"testing"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/gate"
)

// TestOfficerSignsIn: the log says that somebody came to the desks, and not who.
func TestOfficerSignsIn(t *testing.T) {
	t.Parallel()
	w := setup(t)
	must(t, w.OfficerSignedIn(t.Context(), "club", gate.Officer{Person: "ann.canary", Via: "session-canary"}))
	l := w.last()
	if l.Kind != evidence.OfficerSignedIn || l.Commitment == [32]byte{} || strings.Contains(string(l.Append(nil)), "canary") {
		t.Errorf("%s", l.Append(nil))
	}
	must(t, w.OfficerSignedIn(t.Context(), "club", gate.Officer{Person: "ann.canary", Via: "session-canary"}))
	if again := w.last(); again.Commitment == l.Commitment {
		t.Error("two sign-ins of one person can be told to be of one")
	}
	if err := w.OfficerSignedIn(t.Context(), "club", gate.Officer{Via: "token"}); avow.CodeOf(err) != avow.Forbidden {
		t.Errorf("nobody: %v", err)
	}
}

// TestOnePersonInTwoSpellings: two accounts of one human being are one, however the word
// for them was written.
func TestOnePersonInTwoSpellings(t *testing.T) {
	t.Parallel()
	w := setupDemands(t)
	m, err := w.demand(order(), scoping(), true)
	must(t, err)
	m, err = w.approve(m, bo)
	must(t, err)
	for _, twin := range []string{"Bo", " bo", "BO "} {
		if _, _, err := w.ApproveDemand(t.Context(), "club", m.ID, gate.Officer{Person: twin, Via: "another"}, m.Proposal.What); avow.CodeOf(err) != avow.Conflict {
			t.Errorf("%q approves beside bo: %v", twin, err)
		}
	}
	if _, _, err := w.ApproveDemand(t.Context(), "club", m.ID, gate.Officer{Person: " ", Via: "another"}, m.Proposal.What); avow.CodeOf(err) != avow.Forbidden {
		t.Errorf("a space approves: %v", err)
	}
}

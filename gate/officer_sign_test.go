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

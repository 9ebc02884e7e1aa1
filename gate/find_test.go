package gate_test

import (
	"testing"

	"avow.dev"
	"avow.dev/evidence"
)

// TestFindLeavesEvidence: to turn a value into a reference is a look at somebody.
func TestFindLeavesEvidence(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.join("li", "li@mail.example", "13800001111")
	before, err := w.store.LogState(t.Context(), "club")
	must(t, err)
	ref, err := w.Find(t.Context(), "club", item("email", "LI@mail.example "))
	must(t, err)
	if ref != "li" {
		t.Errorf("found %q", ref)
	}
	after, err := w.store.LogState(t.Context(), "club")
	must(t, err)
	if after.Recorded != before.Recorded+1 {
		t.Fatalf("%d leaves, want one", after.Recorded-before.Recorded)
	}
	got, err := w.Evidence(t.Context(), "club", before.Recorded)
	must(t, err)
	if got.Leaf.Kind != evidence.Found || len(got.Leaf.Data) != 1 || got.Leaf.Data[0] != avow.Datum("email") {
		t.Errorf("leaf %s of %v", got.Leaf.Kind, got.Leaf.Data)
	}
	if _, err := w.Find(t.Context(), "club", item("email", "nobody@mail.example")); avow.CodeOf(err) != avow.Unknown {
		t.Errorf("nobody: %v", err)
	}
}

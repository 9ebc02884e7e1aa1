package gate_test

import (
	"errors"
	"testing"

	"avow.dev"
)

func TestJoinReadErase(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.join("li", "li@mail.example", "13800001111")
	got, err := w.read("li", "email", "phone")
	must(t, err)
	if len(got.Items) != 2 || string(got.Items[1].Value.Expose()) != "13800001111" {
		t.Errorf("items %d", len(got.Items))
	}
	if s := string(got.Items[0].Value.Expose()); s != "***********mple" {
		t.Errorf("mail not masked: %q", s)
	}
	_, err = w.Erase(t.Context(), "club", "li")
	must(t, err)
	_, err = w.read("li", "phone")
	r, ok := errors.AsType[*avow.Refusal](err)
	if !ok || !r.Decision.Reasons.Has(avow.NotAccepted) {
		t.Errorf("after erasure: %v", err)
	}
}

package gate_test

import (
	"strings"
	"testing"

	"avow.dev/gate"
)

// TestMaskedIsWithoutNames: who may not know who somebody is reads neither how they are
// reached nor what they are called.
func TestMaskedIsWithoutNames(t *testing.T) {
	t.Parallel()
	w := setupProgram(t, house(t))
	must(t, w.joinHouse("li", item("name", "Weilin Zhang 张伟霖")))
	a, _, err := w.Ask(t.Context(), "club", "li", &gate.Asking{Right: "ask", Text: gate.NewValue([]byte("I am WEILIN (not weilingsen), 我叫张伟霖。Zhang, call 13800138000"))})
	must(t, err)
	look := &gate.Look{Why: "help", Text: "They called.", Ticket: "T-1", Masked: true}
	read, _, _, err := w.ReadRequest(t.Context(), "club", a.ID, ann, look)
	must(t, err)
	if got, want := string(read.Text.Expose()), "I am ••• (not weilingsen), 我叫•••。•••, call •••"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	look.Masked = false
	read, _, _, err = w.ReadRequest(t.Context(), "club", a.ID, ann, look)
	must(t, err)
	if !strings.Contains(string(read.Text.Expose()), "张伟霖") {
		t.Error("unmasked, and masked")
	}
}

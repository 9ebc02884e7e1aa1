package gate_test

import (
	"testing"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/gate"
)

// TestAnOnlookerLeavesOneEntry: what somebody of the controller opens is on the
// person's trail once, with the reason, and does not count as if the person had come.
func TestAnOnlookerLeavesOneEntry(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.join("li", "a@mail.example", "+8613800001111")
	mail := gate.Item{Datum: "email", Value: gate.NewValue([]byte("a@mail.example"))}
	ways := map[string]func(gate.Onlooker) error{
		"access":   func(o gate.Onlooker) error { _, err := o.Access(t.Context(), "club", "li"); return err },
		"copy":     func(o gate.Onlooker) error { _, err := o.Copy(t.Context(), "club", "li"); return err },
		"consents": func(o gate.Onlooker) error { _, _, err := o.Consents(t.Context(), "club", "li"); return err },
		"find":     func(o gate.Onlooker) error { _, err := o.Find(t.Context(), "club", mail); return err },
	}
	for name, open := range ways {
		before, _, err := w.Traced(t.Context(), "club", "li", 0, 500)
		must(t, err)
		for _, bad := range []gate.Onlooker{w.Onlooker(desk, nil), w.Onlooker(desk, &gate.Look{Why: gate.WhyRequest}), w.Onlooker(gate.Officer{Via: "program"}, forRequest)} {
			if c := avow.CodeOf(open(bad)); c != avow.Forbidden && c != avow.Invalid {
				t.Errorf("%s without a reason or by nobody: %s", name, c)
			}
		}
		must(t, open(w.Onlooker(desk, forRequest)))
		after, _, err := w.Traced(t.Context(), "club", "li", 0, 500)
		if must(t, err); len(after) != len(before)+1 || after[0].Leaf.Kind != evidence.Opened || after[0].Leaf.Why != gate.WhyRequest || after[0].Leaf.Role != "desk" {
			t.Errorf("%s: %d entries more, the last %+v", name, len(after)-len(before), after[0].Leaf)
		}
	}
	w.pass(time.Second) // they are listed in the order of time
	if _, err := w.Onlooker(desk, forRequest).Find(t.Context(), "club", gate.Item{Datum: "email", Value: gate.NewValue([]byte("nobody@mail.example"))}); avow.CodeOf(err) != avow.Unknown {
		t.Errorf("nobody: %v", err)
	}
	all, err := w.Looks(t.Context(), "club", 10)
	if must(t, err); len(all) != len(ways)+1 || all[0].Body.SID != 0 || all[0].Body.What != "reference" {
		t.Errorf("%+v", all)
	}
}

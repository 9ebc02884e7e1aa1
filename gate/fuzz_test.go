package gate_test

import (
	"testing"

	"avow.dev"
	"avow.dev/gate"
)

func FuzzBody(f *testing.F) {
	w := setupProgram(f, house(f))
	must(f, w.joinHouse("li", item("email", "li@mail.example"), item("name", "Li")))
	w.say("li", "offers", avow.Given)
	if _, _, err := w.Ask(f.Context(), "club", "li", &gate.Asking{Right: "ask", Text: text("why?")}); err != nil {
		f.Fatal(err)
	}
	row, _, err := w.store.Load(f.Context(), 1)
	must(f, err)
	f.Add(row.Body)
	f.Add([]byte{})
	f.Add([]byte{1, 1, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1})
	f.Fuzz(func(t *testing.T, raw []byte) {
		if same, err := gate.ReadBody(raw); err == nil && !same {
			t.Error("a body comes out differently")
		}
	})
}

func FuzzState(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{1, 2, 'l', 'i', 32})
	f.Add(gate.SomeState())
	f.Fuzz(func(t *testing.T, raw []byte) {
		if same, err := gate.ReadState(raw); err == nil && !same {
			t.Error("a standing comes out differently")
		}
	})
}

func FuzzWard(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{1, 2, 3, 0, 0xff})
	f.Add(gate.SomeWard())
	f.Fuzz(func(t *testing.T, raw []byte) {
		if same, err := gate.ReadWard(raw); err == nil && !same {
			t.Error("a guardian comes out differently")
		}
	})
}

func FuzzGuardianSession(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{32, 1})
	f.Add(gate.SomeGuardianSession())
	f.Fuzz(func(t *testing.T, raw []byte) {
		if same, err := gate.ReadGuardianSession(raw); err == nil && !same {
			t.Error("a guardian's session comes out differently")
		}
	})
}

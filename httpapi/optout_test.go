package httpapi_test

import (
	"slices"
	"testing"

	"avow.dev"
)

// TestOptOutByAddress: an address is enough, whoever is behind it; too often is refused
// for each address alike.
func TestOptOutByAddress(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.join("user-1", "li@mail.example", "13800001111")
	w.post("agreements", `{"subject":"user-1","choices":[{"choice":"offers","state":"given"}]}`, 200)
	type answer struct {
		Receipt struct{ Index int64 }
		Choices []string
	}
	var got answer
	for _, address := range []string{"Li@mail.example", "no@mail.example"} {
		body := `{"right":"opt-out","datum":"email","address":"` + address + `","network":"203.0.113.7"}`
		for range 5 {
			a := decode[answer](t, w.post("opt-outs", body, 200))
			if got.Choices != nil && !slices.Equal(a.Choices, got.Choices) || !slices.Contains(a.Choices, "offers") || slices.Contains(a.Choices, "send-crash") {
				t.Errorf("%s: %v", address, a.Choices)
			}
			got = a
		}
		w.post("opt-outs", body, 429)
	}
	_, err := w.gate.CarryOptOuts(t.Context())
	must(t, err)
	st, err := w.gate.Standing(t.Context(), "club", "user-1")
	must(t, err)
	if c, _ := st.Choice("offers"); c.State != avow.Withdrawn {
		t.Errorf("offers is %s", c.State)
	}
	w.post("opt-outs", `{"right":"erase","datum":"email","address":"li@mail.example"}`, 422)
	w.post("opt-outs", `{"right":"opt-out","datum":"email","address":"not an address"}`, 422)
	w.post("opt-outs", `{"right":"opt-out","datum":"name","address":"Li"}`, 422)
}

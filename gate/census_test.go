package gate_test

import (
	"testing"
	"time"

	"avow.dev"
	"avow.dev/gate"
)

// census has everybody counted.
func (w *world) census() gate.Census {
	w.t.Helper()
	must(w.t, w.BeginCensus(w.t.Context(), "club", ann))
	_, err := w.Count(w.t.Context())
	must(w.t, err)
	if _, under, err := w.CensusUnderWay(w.t.Context(), "club"); under || err != nil {
		w.t.Errorf("counted, and still under way: %v", err)
	}
	c, ok, err := w.LastCensus(w.t.Context(), "club")
	if must(w.t, err); !ok {
		w.t.Error("counted, and no census")
	}
	return c
}

// TestCensus: figures are counted from what is held, never set, and stand with their
// time until somebody counts anew.
func TestCensus(t *testing.T) {
	t.Parallel()
	w := setupWith(t, "testdata/mail.yaml")
	if _, ok, err := w.LastCensus(t.Context(), "club"); ok || err != nil {
		t.Errorf("a census before the first: %v %v", ok, err)
	}
	w.gives("li", "sign-up", "notices", item("email", "li@mail.example"), item("phone", "+8613800001111"))
	first := w.clock()
	w.pass(time.Hour)
	w.gives("wang", "sign-up", "notices", item("email", "wang@mail.example"))
	said := func(ref avow.SubjectRef, s avow.ChoiceState) {
		_, err := w.Agree(t.Context(), "club", ref, &gate.Agreement{Policy: w.program.Hash(), Language: "en", Choices: []gate.ChoiceEvent{{Choice: "offers", State: s}}})
		must(t, err)
	}
	said("li", avow.Given)
	said("wang", avow.Refused)
	_, err := w.Agree(t.Context(), "club", "robot", &gate.Agreement{Policy: w.program.Hash(), Accept: true, Gesture: "accept-button", Language: "en", Age: avow.KnownAdult, Synthetic: true})
	must(t, err)
	c := w.census()
	data := make(map[avow.Datum]gate.DatumCount)
	for _, d := range c.Data {
		data[d.Datum] = d
	}
	if mail := data["email"]; c.People != 2 || mail.People != 2 || mail.Values != 2 || !mail.Oldest.Equal(first) || !mail.Next.IsZero() {
		t.Errorf("%d people, %+v", c.People, mail)
	}
	if data["phone"].People != 1 || data["steps"].People != 0 || len(c.Data) != len(w.program.Data()) {
		t.Errorf("%+v", c.Data)
	}
	if o := c.Choices[0]; o.Choice != "offers" || o.Given != 1 || o.Refused != 1 {
		t.Errorf("%+v", o)
	}
	_, err = w.Close(t.Context(), "club", "li")
	must(t, err)
	w.pass(400 * 24 * time.Hour)
	kept, ok, err := w.LastCensus(t.Context(), "club")
	if must(t, err); !ok || kept.People != 2 || !kept.At.Equal(c.At) {
		t.Errorf("what is kept: %+v", kept)
	}
	if c = w.census(); c.Choices[0].Given != 0 || c.Choices[0].Expired != 1 {
		t.Errorf("after a year: %+v", c.Choices[0])
	}
}

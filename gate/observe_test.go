package gate_test

import (
	"testing"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/gate"
)

// A policy that observes records what it would refuse, and lets pass what it knows.
func TestObserve(t *testing.T) {
	t.Parallel()
	w := setupProgram(t, house(t, "mode: enforce", "mode: observe"))
	take := func(items ...gate.Item) (avow.Receipt, error) {
		return w.Collect(t.Context(), &gate.Collecting{Request: avow.Request{Policy: "club", Subject: "li", Purpose: "manage-account", Point: "nowhere", Source: "person"}, Items: items})
	}
	r, err := take(item("email", "li@mail.example"), item("shoe-size", "43"), item("password", "correct horse"))
	must(t, err)
	if !r.Observe || r.Verdict != avow.Refuse {
		t.Errorf("receipt %+v", r)
	}
	if l := w.last(); !l.Observe || !l.Reasons.Has(avow.DatumUndeclared) || !l.Reasons.Has(avow.NotAccepted) {
		t.Errorf("leaf %+v", l)
	}
	if got := w.has("li", "email"); len(got) != 1 {
		t.Errorf("kept %q", got)
	}
	shown, err := w.Use(t.Context(), &avow.Request{Policy: "club", Subject: "li", Data: []avow.Datum{"email", "shoe-size"}, Purpose: "fun", Role: "boss"})
	must(t, err)
	if len(shown.Items) != 1 || !shown.Receipt.Observe {
		t.Errorf("%+v", shown)
	}
	_, err = w.Publish(t.Context(), &avow.Request{Policy: "club", Subject: "li", Data: []avow.Datum{"email"}, Purpose: "fun", Recipient: "wall"})
	must(t, err)
	// What comes from the data or the person's state refuses all the same.
	_, err = take(item("email", "no mail"))
	w.wants(err, "point-undeclared feature-undeclared no-account not-accepted value-malformed")
	_, err = w.Use(t.Context(), &avow.Request{Policy: "club", Subject: "li", Data: []avow.Datum{"password"}, Purpose: "manage-account", Role: "desk"})
	if err == nil {
		t.Error("a password was read back")
	}
	w.sweep()
	w.play("hold 1h")
	_, err = w.Use(t.Context(), &avow.Request{Policy: "club", Subject: "li", Data: []avow.Datum{"email"}, Purpose: "manage-account", Role: "desk"})
	if err == nil {
		t.Error("a hold was let pass")
	}
	if n := w.count(evidence.Published); n != 1 {
		t.Errorf("%d", n)
	}
}

func TestObligationsReachTheCaller(t *testing.T) {
	t.Parallel()
	w := setupProgram(t, house(t))
	must(t, w.joinHouse("li", item("email", "li@mail.example")))
	shown, err := w.Entrust(t.Context(), &avow.Request{Policy: "club", Subject: "li", Data: []avow.Datum{"email"}, Purpose: "manage-account", Recipient: "host"})
	if must(t, err); shown.Tag != "manage-account" || len(shown.Items) != 1 || shown.Tell != nil {
		t.Errorf("%+v", shown)
	}
	shown, err = w.Use(t.Context(), &avow.Request{Policy: "club", Subject: "li", Data: []avow.Datum{"email"}, Purpose: "manage-account", Role: "desk"})
	if must(t, err); shown.Tag != "" {
		t.Errorf("%+v", shown)
	}
}

package gate_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/gate"
)

func (w *world) optOut(address, network string) error {
	_, err := w.OptOut(w.t.Context(), "club", &gate.OptingOut{To: item("email", address), Right: "opt-out", Network: network})
	return err
}

func (w *world) carry() int64 {
	w.t.Helper()
	n, err := w.CarryOptOuts(w.t.Context())
	must(w.t, err)
	return n
}

// TestOptOut: an address is enough to have everything switched off that may be refused,
// and for nothing else. Who is behind it is told, and may take it back.
func TestOptOut(t *testing.T) {
	t.Parallel()
	w := mailbox(t)
	w.AnswersAt("https://privacy.example")
	w.say("li", "offers", avow.Given)
	w.say("li", "partners", avow.Given)
	must(t, w.optOut("LI@mail.example", "203.0.113.9"))
	if n := w.carry(); n != 1 {
		t.Fatalf("%d carried out", n)
	}
	st, err := w.Standing(t.Context(), "club", "li")
	must(t, err)
	for choice, want := range map[avow.Choice]avow.ChoiceState{"offers": avow.Withdrawn, "partners": avow.Withdrawn, "tailored": avow.Refused} {
		if c, _ := st.Choice(choice); c.State != want {
			t.Errorf("%s is %s, want %s", choice, c.State, want)
		}
	}
	d := w.next()
	if d == nil || string(d.To.Expose()) != "li@mail.example" || d.Text.Subject != "What you refused is off" || !strings.Contains(d.Text.Body, "https://privacy.example/privacy/club/choices") {
		t.Fatalf("the confirmation: %+v", d)
	}
	if strings.Contains(d.Text.Subject+d.Text.Short+d.Text.Body, "li@") {
		t.Errorf("the confirmation holds an address: %s", d.Text.Body)
	}
	if w.count(evidence.OptOutAsked) != 1 {
		t.Error("no evidence that it was asked")
	}
	if n := w.carry(); n != 0 {
		t.Errorf("%d carried out twice", n)
	}
	w.pass(time.Minute)
	w.say("li", "offers", avow.Given) // a later yes of their own
	w.sweep()
	if st, err = w.Standing(t.Context(), "club", "li"); err != nil {
		t.Fatal(err)
	}
	if c, _ := st.Choice("offers"); c.State != avow.Given {
		t.Errorf("a later yes is %s", c.State)
	}
}

// TestOptOutOfNobody: an address that is nobody's gives the same answer and the same
// evidence, is remembered as a keyed hash, and holds for whoever comes by it.
func TestOptOutOfNobody(t *testing.T) {
	t.Parallel()
	w := mailbox(t)
	known, unknown := len(w.leaves()), 0
	must(t, w.optOut("li@mail.example", ""))
	known, unknown = len(w.leaves())-known, len(w.leaves())
	must(t, w.optOut("stranger-placeholder@mail.example", ""))
	unknown = len(w.leaves()) - unknown
	if known != unknown || known != 1 {
		t.Errorf("%d leaves for a known address, %d for an unknown one", known, unknown)
	}
	w.carry()
	w.restart()
	files, err := filepath.Glob(filepath.Join(w.dir, "*"))
	must(t, err)
	for _, f := range files {
		if raw, err := os.ReadFile(f); err == nil && bytes.Contains(raw, []byte("stranger-placeholder")) {
			t.Errorf("%s holds the address", f)
		}
	}
	w.gives("newcomer", "sign-up", "notices", item("email", "stranger-placeholder@mail.example"))
	st, err := w.Standing(t.Context(), "club", "newcomer")
	must(t, err)
	if c, _ := st.Choice("tailored"); c.State != avow.Refused {
		t.Errorf("what was asked before is forgotten: %s", c.State)
	}
	w.pass(gate.RemembersOptOut)
	w.sweep()
	w.gives("later", "sign-up", "notices", item("email", "another@mail.example"))
	if st, err = w.Standing(t.Context(), "club", "later"); err != nil {
		t.Fatal(err)
	}
	if _, said := st.Choice("tailored"); said {
		t.Error("somebody else's wish holds for others")
	}
}

// TestOptOutPace: neither an address nor a network is asked about without end, and the
// bound is the same for addresses that nobody has.
func TestOptOutPace(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"li@mail.example", "nobody@mail.example"} {
		w := mailbox(t)
		for i := range 5 {
			if err := w.optOut(address, ""); err != nil {
				t.Fatalf("%s, %d: %v", address, i, err)
			}
		}
		if err := w.optOut(address, ""); avow.CodeOf(err) != avow.TooMany {
			t.Errorf("%s: the sixth time: %v", address, err)
		}
		w.pass(time.Hour)
		must(t, w.optOut(address, ""))
	}
	w := mailbox(t)
	if _, err := w.OptOut(t.Context(), "club", &gate.OptingOut{To: item("email", "li@mail.example"), Right: "erase"}); avow.CodeOf(err) != avow.Invalid {
		t.Errorf("erased by an address: %v", err)
	}
	for _, bad := range []gate.Item{item("email", "no address"), item("name", "Li"), item("nonsense", "x")} {
		if _, err := w.OptOut(t.Context(), "club", &gate.OptingOut{To: bad, Right: "opt-out"}); avow.CodeOf(err) != avow.Invalid {
			t.Errorf("%s: %v", bad.Datum, err)
		}
	}
}

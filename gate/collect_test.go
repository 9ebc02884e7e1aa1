package gate_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/gate"
)

func TestCollectIsAllOrNothing(t *testing.T) {
	t.Parallel()
	w := setupProgram(t, house(t))
	before := len(w.leaves())
	err := w.joinHouse("li", item("email", "li@mail.example"), item("phone", "no phone"))
	w.wants(err, "value-malformed")
	w.wants(w.joinHouse("li", item("email", "li@mail.example"), item("shoe-size", "43")), "datum-undeclared")
	if got := w.has("li", "email"); got != nil {
		t.Errorf("kept %q", got)
	}
	s, err := w.Standing(t.Context(), "club", "li")
	must(t, err)
	if s.Account != avow.NoRelation || s.Acceptance.State != avow.NeverAsked {
		t.Errorf("a refused sign-up left a standing: %+v", s)
	}
	if n := len(w.leaves()) - before; n != 2 {
		t.Errorf("%d leaves of two refusals", n)
	}
	for _, l := range w.leaves()[before:] {
		if l.Verdict != avow.Refuse || l.Commitment != [32]byte{} {
			t.Errorf("leaf %+v", l)
		}
	}
	must(t, w.joinHouse("li", item("email", "li@mail.example"), item("phone", "13800001111")))
}

// A value by which people are found belongs to one person.
func TestTakenValues(t *testing.T) {
	t.Parallel()
	w := setupProgram(t, house(t))
	must(t, w.joinHouse("li", item("email", "li@mail.example"), item("phone", "13800001111")))
	before := len(w.leaves())
	w.wants(w.joinHouse("wang", item("email", " LI@Mail.example")), "value-malformed")
	w.wants(w.joinHouse("wang", item("email", "LI@Mail.example")), "error conflict")
	if got := len(w.leaves()) - before; got != 1 {
		t.Errorf("%d leaves", got)
	}
	if s, err := w.Standing(t.Context(), "club", "wang"); err != nil || s.Account != avow.NoRelation {
		t.Errorf("somebody half there: %+v %v", s, err)
	}
	must(t, w.joinHouse("wang", item("email", "wang@mail.example")))
	_, err := w.Correct(t.Context(), "club", "wang", []gate.Item{item("email", "li@mail.example")})
	w.wants(err, "error conflict")
	ref, err := w.Find(t.Context(), "club", item("email", "WANG@mail.example"))
	if must(t, err); ref != "wang" {
		t.Errorf("found %s", ref)
	}
	// A value that is given up is free again.
	_, err = w.Correct(t.Context(), "club", "li", []gate.Item{item("email", "li2@mail.example")})
	must(t, err)
	_, err = w.Find(t.Context(), "club", item("email", "li@mail.example"))
	w.wants(err, "error unknown")
	must(t, w.joinHouse("wang", item("email", "li@mail.example")))
	_, err = w.EraseData(t.Context(), "club", "wang", []avow.Datum{"email"})
	must(t, err)
	_, err = w.Find(t.Context(), "club", item("email", "li@mail.example"))
	w.wants(err, "error unknown")
	_, err = w.Find(t.Context(), "club", item("name", "Li"))
	w.wants(err, "error invalid")
}

func TestTooMuchAtOnce(t *testing.T) {
	t.Parallel()
	w := setupProgram(t, house(t))
	must(t, w.joinHouse("li", item("name", "Li")))
	many := make([]gate.Item, 257)
	data := make([]avow.Datum, 257)
	for i := range many {
		data[i] = avow.Datum(strings.Repeat("x", 120) + fmt.Sprint(i))
		many[i] = item(data[i], "v")
	}
	w.wants(w.joinHouse("li", many...), "error invalid")
	_, err := w.Use(t.Context(), &avow.Request{Policy: "club", Subject: "li", Data: data, Purpose: "manage-account", Role: "desk"})
	w.wants(err, "error invalid")
	_, err = w.Use(t.Context(), &avow.Request{Policy: "club", Subject: "li", Data: data[:256], Purpose: "manage-account", Role: "desk"})
	w.wants(err, "datum-undeclared")
	if l := w.last(); len(l.Data) != 256 || l.Data[0] != evidence.Undeclared {
		t.Errorf("%d data, %q", len(l.Data), l.Data[0])
	}
}

// Words that the policy does not know may be anything, and reach no leaf.
func TestUndeclaredWordsAreWithheld(t *testing.T) {
	t.Parallel()
	w := setupProgram(t, house(t))
	const word = "li@mail.example"
	_, err := w.Collect(t.Context(), &gate.Collecting{
		Request: avow.Request{Policy: "club", Subject: "li", Purpose: word, Point: word, Feature: word, Source: word, Recipient: word, Role: word, Region: word, Ground: word},
		Items:   []gate.Item{item(word, word)}, Token: word,
	})
	if err == nil || strings.Contains(fmt.Sprintf("%v %+v", err, err), "mail.example") {
		t.Errorf("error %+v", err)
	}
	l := w.last()
	if l.Purpose != evidence.Undeclared || l.Point != evidence.Undeclared || l.Recipient != evidence.Undeclared || l.Role != evidence.Undeclared || l.Data[0] != evidence.Undeclared {
		t.Errorf("leaf %+v", l)
	}
	if strings.Contains(string(l.Append(nil)), "mail.example") {
		t.Error("the word stands in the leaf")
	}
	_, err = w.EraseData(t.Context(), "club", "li", []avow.Datum{word})
	w.wants(err, "error unknown")
}

// What somebody takes back in the same gesture stands, and that they are a minor, also if their data is
// refused; what they give does not.
func TestTakingBackSurvivesARefusal(t *testing.T) {
	t.Parallel()
	w := setupProgram(t, house(t))
	must(t, w.joinHouse("li", item("name", "Li")))
	w.say("li", "offers", avow.Given)
	w.pass(time.Minute)
	_, err := w.Collect(t.Context(), &gate.Collecting{
		Request: avow.Request{Policy: "club", Subject: "li", Purpose: "fun", Point: "sign-up", Source: "person"},
		Items:   []gate.Item{item("name", "Wang")},
		Agree: &gate.Agreement{Signals: []avow.Signals{avow.SignalGPC}, Age: avow.KnownMinor,
			Choices: []gate.ChoiceEvent{{Choice: "offers", State: avow.Withdrawn}, {Choice: "tailored", State: avow.Given}}},
	})
	w.wants(err, "purpose-undeclared")
	s, err := w.Standing(t.Context(), "club", "li")
	must(t, err)
	if c, _ := s.Choice("offers"); c.State != avow.Withdrawn {
		t.Errorf("offers %s", c.State)
	}
	if c, _ := s.Choice("tailored"); c.State != avow.NotAsked {
		t.Errorf("tailored %s", c.State)
	}
	if s.Signals != avow.SignalGPC || s.Age != avow.KnownMinor {
		t.Errorf("%+v", s)
	}
	if l := w.last(); l.Kind != evidence.Collected || l.Verdict != avow.Refuse {
		t.Errorf("the last leaf is %s %s", l.Kind, l.Verdict)
	}
}

func TestSaidAgain(t *testing.T) {
	t.Parallel()
	w := setupProgram(t, house(t))
	must(t, w.joinHouse("li", item("name", "Li")))
	gpc := &gate.Agreement{Signals: []avow.Signals{avow.SignalGPC}}
	r, err := w.Agree(t.Context(), "club", "li", gpc)
	if must(t, err); r.Index < 0 {
		t.Error("the first signal left no evidence")
	}
	r, err = w.Agree(t.Context(), "club", "li", gpc)
	if must(t, err); r.Index != -1 {
		t.Error("the same signal left evidence again")
	}
	_, err = w.Agree(t.Context(), "club", "li", &gate.Agreement{})
	w.wants(err, "error invalid")
}

// Data about nobody is collected and read without a subject, and its time ends too.
func TestDataAboutNobody(t *testing.T) {
	t.Parallel()
	w := setupProgram(t, house(t))
	send := func(v string) error {
		_, err := w.Collect(t.Context(), &gate.Collecting{Request: avow.Request{Policy: "club", Purpose: "fix-faults", Point: "profile-page", Source: "device"}, Items: []gate.Item{item("crash-log", v)}})
		return err
	}
	must(t, send("nil map in render"))
	w.pass(24 * time.Hour)
	must(t, send("index out of range"))
	w.wants(send("user_id: 77 crashed"), "carries-identifier")
	read := func() int {
		got, err := w.Use(t.Context(), &avow.Request{Policy: "club", Data: []avow.Datum{"crash-log"}, Purpose: "fix-faults", Role: "desk"})
		must(t, err)
		return len(got.Items)
	}
	if n := read(); n != 2 {
		t.Errorf("%d events", n)
	}
	w.now.Store(began.AddDate(0, 6, 0).Truncate(time.Hour).Add(time.Hour).UnixNano())
	if n := read(); n != 1 {
		t.Errorf("%d events after six months", n)
	}
	if n := w.sweep(); n.Expired != 1 {
		t.Errorf("swept %+v", n)
	}
	_, err := w.Collect(t.Context(), &gate.Collecting{Request: avow.Request{Policy: "club", Purpose: "manage-account", Point: "sign-up"}, Items: []gate.Item{item("name", "Li")}})
	w.wants(err, "error invalid")
}

// Many who register under one reference at once are one person.
func TestOneReferenceAtOnce(t *testing.T) {
	t.Parallel()
	w := setupProgram(t, house(t))
	var all sync.WaitGroup
	for i := range 64 {
		all.Go(func() {
			if err := w.joinHouse("li", item("name", fmt.Sprint("name ", i))); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got := w.has("li", "name"); len(got) != 1 {
		t.Errorf("%q", got)
	}
	if n := w.count(evidence.Collected); n != 64 {
		t.Errorf("%d leaves", n)
	}
	trail, err := w.Access(t.Context(), "club", "li")
	must(t, err)
	if len(trail.Events) != 0 {
		t.Errorf("%d events", len(trail.Events))
	}
}

// No sample of many that come at once is lost.
func TestNoUpdateIsLost(t *testing.T) {
	t.Parallel()
	w := setupProgram(t, house(t, ", every: 5m", ""))
	must(t, w.joinHouse("li", item("name", "Li")))
	var all sync.WaitGroup
	for i := range 64 {
		all.Go(func() {
			_, err := w.Collect(t.Context(), &gate.Collecting{Request: avow.Request{Policy: "club", Subject: "li", Purpose: "show-walks", Point: "profile-page", Feature: "walks", Source: "device"},
				Items: []gate.Item{item("steps", fmt.Sprint(i))}})
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got := w.has("li", "steps"); len(got) != 64 {
		t.Errorf("%d samples", len(got))
	}
}

// Once a withdrawal is answered, no use that it closes is allowed.
func TestWithdrawalIsNeverOvertaken(t *testing.T) {
	t.Parallel()
	w := setupProgram(t, house(t))
	must(t, w.joinHouse("li", item("email", "li@mail.example")))
	for range 20 {
		w.pass(time.Second)
		w.say("li", "offers", avow.Given)
		var mu sync.RWMutex
		withdrawn := false
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				for range 5 {
					mu.RLock()
					was := withdrawn
					mu.RUnlock()
					_, err := w.Use(t.Context(), &avow.Request{Policy: "club", Subject: "li", Data: []avow.Datum{"email"}, Purpose: "marketing", Role: "desk"})
					if was && err == nil {
						t.Error("used after the withdrawal was answered")
					}
				}
			})
		}
		all.Go(func() {
			w.say("li", "offers", avow.Withdrawn)
			mu.Lock()
			withdrawn = true
			mu.Unlock()
		})
		all.Wait()
	}
}

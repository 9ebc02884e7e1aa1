package gate_test

import (
	"strings"
	"testing"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/gate"
	"pgregory.net/rapid"
)

// TestOfAge: somebody comes of age with the first moment of their birthday where
// they are, in every time zone, and not a second before.
func TestOfAge(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		offset := rapid.IntRange(-12*60, 14*60).Draw(t, "minutes")
		zone := time.FixedZone("somewhere", offset*60)
		born := time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(0, 45000).Draw(t, "day"))
		age := rapid.IntRange(1, 100).Draw(t, "age")
		b := gate.Birth{Year: born.Year(), Month: born.Month(), Day: born.Day(), Zone: zone}
		// The day is counted by its number, and not as the code counts it.
		month, day := born.Month(), born.Day()
		if month == time.February && day == 29 && !leap(born.Year()+age) {
			month, day = time.March, 1
		}
		birthday := time.Date(born.Year()+age, month, day, 0, 0, 0, 0, zone)
		if !b.OfAge(age, birthday) || !b.OfAge(age, birthday.AddDate(0, 0, 1)) {
			t.Errorf("not of age on the birthday: %s", birthday)
		}
		if b.OfAge(age, birthday.Add(-time.Second)) {
			t.Errorf("of age a second before: %s", birthday)
		}
		b.Zone = nil // nobody knows where: only when it has come everywhere
		if b.OfAge(age, birthday) != (offset <= -12*60) {
			t.Errorf("without a place, at %s", birthday)
		}
		if everywhere := time.Date(born.Year()+age, month, day, 12, 0, 0, 0, time.UTC); !b.OfAge(age, everywhere) || b.OfAge(age, everywhere.Add(-time.Second)) {
			t.Errorf("without a place: %s", everywhere)
		}
	})
}

func leap(year int) bool { return year%4 == 0 && (year%100 != 0 || year%400 == 0) }

// adultsOnly is the club for people of 18 years, where minors who are found are
// erased.
func adultsOnly(t *testing.T) *world {
	t.Helper()
	return setupProgram(t, changed(t, "minors:\n  - {id: grown-ups, rule: adults-only, age: 18}\n", `
holds:
  - {id: court, kind: litigation, statute: "Art. 1", max: 1y, refuses: [erase]}

erasure:
  - {id: erase-minor, on: [minor-found], reaches: [live, backups], hide: at once, live: 1d, keeps: [court]}

minors:
  - {id: adults-only, rule: adults-only, age: 18, keeps: band, verbs: [register]}
  - {id: minors-erased, rule: erase-when-found, age: 18, erasure: erase-minor}
`))
}

func (w *world) signUpBorn(ref avow.SubjectRef, born *gate.Birth) error {
	a := w.accept()
	a.Age, a.Born = avow.AgeNotKnown, born
	_, err := w.Collect(w.t.Context(), &gate.Collecting{
		Request: avow.Request{Policy: "club", Subject: ref, Purpose: "manage-account", Point: "sign-up", Feature: "account", Source: "person"},
		Items:   []gate.Item{item("email", string(ref)+"@mail.example")}, Agree: a,
	})
	return err
}

func TestAdultsOnly(t *testing.T) {
	t.Parallel()
	w := adultsOnly(t)
	utc := time.UTC
	day := w.clock()
	w.wants(w.signUpBorn("a", &gate.Birth{Year: day.Year() - 18, Month: day.Month(), Day: day.Day() + 1, Zone: utc}), "minor")
	w.wants(w.signUpBorn("a", &gate.Birth{Year: day.Year() - 18, Month: day.Month(), Day: day.Day(), Zone: utc}), "allow")
	w.wants(w.signUpBorn("b", &gate.Birth{Year: 1961, Month: 2, Day: 29}), "error invalid")
	w.wants(w.signUpBorn("b", &gate.Birth{Year: 1861, Month: 2, Day: 2}), "error invalid")
	w.wants(w.signUpBorn("b", &gate.Birth{Year: 2061, Month: 2, Day: 2}), "error invalid")
	c, err := w.Access(t.Context(), "club", "a")
	must(t, err)
	if c.Standing.Age != avow.KnownAdult {
		t.Errorf("the band is %s", c.Standing.Age)
	}
	for _, h := range c.Held {
		if strings.Contains(string(h.Value.Expose()), "2008") {
			t.Error("the date of birth is kept")
		}
	}
}

// TestFoundMinor: somebody who turns out to be a minor is erased, and nothing is
// collected from them any more, until an officer says otherwise.
func TestFoundMinor(t *testing.T) {
	t.Parallel()
	w := adultsOnly(t)
	must(t, w.signUpBorn("wu", &gate.Birth{Year: 1990, Month: 1, Day: 1}))
	_, err := w.FoundMinor(t.Context(), "club", "wu")
	must(t, err)
	if got := w.has("wu", "email"); len(got) > 0 || w.count(evidence.EraseDone) != 1 {
		t.Errorf("still held: %d values", len(got))
	}
	w.wants(w.signUpBorn("wu", &gate.Birth{Year: 1990, Month: 1, Day: 1}), "error conflict")
	w.wants(w.signUpBorn("wu", nil), "minor")
	w.restart()
	w.wants(w.signUpBorn("wu", nil), "minor")
	_, err = w.NoMinor(t.Context(), "club", "wu")
	must(t, err)
	w.wants(w.signUpBorn("wu", &gate.Birth{Year: 1990, Month: 1, Day: 1}), "allow")
}

// TestFoundByTheirOwnWord: what a minor sends together with their age is refused,
// and what was held before is erased all the same.
func TestFoundByTheirOwnWord(t *testing.T) {
	t.Parallel()
	w := adultsOnly(t)
	must(t, w.signUpBorn("wu", &gate.Birth{Year: 1990, Month: 1, Day: 1}))
	if err := w.signUpBorn("wu", &gate.Birth{Year: 2015, Month: 1, Day: 1}); err == nil {
		t.Error("collected from a minor")
	}
	if got := w.has("wu", "email"); len(got) > 0 || w.count(evidence.EraseDone) != 1 {
		t.Errorf("still held: %d values", len(got))
	}
}

// TestMinorOnHold: a legal hold keeps what is stored, and nothing else.
func TestMinorOnHold(t *testing.T) {
	t.Parallel()
	w := adultsOnly(t)
	must(t, w.signUpBorn("wu", &gate.Birth{Year: 1990, Month: 1, Day: 1}))
	hold := w.program.Holds()
	err := w.hold("wu", hold[0].ID, "M-1", w.clock().Add(time.Hour))
	must(t, err)
	_, err = w.FoundMinor(t.Context(), "club", "wu")
	must(t, err)
	if _, err := w.read("wu", "email"); err == nil {
		t.Error("used")
	}
	if s, err := w.Standing(t.Context(), "club", "wu"); err != nil || s.Account != avow.Closed || s.Age != avow.KnownMinor {
		t.Errorf("%+v %v", s, err)
	}
}

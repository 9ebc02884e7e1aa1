package gate_test

import (
	"testing"

	"avow.dev"
	"avow.dev/gate"
)

// TestSmallFiguresAreBanded: every band contains the true figure, no figure from 1 to 9
// stands by itself, and a single band does not follow from the total.
func TestSmallFiguresAreBanded(t *testing.T) {
	t.Parallel()
	line := func(year int, ground avow.RuleID, received, people int64) gate.TransparencyLine {
		return gate.TransparencyLine{Year: year, Ground: ground, Figures: gate.Figures{Received: received, People: people}}
	}
	report := gate.Transparency{Lines: []gate.TransparencyLine{
		line(2026, "a", 0, 9), line(2026, "b", 3, 1), line(2026, "c", 47, 12), line(2026, "d", 10, 0),
		line(2027, "a", 1, 0), line(2028, "a", 12, 10), line(2028, "b", 30, 40),
	}}
	want := []struct{ received, people gate.Band }{
		{gate.Band{}, gate.Band{1, 9}}, {gate.Band{1, 9}, gate.Band{1, 9}}, {gate.Band{47, 47}, gate.Band{12, 12}}, {gate.Band{10, 19}, gate.Band{}},
		{gate.Band{1, 9}, gate.Band{}}, {gate.Band{12, 12}, gate.Band{10, 10}}, {gate.Band{30, 30}, gate.Band{40, 40}},
	}
	for i, b := range report.Banded() {
		l := report.Lines[i]
		if b.Year != l.Year || b.Ground != l.Ground || b.Received != want[i].received || b.People != want[i].people {
			t.Errorf("%d %s: %+v", l.Year, l.Ground, b)
		}
		for _, x := range []struct {
			n    int64
			band gate.Band
		}{{l.Received, b.Received}, {l.People, b.People}, {l.Told, b.Told}} {
			if x.n < x.band.From || x.n > x.band.To {
				t.Errorf("%d %s: %d lies outside %+v", l.Year, l.Ground, x.n, x.band)
			}
		}
	}
	years := report.Years()
	if len(years) != 3 || years[0].Year != 2026 || years[0].Received != 60 || years[0].People != 22 || years[2].Received != 42 {
		t.Errorf("%+v", years)
	}
}

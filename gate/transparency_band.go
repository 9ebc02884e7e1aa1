package gate

import (
	"cmp"
	"slices"

	"avow.dev"
)

// Figures are how many demands there were, and what became of them.
type Figures struct {
	Received, Released, Refused, Withdrawn, Challenged int64
	People, Told                                       int64 // of whom data was released, and who were told
}

// all are the figures one by one, in a fixed order.
func (f *Figures) all() [figures]*int64 {
	return [...]*int64{&f.Received, &f.Released, &f.Refused, &f.Withdrawn, &f.Challenged, &f.People, &f.Told}
}

const figures = 7

// Band says that a figure lies from From to To, both included.
type Band struct{ From, To int64 }

// Bands are figures of which the small ones are told in bands only.
type Bands struct {
	Received, Released, Refused, Withdrawn, Challenged, People, Told Band
}

func (b *Bands) all() [figures]*Band {
	return [...]*Band{&b.Received, &b.Released, &b.Refused, &b.Withdrawn, &b.Challenged, &b.People, &b.Told}
}

// TransparencyYear is one calendar year (UTC), all grounds that are reported together.
// Its figures are those of the log.
type TransparencyYear struct {
	Year int
	Figures
}

// TransparencyBands is one ground in one calendar year, as everybody may know it.
type TransparencyBands struct {
	Year   int
	Ground avow.RuleID
	Bands
}

// small is the figure below which a ground's figure could point at somebody.
const small = 10

// Years returns the totals of each year, exactly as the log has them.
func (t *Transparency) Years() []TransparencyYear {
	var out []TransparencyYear
	for i := range t.Lines {
		l := &t.Lines[i]
		at := slices.IndexFunc(out, func(y TransparencyYear) bool { return y.Year == l.Year })
		if at < 0 {
			at, out = len(out), append(out, TransparencyYear{Year: l.Year})
		}
		for k, n := range out[at].all() {
			*n += *l.all()[k]
		}
	}
	slices.SortFunc(out, func(a, b TransparencyYear) int { return cmp.Compare(a.Year, b.Year) })
	return out
}

// Banded returns the lines with figures from 1 to 9 in one band: one demand on a rare
// ground could point at somebody who knows of it, or at whom it was about. Where a
// single band would follow from the year's total, the next larger figure is told to
// its tens only.
func (t *Transparency) Banded() []TransparencyBands {
	out := make([]TransparencyBands, len(t.Lines))
	for i := range t.Lines {
		out[i].Year, out[i].Ground = t.Lines[i].Year, t.Lines[i].Ground
	}
	for _, y := range t.Years() {
		for k := range figures {
			t.band(out, y.Year, k)
		}
	}
	return out
}

// band puts one kind of figure of a year into bands.
func (t *Transparency) band(out []TransparencyBands, year, kind int) {
	hidden, next := 0, -1
	for i := range t.Lines {
		if t.Lines[i].Year != year {
			continue
		}
		n, b := *t.Lines[i].all()[kind], out[i].all()[kind]
		*b = Band{n, n}
		switch {
		case n == 0:
		case n < small:
			*b, hidden = Band{1, small - 1}, hidden+1
		case next < 0 || n < *t.Lines[next].all()[kind]:
			next = i
		}
	}
	if hidden == 1 && next >= 0 {
		n := *t.Lines[next].all()[kind]
		*out[next].all()[kind] = Band{n / small * small, n/small*small + small - 1}
	}
}

package transparency

import (
	"slices"
	"time"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/notice"
	"avow.dev/policy/syntax"
	"avow.dev/web/html"
)

// view is what the page shows.
type view struct {
	*gate.Transparency
	Years            []table // the newest first
	Uncounted        []ground
	JSON, Log, Proof string
}

// table is one calendar year: a row for each ground, in bands, and the exact total.
type table struct {
	Year  int
	Rows  []row
	Total [len(heads)]string
	None  bool // nothing happened in it
	Open  bool // it is not over
}

type row struct {
	ground
	Cells [len(heads)]string
}

// ground is why an authority may ask, as the policy says it.
type ground struct {
	ID      string
	Name    string
	Where   string // the sentence of the policy; empty where it has none
	counted bool
}

// heads are the words of the columns, in the order of the gate's figures.
var heads = [...]string{"received", "released", "refused", "withdrawn", "challenged", "people", "told"}

// Heads are the columns of every table.
func (view) Heads() []string { return heads[:] }

// grounds are the policy's words on demands, in its order.
func grounds(f *syntax.File, doc *notice.Document) []ground {
	var out []ground
	for i := range f.Demands {
		d := &f.Demands[i]
		g := ground{ID: d.ID.Text, Name: d.ID.Text, counted: d.Report.On}
		if s, ok := doc.Sentence(d.ID.Text); ok && len(s.Cells) > 0 {
			g.Name, g.Where = s.Cells[0].Text, "/policy/"+f.Policy.Text+"#rule-"+d.ID.Text
		}
		if slices.ContainsFunc(out, func(o ground) bool { return o.Name == g.Name }) {
			g.Name += " (" + g.ID + ")"
		}
		out = append(out, g)
	}
	return out
}

// tables puts the report into words, a year after the other, and returns the grounds
// that are not in it.
func tables(t *html.Tongue, report *gate.Transparency, all []ground) (years []table, uncounted []ground, err error) {
	counted := slices.DeleteFunc(slices.Clone(all), func(g ground) bool { return !g.counted })
	uncounted = slices.DeleteFunc(slices.Clone(all), func(g ground) bool { return g.counted })
	if len(counted) == 0 {
		return nil, uncounted, nil
	}
	totals, bands := report.Years(), report.Banded()
	for year := report.At.Year(); year >= first(report); year-- {
		x := table{Year: year, Open: year == report.At.Year()}
		var sum gate.TransparencyYear
		if i := slices.IndexFunc(totals, func(y gate.TransparencyYear) bool { return y.Year == year }); i >= 0 {
			sum = totals[i]
		}
		for k, n := range []int64{sum.Received, sum.Released, sum.Refused, sum.Withdrawn, sum.Challenged, sum.People, sum.Told} {
			x.Total[k] = t.Number(n)
		}
		x.None = sum.Figures == gate.Figures{}
		for _, g := range counted {
			var b gate.TransparencyBands // nothing on this ground
			if i := slices.IndexFunc(bands, func(b gate.TransparencyBands) bool { return b.Year == year && b.Ground == avow.RuleID(g.ID) }); i >= 0 {
				b = bands[i]
			}
			r := row{ground: g}
			for k, f := range []gate.Band{b.Received, b.Released, b.Refused, b.Withdrawn, b.Challenged, b.People, b.Told} {
				if r.Cells[k], err = band(t, f); err != nil {
					return nil, nil, err
				}
			}
			x.Rows = append(x.Rows, r)
		}
		years = append(years, x)
	}
	return years, uncounted, nil
}

// first is the year in which the log begins.
func first(report *gate.Transparency) int {
	since := report.Since
	if since.IsZero() || since.After(report.At) { // a clock that was set back
		since = report.At
	}
	return since.In(time.UTC).Year()
}

func band(t *html.Tongue, b gate.Band) (string, error) {
	if b.From == b.To {
		return t.Number(b.From), nil
	}
	return t.Say("band", "from", b.From, "to", b.To)
}

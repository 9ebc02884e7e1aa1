package prove

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// report is the transparency report, as everyone sees it: exact totals of each year,
// and bands for each ground.
type report struct {
	Leaves int64        `json:"leaves"`
	Years  []reportYear `json:"years"`
	Lines  []reportLine `json:"lines"`
}

type reportYear struct {
	Year       int   `json:"year"`
	Received   int64 `json:"received"`
	Released   int64 `json:"released"`
	Refused    int64 `json:"refused"`
	Withdrawn  int64 `json:"withdrawn"`
	Challenged int64 `json:"challenged"`
	People     int64 `json:"people"`
	Told       int64 `json:"told"`
}

type reportBand struct{ From, To int64 }

type reportLine struct {
	Year     int        `json:"year"`
	Ground   string     `json:"ground"`
	Received reportBand `json:"received"`
	Released reportBand `json:"released"`
	People   reportBand `json:"people"`
}

// transparency reads the report as a stranger.
func (s *stage) transparency() (*report, error) {
	a, err := s.doWith("nobody", http.MethodGet, "/transparency/"+s.text.Policy.Text, nil)
	if err != nil {
		return nil, err
	}
	var r report
	if a.status != http.StatusOK || json.Unmarshal(a.raw, &r) != nil {
		return nil, &mismatch{"a transparency report for everyone", fmt.Sprintf("status %d", a.status)}
	}
	return &r, nil
}

// total is the row of the page that has everything of a year, and cell one figure in it.
var (
	total = regexp.MustCompile(`(?s)<tr id="(\d{4})-total">(.*?)</tr>`)
	cell  = regexp.MustCompile(`<strong>([\d,]+)</strong>`)
)

// shownTotals reads the totals of a year from the page of the report, as a stranger.
func (s *stage) shownTotals(year int) (reportYear, error) {
	out := reportYear{Year: year}
	a, err := s.doWith("nobody", http.MethodGet, "/transparency-report/"+s.text.Policy.Text, nil)
	if err != nil {
		return out, err
	}
	if a.status != http.StatusOK {
		return out, &mismatch{"a page of the report for everyone", fmt.Sprintf("status %d", a.status)}
	}
	to := []*int64{&out.Received, &out.Released, &out.Refused, &out.Withdrawn, &out.Challenged, &out.People, &out.Told}
	for _, row := range total.FindAllStringSubmatch(string(a.raw), -1) {
		if figures := cell.FindAllStringSubmatch(row[2], -1); row[1] == strconv.Itoa(year) && len(figures) == len(to) {
			for i, f := range figures {
				if *to[i], err = strconv.ParseInt(strings.ReplaceAll(f[1], ",", ""), 10, 64); err != nil {
					return out, err
				}
			}
		}
	}
	return out, nil
}

func (r *report) year(year int) reportYear {
	for _, y := range r.Years {
		if y.Year == year {
			return y
		}
	}
	return reportYear{Year: year}
}

// holds reports whether the line of a ground can be true of figures that are at least
// these, and tells no small one.
func (r *report) holds(ground string, year int, least reportYear) bool {
	for _, l := range r.Lines {
		if l.Ground != ground || l.Year != year {
			continue
		}
		for _, x := range []struct {
			band  reportBand
			least int64
		}{{l.Received, least.Received}, {l.Released, least.Released}, {l.People, least.People}} {
			if x.band.To < x.least || x.band.From == x.band.To && x.band.From > 0 && x.band.From < 10 {
				return false
			}
		}
		return true
	}
	return false
}

// reported plays a demand to each end, and counts what the log says of them.
func (d *drill) reported() error {
	before, err := d.transparency()
	if err != nil {
		return err
	}
	a, h, err := d.through()
	if err != nil || !a.allowed {
		return orMismatch(err, "a demand released", "%v", a)
	}
	for _, op := range []string{"refuse", "withdraw", "challenge"} {
		d.again()
		if a, err := d.upTo(); err != nil || !a.allowed {
			return orMismatch(err, "a demand that lacks nothing scoped", "%v", a)
		}
		if a, err := d.step(clerk, "demands/"+op, matter{ID: d.demand.ID, Text: "why"}); err != nil || !a.allowed {
			return orMismatch(err, "a demand ended by "+op, "%v", a)
		}
	}
	after, err := d.transparency()
	if err != nil {
		return err
	}
	ground, year := d.entry.ID.Text, d.clock.now().Year()
	want := before.year(year)
	own := want
	for i := before.Leaves; i < after.Leaves; i++ {
		l, err := d.evidence(i)
		if err != nil {
			return err
		}
		if slices.Equal(l.Rules, []string{ground}) {
			want.count(l)
		}
	}
	if got := after.year(year); got != want {
		return &mismatch{fmt.Sprintf("%+v, as the log has it", want), fmt.Sprintf("%+v", got)}
	}
	if shown, err := d.shownTotals(year); err != nil || shown != after.year(year) {
		return orMismatch(err, fmt.Sprintf("a page that says %+v", after.year(year)), "%+v", shown)
	}
	if !after.holds(ground, year, reportYear{Received: 4, Released: 1, People: given(h)}) {
		return &mismatch{"a line of the ground, in bands that hold four demands more", fmt.Sprintf("%+v", after.Lines)}
	}
	own.Received, own.Released, own.Refused, own.Withdrawn, own.Challenged, own.People = own.Received+4, own.Released+1, own.Refused+1, own.Withdrawn+1, own.Challenged+1, own.People+given(h)
	want.Told, own.Told = 0, 0
	return expect(want == own, "four more demands counted, each with its end", "%+v", want)
}

func (l *reportYear) count(leaf *leaf) {
	switch leaf.Kind {
	case "demand-received":
		l.Received++
	case "demand-released":
		l.Released, l.People = l.Released+1, l.People+leaf.Count
	case "demand-refused":
		l.Refused++
	case "demand-withdrawn":
		l.Withdrawn++
	case "demand-challenged":
		l.Challenged++
	case "demand-told":
		l.Told++
	}
}

// reportOpen plays the promise that figures of demands are public.
func (s *stage) reportOpen() error {
	for i := range s.text.Demands {
		e := &s.text.Demands[i]
		r := s.text.drilled(e)
		if !e.Report.On || r == nil {
			continue
		}
		d, err := s.newDrill(e, r)
		if err != nil {
			return err
		}
		return d.reported()
	}
	_, err := s.transparency()
	return err
}

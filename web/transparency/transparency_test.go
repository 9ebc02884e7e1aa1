package transparency_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/gate"
	"avow.dev/internal/engine/enginetest"
)

var must = enginetest.Must

// office is a house at which authorities ask.
type office struct {
	*enginetest.House
	t *testing.T
}

func open(t *testing.T, changes ...string) *office {
	t.Helper()
	return &office{enginetest.Open(t, enginetest.Compile(t, enginetest.Read(t, "../../gate/testdata/demands.yaml"), changes...), enginetest.NoPost()), t}
}

func by(name string) gate.Officer { return gate.Officer{Person: name} }

func (o *office) join(ref avow.SubjectRef) {
	o.t.Helper()
	_, err := o.Gate().Collect(o.t.Context(), &gate.Collecting{
		Request: avow.Request{Policy: "club", Subject: ref, Purpose: "manage-account", Point: "sign-up", Feature: "account", Source: "person"},
		Items:   []gate.Item{{Datum: "email", Value: gate.NewValue([]byte(string(ref) + "@mail.example"))}},
		Agree:   &gate.Agreement{Policy: o.Program.Hash(), Accept: true, Gesture: "accept-button", Language: "en", Age: avow.KnownAdult}})
	must(o.t, err)
}

// receive takes a demand in.
func (o *office) receive(ground string) string {
	o.t.Helper()
	m, _, err := o.Gate().ReceiveDemand(o.t.Context(), "club", by("ann"), &gate.Receiving{Ground: ground, Instrument: "court-order", Number: "(2026) 17", Statute: "Civil Procedure Law art. 67", Authority: "courts",
		Issued: o.Now().Add(-time.Hour), Expires: o.Now().AddDate(0, 1, 0)})
	must(o.t, err)
	return m.ID
}

// authentic takes a demand in of which it is known that it comes from a court.
func (o *office) authentic() string {
	o.t.Helper()
	id := o.receive("court-papers")
	_, _, err := o.Gate().AddPaper(o.t.Context(), "club", id, by("ann"), "application/pdf", strings.NewReader("the court orders"))
	must(o.t, err)
	_, _, err = o.Gate().AuthenticateDemand(o.t.Context(), "club", id, by("bo"), "called back")
	must(o.t, err)
	return id
}

// release takes a demand about some people to its end.
func (o *office) release(people ...avow.SubjectRef) {
	o.t.Helper()
	ctx, g, id := o.t.Context(), o.Gate(), o.authentic()
	m, _, err := g.ScopeDemand(ctx, "club", id, by("ann"), &gate.Scoping{People: people, Asked: []avow.Datum{"email"}, Named: []avow.Datum{"email"}, From: o.Now().AddDate(0, -1, 0), To: o.Now()})
	must(o.t, err)
	for _, who := range []string{"bo", "cleo"} {
		_, _, err = g.ApproveDemand(ctx, "club", id, by(who), m.Proposal.What)
		must(o.t, err)
	}
	_, _, err = g.ReleaseDemand(ctx, "club", id, by("ann"), &gate.Look{Why: gate.WhyDemand, Text: "the court ordered it"})
	must(o.t, err)
}

// figures is a total of a year: received, released, refused, withdrawn, challenged,
// people, told.
type figures [7]int64

// log counts what the log says, by year, of the grounds that are reported.
func (o *office) log() map[int]figures {
	o.t.Helper()
	state, err := o.Gate().Store().LogState(o.t.Context(), "club")
	must(o.t, err)
	bodies, err := o.Gate().Store().Leaves(o.t.Context(), "club", 0, state.Recorded)
	must(o.t, err)
	out := make(map[int]figures)
	kinds := []evidence.Kind{evidence.DemandReceived, evidence.DemandReleased, evidence.DemandRefused, evidence.DemandWithdrawn, evidence.DemandChallenged, "", evidence.DemandTold}
	for _, b := range bodies {
		l, err := evidence.Parse(b)
		must(o.t, err)
		if len(l.Rules) != 1 || l.Rules[0] == "abroad" { // which the policy does not report
			continue
		}
		if k := slices.Index(kinds, l.Kind); k >= 0 {
			f := out[l.At.Year()]
			f[k]++
			if l.Kind == evidence.DemandReleased {
				f[5] += l.Count
			}
			out[l.At.Year()] = f
		}
	}
	return out
}

// programs is what the report says to programs.
func (o *office) programs() (totals map[int]figures, bands map[string][]string) {
	o.t.Helper()
	type band struct{ From, To int64 }
	var out struct {
		Years []struct{ Year, Received, Released, Refused, Withdrawn, Challenged, People, Told int64 }
		Lines []struct {
			Year                                                             int
			Ground                                                           string
			Received, Released, Refused, Withdrawn, Challenged, People, Told band
		}
	}
	must(o.t, json.Unmarshal([]byte(o.Visitor().Get("/transparency/club").Body), &out))
	totals, bands = make(map[int]figures), make(map[string][]string)
	for _, y := range out.Years {
		totals[int(y.Year)] = figures{y.Received, y.Released, y.Refused, y.Withdrawn, y.Challenged, y.People, y.Told}
	}
	for _, l := range out.Lines {
		var cells []string
		for _, b := range []band{l.Received, l.Released, l.Refused, l.Withdrawn, l.Challenged, l.People, l.Told} {
			if b.From == b.To {
				cells = append(cells, strconv.FormatInt(b.From, 10))
			} else {
				cells = append(cells, fmt.Sprintf("%d to %d", b.From, b.To))
			}
		}
		bands[fmt.Sprintf("%d-%s", l.Year, l.Ground)] = cells
	}
	return totals, bands
}

var (
	rows  = regexp.MustCompile(`(?s)<tr id="(\d{4}-[^"]*)">(.*?)</tr>`)
	cells = regexp.MustCompile(`(?s)<td[^>]*>(?:<strong>)?([^<]*)`)
)

// people is what the report says to people: cells by year and ground.
func (o *office) people(lang string) map[string][]string {
	o.t.Helper()
	v := o.Visitor()
	v.Reads(lang)
	page := v.Get("/transparency-report/club")
	if page.Status != http.StatusOK {
		o.t.Fatalf("status %d: %s", page.Status, page.Words())
	}
	out := make(map[string][]string)
	for _, r := range rows.FindAllStringSubmatch(page.Body, -1) {
		for _, c := range cells.FindAllStringSubmatch(r[2], -1) {
			out[r[1]] = append(out[r[1]], strings.TrimSpace(c[1]))
		}
	}
	return out
}

// TestTotalsEqualTheLog: what people read, what programs read and what the log holds
// are the same, over two years; small figures of a ground are ranges, and grounds that
// the policy does not report are named and not counted.
func TestTotalsEqualTheLog(t *testing.T) {
	t.Parallel()
	o := open(t)
	for _, ref := range []avow.SubjectRef{"li", "wang"} {
		o.join(ref)
	}
	ctx, g := t.Context(), o.Gate()
	o.release("li", "wang")
	o.release("li")
	for range 9 {
		o.receive("court-papers")
	}
	_, _, err := g.RefuseDemand(ctx, "club", o.receive("danger"), by("ann"), "no")
	must(t, err)
	_, _, err = g.WithdrawDemand(ctx, "club", o.receive("told-first"), by("ann"), "")
	must(t, err)
	_, _, err = g.ReceiveDemand(ctx, "club", by("ann"), &gate.Receiving{Ground: "abroad", Instrument: "agency-order", Authority: "ministry", Region: "CN"})
	must(t, err)
	_, err = o.Sweep(ctx)
	must(t, err)
	o.Pass(60 * 24 * time.Hour)
	_, _, err = g.ChallengeDemand(ctx, "club", o.authentic(), by("ann"), "too wide")
	must(t, err)

	log := o.log()
	if want := map[int]figures{2026: {13, 2, 1, 1, 0, 3, 3}, 2027: {1, 0, 0, 0, 1, 0, 0}}; fmt.Sprint(log) != fmt.Sprint(want) {
		t.Fatalf("the log has %v, want %v", log, want)
	}
	totals, bands := o.programs()
	if fmt.Sprint(totals) != fmt.Sprint(log) {
		t.Errorf("programs read %v, the log has %v", totals, log)
	}
	shown := o.people("en")
	for year, f := range log {
		var want []string
		for _, n := range f {
			want = append(want, strconv.FormatInt(n, 10))
		}
		if got := shown[fmt.Sprintf("%d-total", year)]; !slices.Equal(got, want) {
			t.Errorf("people read %v for %d, the log has %v", got, year, want)
		}
	}
	for key, want := range bands {
		if !slices.Equal(shown[key], want) {
			t.Errorf("%s is %v for people and %v for programs", key, shown[key], want)
		}
	}
	if got := shown["2026-danger"]; !slices.Equal(got, []string{"1 to 9", "0", "1 to 9", "0", "0", "0", "0"}) {
		t.Errorf("one demand on a ground of its own reads %v", got)
	}
	if len(shown) != 2*(3+1) { // three grounds and a total, each year
		t.Errorf("rows %v", shown)
	}
	if len(o.people("zh")) != len(shown) {
		t.Error("the report has other rows in Chinese")
	}
	o.Visitor().Get("/transparency-report/club").Shows(t, http.StatusOK, "22 November 2026", "Not in this report", "A binding demand of an authority", "entries of the public log")
	if page := o.Visitor().Get("/transparency-report/club"); strings.Contains(page.Body, "2026-abroad") {
		t.Error("a ground that is not reported has a row")
	}
}

// TestNothingYet: a policy on which no demand was received says so, and one that
// counts none says that.
func TestNothingYet(t *testing.T) {
	t.Parallel()
	o := open(t)
	o.Visitor().Get("/transparency-report/club").Shows(t, http.StatusOK, "2026", "No demand was received", "Why some figures are ranges")
	for path, leads := range map[string]string{"/": "/transparency-report/club", "/proof/club": "/transparency-report/club", "/privacy/club": "/transparency-report/club", "/transparency-report/club": "/transparency/club"} {
		if page := o.Visitor().Get(path); !strings.Contains(page.Body, `href="`+leads+`"`) {
			t.Errorf("%s does not lead to %s", path, leads)
		}
	}
	o = open(t, "report: true, ", "", "report: true, ", "", "report: true, ", "")
	o.Visitor().Get("/transparency-report/club").Shows(t, http.StatusOK, "No demands are counted", "The order of a court")
	if page := o.Visitor().Get("/"); strings.Contains(page.Body, "/transparency-report/") {
		t.Error("the first page leads to a report of nothing")
	}
}

// TestOnlyReading: anybody may read, nothing is taken, and what is not there is said.
func TestOnlyReading(t *testing.T) {
	t.Parallel()
	o := open(t)
	if a := o.Visitor().Send(http.MethodPost, "/transparency-report/club", nil); a.Status != http.StatusMethodNotAllowed {
		t.Errorf("a form is answered with %d", a.Status)
	}
	o.Visitor().Get("/transparency-report/nobody").Shows(t, http.StatusNotFound)
	page := o.Visitor().Get("/transparency-report/club")
	if page.Header.Get("Set-Cookie") != "" || page.Header.Get("X-Robots-Tag") != "" || page.Header.Get("Content-Security-Policy") == "" {
		t.Errorf("%v", page.Header)
	}
}

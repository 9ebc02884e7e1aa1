package gate

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"avow.dev"
	"avow.dev/evidence"
)

// Report is an incident as an authority wants to read it. Every field is there:
// filled, or marked missing.
type Report struct {
	Law     string
	Version int // counts the reports to this law's authority, from 1
	Fields  []ReportField
	Missing []string // names of fields that this law demands and that are empty
}

// ReportField is one line of a report.
type ReportField struct {
	Name    string
	Value   string
	Missing bool
	Must    bool // this law demands it
}

// ReportSent is a report that went to an authority.
type ReportSent struct {
	Law     string    `json:"law"`
	Version int       `json:"version"`
	At      time.Time `json:"at"`
	Phased  bool      `json:"phased,omitempty"`  // more follows (GDPR 33(4))
	Missing []string  `json:"missing,omitempty"` // what was not known yet
	By      Officer   `json:"by"`
}

// musts are the fields that each law demands: GDPR 33(3); PIPL 57 together with the
// rules on reporting network security incidents of 2025; California Civil Code
// 1798.82(d) and (f).
var musts = map[string][]string{
	"eu":    {"what-happened", "types", "data", "people", "records", "impact", "measures-taken", "measures-planned", "contact"},
	"cn":    {"what-happened", "types", "occurred", "place", "level", "data", "people", "cause", "impact", "measures-taken", "measures-planned", "advice", "contact", "traces"},
	"us-ca": {"what-happened", "occurred", "discovered", "data", "people", "contact"},
}

// IncidentReport writes the report to the authority of a law pack, as things stand.
func (g *Gate) IncidentReport(ctx context.Context, id avow.PolicyID, matter, lawID, language string) (Report, error) {
	s, err := g.of(id)
	if err != nil {
		return Report{}, err
	}
	m, err := incidents.read(ctx, g, id, matter)
	if err != nil {
		return Report{}, err
	}
	return s.inForce.Load().report(&m, lawID, language, g.Now())
}

func (f *force) report(m *Incident, lawID, language string, now time.Time) (Report, error) {
	must, ok := musts[lawID]
	if !ok || !slices.Contains(f.program.Law(), lawID) {
		return Report{}, &avow.Error{Code: avow.Invalid, Message: "the policy names no such law", Try: "use one of its law packs: " + strings.Join(f.program.Law(), ", ")}
	}
	if language == "" && len(f.program.Languages()) > 0 {
		language = string(f.program.Languages()[0])
	}
	out := Report{Law: lawID, Version: 1}
	for _, r := range m.Body.Reports {
		if r.Law == lawID {
			out.Version++
		}
	}
	if m.Body.late(lawID, now) {
		must = append(slices.Clip(must), "delay")
	}
	for _, line := range f.lines(m, lawID, language) {
		field := ReportField{Name: line[0], Value: line[1], Missing: strings.TrimSpace(line[1]) == "", Must: slices.Contains(must, line[0])}
		out.Fields = append(out.Fields, field)
		if field.Missing && field.Must {
			out.Missing = append(out.Missing, field.Name)
		}
	}
	return out, nil
}

// late reports whether a report to a law's authority comes after its time.
func (b *Breach) late(lawID string, now time.Time) bool {
	return slices.ContainsFunc(b.Clocks, func(c IncidentClock) bool {
		return c.Law == lawID && c.To == "authority" && !c.AtOnce && c.Met.IsZero() && now.After(c.Due)
	})
}

func (f *force) lines(m *Incident, lawID, language string) [][2]string {
	b := &m.Body
	words := b.Words[language]
	at := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.UTC().Format(time.RFC3339)
	}
	count := func(n int64) string {
		if !b.Affected.Done {
			return ""
		}
		return strconv.FormatInt(n, 10)
	}
	var data []string
	for _, d := range f.program.Data() {
		if n := b.Affected.ByDatum[d.Slug]; n > 0 {
			data = append(data, fmt.Sprintf("%s: %d", f.nameOf(d.Slug, language), n))
		}
	}
	level := ""
	for _, p := range f.packs {
		if p.ID == lawID && b.Affected.Done {
			level = or(p.Grade(int(b.Affected.People)), "below the lowest grade")
		}
	}
	if len(b.Tiers) > 0 {
		level = strings.Join(append(b.Tiers, level), ", ")
	}
	return [][2]string{
		{"what-happened", words["what-happened"]}, {"types", strings.Join(b.Types, ", ")}, {"occurred", at(b.Occurred)}, {"discovered", at(b.Discovered)}, {"aware", at(b.Aware)}, {"over", at(b.Over)},
		{"place", b.Place}, {"level", level}, {"data", strings.Join(data, ", ")}, {"people", count(b.Affected.People)}, {"records", count(b.Affected.Records)},
		{"cause", b.Cause}, {"impact", words["impact"]}, {"measures-taken", words["measures-taken"]}, {"measures-planned", words["measures-planned"]}, {"advice", words["advice"]},
		{"remedies", words["remedies"]}, {"contact", words["contact"]}, {"traces", b.Traces}, {"help", b.Help}, {"delay", b.Delay},
		{"told", fmt.Sprintf("%d of %d", b.Progress.Told, b.Affected.People)}, {"announced", at(b.Public)},
	}
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// ReportIncident records that a report went to an authority. One with a field
// missing that the law demands is refused, unless more is said to follow: then it
// counts, and the next version has to fill it.
func (g *Gate) ReportIncident(ctx context.Context, id avow.PolicyID, matter, lawID string, by Officer, phased bool) (Incident, avow.Receipt, error) {
	return incidents.step(ctx, g, id, matter, by, "reported", func(t *turn, m *Incident) error {
		r, err := t.force.report(m, lawID, "", t.now)
		if err != nil {
			return err
		}
		if len(r.Missing) > 0 && !phased {
			return &avow.Error{Code: avow.Conflict, Message: "the report lacks what the law demands", Try: "fill in " + strings.Join(r.Missing, ", ") + ", or report in phases"}
		}
		m.Body.Reports = append(m.Body.Reports, ReportSent{lawID, r.Version, t.now, phased && len(r.Missing) > 0, r.Missing, by})
		m.Body.met(lawID, "authority", t.now)
		m.Due = m.Body.next()
		t.note(evidence.IncidentReported, func(l *evidence.Leaf) {
			t.force.citing("incident")(l)
			l.Count = int64(r.Version)
		})
		return nil
	})
}

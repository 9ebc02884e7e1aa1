package prove

import (
	"encoding/xml"
	"fmt"
	"io"
)

type junitSuites struct {
	XMLName xml.Name     `xml:"testsuites"`
	Suites  []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"`
	Failure *junitMessage `xml:"failure,omitempty"`
	Skipped *junitMessage `xml:"skipped,omitempty"`
}

type junitMessage struct {
	Message string `xml:"message,attr"`
}

// JUnit writes the report as CI systems read it: a suite for each policy, a case
// for each clause. What is unproved is skipped, with the reason.
func (r *Report) JUnit(w io.Writer) error {
	var out junitSuites
	for i := range r.Policies {
		p := &r.Policies[i]
		s := junitSuite{Name: p.Policy, Tests: len(p.Clauses), Failures: p.Count(Broken), Skipped: p.Count(Unproved)}
		for _, c := range p.Clauses {
			k := junitCase{Name: c.ID, Class: c.Promise + " " + c.Scenario}
			said := &junitMessage{fmt.Sprintf("expected %s; seen %s", c.Expected, c.Seen)}
			switch c.State {
			case Broken:
				k.Failure = said
			case Unproved:
				k.Skipped = said
			}
			s.Cases = append(s.Cases, k)
		}
		out.Suites = append(out.Suites, s)
	}
	if r.Mutants != nil {
		s := junitSuite{Name: "mutants", Tests: r.Mutants.Killed + len(r.Mutants.Survived), Failures: len(r.Mutants.Survived)}
		for _, m := range r.Mutants.Survived {
			s.Cases = append(s.Cases, junitCase{Name: m.Policy + " " + m.Rule + " " + m.Change, Class: "mutants", Failure: &junitMessage{"no probe noticed"}})
		}
		out.Suites = append(out.Suites, s)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	return enc.Encode(out)
}

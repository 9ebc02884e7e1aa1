package prove_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"avow.dev/policy"
	"avow.dev/policy/syntax"
	"avow.dev/prove"
	"avow.dev/prove/live"
)

func TestMain(m *testing.M) {
	code := m.Run()
	if dir, err := command(); err == nil {
		_ = os.RemoveAll(filepath.Dir(dir)) // a leftover binary in the temporary folder harms nobody
	}
	os.Exit(code)
}

// command builds the avow command, whose processes a proof can kill.
var command = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "avow-command-")
	if err != nil {
		return "", err
	}
	exe := filepath.Join(dir, "avow")
	out, err := exec.Command("go", "build", "-o", exe, "avow.dev/cmd/avow").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return exe, nil
})

func compile(t testing.TB, name string) *policy.Program {
	t.Helper()
	path := "../examples/" + name + "/policy.yaml"
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, faults := syntax.Parse(path, src)
	if len(faults) > 0 {
		t.Fatal(faults.Format())
	}
	p, faults := policy.Compile(f)
	if len(faults) > 0 {
		t.Fatal(faults.Format())
	}
	return p
}

func run(t testing.TB, mutate bool, names ...string) *prove.Report {
	t.Helper()
	exe, err := command()
	if err != nil {
		t.Fatal(err)
	}
	o := prove.Options{Start: live.Start, Child: live.Child(exe), Mutate: mutate}
	for _, n := range names {
		o.Policies = append(o.Policies, compile(t, n))
	}
	r, err := prove.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// played are the promises that nothing may leave unproved.
var played = []string{"CP-01", "CP-02", "CP-03", "CP-04", "CP-05", "CP-10", "CP-11", "CP-12", "CP-13", "CP-15", "CP-17", "CP-18", "CP-19", "CP-20", "CP-21", "CP-22", "CP-23", "CP-24", "CP-25", "CP-26",
	"CP-27", "CP-40", "CP-41", "CP-42", "CP-43", "CP-44"}

// TestExamples proves the five policies, one under the race detector: nothing is
// broken, every promise that is played is proved, attested or rendered, and what is
// left says why. make prove proves all five, with mutation.
func TestExamples(t *testing.T) {
	t.Parallel()
	clauses, want := 0, 304
	names := []string{"airstep", "airtalk", "ousiqi", "astral", "generic"}
	if watched {
		names, want = []string{"generic"}, 47
	}
	r := run(t, false, names...)
	for _, p := range r.Policies {
		clauses += len(p.Clauses)
		for _, c := range p.Clauses {
			if c.State == prove.Broken || c.State == prove.Unproved && slices.Contains(played, c.Promise) {
				t.Errorf("%s %s (%s): expected %s; saw %s", c.ID, c.State, c.Promise, c.Expected, c.Seen)
			}
			if c.State == prove.Unproved && c.Seen == "" {
				t.Errorf("%s is unproved and says not why", c.ID)
			}
		}
	}
	if clauses != want {
		t.Errorf("%d clauses, want %d", clauses, want)
	}
}

// TestMutants takes the rules of one policy out or turns them round; make prove
// does so with all five.
func TestMutants(t *testing.T) {
	t.Parallel()
	if watched {
		t.Skip("make prove plays the mutants of all five policies, without the race detector")
	}
	r := run(t, true, "airstep")
	if !r.Kept() || r.Mutants.Killed < 50 {
		t.Errorf("killed %d, survived %v", r.Mutants.Killed, r.Mutants.Survived)
	}
}

// TestReport writes a report in each form and reads it back.
func TestReport(t *testing.T) {
	t.Parallel()
	r := &prove.Report{Policies: []prove.PolicyReport{{Policy: "p", Version: "1", Hash: "sha256:ab", Clauses: []prove.Clause{
		{ID: "P-1", Promise: "CP-01", State: prove.Proved, Scenario: "deny-by-default", Rules: []string{"r"}},
		{ID: "P-2", Promise: "CP-02", State: prove.Broken, Scenario: "declared-collection", Expected: "<refused>", Seen: "allowed"},
		{ID: "P-3", Promise: "CP-16", State: prove.Unproved, Scenario: "qualified-recipient", Seen: "no desk"},
	}}}, Mutants: &prove.Mutants{Killed: 3, Survived: []prove.Survivor{{Policy: "p", Rule: "r", Change: "taken out"}}}}
	if r.Kept() {
		t.Error("a broken promise counts as kept")
	}
	var text, junit, page bytes.Buffer
	for _, err := range []error{r.Text(&text, true), r.JUnit(&junit), r.HTML(&page)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, part := range []string{"1 proved, 0 attested, 0 rendered, 1 unproved, 1 broken", "expected <refused>", "1  no desk", "3 killed, 1 survived"} {
		if !strings.Contains(text.String(), part) {
			t.Errorf("text lacks %q:\n%s", part, text.String())
		}
	}
	var suites struct {
		Suites []struct {
			Name     string `xml:"name,attr"`
			Failures int    `xml:"failures,attr"`
			Skipped  int    `xml:"skipped,attr"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal(junit.Bytes(), &suites); err != nil {
		t.Fatal(err)
	}
	if len(suites.Suites) != 2 || suites.Suites[0].Failures != 1 || suites.Suites[0].Skipped != 1 || suites.Suites[1].Failures != 1 {
		t.Errorf("junit: %+v", suites)
	}
	if s := page.String(); !strings.Contains(s, "&lt;refused&gt;") || strings.Contains(s, "<script") {
		t.Error("the page does not escape, or holds a script")
	}
	raw, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{`"policies":[{"policy":"p"`, `"clauses":[{"id":"P-1","promise":"CP-01","state":"proved"`, `"mutants":{"killed":3,"survived":[`} {
		if !bytes.Contains(raw, []byte(part)) {
			t.Errorf("json lacks %s", part)
		}
	}
}

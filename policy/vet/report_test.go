package vet_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"avow.dev/policy/vet"
)

func TestFormat(t *testing.T) {
	t.Parallel()
	src := strings.Replace(string(read(t, "testdata/base.yaml")), "gesture: [accept-button]", "gesture: [accept-button, use]", 1)
	src = strings.Replace(src, "keeps: [invoices]", "undo: 1d", 1)
	got := text(t, check(t, parsed(t, []byte(src)), false))
	want := `policy.yaml:27:28: acceptance counts "use" as acceptance [warning implied-consent]
   27 |   gesture: [accept-button, use]
      |                            ^
        why: who merely goes on has agreed to nothing; it is recorded as nothing and opens no rule (PIPL art. 14; GDPR art. 4(11) and 7; GB/T 35273-2020, 5.4)
        try: take it out of gesture: a press of a button or signing up is an act
        fix: avow check --fix makes this change

policy.yaml:107:10: wipe erases everything, and invoices may keep some of it [error erase-all-vs-hold]
  107 |   - {id: wipe, on: [request, account-closed, retention], reaches: [li…
      |          ^
policy.yaml:104:10: the other place: invoices [error erase-all-vs-hold]
  104 |   - {id: invoices, kind: legal-duty, statute: "E-Commerce Law of the …
      |          ^
        why: people are told that everything is gone while a part is kept (PIPL art. 47; GDPR art. 17(3))
        try: name the hold: keeps: [invoices]
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestFormatOfAnswers(t *testing.T) {
	t.Parallel()
	all := text(t, example(t, "airtalk"))
	for _, want := range []string{
		"   answered: the operator has supplied it\n",
		"   answered: Visiting stays in the text because the original says so, and opens nothing.\n",
		"         of: AIRTALK-24, AIRTALK-85\n",
	} {
		if !strings.Contains(all, want) {
			t.Errorf("%q is not said", want)
		}
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	all := example(t, "airtalk")
	var b bytes.Buffer
	if err := vet.WriteJSON(&b, all); err != nil {
		t.Fatal(err)
	}
	var back []vet.Finding
	if err := json.Unmarshal(b.Bytes(), &back); err != nil {
		t.Fatal(err)
	}
	if len(back) != len(all) {
		t.Fatalf("%d of %d come back", len(back), len(all))
	}
	for i := range all {
		if back[i].Format() != all[i].Format() || back[i].Answered() != all[i].Answered() {
			t.Errorf("finding %d comes back as\n%s", i, back[i].Format())
		}
	}
	b.Reset()
	if err := vet.WriteJSON(&b, nil); err != nil || b.String() != "[]\n" {
		t.Errorf("nothing is written as %q, %v", b.String(), err)
	}
}

// sarif is what annotations read.
type sarif struct {
	Schema  string `json:"$schema"`
	Version string
	Runs    []struct {
		Tool struct {
			Driver struct {
				Name  string
				Rules []struct{ ID string }
			}
		}
		ColumnKind string
		Results    []struct {
			RuleID       string
			RuleIndex    int
			Level        string
			Message      struct{ Text string }
			Locations    []location
			Related      []location        `json:"relatedLocations"`
			Fingerprints map[string]string `json:"partialFingerprints"`
			Suppressions []struct{ Kind, Status, Justification string }
		}
	}
}

type location struct {
	ID               int
	PhysicalLocation struct {
		ArtifactLocation struct{ URI string }
		Region           struct{ StartLine, StartColumn int }
	}
}

func TestSARIF(t *testing.T) {
	t.Parallel()
	all := example(t, "ousiqi")
	var b bytes.Buffer
	if err := vet.WriteSARIF(&b, all); err != nil {
		t.Fatal(err)
	}
	var log sarif
	if err := json.Unmarshal(b.Bytes(), &log); err != nil {
		t.Fatal(err)
	}
	if log.Version != "2.1.0" || log.Schema == "" || len(log.Runs) != 1 || log.Runs[0].ColumnKind != "unicodeCodePoints" {
		t.Fatalf("the head is %s %s, %d runs", log.Version, log.Schema, len(log.Runs))
	}
	run, seen := log.Runs[0], map[string]bool{}
	if len(run.Results) != len(all) || len(run.Tool.Driver.Rules) != len(vet.IDs()) {
		t.Fatalf("%d results, %d rules", len(run.Results), len(run.Tool.Driver.Rules))
	}
	for i, r := range run.Results {
		f := all[i]
		if run.Tool.Driver.Rules[r.RuleIndex].ID != r.RuleID || r.RuleID != f.ID {
			t.Errorf("result %d points at rule %d", i, r.RuleIndex)
		}
		if want := map[vet.Severity]string{vet.Error: "error", vet.Warning: "warning", vet.Notice: "note"}[f.Severity]; r.Level != want {
			t.Errorf("result %d is of level %s, want %s", i, r.Level, want)
		}
		at := r.Locations[0].PhysicalLocation
		if at.ArtifactLocation.URI != "ousiqi" || at.Region.StartLine != f.Places[0].Pos.Line || at.Region.StartColumn != f.Places[0].Pos.Column {
			t.Errorf("result %d lies at %+v", i, at)
		}
		if len(r.Related) != len(f.Places)-1 || f.Answered() != (len(r.Suppressions) == 1) {
			t.Errorf("result %d has %d other places and %d suppressions", i, len(r.Related), len(r.Suppressions))
		}
		for _, fp := range r.Fingerprints {
			if seen[fp] {
				t.Errorf("result %d has the fingerprint of another", i)
			}
			seen[fp] = true
		}
	}
}

// TestFingerprintsStay checks that a result keeps its name while lines move.
func TestFingerprintsStay(t *testing.T) {
	t.Parallel()
	src := faulty(t)
	a, b := prints(t, src), prints(t, append([]byte("# one more line\n"), src...))
	if len(a) == 0 || strings.Join(a, " ") != strings.Join(b, " ") {
		t.Errorf("%v became %v", a, b)
	}
}

func prints(t *testing.T, src []byte) []string {
	t.Helper()
	var b bytes.Buffer
	if err := vet.WriteSARIF(&b, check(t, parsed(t, src), false)); err != nil {
		t.Fatal(err)
	}
	var log sarif
	if err := json.Unmarshal(b.Bytes(), &log); err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, r := range log.Runs[0].Results {
		out = append(out, r.Fingerprints["avowFinding/v1"])
	}
	return out
}

func TestWorst(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		all  []vet.Finding
		want vet.Severity
	}{
		{nil, ""},
		{[]vet.Finding{{Severity: vet.Notice}}, vet.Notice},
		{[]vet.Finding{{Severity: vet.Notice}, {Severity: vet.Error}, {Severity: vet.Warning}}, vet.Error},
		{[]vet.Finding{{Severity: vet.Notice}, {Severity: vet.Warning}}, vet.Warning},
		{[]vet.Finding{{Severity: vet.Notice}, {}}, vet.Error},
	} {
		if got := vet.Worst(c.all); got != c.want {
			t.Errorf("%v is %q, want %q", c.all, got, c.want)
		}
	}
}

type closedPipe struct{}

var errClosed = errors.New("closed")

func (closedPipe) Write([]byte) (int, error) { return 0, errClosed }

func TestWritersReportErrors(t *testing.T) {
	t.Parallel()
	all := example(t, "airstep")
	for name, err := range map[string]error{
		"text":  vet.Print(closedPipe{}, all),
		"json":  vet.WriteJSON(closedPipe{}, all),
		"sarif": vet.WriteSARIF(closedPipe{}, all),
	} {
		if !errors.Is(err, errClosed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLintsAreDescribed(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, l := range vet.Lints() {
		if l.ID == "" || !strings.HasSuffix(l.Finds, ".") || seen[l.ID] {
			t.Errorf("lint %q says %q", l.ID, l.Finds)
		}
		seen[l.ID] = true
	}
	if len(seen) != 32 {
		t.Errorf("%d findings, want 30 lints, missing-topic and stale-accept", len(seen))
	}
}

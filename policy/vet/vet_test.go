package vet_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	yaml "go.yaml.in/yaml/v4"

	"avow.dev/policy"
	"avow.dev/policy/syntax"
	"avow.dev/policy/vet"
)

var today = time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)

// lintCase changes the base policy and says what a lint makes of it.
type lintCase struct {
	Name     string
	Expect   string   // fires, quiet, accepted or supplied
	At       []string // ids of the places, in their order
	Severity string
	Loose    bool // the policy does not compile
	Change   map[string]any
}

func read(tb testing.TB, name string) []byte {
	tb.Helper()
	src, err := os.ReadFile(name)
	if err != nil {
		tb.Fatal(err)
	}
	return src
}

func unmarshal(tb testing.TB, name string, into any) {
	tb.Helper()
	if err := yaml.Unmarshal(read(tb, name), into); err != nil {
		tb.Fatalf("%s: %v", name, err)
	}
}

// changed is the base policy with sections replaced: entries of a list by their
// id, everything else as a whole; null takes a section or entry out.
func changed(tb testing.TB, change map[string]any) *syntax.File {
	tb.Helper()
	var base map[string]any
	unmarshal(tb, "testdata/base.yaml", &base)
	for key, value := range change {
		list, isList := value.([]any)
		old, _ := base[key].([]any)
		switch {
		case value == nil:
			delete(base, key)
		case isList && (old != nil || base[key] == nil) && !scalars(list):
			base[key] = mergeLists(old, list)
		default:
			base[key] = value
		}
	}
	src, err := yaml.Marshal(base)
	if err != nil {
		tb.Fatal(err)
	}
	f, faults := syntax.Parse("policy.yaml", src)
	if len(faults) > 0 {
		tb.Fatalf("%d faults\n%s\n%s", len(faults), faults.Format(), src)
	}
	return f
}

func scalars(list []any) bool {
	return !slices.ContainsFunc(list, func(v any) bool { _, ok := v.(map[string]any); return ok })
}

func mergeLists(old, list []any) []any {
	out := slices.Clone(old)
	for _, item := range list {
		i := slices.IndexFunc(out, func(o any) bool { return idOf(o) == idOf(item) })
		switch entry, ok := item.(map[string]any); {
		case ok && len(entry) == 2 && entry["gone"] == true:
			out = slices.Delete(out, i, i+1)
		case i >= 0:
			out[i] = item
		default:
			out = append(out, item)
		}
	}
	return out
}

func idOf(item any) string {
	entry, ok := item.(map[string]any)
	if !ok {
		return ""
	}
	return fmt.Sprint(entry["id"])
}

func check(tb testing.TB, f *syntax.File, loose bool) []vet.Finding {
	tb.Helper()
	p, faults := policy.Compile(f)
	if loose {
		if len(faults) == 0 {
			tb.Error("the policy compiles")
		}
		return vet.CheckFile(f, today)
	}
	if len(faults) > 0 {
		tb.Fatalf("%d faults\n%s", len(faults), faults.Format())
	}
	return vet.Check(p, today)
}

func ids(f vet.Finding) []string {
	out := make([]string, len(f.Places))
	for i, p := range f.Places {
		out[i] = string(p.Rule)
	}
	return out
}

func TestBaseIsClean(t *testing.T) {
	t.Parallel()
	if all := check(t, changed(t, nil), false); len(all) > 0 {
		t.Errorf("%d findings\n%s", len(all), text(t, all))
	}
}

func text(tb testing.TB, all []vet.Finding) string {
	tb.Helper()
	var b strings.Builder
	if err := vet.Print(&b, all); err != nil {
		tb.Fatal(err)
	}
	return b.String()
}

func TestLints(t *testing.T) {
	t.Parallel()
	for _, id := range vet.IDs() {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			var cases []lintCase
			unmarshal(t, filepath.Join("testdata", "lints", id+".yaml"), &cases)
			seen := map[string]bool{}
			for _, c := range cases {
				seen[c.Expect] = true
				t.Run(c.Name, func(t *testing.T) {
					t.Parallel()
					c.run(t, id)
				})
			}
			if !seen["fires"] || !seen["quiet"] || !seen["accepted"] && id != "stale-accept" {
				t.Errorf("the cases show only %v", seen)
			}
		})
	}
}

func (c lintCase) run(t *testing.T, id string) {
	all := check(t, changed(t, c.Change), c.Loose)
	var mine []vet.Finding
	for _, f := range all {
		switch {
		case f.ID == id:
			mine = append(mine, f)
		case f.ID == "stale-accept":
			t.Errorf("an answer is stale:\n%s", f.Format())
		}
	}
	if c.Expect == "quiet" {
		if len(mine) > 0 {
			t.Errorf("found\n%s", text(t, mine))
		}
		return
	}
	i := slices.IndexFunc(mine, func(f vet.Finding) bool { return slices.Equal(ids(f), c.At) })
	if i < 0 {
		t.Fatalf("nothing found at %v\n%s", c.At, text(t, mine))
	}
	f := mine[i]
	if c.Severity != "" && string(f.Severity) != c.Severity {
		t.Errorf("it is of severity %s, want %s", f.Severity, c.Severity)
	}
	switch c.Expect {
	case "fires":
		if f.Answered() {
			t.Errorf("it is answered\n%s", f.Format())
		}
	case "accepted":
		if f.Accepted == nil || len(vet.Open(mine)) > 0 {
			t.Errorf("it is not accepted, or not alone\n%s", text(t, mine))
		}
	case "supplied":
		if !f.Supplied || len(vet.Open(mine)) > 0 {
			t.Errorf("it is not supplied, or not alone\n%s", text(t, mine))
		}
	default:
		t.Fatalf("expect: %q", c.Expect)
	}
	whole(t, f)
}

// whole checks what every finding has.
func whole(t *testing.T, f vet.Finding) {
	t.Helper()
	for _, s := range []string{f.What, f.Why, f.Try, string(f.Severity)} {
		if strings.TrimSpace(s) == "" || strings.HasSuffix(s, ".") || strings.Contains(s, "%!") {
			t.Errorf("badly said: %q", s)
		}
	}
	if len(f.Places) < 1 || len(f.Places) > 2 {
		t.Errorf("%d places", len(f.Places))
	}
	for _, p := range f.Places {
		if !p.Pos.IsValid() || p.Rule == "" || p.Section == "" || p.Line == "" {
			t.Errorf("a place is not whole: %+v", p)
		}
	}
}

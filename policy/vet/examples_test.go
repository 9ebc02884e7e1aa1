package vet_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"avow.dev"
	"avow.dev/policy/syntax"
	"avow.dev/policy/vet"
)

// example returns the findings of an example policy.
func example(tb testing.TB, slug string) []vet.Finding {
	tb.Helper()
	f, faults := syntax.Parse(slug, read(tb, filepath.Join("..", "..", "examples", slug, "policy.yaml")))
	if len(faults) > 0 {
		tb.Fatal(faults.Format())
	}
	return check(tb, f, false)
}

var slugs = [...]string{"airstep", "airtalk", "ousiqi", "astral", "generic"}

// TestExamplesAreAnswered holds the examples to their own standard: nothing is
// left open.
func TestExamplesAreAnswered(t *testing.T) {
	t.Parallel()
	for _, slug := range slugs {
		t.Run(slug, func(t *testing.T) {
			t.Parallel()
			if open := vet.Open(example(t, slug)); len(open) > 0 {
				t.Errorf("%d findings are open\n%s", len(open), text(t, open))
			}
		})
	}
}

// TestExpected checks that each fault of the original texts that is known is
// found, at an entry that carries its clause, and answered.
func TestExpected(t *testing.T) {
	t.Parallel()
	type pair struct {
		lint   string
		clause avow.ClauseID
	}
	found := map[pair]bool{}
	for _, slug := range slugs {
		for _, f := range example(t, slug) {
			for _, c := range f.Clauses {
				found[pair{f.ID, c}] = found[pair{f.ID, c}] || f.Answered()
			}
		}
	}
	lints, n := map[string]bool{}, 0
	for line := range strings.Lines(string(read(t, "testdata/expected.tsv"))) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		lint, clause, _ := strings.Cut(strings.TrimSpace(line), "\t")
		lints[lint] = true
		n++
		if !found[pair{lint, avow.ClauseID(clause)}] {
			t.Errorf("%s is not found at %s, or not answered", lint, clause)
		}
	}
	if n != 87 || len(lints) != 28 {
		t.Errorf("%d pairs of %d lints, want 87 of 28", n, len(lints))
	}
}

// TestOrder checks that findings come in a fixed order, by place and id.
func TestOrder(t *testing.T) {
	t.Parallel()
	all := example(t, "ousiqi")
	again := example(t, "ousiqi")
	if len(all) < 50 || len(all) != len(again) {
		t.Fatalf("%d and %d findings", len(all), len(again))
	}
	for i := range all {
		if all[i].Format() != again[i].Format() {
			t.Errorf("finding %d differs:\n%s\n%s", i, all[i].Format(), again[i].Format())
		}
	}
	if !slices.IsSortedFunc(all, func(a, b vet.Finding) int { return a.Places[0].Pos.Line - b.Places[0].Pos.Line }) {
		t.Error("findings are not in the order of their places")
	}
}

func BenchmarkCheck(b *testing.B) {
	f, faults := syntax.Parse("ousiqi", read(b, filepath.Join("..", "..", "examples", "ousiqi", "policy.yaml")))
	if len(faults) > 0 {
		b.Fatal(faults.Format())
	}
	b.ReportAllocs()
	for b.Loop() {
		vet.CheckFile(f, today)
	}
}

package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// page writes everything that was measured.
func page(r results, facts []fact, runs int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Medians of %d runs, with the lowest and the highest in brackets.\n\n", runs)
	table(&b, []string{"machine and program", ""}, factRows(facts))
	heading(&b, "Decisions")
	table(&b, []string{"engine", "ns of processor", "ns by the clock", "B", "allocs", "× floor", "× avow"}, decisions(r))
	heading(&b, "Decisions on two cores, and while the policy is exchanged")
	table(&b, []string{"", "ns", "swaps/s"}, r.rows("Swap/", "ns/op", "swaps/s"))
	heading(&b, "Operations")
	table(&b, []string{"operation", "per second", "p50 µs", "p99 µs", "processor µs", "allocs"}, slices.Concat(
		r.rows("Flush", operation...), r.rows("Gate/", operation...), r.rows("Door/", operation...), r.rows("Seal/", operation...)))
	heading(&b, "The tree of the log")
	table(&b, []string{"", "ns of processor", "ns by the clock", "B", "allocs"}, r.rows("Ledger/", "cpu-ns/op", "ns/op", "B/op", "allocs/op"))
	heading(&b, "Goals")
	table(&b, []string{"goal", "asked", "measured", ""}, judged(r))
	return strings.TrimRight(b.String(), "\n")
}

var operation = []string{"ops/s", "p50-µs", "p99-µs", "cpu-µs/op", "allocs/op"}

func heading(b *strings.Builder, text string) { fmt.Fprintf(b, "### %s\n\n", text) }

func table(b *strings.Builder, head []string, rows [][]string) {
	if len(rows) == 0 {
		b.WriteString("Not measured.\n\n")
		return
	}
	fmt.Fprintf(b, "| %s |\n|%s\n", strings.Join(head, " | "), strings.Repeat("---|", len(head)))
	for _, row := range rows {
		fmt.Fprintf(b, "| %s |\n", strings.Join(row, " | "))
	}
	b.WriteString("\n")
}

func factRows(facts []fact) [][]string {
	var rows [][]string
	for _, f := range facts {
		rows = append(rows, []string{f.name, f.value})
	}
	return rows
}

// rows lists the benchmarks whose names begin with prefix.
func (r results) rows(prefix string, units ...string) [][]string {
	var rows [][]string
	for _, name := range r.names(prefix) {
		row := []string{name}
		for i, unit := range units {
			s, ok := r.of(name, unit)
			switch {
			case !ok:
				row = append(row, "")
			case i == 0:
				row = append(row, s.String())
			default:
				row = append(row, figure(s.median))
			}
		}
		rows = append(rows, row)
	}
	return rows
}

func (r results) names(prefix string) []string {
	var names []string
	for name := range r {
		if strings.HasPrefix(name, prefix) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func decisions(r results) [][]string {
	names := r.names("Decide/")
	slices.SortFunc(names, func(a, b string) int { return cmp.Compare(r.median(a, "cpu-ns/op"), r.median(b, "cpu-ns/op")) })
	var rows [][]string
	for _, name := range names {
		s, ok := r.of(name, "cpu-ns/op")
		if !ok {
			continue
		}
		rows = append(rows, []string{strings.TrimPrefix(name, "Decide/"), s.String(), figure(r.median(name, "ns/op")), figure(r.median(name, "B/op")), figure(r.median(name, "allocs/op")),
			figure(s.median / r.median("Decide/floor", "cpu-ns/op")), figure(s.median / r.median("Decide/avow", "cpu-ns/op"))})
	}
	return rows
}

func (r results) median(name, unit string) float64 {
	s, _ := r.of(name, unit) // zero if it was not measured
	return s.median
}

func (s sample) String() string {
	return fmt.Sprintf("%s (%s–%s)", figure(s.median), figure(s.low), figure(s.high))
}

// figure writes a number with about three digits that count.
func figure(v float64) string {
	switch {
	case v == 0:
		return "0"
	case v < 10:
		return fmt.Sprintf("%.2f", v)
	case v < 100:
		return fmt.Sprintf("%.1f", v)
	}
	return grouped(fmt.Sprintf("%.0f", v))
}

// grouped sets thousands apart.
func grouped(digits string) string {
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

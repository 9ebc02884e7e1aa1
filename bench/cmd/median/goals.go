package main

import "fmt"

// goal compares two medians of the same runs. Without a peer the value itself
// is compared.
type goal struct {
	text        string
	name, unit  string
	peer, punit string
	over        bool    // peer / value rather than value / peer
	most, least float64 // bounds; 0 is none
	figure      string  // of the value, such as "%.1f ns"
}

func goals() []goal {
	ns := func(text, name, peer string, over bool, most, least float64) goal {
		return goal{text: text, name: name, unit: "cpu-ns/op", peer: peer, punit: "cpu-ns/op", over: over, most: most, least: least, figure: "%.2f ×"}
	}
	plain := func(text, name, unit string, most float64, figure string) goal {
		return goal{text: text, name: name, unit: unit, most: most, figure: figure}
	}
	list := []goal{
		ns("a decision by name against the floor", "Decide/avow", "Decide/floor", false, 1.5, 0),
		{text: "allocations of a decision", name: "Decide/avow", unit: "allocs/op", most: 0.5, figure: "%.0f"},
		ns("faster than CEL, variables prepared", "Decide/avow", "Decide/cel", true, 0, 6),
		ns("faster than cedar-go, request prepared", "Decide/avow", "Decide/cedar", true, 0, 75),
		ns("faster than OPA, input parsed", "Decide/avow", "Decide/opa", true, 0, 300),
		ns("faster than casbin", "Decide/avow", "Decide/casbin", true, 0, 300),
		ns("a decision by number against the floor by number", "Decide/avow-ids", "Decide/floor-ids", false, 2, 0),
		ns("by number, faster than CEL", "Decide/avow-ids", "Decide/cel", true, 0, 30),
		ns("by number, faster than cedar-go", "Decide/avow-ids", "Decide/cedar", true, 0, 350),
		ns("by number, faster than OPA", "Decide/avow-ids", "Decide/opa", true, 0, 1500),
		plain("a decision by number, ns", "Decide/avow-ids", "cpu-ns/op", 25, "%.1f"),
		plain("all data of a request at once, ns", "Decide/avow-all-data", "cpu-ns/op", 50, "%.1f"),
		{text: "decisions on two cores against one", name: "Swap/steady/cores=2", unit: "ns/op", peer: "Swap/steady/cores=1", punit: "ns/op", over: true, least: 1.8, figure: "%.2f ×"},
		{text: "one caller collects, p50 against a flush", name: "Gate/collect/callers=1", unit: "p50-µs", peer: "Flush", punit: "p50-µs", most: 2.5, figure: "%.1f ×"},
		{text: "one caller uses, p50 against a flush", name: "Gate/use/callers=1", unit: "p50-µs", peer: "Flush", punit: "p50-µs", most: 2.5, figure: "%.1f ×"},
		{text: "one caller registers, p50 against a flush", name: "Gate/register/callers=1", unit: "p50-µs", peer: "Flush", punit: "p50-µs", most: 2.5, figure: "%.1f ×"},
		{text: "registrations per second, 64 callers", name: "Gate/register/callers=64", unit: "ops/s", least: 20000, figure: "%.0f"},
		{text: "collects of six data per second, 64 callers", name: "Gate/collect/callers=64", unit: "ops/s", least: 40000, figure: "%.0f"},
		{text: "uses of six data per second, 64 callers", name: "Gate/use/callers=64", unit: "ops/s", least: 40000, figure: "%.0f"},
		{text: "one caller erases, p50 against a flush", name: "Gate/erase/callers=1", unit: "p50-µs", peer: "Flush", punit: "p50-µs", most: 3.5, figure: "%.1f ×"},
		{text: "door: collects per second", name: "Door/collect", unit: "ops/s", least: 8000, figure: "%.0f"},
		{text: "door: uses per second", name: "Door/use", unit: "ops/s", least: 10000, figure: "%.0f"},
		plain("door: p99 of a use, µs", "Door/use", "p99-µs", 15000, "%.0f"),
		plain("published under load, p50 µs", "Seal/publish", "p50-µs", 10000, "%.0f"),
		ns("append to the tree in batches of 4,096 against the bare hashes", "Ledger/append/avow-batch=4096", "Ledger/append/floor", false, 1.5, 0),
		ns("prove against tlog", "Ledger/prove/avow", "Ledger/prove/tlog", false, 1.5, 0),
		ns("check against tlog", "Ledger/check/avow", "Ledger/check/tlog", false, 1.5, 0),
	}
	return list
}

func judged(r results) [][]string {
	var rows [][]string
	for _, g := range goals() {
		v, ok := g.value(r)
		if !ok {
			continue
		}
		asked, met := g.judge(v)
		word := "**missed**"
		if met {
			word = "met"
		}
		rows = append(rows, []string{g.text, asked, fmt.Sprintf(g.figure, v), word})
	}
	return rows
}

func (g *goal) value(r results) (float64, bool) {
	s, ok := r.of(g.name, g.unit)
	if !ok || g.peer == "" {
		return s.median, ok
	}
	p, ok := r.of(g.peer, g.punit)
	if g.over {
		return p.median / s.median, ok
	}
	return s.median / p.median, ok
}

func (g *goal) judge(v float64) (asked string, met bool) {
	if g.least > 0 {
		return fmt.Sprintf("≥ %s", bound(g.least)), v >= g.least
	}
	if g.unit == "allocs/op" {
		return "0", v < g.most
	}
	return fmt.Sprintf("≤ %s", bound(g.most)), v <= g.most
}

func bound(v float64) string {
	if v >= 1000 {
		return grouped(fmt.Sprintf("%.0f", v))
	}
	return fmt.Sprintf("%g", v)
}

package vet

import (
	"slices"
	"time"

	"avow.dev"
	"avow.dev/policy"
	"avow.dev/policy/syntax"
)

// Check returns all findings of a compiled policy, answered ones too, ordered
// by place and id. The laws of the day of now apply.
func Check(p *policy.Program, now time.Time) []Finding { return CheckFile(p.File(), now) }

// CheckFile is [Check] for a tree that need not compile. What [policy.Compile]
// reports is not reported again.
func CheckFile(f *syntax.File, now time.Time) []Finding {
	v := newView(f, now)
	for _, l := range lints {
		v.lint, v.source = l.ID, l.Source
		l.run(v)
	}
	v.answer()
	v.lint, v.source = staleAccept, ""
	v.stale()
	slices.SortStableFunc(v.found, order)
	return v.found
}

// note records a finding at one or two places and gives it its clauses.
func (v *view) note(f Finding, places ...Place) *Finding {
	f.ID, f.File, f.Places = v.lint, v.file.Name, places
	if v.source != "" {
		f.Why += " (" + v.source + ")"
	}
	for _, p := range places {
		for _, c := range p.Clauses {
			if !slices.Contains(f.Clauses, c) {
				f.Clauses = append(f.Clauses, c)
			}
		}
	}
	v.found = append(v.found, f)
	return &v.found[len(v.found)-1]
}

// at is the place of an entry; pos is a word in it, or the zero Pos for its id.
func (v *view) at(h *syntax.Head, pos syntax.Pos) Place {
	if !pos.IsValid() {
		pos = h.ID.Pos
	}
	if !pos.IsValid() {
		pos = h.At
	}
	p := Place{Section: v.sections[h], Rule: avow.RuleID(h.ID.Text), Pos: pos, Line: v.line(pos.Line), head: h}
	for _, c := range h.Clause {
		p.Clauses = append(p.Clauses, avow.ClauseID(c.Text))
	}
	return p
}

// on is the place of an entry as a whole.
func (v *view) on(h *syntax.Head) Place { return v.at(h, syntax.Pos{}) }

func (v *view) line(n int) string {
	return v.file.Fault(syntax.Pos{Line: n, Column: 1}, "", "", "", "").Line
}

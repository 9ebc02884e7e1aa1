package gate

import (
	"slices"
	"time"

	"avow.dev"
	"avow.dev/notice"
	"avow.dev/policy"
	"avow.dev/policy/vet"
)

// Finding is something that the rules of a draft say about each other, and that
// nobody has answered in the text.
type Finding struct {
	ID       string       `json:"id"`
	Severity vet.Severity `json:"severity"`
	Rule     avow.RuleID  `json:"rule,omitempty"`
	Line     int          `json:"line"`
	What     string       `json:"what"`
	Why      string       `json:"why"`
	Try      string       `json:"try"`
	// Before says that the text in force has it too: the change makes it no worse.
	Before bool `json:"before,omitempty"`
}

// Stops reports whether a draft cannot go on because of it.
func (f *Finding) Stops() bool { return f.Severity == vet.Error && !f.Before }

// findings vets a draft as avow check does, by the laws of the day of now.
func findings(old, draft *policy.Program, now time.Time) []Finding {
	same := func(a, b *vet.Finding) bool {
		return a.ID == b.ID && a.What == b.What && slices.EqualFunc(a.Places, b.Places, func(p, q vet.Place) bool { return p.Section == q.Section && p.Rule == q.Rule })
	}
	before := vet.Open(vet.Check(old, now))
	out := unsayable(draft, now)
	for _, f := range vet.Open(vet.Check(draft, now)) {
		n := Finding{ID: f.ID, Severity: f.Severity, What: f.What, Why: f.Why, Try: f.Try}
		if len(f.Places) > 0 {
			n.Rule, n.Line = f.Places[0].Rule, f.Places[0].Pos.Line
		}
		n.Before = slices.ContainsFunc(before, func(b vet.Finding) bool { return same(&f, &b) })
		out = append(out, n)
	}
	return out
}

// unsayable is what keeps a draft from being published: a text that nobody can read
// does not come into force.
func unsayable(draft *policy.Program, now time.Time) []Finding {
	var out []Finding
	for _, f := range notice.Faults(draft.File(), now) {
		out = append(out, Finding{ID: f.ID, Severity: vet.Error, Line: f.Pos.Line, What: f.What, Why: f.Why, Try: f.Try})
	}
	return out
}

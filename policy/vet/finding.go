package vet

import (
	"cmp"
	"slices"

	"avow.dev"
	"avow.dev/policy/syntax"
)

// Severity says how much hangs on a finding.
type Severity string

// The severities, gravest first. The zero value is none of them and counts as
// an error.
const (
	Error   Severity = "error"   // two rules cannot both be kept, or a law forbids it
	Warning Severity = "warning" // people or a regulator will ask about it
	Notice  Severity = "notice"  // the original text has the fault, the rules do not
)

func (s Severity) rank() int {
	switch s {
	case Notice:
		return 2
	case Warning:
		return 1
	}
	return 0
}

// Finding is one thing that the rules of a policy say about each other.
type Finding struct {
	ID       string          `json:"id"` // slug of the lint, such as implied-consent
	Severity Severity        `json:"severity"`
	File     string          `json:"file"`
	Places   []Place         `json:"places"`            // one, or the two that conflict
	Clauses  []avow.ClauseID `json:"clauses,omitempty"` // clauses of the original text that the places carry
	What     string          `json:"what"`
	Why      string          `json:"why"` // with the source in law, where there is one
	Try      string          `json:"try"`
	Fix      *Fix            `json:"fix,omitempty"`

	Supplied bool        `json:"supplied,omitempty"` // the operator has filled in what the original leaves out
	Accepted *Acceptance `json:"accepted,omitempty"`
}

// Place is one of the entries that a finding is about.
type Place struct {
	Section string          `json:"section,omitempty"` // such as collect; "" for the head of the file
	Rule    avow.RuleID     `json:"rule,omitempty"`
	Pos     syntax.Pos      `json:"pos"`
	Line    string          `json:"line"` // the source line at Pos; "" where there is none
	Clauses []avow.ClauseID `json:"clauses,omitempty"`

	head *syntax.Head
}

// Acceptance is the operator's open answer to a finding.
type Acceptance struct {
	Rule   avow.RuleID              `json:"rule"` // the entry that answers
	Pos    syntax.Pos               `json:"pos"`
	Reason map[avow.Language]string `json:"reason"`
}

// Answered reports whether nothing is left to do: the operator accepts the
// finding in the open, or has supplied the value that the original leaves out.
func (f Finding) Answered() bool { return f.Accepted != nil || f.Supplied }

// Open returns the findings that nobody has answered.
func Open(all []Finding) []Finding {
	return slices.DeleteFunc(slices.Clone(all), Finding.Answered)
}

// Worst returns the gravest severity among the findings, or "" if there are
// none.
func Worst(all []Finding) Severity {
	if len(all) == 0 {
		return ""
	}
	worst := slices.MinFunc(all, func(a, b Finding) int { return a.Severity.rank() - b.Severity.rank() })
	if worst.Severity.rank() == 0 {
		return Error
	}
	return worst.Severity
}

func order(a, b Finding) int {
	return cmp.Or(
		comparePos(a.Places[0].Pos, b.Places[0].Pos),
		cmp.Compare(a.ID, b.ID),
		cmp.Compare(len(a.Places), len(b.Places)),
		comparePos(a.Places[len(a.Places)-1].Pos, b.Places[len(b.Places)-1].Pos),
		cmp.Compare(a.What, b.What),
	)
}

func comparePos(a, b syntax.Pos) int {
	return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
}

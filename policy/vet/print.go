package vet

import (
	"fmt"
	"io"
	"strings"

	"avow.dev/policy/syntax"
)

// Format writes a finding for people in the shape of a [syntax.Fault]: each
// place with its line and a caret, why it matters, what to try, and the answer
// if there is one.
func (f Finding) Format() string {
	var b strings.Builder
	for i, p := range f.Places {
		what, why, try := f.What, "", ""
		if i > 0 {
			what = "the other place: " + string(p.Rule)
		}
		if i == len(f.Places)-1 {
			why, try = f.Why, f.Try
		}
		id := string(f.Severity) + " " + f.ID
		b.WriteString(syntax.Fault{File: f.File, Pos: p.Pos, ID: id, What: what, Why: why, Try: try, Line: p.Line}.Format())
	}
	for _, l := range [...]struct {
		show       bool
		name, text string
	}{
		{len(f.Clauses) > 0, "of", strings.Join(f.clauses(), ", ")},
		{f.Fix != nil && f.Fix.Safe && !f.Answered(), "fix", "avow check --fix makes this change"},
		{f.Supplied && f.Accepted == nil, "answered", "the operator has supplied it"},
		{f.Accepted != nil, "answered", f.reason()},
	} {
		if l.show {
			fmt.Fprintf(&b, "%11s: %s\n", l.name, l.text)
		}
	}
	return b.String()
}

func (f Finding) clauses() []string {
	out := make([]string, len(f.Clauses))
	for i, c := range f.Clauses {
		out[i] = string(c)
	}
	return out
}

// reason is the operator's reason in English, or else in another language.
func (f Finding) reason() string {
	if f.Accepted == nil {
		return ""
	}
	if s := f.Accepted.Reason["en"]; s != "" {
		return s
	}
	if s := f.Accepted.Reason["zh"]; s != "" {
		return s
	}
	return "accepted"
}

// Print writes findings for people, with an empty line between two of them.
func Print(w io.Writer, all []Finding) error {
	parts := make([]string, len(all))
	for i, f := range all {
		parts[i] = f.Format()
	}
	if _, err := io.WriteString(w, strings.Join(parts, "\n")); err != nil {
		return fmt.Errorf("print findings: %w", err)
	}
	return nil
}

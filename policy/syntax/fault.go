package syntax

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Fault is one thing that is wrong with a policy file, with its place, why it
// matters and what to try. Policy files hold no personal data, so a fault
// quotes the offending words.
type Fault struct {
	File string `json:"file"`
	Pos  Pos    `json:"pos"`
	ID   string `json:"id"` // stable slug of the kind, such as unknown-key
	What string `json:"what"`
	Why  string `json:"why"`
	Try  string `json:"try"`
	Line string `json:"line"` // the source line at Pos; "" where there is none
}

// Error returns the fault in one line: file:line:column: what.
func (f Fault) Error() string { return f.place() + ": " + f.What }

func (f Fault) place() string {
	if !f.Pos.IsValid() {
		return f.File
	}
	place := fmt.Sprintf("%d:%d", f.Pos.Line, f.Pos.Column)
	if f.File == "" {
		return place
	}
	return f.File + ":" + place
}

// Faults are all faults of a file, ordered by place.
type Faults []Fault

// Error returns one line for each fault.
func (fs Faults) Error() string {
	lines := make([]string, len(fs))
	for i, f := range fs {
		lines[i] = f.Error()
	}
	return strings.Join(lines, "\n")
}

// Err returns the faults as an error, or nil if there are none.
func (fs Faults) Err() error {
	if len(fs) == 0 {
		return nil
	}
	return fs
}

// Sort orders the faults by file and place, and those of one place by kind.
func (fs Faults) Sort() {
	slices.SortStableFunc(fs, func(a, b Fault) int {
		return cmp.Or(
			cmp.Compare(a.File, b.File),
			cmp.Compare(a.Pos.Line, b.Pos.Line),
			cmp.Compare(a.Pos.Column, b.Pos.Column),
			cmp.Compare(a.ID, b.ID),
			cmp.Compare(a.What, b.What),
		)
	})
}

// Fault makes a fault at a place of the file, with its source line. Packages
// that check the meaning of a tree use it, so that all faults look alike.
func (f *File) Fault(pos Pos, id, what, why, try string) Fault {
	return Fault{File: f.Name, Pos: pos, ID: id, What: what, Why: why, Try: try, Line: f.source.line(pos.Line)}
}

// source is the text a file was parsed from, by lines.
type source struct{ lines []string }

func newSource(src []byte) source { return source{lines: strings.Split(string(src), "\n")} }

// line returns line n, counted from 1, or "".
func (s source) line(n int) string {
	if n < 1 || n > len(s.lines) {
		return ""
	}
	return s.lines[n-1]
}

package prove

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// Text writes the report for people: a line for each policy, and for each clause
// that is broken or unproved what was expected and what was seen. With all set,
// every clause gets its line.
func (r *Report) Text(w io.Writer, all bool) error {
	out := bufio.NewWriter(w)
	for i := range r.Policies {
		p := &r.Policies[i]
		fmt.Fprintf(out, "%-10s %3d clauses: %d proved, %d attested, %d rendered, %d unproved, %d broken  (%d probes, text %.19s…)\n",
			p.Policy, len(p.Clauses), p.Count(Proved), p.Count(Attested), p.Count(Rendered), p.Count(Unproved), p.Count(Broken), p.Probes, p.Hash)
		for _, c := range p.Clauses {
			if !all && c.State != Broken {
				continue
			}
			fmt.Fprintf(out, "  %-8s %-16s %s %-26s %s\n", c.State, c.ID, c.Promise, c.Scenario, strings.Join(c.Rules, " "))
			if c.State == Broken || c.State == Unproved {
				fmt.Fprintf(out, "           expected %s\n           seen     %s\n", c.Expected, c.Seen)
			}
		}
	}
	r.why(out)
	if r.Mutants != nil {
		fmt.Fprintf(out, "mutants    %d killed, %d survived\n", r.Mutants.Killed, len(r.Mutants.Survived))
		for _, s := range r.Mutants.Survived {
			fmt.Fprintf(out, "  survived %s: %s %s\n", s.Policy, s.Rule, s.Change)
		}
	}
	return out.Flush()
}

// why sums up what is missing where clauses are unproved.
func (r *Report) why(w io.Writer) {
	counts := make(map[string]int)
	var order []string
	for i := range r.Policies {
		for _, c := range r.Policies[i].Clauses {
			if c.State != Unproved {
				continue
			}
			if counts[c.Seen] == 0 {
				order = append(order, c.Seen)
			}
			counts[c.Seen]++
		}
	}
	if len(order) > 0 {
		// The writer is buffered; its error shows when it is flushed.
		_, _ = fmt.Fprintln(w, "unproved because")
	}
	for _, seen := range order {
		_, _ = fmt.Fprintf(w, "  %3d  %s\n", counts[seen], seen)
	}
}

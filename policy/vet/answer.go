package vet

import (
	"fmt"
	"slices"
	"strings"

	"avow.dev"
	"avow.dev/policy/syntax"
)

const staleAccept = "stale-accept"

// answer gives each finding the acceptance that stands on one of its places.
// Of two, the one on the first place counts.
func (v *view) answer() {
	for i := range v.found {
		f := &v.found[i]
		for _, p := range f.Places {
			for j := range p.acceptances() {
				a := &p.head.Accept[j]
				if a.Finding.Text != f.ID {
					continue
				}
				v.used[a] = true
				if f.Accepted == nil {
					f.Accepted = &Acceptance{Rule: p.Rule, Pos: a.At, Reason: reasons(a.Reason, v.file.Languages)}
				}
			}
		}
	}
}

func (p Place) acceptances() []syntax.Accept {
	if p.head == nil {
		return nil
	}
	return p.head.Accept
}

func reasons(t syntax.Text, languages []syntax.Word) map[avow.Language]string {
	m := make(map[avow.Language]string, len(languages))
	for _, l := range languages {
		m[avow.Language(l.Text)] = t.In(l.Text)
	}
	return m
}

// stale reports answers to findings that there are none of. They would be
// published as questions that nobody asked.
func (v *view) stale() {
	for _, e := range v.entries {
		for i := range e.Head.Accept {
			if a := &e.Head.Accept[i]; !v.used[a] {
				v.staleAt(e.Head, i)
			}
		}
	}
}

func (v *view) staleAt(h *syntax.Head, i int) {
	a := &h.Accept[i]
	what := fmt.Sprintf("%s answers %s, which is not found there", h.ID.Text, a.Finding.Text)
	try := "take the answer out; if the fault lies elsewhere, move it to that entry"
	if !slices.Contains(IDs(), a.Finding.Text) {
		what = fmt.Sprintf("%s answers %q, which is no finding", h.ID.Text, a.Finding.Text)
		try = "use one of: " + strings.Join(IDs(), ", ")
	}
	v.note(Finding{
		Severity: Warning, What: what, Try: try, Fix: v.removeAccept(h, i),
		Why: "the answer is published, and people would read about a fault that the policy does not have",
	}, v.at(h, a.Finding.Pos))
}

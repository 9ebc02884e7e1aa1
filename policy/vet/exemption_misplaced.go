package vet

import (
	"fmt"

	"avow.dev/policy/law"
	"avow.dev/policy/syntax"
)

// exemptionMisplaced looks for cases in which a law asks for no consent to
// collect, used to hand data out without one.
func exemptionMisplaced(v *view) {
	for i := range v.file.Sources {
		s := &v.file.Sources[i]
		w := indexOf(s.For, "share")
		if w < 0 {
			w = indexOf(s.For, "disclose")
		}
		if w < 0 {
			continue
		}
		for _, p := range v.packs {
			if misplaced(p, s.Kind.Text) {
				v.note(Finding{
					Severity: Warning, What: fmt.Sprintf("%s lets data out on a ground that excuses collecting only", s.ID.Text),
					Why: "the law frees fewer cases for handing data out than for taking it in: " + exemptions(p),
					Try: "write verbs: [collect], and let the sharing wait for a choice or a demand",
				}, exempted(v, s, s.For[w].Pos)...)
				break
			}
		}
	}
}

func misplaced(p law.Pack, kind string) bool {
	if kind == "fault-handling" {
		kind = "safe-operation"
	}
	return p.Exempt("collect", kind) && !p.Exempt("provide", kind)
}

// exempted are the source and the first rule that rests on it.
func exempted(v *view, s *syntax.Source, pos syntax.Pos) []Place {
	places := []Place{v.at(&s.Head, pos)}
	for i := range v.file.Share {
		if e := &v.file.Share[i]; syntax.Has(e.Source, s.ID.Text) {
			return append(places, v.on(&e.Head))
		}
	}
	return places
}

// exemptions cites the two lists of a pack.
func exemptions(p law.Pack) string {
	out := ""
	for _, e := range p.Exemptions {
		if out != "" {
			out += " and "
		}
		out += cite(p, e.Cite)
	}
	return out
}

// cite names an instrument and the place in it, such as "GB/T 35273-2020, 9.5".
func cite(p law.Pack, c law.Cite) string {
	in, ok := p.Instrument(c.Instrument)
	if !ok {
		return c.Source
	}
	return nameOf(in) + ", " + c.Source
}

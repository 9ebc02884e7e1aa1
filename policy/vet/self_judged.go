package vet

import (
	"fmt"

	"avow.dev/policy/syntax"
)

// selfJudgedTest looks for demands that the operator alone judges: by its own
// finding without citing a law, without a paper, or by one person.
//
// The file is not named after its lint, because Go would take it for a test.
func selfJudgedTest(v *view) {
	for i := range v.file.Demands {
		e := &v.file.Demands[i]
		if e.Ground.Text != "vital-interest" { // an emergency leaves nothing else
			judged(v, e)
		}
		if e.Approvals.Set && e.Approvals.N < 2 {
			v.note(Finding{
				Severity: Error, What: fmt.Sprintf("%s is judged by one person", e.ID.Text),
				Why: "who judges alone is checked by nobody", Try: "write approvals: 2",
			}, v.at(&e.Head, e.Approvals.Pos))
		}
	}
}

func judged(v *view, e *syntax.Demand) {
	finding := indexOf(e.Requires, "finding")
	f := Finding{
		Severity: Warning, Why: "a condition that only the operator judges holds whenever the operator likes",
		Try: "add citation to requires, so that each case cites the law that it rests on",
	}
	switch {
	case len(e.Instruments) == 0 || !syntax.Has(e.Requires, "instrument"):
		f.What = fmt.Sprintf("%s opens data without a paper", e.ID.Text)
		f.Try = "add instrument to requires, and list under instruments what counts"
		f.Fix = v.addWord(e.Requires, "instrument").safe()
	case finding >= 0 && !syntax.Has(e.Requires, "citation"):
		f.What = fmt.Sprintf("%s opens data on the operator's own finding", e.ID.Text)
		f.Fix = v.addWord(e.Requires, "citation").safe()
	case e.Ground.Text == "harm-prevention":
		f.What = fmt.Sprintf("%s opens data to prevent harm, as the operator sees it", e.ID.Text)
		f.Try = "name who is in danger and of what under a demand of an authority, or take the ground out"
	default:
		return
	}
	v.note(f, v.on(&e.Head))
}

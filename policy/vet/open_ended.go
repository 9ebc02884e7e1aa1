package vet

import (
	"fmt"

	"avow.dev/policy/syntax"
)

// openEnded looks for wording that leaves open what it covers: openings of the
// original text, cases of other laws, and holds whose statute the original does
// not cite.
func openEnded(v *view) {
	for i := range v.file.Openings {
		e := &v.file.Openings[i]
		v.note(Finding{
			Severity: Warning, What: fmt.Sprintf("%s leaves open which %s are meant", e.ID.Text, e.Of.Text),
			Why: "nobody can agree to what is not named; the opening opens nothing here, and people cannot see that in the text",
			Try: "list what is meant as rules and take the opening out",
		}, v.at(&e.Head, e.Of.Pos))
	}
	for i := range v.file.Demands {
		e := &v.file.Demands[i]
		if e.Ground.Text != "other-law" {
			continue
		}
		f := Finding{
			Severity: Warning, What: fmt.Sprintf("%s opens data in other cases of law", e.ID.Text),
			Why: "which cases, and which laws, is left to the day", Try: "name the ground, such as authority or litigation",
		}
		if !syntax.Has(e.Requires, "citation") {
			f.Severity, f.Try, f.Fix = Error, "add citation to requires, so that each case cites its law", v.addWord(e.Requires, "citation").safe()
		}
		v.note(f, v.at(&e.Head, e.Ground.Pos))
	}
	for i := range v.file.Holds {
		e := &v.file.Holds[i]
		if !silent(&e.Head) {
			continue
		}
		v.note(Finding{
			Severity: Notice, Supplied: true, What: fmt.Sprintf("the statute of %s is supplied; the original text does not say which law it means", e.ID.Text),
			Why: "what a law permits is wider than what it requires", Try: "check that the statute requires the hold, and for how long",
		}, v.at(&e.Head, e.Statute.Pos))
	}
}

package vet

import (
	"fmt"

	"avow.dev/policy/syntax"
)

// instantChange looks for changes of the policy without time between notice and
// effect.
func instantChange(v *view) {
	noticed, instant := false, false
	for i := range v.file.Changes {
		e := &v.file.Changes[i]
		switch {
		case e.Notice.N > 0:
			noticed = true
		case e.Notice.Set || e.Rule.Text == "takes-effect" || e.Rule.Text == "notice-period":
			instant = true
			atOnce(v, e)
		}
	}
	if len(v.file.Changes) > 0 && !noticed && !instant {
		v.note(Finding{
			Severity: Warning, What: "no rule of changes gives people time",
			Why: "a change that people learn of when it holds leaves them no choice", Try: "add a change with rule: notice-period and notice: 30d",
		}, v.on(&v.file.Changes[0].Head))
	}
}

func atOnce(v *view, e *syntax.Change) {
	f := Finding{
		Severity: Warning, What: fmt.Sprintf("%s lets changes take effect at once", e.ID.Text),
		Why: "a change that people learn of when it holds leaves them no choice",
		Try: "write notice: 30d",
	}
	if e.Widens.Text == "" {
		f.Severity, f.Try = Error, "write notice: 30d and widening: fresh-consent"
	}
	v.note(f, v.at(&e.Head, e.Notice.Pos))
}

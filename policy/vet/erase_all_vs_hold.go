package vet

import (
	"fmt"

	"avow.dev/policy/syntax"
)

// eraseAllVsHold looks for holds that keep what an erasure on closing the
// account, or on request, says is erased everywhere.
func eraseAllVsHold(v *view) {
	for i := range v.file.Erasure {
		e := &v.file.Erasure[i]
		if !hasAny(e.On, "account-closed", "request") || !syntax.Has(e.Reaches, "live") {
			continue
		}
		for j := range v.file.Holds {
			eraseVsHold(v, e, &v.file.Holds[j])
		}
	}
}

func eraseVsHold(v *view, e *syntax.Erasure, h *syntax.Hold) {
	why := "people are told that everything is gone while a part is kept"
	switch {
	case !syntax.Has(e.Keeps, h.ID.Text):
		v.note(Finding{
			Severity: Error, What: fmt.Sprintf("%s erases everything, and %s may keep some of it", e.ID.Text, h.ID.Text), Why: why,
			Try: fmt.Sprintf("name the hold: keeps: [%s]", h.ID.Text), Fix: v.addWord(e.Keeps, h.ID.Text),
		}, v.on(&e.Head), v.on(&h.Head))
	case len(h.Data) == 0:
		v.note(Finding{
			Severity: Warning, What: fmt.Sprintf("%s erases everything, and %s may keep any of it", e.ID.Text, h.ID.Text), Why: why,
			Try: "list under data of the hold what its statute asks to keep",
		}, v.on(&e.Head), v.on(&h.Head))
	}
}

package vet

import "fmt"

// choiceVsAutomatic looks for data that waits for the person's yes in one rule
// and is taken or handled without one, for the same purpose, in another.
func choiceVsAutomatic(v *view) {
	for a := range v.rules() {
		if a.verb != "collect" || !v.asked(a) {
			continue
		}
		for b := range v.rules() {
			datum, ok := v.same(a, b)
			if !ok || b.head == a.head || b.excused || len(b.needs.Choice) > 0 {
				continue
			}
			f := Finding{
				Severity: Warning, What: fmt.Sprintf("%s waits for a choice in %s and not in %s", datum.Text, a.head.ID.Text, b.head.ID.Text),
				Why: "the choice changes nothing, or withdrawing it has no effect on what is held",
				Try: fmt.Sprintf("add needs: {choice: […]} to %s, as in %s", b.head.ID.Text, a.head.ID.Text),
			}
			if b.verb == "collect" {
				f.Severity = Error
				f.Why = "the person is asked, and the data is taken either way"
			}
			v.note(f, v.on(a.head), v.on(b.head))
		}
	}
}

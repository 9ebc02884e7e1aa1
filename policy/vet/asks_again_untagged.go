package vet

import (
	"fmt"
	"strings"

	"avow.dev/policy/syntax"
)

// asksAgainUntagged looks for recipients that have to ask again for another purpose,
// and get no envelope by which they could.
func asksAgainUntagged(v *view) {
	for i := range v.file.Parties {
		e := &v.file.Parties[i]
		if e.Onward.Text != "asks-again" || e.Tagged.On {
			continue
		}
		f := Finding{
			Severity: Error, What: fmt.Sprintf("%s asks again for another purpose, and nothing that it gets says for which one it got it", e.ID.Text),
			Why: "it asks by presenting the envelope of the hand-over; without one it can never ask, and the promise is empty",
			Try: "write tagged: true, or onward: never",
		}
		if !e.Tagged.Set {
			f.Fix = v.tagging(e.Onward)
		}
		v.note(f, v.at(&e.Head, e.Onward.Pos))
	}
}

// tagging is a fix that adds tagged behind a value of the same entry.
func (v *view) tagging(behind syntax.Word) *Fix {
	lead := v.before(behind.Pos)
	if trimmed := strings.TrimSpace(lead); trimmed == "onward:" {
		indent := lead[:strings.Index(lead, "onward:")]
		return v.replaceWord(behind, behind.Text+"\n"+indent+"tagged: true")
	} else if strings.Contains(trimmed, "{") {
		return v.replaceWord(behind, behind.Text+", tagged: true")
	}
	return nil
}

package vet

import (
	"fmt"

	"avow.dev/policy/syntax"
)

// forcedCookies looks for cookies that are called necessary and serve something
// else, for others that wait for no choice, and for original texts that demand
// them all.
func forcedCookies(v *view) {
	for i := range v.file.Cookies {
		e := &v.file.Cookies[i]
		if w := unneeded(v, e); e.Category.Text == "necessary" && w.Text != "" {
			v.note(Finding{
				Severity: Error, What: fmt.Sprintf("%s is called necessary and serves %s", e.ID.Text, w.Text),
				Why: "what a service can do without may be refused", Try: "write the category that fits, and a choice",
			}, v.at(&e.Head, w.Pos))
		}
		if e.Category.Text != "necessary" && len(e.Choice) == 0 {
			v.note(Finding{
				Severity: Error, What: fmt.Sprintf("%s is set for everybody and is not necessary", e.ID.Text),
				Why: "a cookie that the service can do without needs a yes before it is set", Try: "add choice: with a choice of kind consent",
			}, v.at(&e.Head, e.Category.Pos))
		}
	}
	for i := range v.file.Trackers {
		e := &v.file.Trackers[i]
		if e.Rule.Text == "necessary-only-required" && original(&e.Head) {
			v.note(Finding{
				Severity: Notice, What: fmt.Sprintf("the original text of %s demands cookies", e.ID.Text),
				Why: "the rule demands the necessary ones only, so that people who read both texts find two answers",
				Try: "accept the finding and say in its reason what is needed here, or take the wording out of the text",
			}, v.at(&e.Head, e.Rule.Pos))
		}
	}
}

// unneeded returns the first purpose of a cookie that no service needs.
func unneeded(v *view, e *syntax.Cookie) syntax.Word {
	for _, w := range e.For {
		t, _ := v.purposeTerm(w.Text)
		switch t.Play {
		case "PSL_ADVERTISING", "PSL_ANALYTICS", "PSL_PERSONALIZATION", "PSL_DEVELOPER_COMMUNICATIONS":
			return w
		}
	}
	return syntax.Word{}
}

package vet

import (
	"fmt"

	"avow.dev/policy/syntax"
)

// impliedConsent looks for acceptance by use or browsing, for rules that say of
// an original text what it took for consent, and for changes that leave open
// what silence means.
func impliedConsent(v *view) {
	gestures(v)
	denials(v)
	silence(v)
}

func gestures(v *view) {
	a := &v.file.Acceptance
	acts := hasAny(a.Gesture, "accept-button", "sign-up")
	for i, w := range a.Gesture {
		if w.Text != "use" && w.Text != "browse" {
			continue
		}
		f := Finding{
			Severity: Warning, What: fmt.Sprintf("%s counts %q as acceptance", a.ID.Text, w.Text),
			Why: "who merely goes on has agreed to nothing; it is recorded as nothing and opens no rule",
			Try: "take it out of gesture: a press of a button or signing up is an act",
			Fix: v.removeWord(a.Gesture, i),
		}
		if !acts {
			f.Severity, f.Fix = Error, nil
			f.Try = "add accept-button or sign-up to gesture: nothing here can ever be recorded as acceptance"
		}
		v.note(f, v.at(&a.Head, w.Pos))
	}
}

// denials are rules that refuse to take something for consent. Where such a
// rule carries a clause, the original text takes it for consent.
func denials(v *view) {
	deny := func(h *syntax.Head, rule syntax.Word, taken string) {
		if !original(h) {
			return
		}
		v.note(Finding{
			Severity: Notice, What: fmt.Sprintf("the original text of %s takes %s for consent", h.ID.Text, taken),
			Why: "the rule refuses it, so that people who read both texts find two answers",
			Try: "accept the finding and say in its reason what counts here, or take the wording out of the text",
		}, v.at(h, rule.Pos))
	}
	for i := range v.file.Trackers {
		if e := &v.file.Trackers[i]; e.Rule.Text == "browsing-is-no-consent" {
			deny(&e.Head, e.Rule, "browsing on")
		}
	}
	for i := range v.file.Adverts {
		if e := &v.file.Adverts[i]; e.Rule.Text == "acceptance-is-no-consent" {
			deny(&e.Head, e.Rule, "acceptance or use")
		}
	}
	for i := range v.file.Changes {
		if e := &v.file.Changes[i]; e.Rule.Text == "silence-keeps-narrower" {
			deny(&e.Head, e.Rule, "silence after a change")
		}
	}
}

func silence(v *view) {
	for i := range v.file.Changes {
		e := &v.file.Changes[i]
		if e.Rule.Text == "silence-keeps-narrower" || e.Rule.Text == "widening-needs-consent" || e.Widens.Text != "" {
			return
		}
	}
	if len(v.file.Changes) == 0 {
		return
	}
	h := &v.file.Changes[0].Head
	v.note(Finding{
		Severity: Warning, What: "no rule of changes says what silence means",
		Why: "going on after a change would be read as consent to wider rules",
		Try: "add a change with rule: silence-keeps-narrower and widening: fresh-consent",
	}, v.on(h))
}

package gate

import (
	"slices"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/policy"
	"avow.dev/policy/syntax"
)

// carrying carries a request out, and reports whether that is all of it.
type carrying func(*turn, *Asking) (bool, error)

// ways says how each right of the policy language is carried out. What only
// people can answer has none.
var ways map[string]carrying

func init() { // the ways ask gate functions that look at this table
	ways = map[string]carrying{
		"ask": nil, "complain": nil, "human-review": nil,
		"access": handed, "copy": handed, "explain": handed,
		"correct":       func(t *turn, a *Asking) (bool, error) { return true, t.correct(a.Items) },
		"delete":        (*turn).eraseAsked,
		"erase":         (*turn).eraseAsked,
		"close-account": func(t *turn, _ *Asking) (bool, error) { return true, t.closeAccount() },
		"take-down":     func(t *turn, a *Asking) (bool, error) { return true, t.unpublish(t.publicOr(a.Data)) },
		"withdraw":      (*turn).withdrawAsked,
		"object":        (*turn).switchOffAsked,
		"opt-out":       (*turn).switchOffAsked,
		"limit":         (*turn).switchOffAsked,
		"restrict":      func(t *turn, _ *Asking) (bool, error) { return true, t.restrict() },
	}
}

// handed is for what is handed over beside the request, by [Gate.Access],
// [Gate.Copy] and the published text.
func handed(*turn, *Asking) (bool, error) { return true, nil }

// heldBack reports whether a legal hold refuses a right. The others take nothing
// away from what the hold covers.
func heldBack(right string) bool { return right == "correct" || right == "delete" || right == "erase" }

func (t *turn) eraseAsked(a *Asking) (bool, error) {
	if len(a.Data) == 0 {
		return true, t.intend(evidence.EraseIntended)
	}
	return true, t.eraseData(a.Data)
}

// publicOr returns the data named, or all that are public if none are.
func (t *turn) publicOr(data []avow.Datum) []avow.Datum {
	if len(data) > 0 {
		return data
	}
	for i := range t.who.body.cells {
		if c := &t.who.body.cells[i]; len(c.audience) > 0 {
			data = append(data, c.datum)
		}
	}
	for i := range t.who.body.series {
		if s := &t.who.body.series[i]; len(s.audience) > 0 {
			data = append(data, s.datum)
		}
	}
	return data
}

// withdrawAsked takes back the choices named, or every yes.
func (t *turn) withdrawAsked(a *Asking) (bool, error) {
	named := a.Choices
	if len(named) == 0 {
		for _, c := range t.who.state.Choices {
			if _, ok := t.program.Choice(c.Choice); ok && c.State == avow.Given {
				named = append(named, c.Choice)
			}
		}
	}
	if len(named) == 0 {
		return true, nil
	}
	return true, t.switchOff(named)
}

// switchOffAsked switches off the choices named, or those that the right is about.
func (t *turn) switchOffAsked(a *Asking) (bool, error) {
	named := a.Choices
	if len(named) == 0 {
		named = t.force.about(a.Right)
	}
	if len(named) == 0 {
		return false, nil
	}
	return true, t.switchOff(named)
}

func (t *turn) switchOff(named []avow.Choice) error {
	a := &Agreement{Gesture: "request"}
	for _, c := range named {
		a.Choices = append(a.Choices, ChoiceEvent{c, avow.Withdrawn})
	}
	return t.agree(a)
}

// about returns the choices that a right speaks of as a whole: objecting, of what
// is on until objected to; opting out, also of what lets data go to others;
// limiting, of what needs sensitive data.
func (f *force) about(right string) []avow.Choice {
	var out []avow.Choice
	for i := range f.program.File().Choices {
		c := &f.program.File().Choices[i]
		speaks := c.Kind.Text == "opt-out"
		switch right {
		case "opt-out":
			speaks = speaks || len(c.To) > 0
		case "limit":
			speaks = f.sensitive(c)
		}
		if speaks && c.Kind.Text != "per-event" {
			out = append(out, avow.Choice(c.ID.Text))
		}
	}
	return out
}

// sensitive reports whether a choice lets sensitive data be used.
func (f *force) sensitive(c *syntax.Choice) bool {
	return slices.ContainsFunc(f.program.Data(), func(d policy.DatumInfo) bool {
		return d.Level == "sensitive" && slices.ContainsFunc(c.For, func(p syntax.Word) bool { return speaks(c, d.Slug, avow.Purpose(p.Text)) })
	})
}

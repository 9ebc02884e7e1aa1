package vet

import (
	"fmt"

	"avow.dev/policy/syntax"
)

// noNumber looks for periods without a figure: figures that are supplied where
// the original gives none, clocks that nobody can start, and clocks that
// neither the policy nor a law sets.
func noNumber(v *view) {
	f := v.file
	for i := range f.Retain {
		kept(v, &f.Retain[i])
	}
	for i := range f.Erasure {
		erased(v, &f.Erasure[i])
	}
	for i := range f.Incidents {
		incident(v, &f.Incidents[i])
	}
	for i := range f.Rights {
		answeredWithin(v, &f.Rights[i])
	}
	for i := range f.Messages {
		m := &f.Messages[i]
		if (m.Class.Text == "marketing" || m.Class.Text == "partner-offer") && len(m.OptOut) > 0 && !syntax.Has(m.OptOut, "none") && !m.Within.Set {
			figure(v, &m.Head, m.Class.Pos, "how soon "+m.ID.Text+" stops")
		}
	}
}

// figure reports a figure that is missing.
func figure(v *view, h *syntax.Head, pos syntax.Pos, what string) {
	v.note(Finding{
		Severity: Warning, What: what + " has no figure",
		Why: "nobody can tell when the promise is broken, and no clock can run on it",
		Try: "write within: with a duration, such as 15wd",
	}, v.at(h, pos))
}

// supplied reports a figure that the original text does not give.
func supplied(v *view, h *syntax.Head, pos syntax.Pos, value string) {
	v.note(Finding{
		Severity: Notice, Supplied: true, What: fmt.Sprintf("the figure of %s (%s) is supplied; the original text gives none", h.ID.Text, value),
		Why: "“as long as necessary” and “promptly” are no periods", Try: "check the figure against what is really done",
	}, v.at(h, pos))
}

func kept(v *view, e *syntax.Retain) {
	switch {
	case silent(&e.Head):
		supplied(v, &e.Head, e.Keep.Pos, e.Keep.String())
	case e.Keep.After.Text == "purpose-fulfilled":
		v.note(Finding{
			Severity: Warning, What: fmt.Sprintf("%s starts its clock when the purpose is met, and nothing says when that is", e.ID.Text),
			Why: "the period is as long as somebody thinks necessary", Try: "start from an event with a date, such as account-closed or last-used",
		}, v.at(&e.Head, e.Keep.Pos))
	}
}

func erased(v *view, e *syntax.Erasure) {
	switch {
	case syntax.Has(e.Reaches, "backups") && !e.Backups.Set:
		v.note(Finding{
			Severity: Warning, What: fmt.Sprintf("%s reaches backups and does not say by when", e.ID.Text),
			Why: "data would linger in copies without an end", Try: "write backups: with a duration, such as 30d",
		}, v.on(&e.Head))
	case silent(&e.Head):
		supplied(v, &e.Head, e.Live.Pos, e.Live.String())
	}
}

func incident(v *view, e *syntax.Incident) {
	switch {
	case silent(&e.Head) && e.Within.Set:
		supplied(v, &e.Head, e.Within.Pos, e.Within.String())
	case len(e.Tells) > 0 && !e.Within.Set && !v.breachClock():
		figure(v, &e.Head, syntax.Pos{}, "how soon "+e.ID.Text+" tells people")
	}
}

func (v *view) breachClock() bool {
	for _, p := range v.packs {
		if len(p.BreachWithin("people", "any")) > 0 {
			return true
		}
	}
	return false
}

// answeredWithin finds rights that a law knows and for which neither the policy
// nor a law sets a clock.
func answeredWithin(v *view, e *syntax.Right) {
	right := e.Right.Text
	switch right {
	case "erase":
		right = "delete"
	case "close-account":
		right = "cancel-account"
	}
	known := false
	for _, p := range v.packs {
		if _, ok := p.ReplyWithin(right); ok {
			return
		}
		_, ok := p.Reply(right)
		known = known || ok
	}
	if known && !e.Within.Set {
		figure(v, &e.Head, e.Right.Pos, "how soon "+e.ID.Text+" is answered")
	}
}

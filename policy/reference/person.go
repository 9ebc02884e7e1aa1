package reference

import (
	"slices"
	"time"

	"avow.dev"
	"avow.dev/policy/syntax"
)

// person returns what the state of the person and the day have against a rule.
func (c *Cell) person(r rule, s *avow.Standing, now time.Time) []avow.Reason {
	var list []avow.Reason
	f := c.p.file
	nobody := c.aboutNobody()
	if s.Hold && !nobody {
		list = append(list, avow.OnHold)
	}
	if now.Before(time.Date(f.Effective.Year, time.Month(f.Effective.Month), f.Effective.Day, 0, 0, 0, 0, time.UTC)) {
		list = append(list, avow.NotYetEffective)
	}
	if nobody {
		return list
	}
	if c.verb != avow.Release {
		list = append(list, c.relationship(r, s)...)
	}
	return append(list, c.age(r, s)...)
}

// aboutNobody reports whether the datum is about nobody, so that there is nobody
// whose account, acceptance, age or hold could matter.
func (c *Cell) aboutNobody() bool {
	return slices.ContainsFunc(c.p.file.Data, func(d syntax.Datum) bool {
		return d.ID.Text == c.datum && d.Class.Text != "" && d.Class.Text != "personal"
	})
}

// relationship returns what account and acceptance have against a rule. A rule
// that opens on a demand asks only that the person is not being erased.
func (c *Cell) relationship(r rule, s *avow.Standing) []avow.Reason {
	if s.Account == avow.Closing {
		if len(r.grounds) > 0 {
			return []avow.Reason{avow.ErasurePending}
		}
		return append(c.acceptance(s), avow.ErasurePending)
	}
	if len(r.grounds) > 0 {
		return nil
	}
	list := c.acceptance(s)
	switch s.Account {
	case avow.Open:
	case avow.Frozen:
		list = append(list, avow.AccountFrozen)
	case avow.Closed:
		if !c.strangers(r) {
			list = append(list, avow.AccountClosed)
		}
	default:
		if !c.strangers(r) {
			list = append(list, avow.NoAccount)
		}
	}
	return list
}

// strangers reports whether a rule may concern people without an account: it
// says so, or what it uses may be collected from them.
func (c *Cell) strangers(r rule) bool {
	if c.verb == avow.Collect {
		return r.strangers
	}
	return slices.ContainsFunc(c.p.file.Collect, func(e syntax.Collect) bool {
		return e.Account.Text == "none" && contains(e.Data, c.datum)
	})
}

func (c *Cell) acceptance(s *avow.Standing) []avow.Reason {
	if !c.p.file.Acceptance.Required.On {
		return nil
	}
	switch s.Acceptance.State {
	case avow.AcceptedPolicy:
		if slices.Contains(c.p.accepted, s.Acceptance.Policy) {
			return nil
		}
		return []avow.Reason{avow.AcceptanceOutdated}
	case avow.RefusedPolicy:
		return []avow.Reason{avow.AcceptanceRefused}
	}
	return []avow.Reason{avow.NotAccepted}
}

// age returns what the person's age has against a rule.
func (c *Cell) age(r rule, s *avow.Standing) []avow.Reason {
	needs := slices.Clone(r.needs)
	if c.verb == avow.Collect {
		for _, e := range c.p.file.Minors {
			needs = append(needs, c.guards(e, r)...)
		}
	}
	var list []avow.Reason
	for _, n := range needs {
		switch {
		case n == avow.Minor && s.Age == avow.KnownMinor:
			list = append(list, n)
		case n == avow.AgeUnknown && s.Age != avow.KnownAdult && s.Age != avow.KnownMinor:
			list = append(list, n)
		case n == avow.GuardianMissing && s.Age == avow.KnownMinor && !s.Guardian:
			list = append(list, n)
		}
	}
	return list
}

// guards returns what a rule about minors asks before anything is collected.
func (c *Cell) guards(e syntax.Minors, r rule) []avow.Reason {
	switch e.Rule.Text {
	case "not-collected-knowingly":
		return []avow.Reason{avow.Minor}
	case "guardian-consent":
		return []avow.Reason{avow.GuardianMissing}
	case "adults-only":
		if r.strangers || c.findsOutAge() {
			return []avow.Reason{avow.Minor}
		}
		return []avow.Reason{avow.Minor, avow.AgeUnknown}
	}
	return nil
}

func (c *Cell) findsOutAge() bool {
	for _, e := range c.p.file.Purposes {
		if e.ID.Text == c.purpose {
			return c.purpose == "check-age" || e.Term.Text == "check-age" || e.Term.Text == "dpv:AgeVerification"
		}
	}
	return false
}

// choices returns what the person's choices have against what needs them all.
func (p *Policy) choices(ids []string, s *avow.Standing, now time.Time) avow.Reasons {
	var set avow.Reasons
	for _, e := range p.file.Choices {
		if slices.Contains(ids, e.ID.Text) {
			for _, r := range chosen(e, s, now) {
				set |= r.Set()
			}
		}
	}
	return set
}

func chosen(e syntax.Choice, s *avow.Standing, now time.Time) []avow.Reason {
	latest, _ := s.Choice(avow.Choice(e.ID.Text))
	var list []avow.Reason
	switch latest.State {
	case avow.Given:
		if e.Kind.Text != "opt-out" && ranOut(e, latest, now) {
			list = append(list, avow.ConsentExpired)
		}
	case avow.Refused, avow.Withdrawn:
		list = append(list, no(e, latest.State))
	default:
		if e.Kind.Text == "consent" || e.Kind.Text == "explicit-consent" {
			list = append(list, avow.ConsentMissing)
		}
	}
	if contains(e.Signal, "gpc") && s.Signals&avow.SignalGPC != 0 && !outweighs(latest, s) {
		list = append(list, avow.SignalOptOut)
	}
	return list
}

func no(e syntax.Choice, state avow.ChoiceState) avow.Reason {
	switch {
	case e.Kind.Text == "opt-out":
		return avow.Objected
	case state == avow.Refused:
		return avow.ConsentRefused
	}
	return avow.ConsentWithdrawn
}

// outweighs reports whether a yes is later than the browser's signal.
func outweighs(c avow.Chosen, s *avow.Standing) bool {
	return c.State == avow.Given && !s.SignalAt.IsZero() && c.At.After(s.SignalAt)
}

func ranOut(e syntax.Choice, c avow.Chosen, now time.Time) bool {
	if !c.Expires.IsZero() && !now.Before(c.Expires) {
		return true
	}
	return e.Expires.Set && !now.Before(later(c.At, e.Expires))
}

// later adds a duration of the calendar.
func later(t time.Time, p syntax.Period) time.Time {
	n := int(p.N)
	switch p.Unit {
	case syntax.Second:
		return t.Add(time.Duration(n) * time.Second)
	case syntax.Minute:
		return t.Add(time.Duration(n) * time.Minute)
	case syntax.Hour:
		return t.Add(time.Duration(n) * time.Hour)
	case syntax.Day:
		return t.AddDate(0, 0, n)
	case syntax.Week:
		return t.AddDate(0, 0, 7*n)
	case syntax.Month, syntax.Year:
		if p.Unit == syntax.Year {
			n *= 12
		}
		moved := t.AddDate(0, n, 0)
		if moved.Day() != t.Day() { // ran over the end of a short month
			moved = moved.AddDate(0, 0, -moved.Day())
		}
		return moved
	case syntax.WorkingDay:
		for ; n > 0; n-- {
			t = t.AddDate(0, 0, 1)
			for t.Weekday() == time.Saturday || t.Weekday() == time.Sunday {
				t = t.AddDate(0, 0, 1)
			}
		}
	}
	return t
}

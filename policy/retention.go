package policy

import (
	"time"

	"avow.dev"
	"avow.dev/policy/law"
	"avow.dev/policy/syntax"
)

// RetainRule says how long a kind of data is kept for a purpose.
type RetainRule struct {
	ID      avow.RuleID
	Keep    syntax.Period
	After   string        // the event that starts the clock, such as "account-closed"
	Then    string        // erase, anonymise or delete
	Form    string        // anonymise: the form that remains
	Within  syntax.Period // how long the sweep may take; one day if left out
	Clauses []avow.ClauseID

	calendar *law.Calendar
}

// Due returns when the time is over that began at start.
func (r RetainRule) Due(start time.Time) time.Time { return after(start, r.Keep, r.calendar) }

// SweptBy returns the latest time at which the end must have taken effect.
func (r RetainRule) SweptBy(start time.Time) time.Time {
	return after(r.Due(start), r.Within, r.calendar)
}

// After returns the instant that lies one duration after start. Days, weeks,
// months and years are those of the calendar in start's location; a month has
// no day that it lacks, so one month after 31 January is the last of February,
// and one year after 29 February is 28 February. Working days are Monday to
// Friday; [Program.After] knows the holidays of the law packs as well.
func After(start time.Time, p syntax.Period) time.Time { return after(start, p, nil) }

// After is [After] with the working days of the policy's law packs.
func (p *Program) After(start time.Time, d syntax.Period) time.Time {
	return after(start, d, p.calendar)
}

func after(start time.Time, p syntax.Period, cal *law.Calendar) time.Time {
	n := int(p.N)
	switch p.Unit {
	case syntax.Second:
		return start.Add(time.Duration(n) * time.Second)
	case syntax.Minute:
		return start.Add(time.Duration(n) * time.Minute)
	case syntax.Hour:
		return start.Add(time.Duration(n) * time.Hour)
	case syntax.Day:
		return start.AddDate(0, 0, n)
	case syntax.Week:
		return start.AddDate(0, 0, 7*n)
	case syntax.Month:
		return addMonths(start, n)
	case syntax.Year:
		return addMonths(start, 12*n)
	case syntax.WorkingDay:
		return addWorkingDays(start, n, cal)
	}
	return start // no unit: a duration of nothing
}

// addMonths moves by calendar months and stays within the month that it
// reaches, where time.AddDate would run over into the next.
func addMonths(t time.Time, n int) time.Time {
	year, month, day := t.Date()
	if day <= 28 { // every month has it
		return time.Date(year, month+time.Month(n), day, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), t.Location())
	}
	first := time.Date(year, month+time.Month(n), 1, 0, 0, 0, 0, t.Location())
	last := time.Date(first.Year(), first.Month()+1, 0, 0, 0, 0, 0, t.Location()).Day()
	return time.Date(first.Year(), first.Month(), min(day, last), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), t.Location())
}

func addWorkingDays(t time.Time, n int, cal *law.Calendar) time.Time {
	for n > 0 {
		t = t.AddDate(0, 0, 1)
		if working(t, cal) {
			n--
		}
	}
	return t
}

func working(t time.Time, cal *law.Calendar) bool {
	if cal != nil {
		w, _ := cal.Working(t)
		return w
	}
	return t.Weekday() != time.Saturday && t.Weekday() != time.Sunday
}

// Retention returns the rules on how long a datum is kept for a purpose, in the
// order of the policy. The slice is shared and must not be changed.
func (p *Program) Retention(datum avow.Datum, purpose avow.Purpose) []RetainRule {
	d, ok := p.words.data.id(string(datum))
	if !ok {
		return nil
	}
	w, ok := p.words.purposes.id(string(purpose))
	if !ok {
		return nil
	}
	return p.retentionOf(d, w)
}

func (p *Program) retentionOf(datum, purpose uint16) []RetainRule {
	return p.retention[int(datum)*p.table.purposes+int(purpose)]
}

// RetainRule returns the retention rule of an id.
func (p *Program) RetainRule(id avow.RuleID) (RetainRule, bool) {
	r, ok := p.retainByID[id]
	return r, ok
}

func (c *compiler) lowerRetention() {
	p, w := c.p, &c.p.words
	p.retention = make([][]RetainRule, w.data.len()*w.purposes.len())
	p.retainByID = map[avow.RuleID]RetainRule{}
	p.calendar = c.calendar()
	for i := range c.file.Retain {
		e := &c.file.Retain[i]
		r := RetainRule{
			ID: avow.RuleID(e.ID.Text), Keep: e.Keep.Period, After: e.Keep.After.Text, Then: e.Then.Text, Form: e.Form.Text,
			Within: e.Within, Clauses: syntax.Slugs[avow.ClauseID](e.Clause), calendar: p.calendar,
		}
		if !r.Within.Set {
			r.Within = syntax.Period{Set: true, N: 1, Unit: syntax.Day}
		}
		p.retainByID[r.ID] = r
		c.spreadRetention(e, r)
	}
}

func (c *compiler) spreadRetention(e *syntax.Retain, r RetainRule) {
	w := &c.p.words
	purposes := idsOf(w.purposes, e.For)
	if len(e.For) == 0 {
		purposes = idsOf(w.purposes, wordsOf(w.purposes))
	}
	for _, d := range idsOf(w.data, e.Data) {
		for _, purpose := range purposes {
			at := int(d)*w.purposes.len() + int(purpose)
			c.p.retention[at] = append(c.p.retention[at], r)
		}
	}
}

func wordsOf(n *names) []syntax.Word {
	out := make([]syntax.Word, n.len())
	for i := range out {
		out[i].Text = n.word(i)
	}
	return out
}

// calendar returns the working days of the first law pack that has some.
func (c *compiler) calendar() *law.Calendar {
	for _, p := range c.law {
		if cal, err := p.Calendar(); err == nil && p.Place != "" {
			return &cal
		}
	}
	return nil
}

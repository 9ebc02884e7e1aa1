package prove

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"avow.dev/policy/syntax"
)

// retainProbes play one retention rule: one tick before its end the data is
// there, at its end it is out of sight, and after the sweep it is gone.
func (t text) retainProbes(r *syntax.Retain) []probe {
	return []probe{{r.ID.Text, "keeps its data until its end and not a tick longer", func(s *stage) error { return s.retained(r) }}}
}

func (s *stage) retained(r *syntax.Retain) error {
	defer s.clock.set(s.clock.now())
	played := false
	for _, d := range r.Data {
		if s.text.datum(d.Text) == nil || s.alwaysDropped(d.Text) {
			continue
		}
		play := s.retainOne
		if !s.text.personal(d.Text) {
			play = s.retainLoose
		}
		ok, err := play(r, d.Text)
		if err != nil {
			return err
		}
		played = played || ok
	}
	if played || len(s.text.File.Collect) == 0 {
		return nil
	}
	if !s.text.vacuous(r.Data) {
		return &unplayable{"no rule that can be played takes in what " + r.ID.Text + " keeps"}
	}
	return s.staysOut(r.Data)
}

// staysOut expects that data which nothing lets in today is refused, however
// willing the person: what never comes is never kept too long.
func (s *stage) staysOut(data []syntax.Word) error {
	p := s.someone()
	if err := p.accept(); err != nil {
		return err
	}
	for _, d := range data {
		v, err := p.sample(d.Text)
		if err != nil {
			continue
		}
		for _, r := range s.text.collecting(d.Text, "", "") {
			if _, err := p.grant(standing(s.text, r.Needs.Choice)); err != nil {
				return err
			}
			a, err := p.decide("collect", &ask{Subject: p.ref, Items: []item{sent(d.Text, v)}, Point: r.Points[0].Text, Purpose: r.For[0].Text,
				Source: first(append(words(r.From), "person")), Feature: first(words(r.Features)), Device: &device{Network: "wifi", Permitted: true, Running: true}})
			if err != nil {
				return err
			}
			if a.allowed {
				return &mismatch{d.Text + " kept out for want of what nothing can show yet", a.String()}
			}
		}
	}
	return nil
}

// retainLoose plays one datum that is about nobody, as far as some rule reads it
// back: it is served until its end, and not at its end.
func (s *stage) retainLoose(r *syntax.Retain, datum string) (bool, error) {
	if r.Keep.After.Text != "collected" {
		return false, nil
	}
	for _, u := range s.text.using(datum, "", "") {
		for _, c := range s.text.collecting(datum, "", "") {
			if len(u.Needs.Choice) > 0 || len(u.Form) > 0 || len(s.ingestForms(datum)) > 0 || len(r.For) > 0 && !has(r.For, c.For[0].Text) {
				continue
			}
			if ok, err := s.retainEvent(r, c, u, datum); ok || err != nil {
				return ok, err
			}
		}
	}
	return false, nil
}

func (s *stage) retainEvent(r *syntax.Retain, c *syntax.Collect, u *syntax.Use, datum string) (bool, error) {
	start := s.clock.now()
	defer s.clock.set(start)
	p := s.someone()
	if err := p.prepare(c); err != nil {
		return false, err
	}
	q, err := p.request(c, datum, c.Points[0].Text, c.For[0].Text)
	if err != nil {
		return false, err
	}
	if a, err := p.decide("collect", q); err != nil || !a.allowed {
		return false, err
	}
	end := addPeriod(start, r.Keep.Period)
	for _, look := range []struct {
		at    time.Time
		sweep bool
		there bool
	}{{end.Add(-time.Millisecond), false, true}, {end, false, false}, {end.Add(2 * time.Hour), true, false}} {
		s.clock.set(look.at)
		if look.sweep {
			if err := s.engine.Sweep(s.ctx); err != nil {
				return false, fmt.Errorf("sweep: %w", err)
			}
		}
		a, err := p.decide("use", &ask{Data: []string{datum}, Purpose: u.For[0].Text, Role: u.By[0].Text, Feature: first(append(words(u.Feature), ""))})
		if err != nil {
			return false, err
		}
		there := slices.ContainsFunc(a.items, func(it item) bool { return it.Value == q.Items[0].Value })
		if there != look.there {
			return false, &mismatch{fmt.Sprintf("%s served = %v at %v", datum, look.there, look.at), fmt.Sprint(there)}
		}
	}
	return true, nil
}

// retainOne plays one datum. The proof reads the end from the rule's own words,
// not from the engine.
func (s *stage) retainOne(r *syntax.Retain, datum string) (bool, error) {
	p := s.someone()
	if err := p.accept(); err != nil {
		return false, err
	}
	rule, ok, err := p.putFor(datum, r)
	if err != nil || !ok {
		return false, err
	}
	start := s.clock.now()
	switch r.Keep.After.Text {
	case "collected", "last-used", "last-seen", "effective":
	case "account-closed", "relationship-ended":
		if s.text.erasesOn("account-closed") {
			return true, s.retainedUntilErased(p)
		}
		s.clock.set(start.Add(240 * time.Hour))
		start = s.clock.now()
		if a, err := p.send("close", ask{Subject: p.ref}); err != nil || !a.allowed {
			return false, orMismatch(err, "the relationship to end", "%v", a)
		}
	case "delivered", "purpose-fulfilled":
		s.clock.set(start.Add(240 * time.Hour))
		start = s.clock.now()
		if a, err := p.send("events", ask{Subject: p.ref, Event: r.Keep.After.Text, Data: []string{datum}}); err != nil || !a.allowed {
			return false, orMismatch(err, "the event to be recorded", "%v", a)
		}
	case "unpublished":
		s.clock.set(start.Add(240 * time.Hour))
		start = s.clock.now()
		if ok, err := p.publishAndTakeDown(datum); err != nil || !ok {
			return false, err
		}
	case "consent-withdrawn":
		if len(rule.Needs.Choice) == 0 {
			return false, nil
		}
		s.clock.set(start.Add(240 * time.Hour))
		start = s.clock.now()
		if err := p.choose(rule.Needs.Choice[0].Text, "withdrawn"); err != nil {
			return false, err
		}
	default:
		return false, nil
	}
	end := addPeriod(start, r.Keep.Period)
	return true, s.watchEnd(p, datum, r, start, end)
}

func (s *stage) retainedUntilErased(p *person) error {
	if a, err := p.send("close", ask{Subject: p.ref}); err != nil || !a.allowed {
		return orMismatch(err, "the relationship to end", "%v", a)
	}
	return p.gone()
}

func (s *stage) watchEnd(p *person, datum string, r *syntax.Retain, start, end time.Time) error {
	defer s.clock.set(start)
	if end.After(start) {
		s.clock.set(end.Add(-time.Millisecond))
		c, status, err := p.copy()
		if err != nil {
			return err
		}
		if status != http.StatusOK || !c.has(datum) {
			return &mismatch{datum + " there one tick before its time is over", fmt.Sprintf("gone (status %d)", status)}
		}
	}
	s.clock.set(end)
	c, _, err := p.copy()
	if err != nil {
		return err
	}
	if c.has(datum) {
		return &mismatch{datum + " out of sight when its time is over", "still shown"}
	}
	s.clock.set(end.Add(2 * time.Hour))
	if err := s.engine.Sweep(s.ctx); err != nil {
		return fmt.Errorf("sweep: %w", err)
	}
	c, _, err = p.copy()
	if err != nil {
		return err
	}
	return expect(!c.has(datum), datum+" gone after the sweep", "still held by rule %s", r.ID.Text)
}

// putFor takes a datum in by a rule whose purpose the retention rule covers, and
// that no shorter rule covers as well.
func (p *person) putFor(datum string, r *syntax.Retain) (*syntax.Collect, bool, error) {
	for _, c := range p.text.collecting(datum, "", "") {
		for _, why := range c.For {
			if len(r.For) > 0 && !has(r.For, why.Text) || !p.text.soonest(r, datum, why.Text) {
				continue
			}
			if _, err := p.grant(standing(p.text, c.Needs.Choice)); err != nil {
				return nil, false, err
			}
			if err := p.open(c.Features); err != nil {
				return nil, false, err
			}
			q, err := p.request(c, datum, c.Points[0].Text, why.Text)
			if _, cannot := err.(*unplayable); cannot {
				continue
			}
			if err != nil || q.Subject == "" || q.Anonymous {
				return nil, false, err
			}
			a, err := p.decide("collect", q)
			if err != nil {
				return nil, false, err
			}
			if a.allowed {
				return c, true, nil
			}
		}
	}
	return nil, false, nil
}

// soonest reports whether the rule's end comes before that of every other rule
// that covers the datum and purpose and whose clock runs. Clocks that start with
// an event which does not happen here do not run.
func (t text) soonest(r *syntax.Retain, datum, purpose string) bool {
	begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	end := func(o *syntax.Retain) (time.Time, bool) {
		switch o.Keep.After.Text {
		case "collected", "last-used", "last-seen", "effective":
			return addPeriod(begin, o.Keep.Period), true
		case r.Keep.After.Text:
			return addPeriod(begin.Add(240*time.Hour), o.Keep.Period), true
		}
		return time.Time{}, false
	}
	own, _ := end(r)
	for i := range t.Retain {
		o := &t.Retain[i]
		if o.ID.Text == r.ID.Text || !has(o.Data, datum) || len(o.For) > 0 && !has(o.For, purpose) {
			continue
		}
		if other, runs := end(o); runs && !other.After(own) {
			return false
		}
	}
	return true
}

// addPeriod is calendar arithmetic as a person does it: the same day of a later
// month, or that month's last.
func addPeriod(t time.Time, p syntax.Period) time.Time {
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
	case syntax.Year:
		n *= 12
	case syntax.Month:
	default:
		return t
	}
	for day := t.Day(); ; day-- {
		u := time.Date(t.Year(), t.Month()+time.Month(n), day, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), t.Location())
		if u.Day() == day {
			return u
		}
	}
}

package prove

import (
	"fmt"
	"net/http"
	"time"

	"avow.dev/policy/syntax"
)

// This file plays what a policy says about minors: the day before a birthday and
// the day itself, somebody who turns out to be a child, and what nobody sells to
// one.

func (t text) minorProbes(v *syntax.Minors) []probe {
	one := func(name string, run func(*stage, *syntax.Minors) error) []probe {
		return []probe{{v.ID.Text, name, func(s *stage) error { return run(s, v) }}}
	}
	switch v.Rule.Text {
	case "adults-only":
		return one("lets in from the birthday, and not a day before", (*stage).birthday)
	case "not-sold-to":
		return one("sells and advertises nothing to a known minor", (*stage).notSold)
	case "guardian-consent":
		return append(one("takes nothing in from a child until a parent agrees, and nothing after they take it back", (*stage).guarded),
			one("asks a parent until the birthday, and not after", (*stage).guardedUntil)...)
	case "erase-when-found", "not-collected-knowingly":
		return one("erases a minor who is found, and collects nothing any more", (*stage).minorFound)
	}
	return nil
}

// bornOn says a date of birth on signing up, with a place.
func (p *person) bornOn(r *syntax.Collect, datum string, born time.Time, zone string) (*answer, error) {
	q, err := p.request(r, datum, r.Points[0].Text, r.For[0].Text)
	if err != nil {
		return nil, err
	}
	q.Agree = &agreement{Policy: p.hash, Accept: true, Gesture: p.text.gesture(), Language: p.text.Languages[0].Text, Born: born.Format(time.DateOnly), Zone: zone}
	return p.send("collect", q)
}

// birthday plays the last second of a childhood and the first of an adult, on both
// ends of the earth.
func (s *stage) birthday(v *syntax.Minors) error {
	r, datum := s.text.joining()
	if r == nil {
		return &unplayable{"nobody can join under this policy"}
	}
	began := s.clock.now()
	defer s.back(began)
	for _, zone := range []string{"Asia/Shanghai", "Pacific/Kiritimati", "Pacific/Pago_Pago", "UTC"} {
		place, err := time.LoadLocation(zone)
		if err != nil {
			return fmt.Errorf("read time zone: %w", err)
		}
		day := began.AddDate(0, 0, 40)
		born := time.Date(day.Year()-int(v.Age.N), day.Month(), day.Day(), 0, 0, 0, 0, place)
		comes := time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, place)
		s.clock.set(comes.Add(-time.Second))
		p := s.someone()
		a, err := p.bornOn(r, datum, born, zone)
		if err != nil || !a.because("minor") {
			return orMismatch(err, "somebody refused a second before their birthday in "+zone, "%v", a)
		}
		if _, status, err := p.copy(); err != nil || status != http.StatusNotFound {
			return orMismatch(err, "nothing kept of somebody who was refused", "status %d", status)
		}
		s.clock.set(comes)
		if a, err = p.bornOn(r, datum, born, zone); err != nil || !a.allowed {
			return orMismatch(err, "somebody let in on their birthday in "+zone, "%v", a)
		}
		if err := s.nothingReadable([]string{born.Format(time.DateOnly)}); err != nil {
			return err
		}
	}
	return nil
}

// joining returns a rule by which a stranger can join, and a datum of it.
func (t text) joining() (*syntax.Collect, string) {
	for i := range t.Collect {
		r := &t.Collect[i]
		for _, d := range r.Data {
			if t.personal(d.Text) && t.kept(d.Text) && len(r.Needs.Choice) == 0 && len(r.Needs.Facts) == 0 && len(r.Features) > 0 && t.opensAlone(r) {
				return r, d.Text
			}
		}
	}
	return nil, ""
}

// opensAlone reports whether no further document has to be accepted for a rule.
func (t text) opensAlone(r *syntax.Collect) bool {
	for i := range t.Acceptance.Documents {
		for _, f := range r.Features {
			if has(t.Acceptance.Documents[i].Opens, f.Text) {
				return false
			}
		}
	}
	return true
}

// minorSays makes it known that the person is a minor.
func (p *person) minorSays() error {
	a, err := p.send("minors/found", map[string]string{"subject": p.ref})
	if err != nil || !a.allowed {
		return orMismatch(err, "the finding to be recorded", "%v", a)
	}
	return nil
}

func (s *stage) minorFound(*syntax.Minors) error {
	p := s.someone()
	if _, err := p.fill(); err != nil {
		return err
	}
	in, err := p.enter("")
	if err != nil {
		return err
	}
	if err := p.minorSays(); err != nil {
		return err
	}
	if err := p.gone(); err != nil {
		return err
	}
	if ok, err := s.alive(in.Session); err != nil || ok {
		return orMismatch(err, "the minor's session to end", "it living on")
	}
	if err := s.nothingReadable([]string{p.mark}); err != nil {
		return err
	}
	for i := range s.text.Collect {
		r := &s.text.Collect[i]
		for _, d := range r.Data {
			if !s.text.personal(d.Text) {
				continue
			}
			q, err := p.plainRequest(r, d.Text)
			if err != nil {
				return err
			}
			a, err := p.send("collect", q)
			if err != nil || !a.because("minor") {
				return orMismatch(err, d.Text+" not collected from a known minor", "%v", a)
			}
		}
	}
	return nil
}

// plainRequest is what an app would send that does not care whom it asks.
func (p *person) plainRequest(r *syntax.Collect, datum string) (*ask, error) {
	v, err := p.sample(datum)
	if err != nil {
		return nil, err
	}
	q := &ask{Subject: p.ref, Items: []item{sent(datum, v)}, Point: r.Points[0].Text, Purpose: r.For[0].Text, Source: "person"}
	if len(r.Features) > 0 {
		q.Feature = r.Features[0].Text
	}
	if len(r.From) > 0 {
		q.Source = r.From[0].Text
	}
	return q, nil
}

// notSold plays every rule that needs an adult with somebody who is known to be a
// minor: a child under a policy that erases children is a stranger afterwards, of
// whom it is known.
func (s *stage) notSold(*syntax.Minors) error {
	p, err := s.member()
	if err != nil {
		return err
	}
	if err := p.minorSays(); err != nil {
		return err
	}
	played := 0
	for i := range s.text.Collect {
		r := &s.text.Collect[i]
		if r.Needs.Age.Text != "adult" {
			continue
		}
		for _, d := range r.Data {
			q, err := p.plainRequest(r, d.Text)
			if err != nil {
				return err
			}
			played++
			if a, err := p.send("collect", q); err != nil || !a.because("minor") {
				return orMismatch(err, d.Text+" for "+q.Purpose+" refused for a minor", "%v", a)
			}
		}
	}
	for i := range s.text.Use {
		r := &s.text.Use[i]
		if r.Needs.Age.Text != "adult" {
			continue
		}
		for _, d := range r.Data {
			q := ask{Subject: p.ref, Data: []string{d.Text}, Purpose: r.For[0].Text, Role: r.By[0].Text, Feature: first(words(r.Feature))}
			played++
			if a, err := p.send("use", q); err != nil || !a.because("minor") {
				return orMismatch(err, d.Text+" for "+q.Purpose+" refused for a minor", "%v", a)
			}
		}
	}
	if played == 0 {
		return &unplayable{"no rule sells or advertises anything"}
	}
	return nil
}

func (p *plan) minorMutants(v *syntax.Minors, turn func(string, func(any))) {
	if v.Rule.Text == "adults-only" || v.Rule.Text == "guardian-consent" && v.Age.N > 0 {
		turn("for people two years older", func(x any) { x.(*syntax.Minors).Age.N += 2 })
	}
}

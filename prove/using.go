package prove

import (
	"fmt"
	"slices"

	"avow.dev/policy/syntax"
)

// useProbes play one rule that lets data be read: for its purposes, by its
// roles, in its form, and not otherwise.
func (t text) useProbes(r *syntax.Use) []probe {
	id := r.ID.Text
	probes := []probe{
		{id, "serves its roles for its purposes", func(s *stage) error { return s.useAllowed(r) }},
		{id, "serves no other role and no other purpose", func(s *stage) error { return s.useOtherwise(r) }},
	}
	for _, w := range r.Needs.Choice {
		probes = append(probes, probe{id, "opens and closes with choice " + w.Text, func(s *stage) error { return s.useToggled(r, w.Text) }})
	}
	return probes
}

func (p *person) prepareUse(choices, features []syntax.Word) error {
	if err := p.accept(); err != nil {
		return err
	}
	if err := p.open(features); err != nil {
		return err
	}
	_, err := p.grant(standing(p.text, choices))
	return err
}

func (p *person) useRequest(r *syntax.Use, datum, purpose, role string) (*ask, error) {
	q := &ask{Subject: p.ref, Data: []string{datum}, Purpose: purpose, Role: role}
	if len(r.Feature) > 0 {
		q.Feature = r.Feature[0].Text
	}
	if len(r.Needs.Places) > 0 {
		q.Region = p.text.regionOf(r.Needs.Places[0].Text)
	}
	if err := p.text.facts(r.Needs.Facts, q); err != nil {
		return nil, err
	}
	if !p.text.personal(datum) {
		q.Subject = ""
	}
	for _, w := range r.Needs.Choice {
		if c := p.text.choice(w.Text); c != nil && c.Kind.Text == "per-event" {
			return nil, &unplayable{"a use that needs a choice for each event"}
		}
	}
	return q, nil
}

func (s *stage) useAllowed(r *syntax.Use) error {
	p := s.someone()
	if err := p.prepareUse(r.Needs.Choice, r.Feature); err != nil {
		return err
	}
	decided := false
	for _, d := range r.Data {
		put, err := p.put(d.Text)
		if err != nil {
			return err
		}
		for _, why := range r.For {
			for _, by := range r.By {
				if s.text.forbidden("use", d.Text, why.Text, "", r.ID.Text) {
					continue
				}
				q, err := p.useRequest(r, d.Text, why.Text, by.Text)
				if err != nil {
					return err
				}
				a, err := p.decide("use", q)
				if err != nil {
					return err
				}
				if !a.allowed {
					return &mismatch{fmt.Sprintf("%s served to %s for %s", d.Text, by.Text, why.Text), a.String()}
				}
				if _, seen := a.value(d.Text); put && !seen && !s.dropped(r, d.Text) {
					return &mismatch{fmt.Sprintf("the %s that was taken to be served to %s for %s", d.Text, by.Text, why.Text), "nothing was served"}
				}
				decided = decided || slices.Contains(a.rules, r.ID.Text)
			}
		}
	}
	return expect(decided, "rule "+r.ID.Text+" to decide at least one request", "other rules decided all of them")
}

// dropped reports whether a form of the rule, or at ingest, leaves nothing.
func (s *stage) dropped(r *syntax.Use, datum string) bool {
	for i := range s.text.Forms {
		f := &s.text.Forms[i]
		if f.Do.Text == "drop" && has(f.Data, datum) && (f.When.Text == "ingest" || has(r.Form, f.ID.Text)) {
			return true
		}
	}
	return false
}

// put takes a datum in by the first rule that can be played, and reports
// whether one could.
func (p *person) put(datum string) (bool, error) {
	if !p.text.kept(datum) || !p.text.personal(datum) {
		return false, nil
	}
	for _, r := range p.text.collecting(datum, "", "") {
		if _, err := p.grant(standing(p.text, r.Needs.Choice)); err != nil {
			return false, err
		}
		if err := p.open(r.Features); err != nil {
			return false, err
		}
		q, err := p.request(r, datum, r.Points[0].Text, r.For[0].Text)
		if _, cannot := err.(*unplayable); cannot {
			continue
		}
		if err != nil {
			return false, err
		}
		a, err := p.decide("collect", q)
		if err != nil {
			return false, err
		}
		if a.allowed {
			return true, nil
		}
	}
	return false, nil
}

func (s *stage) useOtherwise(r *syntax.Use) error {
	p := s.someone()
	if err := p.prepareUse(r.Needs.Choice, r.Feature); err != nil {
		return err
	}
	for _, why := range append(ids(s.text.Purposes, purposeID), "a-purpose-nobody-declared") {
		for _, by := range append(ids(s.text.Roles, roleID), "a-role-nobody-declared") {
			if !has(r.For, why) && !has(r.By, by) {
				continue
			}
			for _, personal := range []bool{true, false} { // what is about nobody is asked for without a person
				data := slices.DeleteFunc(words(r.Data), func(d string) bool {
					return s.text.personal(d) != personal || len(s.text.using(d, why, by)) > 0
				})
				if err := p.mayNotUse(r, data, why, by); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (p *person) mayNotUse(r *syntax.Use, data []string, why, by string) error {
	if len(data) == 0 {
		return nil
	}
	q, err := p.useRequest(r, data[0], why, by)
	if err != nil {
		return err
	}
	return p.refuses("use", *q, data, func(d string, a *answer) error {
		return expect(!a.allowed, fmt.Sprintf("%s refused to %s for %s", d, by, why), "%v", a)
	})
}

func (s *stage) useToggled(r *syntax.Use, choice string) error {
	c := s.text.choice(choice)
	datum, why, by, ok := s.text.soleUse(r, choice)
	if c == nil || !ok {
		return nil
	}
	p := s.someone()
	others := slices.DeleteFunc(slices.Clone(r.Needs.Choice), func(w syntax.Word) bool { return w.Text == choice })
	if err := p.prepareUse(others, r.Feature); err != nil {
		return err
	}
	steps := []step{{"", c.Kind.Text == "opt-out"}, {"given", true}, {"withdrawn", false}, {"given", true}, {"refused", false}}
	return p.toggle(choice, steps, func() (*answer, error) {
		q, err := p.useRequest(r, datum, why, by)
		if err != nil {
			return nil, err
		}
		return p.decide("use", q)
	})
}

func (t text) soleUse(r *syntax.Use, choice string) (datum, purpose, role string, ok bool) {
	for _, d := range r.Data {
		for _, why := range r.For {
			for _, by := range r.By {
				all := t.using(d.Text, why.Text, by.Text)
				if !slices.ContainsFunc(all, func(o *syntax.Use) bool { return !has(o.Needs.Choice, choice) }) {
					return d.Text, why.Text, by.Text, true
				}
			}
		}
	}
	return "", "", "", false
}

// roleOnly expects that no other role reads the data, whatever the purpose.
func (s *stage) roleOnly(a *syntax.Access) error {
	p := s.someone()
	if err := p.accept(); err != nil {
		return err
	}
	for _, d := range a.Data {
		for _, by := range append(ids(s.text.Roles, roleID), "a-role-nobody-declared") {
			if has(a.Roles, by) {
				continue
			}
			for _, why := range ids(s.text.Purposes, purposeID) {
				ans, err := p.decide("use", &ask{Subject: p.ref, Data: []string{d.Text}, Purpose: why, Role: by})
				if err != nil {
					return err
				}
				if ans.allowed {
					return &mismatch{d.Text + " for its roles only", ans.String() + " to " + by}
				}
			}
		}
	}
	return nil
}

package prove

import (
	"slices"
	"strings"

	"avow.dev/policy/syntax"
)

// mixingProbes play what happens when non-personal data meets personal data.
func (t text) mixingProbes(m *syntax.Mixing) []probe {
	id := m.ID.Text
	switch m.When.Text {
	case "stored-together":
		return []probe{{id, "counts what is kept with a person as personal", func(s *stage) error { return s.storedTogether(m) }}}
	case "joined":
		return []probe{{id, "counts what is joined with personal data as personal", func(s *stage) error { return s.joined(m) }}}
	case "exported-together":
		return []probe{{id, "shows what is exported with a person as personal", func(s *stage) error { return s.storedTogether(m) }}}
	case "carries-identifier":
		return []probe{{id, "refuses or strips what identifies", func(s *stage) error { return s.identifierIn(m) }}}
	}
	return nil
}

// loose returns a non-personal datum of the mixing rule and the rule by which
// it is collected.
func (t text) loose(m *syntax.Mixing) (string, *syntax.Collect) {
	for i := range t.Data {
		d := &t.Data[i]
		if d.Class.Text != "non-personal" || len(m.Data) > 0 && !has(m.Data, d.ID.Text) {
			continue
		}
		if rules := t.collecting(d.ID.Text, "", ""); len(rules) > 0 {
			return d.ID.Text, rules[0]
		}
	}
	return "", nil
}

// storedTogether sends a non-personal datum under somebody's reference. It is
// kept as the personal datum that it becomes, or not at all; never as what it
// no longer is.
func (s *stage) storedTogether(m *syntax.Mixing) error {
	datum, r := s.text.loose(m)
	if r == nil {
		return &unplayable{"no non-personal datum is collected"}
	}
	p := s.someone()
	if err := p.prepare(r); err != nil {
		return err
	}
	q, err := p.request(r, datum, r.Points[0].Text, r.For[0].Text)
	if err != nil {
		return err
	}
	q.Subject, q.Anonymous = p.ref, false
	a, err := p.decide("collect", q)
	if err != nil {
		return err
	}
	if a.allowed {
		l, err := s.evidence(a.index)
		if err != nil {
			return err
		}
		if slices.Contains(l.Data, datum) {
			return &mismatch{datum + " under a person's reference decided as personal data", "decided as " + datum}
		}
	}
	c, _, err := p.copy()
	if err != nil {
		return err
	}
	return expect(!c.has(datum), datum+" never held of a person as non-personal", "it is")
}

// joined asks for a non-personal datum together with a personal one.
func (s *stage) joined(m *syntax.Mixing) error {
	datum, _ := s.text.loose(m)
	if datum == "" {
		return &unplayable{"no non-personal datum is collected"}
	}
	for i := range s.text.Use {
		r := &s.text.Use[i]
		if !has(r.Data, datum) {
			continue
		}
		p := s.someone()
		if err := p.prepareUse(r.Needs.Choice, r.Feature); err != nil {
			return err
		}
		personal := s.somePersonal()
		a, err := p.decide("use", &ask{Subject: p.ref, Data: []string{personal, datum}, Purpose: r.For[0].Text, Role: r.By[0].Text})
		if err != nil {
			return err
		}
		return expect(!a.allowed && a.because("mixed-with-personal"), "a join of "+personal+" and "+datum+" refused as personal", "%v", a)
	}
	return &unplayable{"no rule reads a non-personal datum"}
}

func (s *stage) somePersonal() string {
	for i := range s.text.Data {
		if d := s.text.Data[i].ID.Text; s.text.personal(d) {
			return d
		}
	}
	return "email"
}

// identifierIn sends identifiers in a value that is called non-personal.
func (s *stage) identifierIn(m *syntax.Mixing) error {
	datum, r := s.text.loose(m)
	if r == nil {
		return &unplayable{"no non-personal datum is collected"}
	}
	p := s.someone()
	if err := p.prepare(r); err != nil {
		return err
	}
	for _, hot := range []string{"li@mail.example", "+86 138 0000 1111", "490154203237518", "00:1a:2b:3c:4d:5e", "user_id=42", "203.0.113.9", "6f1b1f0e-7e0a-4c3e-9d0e-1d2c3b4a5f60"} {
		q, err := p.request(r, datum, r.Points[0].Text, r.For[0].Text)
		if err != nil {
			return err
		}
		q.Items[0].Value = hot
		a, err := p.decide("collect", q)
		if err != nil {
			return err
		}
		if a.allowed && m.Then.Text == "stripped" {
			if err := p.strippedOut(datum, hot); err != nil {
				return err
			}
			continue
		}
		if a.allowed || !a.because("carries-identifier") && !a.because("value-malformed") {
			return &mismatch{"a value that identifies refused in " + datum, a.String()}
		}
	}
	return nil
}

// strippedOut reads what is held of a datum about nobody, and expects an
// identifier that was sent in it to be gone.
func (p *person) strippedOut(datum, hot string) error {
	for _, u := range p.text.using(datum, "", "") {
		if len(u.Needs.Choice) > 0 {
			continue
		}
		a, err := p.decide("use", &ask{Data: []string{datum}, Purpose: u.For[0].Text, Role: u.By[0].Text, Feature: first(append(words(u.Feature), ""))})
		if err != nil {
			return err
		}
		for _, it := range a.items {
			if strings.Contains(it.Value, hot) {
				return &mismatch{"identifiers stripped out of " + datum, "one is held"}
			}
		}
		return expect(a.allowed && len(a.items) > 0, datum+" to be read back", "%v", a)
	}
	return &unplayable{"no rule reads " + datum + " back"}
}

package prove

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"avow.dev/policy/syntax"
)

// nowhere is a region that no example names: Antarctica.
const nowhere = "AQ"

// placeProbes play one place: nothing lies or goes there before its notice was
// shown and its separate consent given, nothing goes anywhere else, and the
// evidence of a move names the place.
func (t text) placeProbes(e *syntax.Place) []probe {
	id := e.ID.Text
	probes := []probe{
		{id, "is where data lies or goes, and the evidence says so", func(s *stage) error { return s.placed(e) }},
		{id, "is one of the places that the policy names, and no other is", func(s *stage) error { return s.unplaced(e) }},
	}
	if e.Kind.Text != "transfer" {
		probes = append(probes, probe{id, "is where an instance and its copies may stand", func(s *stage) error { return s.standsOnlyThere(e) }})
	}
	if e.Notice.On || len(e.Choice) > 0 {
		probes = append(probes, probe{id, "opens after its notice and a yes to it", func(s *stage) error { return s.placeToggled(e) }})
	}
	return probes
}

// storedBy reports whether data can be stored at all only after a choice.
func (t text) storedBy(choice string) bool {
	return slices.ContainsFunc(t.Places, func(e syntax.Place) bool { return e.Kind.Text != "transfer" && has(e.Choice, choice) })
}

// settle says of the places of storage what a person is shown and says there when
// they sign up.
func (p *person) settle() error {
	var places []*syntax.Place
	for i := range p.text.Places {
		if e := &p.text.Places[i]; e.Kind.Text != "transfer" {
			places = append(places, e)
		}
	}
	return p.agreeTo(places)
}

// agreeTo shows the notices of places, and then gives their choices.
func (p *person) agreeTo(places []*syntax.Place) error {
	var given []string
	for _, e := range places {
		if e.Notice.On {
			if err := p.mustShow(e.ID.Text); err != nil {
				return err
			}
		}
	}
	for _, e := range places {
		for _, w := range e.Choice {
			if c := p.text.choice(w.Text); c == nil || c.Kind.Text == "per-event" || slices.Contains(given, w.Text) {
				continue
			}
			if err := p.choose(w.Text, "given"); err != nil {
				return err
			}
			given = append(given, w.Text)
		}
	}
	return nil
}

func (p *person) mustShow(places ...string) error {
	a, err := p.say(&agreement{Policy: p.hash, Notices: places})
	if err != nil {
		return err
	}
	return expect(a.allowed, "the notice of "+fmt.Sprint(places)+" to be recorded as shown", "%v", a)
}

// goes sends what would go to a place: something taken in, where data is stored,
// or something used there, where it is moved to.
func (p *person) goes(e *syntax.Place, region string) (*answer, error) {
	if e.Kind.Text == "transfer" {
		return p.usedIn(region)
	}
	for i := range p.text.Collect {
		r := &p.text.Collect[i]
		if len(standing(p.text, r.Needs.Choice)) != len(r.Needs.Choice) {
			continue // a choice for each event is another matter
		}
		for _, d := range r.Data {
			if !p.text.kept(d.Text) || !p.text.personal(d.Text) {
				continue
			}
			q, err := p.request(r, d.Text, r.Points[0].Text, r.For[0].Text)
			if _, cannot := errors.AsType[*unplayable](err); cannot {
				continue
			}
			if err != nil {
				return nil, err
			}
			if err := p.open(r.Features); err != nil {
				return nil, err
			}
			if _, err := p.grant(r.Needs.Choice); err != nil {
				return nil, err
			}
			q.Region = region
			return p.decide("collect", q)
		}
	}
	return nil, &unplayable{"no rule that takes personal data in can be played"}
}

func (p *person) usedIn(region string) (*answer, error) {
	for i := range p.text.Use {
		r := &p.text.Use[i]
		q, err := p.useRequest(r, r.Data[0].Text, r.For[0].Text, r.By[0].Text)
		if _, cannot := errors.AsType[*unplayable](err); cannot || err == nil && q.Subject == "" || len(r.Needs.Choice) > 0 ||
			p.text.forbidden("use", r.Data[0].Text, r.For[0].Text, "", r.ID.Text) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if err := p.open(r.Feature); err != nil {
			return nil, err
		}
		q.Region = region
		return p.decide("use", q)
	}
	return nil, &unplayable{"no rule of use can be played without a choice"}
}

func (s *stage) placed(e *syntax.Place) error {
	p := s.someone()
	if err := p.accept(); err != nil {
		return err
	}
	region := ""
	if e.Kind.Text == "transfer" {
		region = e.Region.Text
		if err := p.agreeTo([]*syntax.Place{e}); err != nil {
			return err
		}
	}
	a, err := p.goes(e, region)
	if err != nil {
		return err
	}
	if !a.allowed {
		return &mismatch{"data to lie or go in " + e.Region.Text, a.String()}
	}
	moves := e.Mechanism.Text != "" && e.Mechanism.Text != "none-needed"
	return expect(!moves || slices.Contains(a.rules, e.ID.Text), "evidence that names the place, its mechanism and its origin", "evidence that cites %v", a.rules)
}

func (s *stage) unplaced(e *syntax.Place) error {
	p := s.someone()
	if err := p.accept(); err != nil {
		return err
	}
	a, err := p.goes(e, nowhere)
	if err != nil {
		return err
	}
	return expect(!a.allowed && a.because("region-not-allowed"), "nothing to go to a region that no place names", "%v", a)
}

// standsOnlyThere starts engines whose data or copies would lie elsewhere.
func (s *stage) standsOnlyThere(e *syntax.Place) error {
	dir, err := folder()
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	try := func(name string, region string, backups []string) (bool, error) {
		a := s.elsewhere(dir + "/" + name)
		a.setup.Region, a.setup.Backups = region, backups
		if a.run() != nil {
			return false, nil
		}
		return true, a.end()
	}
	right, rightBackups := nowhere, []string{e.Region.Text}
	wrong, wrongBackups := s.setup.Region, []string{nowhere}
	if e.Kind.Text == "primary" {
		right, rightBackups, wrong, wrongBackups = e.Region.Text, nil, nowhere, nil
	} else {
		right = s.setup.Region
	}
	stands, err := try("right", right, rightBackups)
	if err != nil {
		return err
	}
	if !stands {
		return &mismatch{"an engine to start where " + e.ID.Text + " is", "it did not"}
	}
	stands, err = try("wrong", wrong, wrongBackups)
	if err != nil {
		return err
	}
	return expect(!stands, "no engine to start where the policy lets nothing lie", "one did")
}

// placeToggled shows and gives one thing after the other that a place asks for.
func (s *stage) placeToggled(e *syntax.Place) error {
	p := s.someone()
	if err := p.acceptOnly(); err != nil {
		return err
	}
	region := ""
	if e.Kind.Text == "transfer" {
		region = e.Region.Text
		if err := p.settle(); err != nil {
			return err
		}
	}
	for i := range s.text.Places { // every other notice first: none stands in for this one
		if o := &s.text.Places[i]; o.Notice.On && o.ID.Text != e.ID.Text {
			if err := p.mustShow(o.ID.Text); err != nil {
				return err
			}
		}
	}
	look := func(open bool, when, reason string) error {
		a, err := p.goes(e, region)
		if err != nil {
			return err
		}
		if a.allowed != open || !open && reason != "" && !a.because(reason) {
			return &mismatch{fmt.Sprintf("allowed = %v in %s %s", open, e.Region.Text, when), a.String()}
		}
		return nil
	}
	if e.Notice.On {
		if err := look(false, "before its notice was shown", "notice-missing"); err != nil {
			return err
		}
		for _, w := range e.Choice {
			a, err := p.say(&agreement{Choices: []choiceSaid{{w.Text, "given"}}})
			if err != nil {
				return err
			}
			if a.allowed {
				return &mismatch{"a yes to " + w.Text + " without the notice of " + e.ID.Text + " not to count", a.String()}
			}
		}
		if err := p.mustShow(e.ID.Text); err != nil {
			return err
		}
	}
	for _, w := range e.Choice {
		steps := []struct {
			say, reason string
			open        bool
		}{{"", "consent-missing", false}, {"given", "", true}, {"withdrawn", "consent-withdrawn", false}, {"given", "", true}}
		for _, st := range steps {
			if st.say != "" {
				if err := p.choose(w.Text, st.say); err != nil {
					return err
				}
			}
			if err := look(st.open, "after "+w.Text+" was "+st.say, st.reason); err != nil {
				return err
			}
		}
	}
	return look(true, "after notice and yes", "")
}

// placeMutants change one place; the choice is taken from every place that names
// it, since each asks for it by itself.
func (p *plan) placeMutants(v *syntax.Place, turn func(string, func(any)), whole func(string, func(*syntax.File))) {
	turn("in another region", func(x any) { x.(*syntax.Place).Region.Text = nowhere })
	if v.Notice.On {
		turn("without its notice", func(x any) { x.(*syntax.Place).Notice.On = false })
	}
	for _, w := range v.Choice {
		whole("without its separate consent "+w.Text, func(f *syntax.File) {
			for i := range f.Places {
				f.Places[i].Choice = without(f.Places[i].Choice, w.Text)
			}
		})
	}
}

// stands fills in where the engine under proof and its copies stand.
func (t text) stands(s *Setup) {
	for i := range t.Places {
		switch e := &t.Places[i]; e.Kind.Text {
		case "primary":
			s.Region = or(s.Region, e.Region.Text)
		case "backup":
			s.Backups = append(s.Backups, e.Region.Text)
		}
	}
}

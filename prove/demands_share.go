package prove

import (
	"fmt"
	"slices"

	"avow.dev/policy/syntax"
)

// demandShareProbes play a rule that lets data out to authorities: on each of its
// grounds, to each of its recipients, and never without a demand.
func (t text) demandShareProbes(r *syntax.Share) []probe {
	id := r.ID.Text
	return []probe{
		{id, "lets its fields out on an approved demand", func(s *stage) error { return s.sharedOnDemand(r) }},
		{id, "lets nothing out to whoever only says that there is one", func(s *stage) error { return s.sharedOnWord(r) }},
		{id, "lets nothing out to anybody else", func(s *stage) error { return s.shareOtherwise(r) }},
	}
}

func (s *stage) sharedOnDemand(r *syntax.Share) error {
	for i := range s.text.Demands {
		e := &s.text.Demands[i]
		if !has(r.Ground, e.ID.Text) {
			continue
		}
		d, err := s.newDrill(e, r)
		if err != nil {
			return err
		}
		for _, to := range words(r.To) {
			d.again()
			d.say.Authority = to
			a, h, err := d.through()
			if err != nil {
				return err
			}
			if !a.allowed || len(h.People) != 1 {
				return &mismatch{fmt.Sprintf("%s may get data on %s", to, e.ID.Text), a.String()}
			}
			if !slices.Equal(d.demand.Minimum, d.scope.Named) {
				return &mismatch{fmt.Sprintf("%v let out to %s", d.scope.Named, to), fmt.Sprint(d.demand.Minimum)}
			}
			if err := d.handedAsHeld(h); err != nil {
				return err
			}
			l, err := s.evidence(a.index - 1)
			if err != nil {
				return err
			}
			if l.Kind != r.Verb.Text || !slices.Contains(l.Rules, r.ID.Text) {
				return &mismatch{"evidence of the data that cites " + r.ID.Text, fmt.Sprintf("%+v", l)}
			}
		}
	}
	return nil
}

// sharedOnWord asks for the data with every word and no demand.
func (s *stage) sharedOnWord(r *syntax.Share) error {
	p := s.someone()
	if err := p.accept(); err != nil {
		return err
	}
	for _, datum := range words(r.Data) {
		for _, ground := range words(r.Ground) {
			a, err := p.decide(r.Verb.Text, &ask{Subject: p.ref, Data: []string{datum}, Purpose: r.For[0].Text, Recipient: r.To[0].Text, Ground: ground, Shown: showing(allProvenance)})
			if err != nil {
				return err
			}
			if a.allowed || len(a.items) > 0 || !a.because("approval-missing") {
				return &mismatch{datum + " kept from whoever only says that there is a demand", a.String()}
			}
		}
	}
	return nil
}

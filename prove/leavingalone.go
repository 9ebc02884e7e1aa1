package prove

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"avow.dev/policy/syntax"
)

// This file plays being left alone by an address, without an account and without
// signing in.

// aloneProbes play a right for which nobody has to be known.
func (t text) aloneProbes(r *syntax.Right) []probe {
	if r.Right.Text != "opt-out" && r.Right.Text != "limit" || len(t.addresses()) == 0 {
		return nil
	}
	return []probe{{r.ID.Text, "leaves whoever is behind an address alone, and tells nobody who that is", func(s *stage) error { return s.leftAlone(r) }}}
}

// addresses are the data of addresses by which people are found.
func (t text) addresses() []*syntax.Datum {
	var out []*syntax.Datum
	for i := range t.Data {
		if d := &t.Data[i]; d.Lookup.On && (d.Type.Text == "email" || d.Type.Text == "phone") {
			out = append(out, d)
		}
	}
	return out
}

func (s *stage) leftAlone(r *syntax.Right) error {
	for _, d := range s.text.addresses() {
		if err := s.leftAloneBy(r, d.ID.Text); err != nil {
			return err
		}
	}
	return nil
}

func (s *stage) leftAloneBy(r *syntax.Right, datum string) error {
	p, address, known, err := s.findable(datum)
	if err != nil {
		return err
	}
	other, _, _, err := s.findable(datum)
	if err != nil {
		return err
	}
	strange, err := s.someone().sample(datum)
	if err != nil {
		return err
	}
	off, err := s.wishAlone(r, datum, address)
	if err != nil {
		return err
	}
	nobody, err := s.wishAlone(r, datum, strange)
	if err != nil {
		return err
	}
	if !slices.Equal(off, nobody) {
		return &mismatch{"the same answer for an address of nobody", fmt.Sprintf("%v and %v", off, nobody)}
	}
	if err := s.engine.Sweep(s.ctx); err != nil {
		return fmt.Errorf("carry out what was asked: %w", err)
	}
	for _, c := range off {
		if on, err := p.agreed(c); err != nil || known && on {
			return orMismatch(err, c+" off for whoever is behind the address", "it is on")
		}
		if on, err := other.agreed(c); err != nil || !on {
			return orMismatch(err, c+" as it was for everybody else", "it is off")
		}
	}
	return nil
}

// findable makes a person who has agreed to all that can be agreed to, and who is found
// by an address if the policy lets one in.
func (s *stage) findable(datum string) (p *person, address string, known bool, err error) {
	p = s.someone()
	if err = p.accept(); err != nil {
		return
	}
	if address, err = p.sample(datum); err != nil {
		return
	}
	if known, err = p.putValue(datum, address); err != nil {
		return
	}
	for i := range s.text.Choices {
		if c := &s.text.Choices[i]; c.Kind.Text != "per-event" {
			if err = p.choose(c.ID.Text, "given"); err != nil {
				return
			}
		}
	}
	return
}

// wishAlone says at the door that an address is to be left alone, reads the evidence of
// it, and returns the choices that are off with that.
func (s *stage) wishAlone(r *syntax.Right, datum, address string) ([]string, error) {
	a, err := s.send("opt-outs", map[string]string{"right": r.Right.Text, "datum": datum, "address": address})
	if err != nil {
		return nil, err
	}
	var out struct {
		Receipt struct {
			Index int64 `json:"index"`
		} `json:"receipt"`
		Choices []string `json:"choices"`
	}
	if err := json.Unmarshal(a.raw, &out); err != nil || a.status != http.StatusOK {
		return nil, &mismatch{"an address to be left alone without signing in", a.String()}
	}
	l, err := s.evidence(out.Receipt.Index)
	if err != nil {
		return nil, err
	}
	return out.Choices, expect(l.Kind == "opt-out-asked" && slices.Contains(l.Rules, r.ID.Text), "evidence of the wish under "+r.ID.Text, "%s of %v", l.Kind, l.Rules)
}

// agreed reports whether a choice of the person stands in favour.
func (p *person) agreed(choice string) (bool, error) {
	a, err := p.send("standing", ask{Subject: p.ref})
	if err != nil {
		return false, err
	}
	var st struct {
		Choices []struct {
			Choice string `json:"choice"`
			State  string `json:"state"`
		} `json:"choices"`
	}
	if err := json.Unmarshal(a.raw, &st); err != nil || a.status != http.StatusOK {
		return false, orMismatch(err, "where a person stands", "status %d", a.status)
	}
	for _, c := range st.Choices {
		if c.Choice == choice {
			return c.State == "given", nil
		}
	}
	return false, nil
}

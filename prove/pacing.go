package prove

import (
	"slices"
	"time"

	"avow.dev/policy/syntax"
)

// pacingProbes play how often a rule takes a sample, and by which network.
func (t text) pacingProbes(r *syntax.Collect) []probe {
	id := r.ID.Text
	var probes []probe
	if r.Every.Set && r.Every.N > 0 {
		probes = append(probes, probe{id, "takes no second sample within its interval", func(s *stage) error { return s.spaced(r) }})
	}
	if r.Network.Text == "prefer-wifi" || r.Network.Text == "wifi-only" {
		probes = append(probes, probe{id, "waits for a network that is not metered", func(s *stage) error { return s.waits(r) }})
	}
	return probes
}

// sole returns a request that only this rule lets in.
func (t text) sole(r *syntax.Collect) (datum, point, purpose string, ok bool) {
	for _, d := range r.Data {
		for _, at := range r.Points {
			for _, why := range r.For {
				if len(t.collecting(d.Text, at.Text, why.Text)) == 1 {
					return d.Text, at.Text, why.Text, true
				}
			}
		}
	}
	return "", "", "", false
}

func (s *stage) spaced(r *syntax.Collect) error {
	d, at, why, ok := s.text.sole(r)
	if !ok {
		return &unplayable{"other rules take the same samples"}
	}
	p := s.someone()
	if err := p.prepare(r); err != nil {
		return err
	}
	var first time.Time
	for _, step := range []struct {
		wait  func() time.Time
		opens bool
		when  string
	}{
		{s.clock.now, true, "the first sample"},
		{s.clock.now, false, "a second sample at once"},
		{func() time.Time { return addPeriod(first, r.Every).Add(-time.Second) }, false, "a second sample before the interval is over"},
		{func() time.Time { return addPeriod(first, r.Every) }, true, "a second sample after the interval"},
	} {
		s.clock.set(step.wait())
		if first.IsZero() {
			first = s.clock.now()
		}
		q, err := p.request(r, d, at, why)
		if err != nil {
			return err
		}
		a, err := p.decide("collect", q)
		if err != nil {
			return err
		}
		if a.allowed != step.opens || !step.opens && !a.because("too-soon") {
			return &mismatch{map[bool]string{true: step.when + " taken", false: step.when + " refused"}[step.opens], a.String()}
		}
	}
	return nil
}

func (s *stage) waits(r *syntax.Collect) error {
	d, at, why, ok := s.text.sole(r)
	if !ok {
		return &unplayable{"other rules take the same data by any network"}
	}
	p := s.someone()
	if err := p.prepare(r); err != nil {
		return err
	}
	for _, network := range []string{"metered", "unknown", "", "wifi"} {
		q, err := p.request(r, d, at, why)
		if err != nil {
			return err
		}
		q.Device.Network = network
		a, err := p.decide("collect", q)
		if err != nil {
			return err
		}
		if opens := network == "wifi"; a.allowed != opens || !opens && !a.because("metered") {
			return &mismatch{map[bool]string{true: "the upload let through on Wi-Fi", false: "the upload put off on network " + network}[opens], a.String()}
		}
	}
	return nil
}

// leavingProbes play what a choice ends besides what comes in.
func (t text) leavingProbes(c *syntax.Choice) []probe {
	id := c.ID.Text
	var probes []probe
	if c.Programme.On {
		probes = append(probes, probe{id, "is left with uploads under way, and what is held is used no more", func(s *stage) error { return s.left(c) }})
	}
	if c.Kind.Text == "opt-out" {
		probes = append(probes, probe{id, "answers different people alike when it is off", func(s *stage) error { return s.alike(c) }})
	}
	if len(c.Stops) > 0 {
		probes = append(probes, probe{id, "closes no other function by being refused", func(s *stage) error { return s.othersStay(c) }})
	}
	return probes
}

// left joins a programme, sends something, leaves with another upload queued,
// and looks for what is still done.
func (s *stage) left(c *syntax.Choice) error {
	played := false
	for i := range s.text.Collect {
		r := &s.text.Collect[i]
		d, at, why, ok := s.text.soleCollect(r, c.ID.Text)
		if !has(r.Needs.Choice, c.ID.Text) || !ok || !s.text.personal(d) {
			continue
		}
		p := s.someone()
		if err := p.prepare(r); err != nil {
			return err
		}
		sentBefore, err := p.request(r, d, at, why)
		if err != nil {
			return err
		}
		a, err := p.decide("collect", sentBefore)
		if err != nil {
			return err
		}
		if err := expect(a.allowed, d+" taken for the programme", "%v", a); err != nil {
			return err
		}
		queued, err := p.request(r, d, at, why)
		if err != nil {
			return err
		}
		if err := p.choose(c.ID.Text, "withdrawn"); err != nil {
			return err
		}
		if a, err = p.decide("collect", queued); err != nil {
			return err
		}
		if err := expect(!a.allowed && a.because("consent-withdrawn"), "the upload that was queued refused after leaving", "%v", a); err != nil {
			return err
		}
		for j := range s.text.Use {
			u := &s.text.Use[j]
			if !has(u.Needs.Choice, c.ID.Text) || !has(u.Data, d) || !has(u.For, why) {
				continue
			}
			if a, err = p.decide("use", &ask{Subject: p.ref, Data: []string{d}, Purpose: why, Role: u.By[0].Text, Feature: first(words(u.Feature))}); err != nil {
				return err
			}
			if _, seen := a.value(d); a.allowed || seen {
				return &mismatch{"what is held of " + d + " not used after leaving", a.String()}
			}
		}
		played = true
	}
	if !played {
		return &unplayable{"no rule takes anything in for the programme alone"}
	}
	return nil
}

// alike expects that two people who differ get the same answer once both have
// switched the choice off: nothing about them plays a part in it.
func (s *stage) alike(c *syntax.Choice) error {
	for i := range s.text.Use {
		r := &s.text.Use[i]
		d, why, by, ok := s.text.soleUse(r, c.ID.Text)
		if !has(r.Needs.Choice, c.ID.Text) || !ok {
			continue
		}
		var answers []*answer
		for range 2 {
			p := s.someone()
			if err := p.prepareUse(r.Needs.Choice, r.Feature); err != nil {
				return err
			}
			if _, err := p.put(d); err != nil {
				return err
			}
			if err := p.choose(c.ID.Text, "refused"); err != nil {
				return err
			}
			q, err := p.useRequest(r, d, why, by)
			if err != nil {
				return err
			}
			a, err := p.decide("use", q)
			if err != nil {
				return err
			}
			answers = append(answers, a)
		}
		if a, b := answers[0], answers[1]; a.allowed || b.allowed || !slices.Equal(a.reasons, b.reasons) || len(a.items)+len(b.items) > 0 {
			return &mismatch{"the same answer without their data for two different people, with " + c.ID.Text + " off", a.String() + " and " + b.String()}
		}
	}
	return nil
}

// othersStay refuses a choice and expects that every rule which does not hang on
// it, for a function that it does not name, still opens.
func (s *stage) othersStay(c *syntax.Choice) error {
	p := s.someone()
	if err := p.accept(); err != nil {
		return err
	}
	if err := p.choose(c.ID.Text, "refused"); err != nil {
		return err
	}
	for i := range s.text.Collect {
		r := &s.text.Collect[i]
		stops := func(w syntax.Word) bool { return has(c.Stops, w.Text) }
		if r.Necessity.Text == "optional" || len(r.Needs.Choice) > 0 || len(r.Needs.Facts) > 0 || slices.ContainsFunc(r.Features, stops) || !s.text.personal(r.Data[0].Text) {
			continue
		}
		if err := p.open(r.Features); err != nil {
			return err
		}
		q, err := p.request(r, r.Data[0].Text, r.Points[0].Text, r.For[0].Text)
		if err != nil {
			continue // no made-up value fits: the rule's own probes say so
		}
		a, err := p.decide("collect", q)
		if err != nil {
			return err
		}
		if !a.allowed && a.forWantOfConsent() {
			return &mismatch{"rule " + r.ID.Text + " open to somebody who refused " + c.ID.Text, a.String()}
		}
	}
	return nil
}

// basic plays that a basic function asks for nothing that may be refused.
func (s *stage) basic(v *syntax.Feature) error {
	p := s.someone()
	if err := p.accept(); err != nil {
		return err
	}
	for i := range s.text.Choices {
		if c := &s.text.Choices[i]; c.Kind.Text != "per-event" && !s.text.storedBy(c.ID.Text) {
			if err := p.choose(c.ID.Text, "refused"); err != nil {
				return err
			}
		}
	}
	for i := range s.text.Collect {
		r := &s.text.Collect[i]
		if !has(r.Features, v.ID.Text) || r.Necessity.Text == "optional" {
			continue
		}
		if len(r.Needs.Choice) > 0 {
			return &mismatch{"the basic function " + v.ID.Text + " to need no choice", "rule " + r.ID.Text + " needs one"}
		}
		q, err := p.request(r, r.Data[0].Text, r.Points[0].Text, r.For[0].Text)
		if err != nil {
			continue
		}
		q.Feature = v.ID.Text
		a, err := p.decide("collect", q)
		if err != nil {
			return err
		}
		if err := expect(a.allowed || !a.forWantOfConsent(), "the basic function "+v.ID.Text+" open to somebody who refused everything optional", "%v (%s)", a, r.ID.Text); err != nil {
			return err
		}
	}
	return s.unlisted()
}

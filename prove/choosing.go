package prove

import (
	"slices"
	"strings"

	"avow.dev/policy/syntax"
)

// choiceProbes play one choice on every rule that hangs on it.
func (t text) choiceProbes(c *syntax.Choice) []probe {
	id := c.ID.Text
	var probes []probe
	for i := range t.Collect {
		if r := &t.Collect[i]; has(r.Needs.Choice, id) {
			probes = append(probes, probe{id, "governs " + r.ID.Text, func(s *stage) error { return s.collectToggled(r, id) }})
		}
	}
	for i := range t.Use {
		if r := &t.Use[i]; has(r.Needs.Choice, id) {
			probes = append(probes, probe{id, "governs " + r.ID.Text, func(s *stage) error { return s.useToggled(r, id) }})
		}
	}
	for i := range t.Share {
		if r := &t.Share[i]; has(r.Needs.Choice, id) {
			probes = append(probes, probe{id, "governs " + r.ID.Text, func(s *stage) error { return s.shareToggled(r, id) }})
		}
	}
	for i := range t.Places {
		if e := &t.Places[i]; has(e.Choice, id) {
			probes = append(probes, probe{id, "governs " + e.ID.Text, func(s *stage) error { return s.placeToggled(e) }})
		}
	}
	probes = append(probes, t.leavingProbes(c)...)
	for i := range t.Cookies {
		if k := &t.Cookies[i]; has(k.Choice, id) && !k.Invisible.On && isCookie(k) && k.Party.Text != "third" {
			probes = append(probes, probe{id, "governs " + k.ID.Text, func(s *stage) error { return s.cookieSet(k) }})
		} else if has(k.Choice, id) && k.Party.Text == "third" {
			probes = append(probes, probe{id, "governs " + k.ID.Text, func(s *stage) error { return s.thirdParty(k) }})
		}
	}
	for i := range t.Permissions {
		if e := &t.Permissions[i]; t.switches(e) == id {
			probes = append(probes, probe{id, "switches " + e.ID.Text, func(s *stage) error { return s.permissionSwitched(e, id) }})
		}
	}
	if slices.Contains(t.pageChoices(), id) {
		probes = append(probes, probe{id, "is recorded when it is made in a browser", func(s *stage) error { return s.recordedInBrowser(id) }})
	}
	return append(probes, probe{id, "is not given by accepting the policy", func(s *stage) error { return s.unconsented(id) }})
}

// unconsented expects that a person who accepted the policy, and said nothing
// else, is refused whatever needs the choice.
func (s *stage) unconsented(choice string) error {
	c := s.text.choice(choice)
	if c == nil || c.Kind.Text == "opt-out" {
		return nil
	}
	p := s.someone()
	if err := p.acceptOnly(); err != nil {
		return err
	}
	for i := range s.text.Collect {
		r := &s.text.Collect[i]
		d, at, why, ok := s.text.soleCollect(r, choice)
		if !has(r.Needs.Choice, choice) || !ok || !s.text.personal(d) {
			continue
		}
		v, err := p.sample(d)
		if err != nil {
			continue
		}
		a, err := p.decide("collect", &ask{Subject: p.ref, Items: []item{sent(d, v)}, Point: at, Purpose: why, Source: first(append(words(r.From), "person")), Feature: first(words(r.Features))})
		if err != nil {
			return err
		}
		if !(!a.allowed && a.forWantOfConsent()) {
			return &mismatch{"accepting the policy not to count as " + choice, a.String() + " (" + r.ID.Text + ")"}
		}
	}
	for i := range s.text.Use {
		r := &s.text.Use[i]
		d, why, by, ok := s.text.soleUse(r, choice)
		if !has(r.Needs.Choice, choice) || !ok {
			continue
		}
		a, err := p.decide("use", &ask{Subject: p.ref, Data: []string{d}, Purpose: why, Role: by, Feature: first(words(r.Feature))})
		if err != nil {
			return err
		}
		if !(!a.allowed && a.forWantOfConsent()) {
			return &mismatch{"accepting the policy not to count as " + choice, a.String() + " (" + r.ID.Text + ")"}
		}
	}
	return nil
}

// documentProbes play one further document: its area stays shut without it.
func (t text) documentProbes(d *syntax.Document) []probe {
	return []probe{{d.ID.Text, "keeps its area shut until it is accepted", func(s *stage) error { return s.documentOpens(d) }}}
}

func (s *stage) documentOpens(d *syntax.Document) error {
	for i := range s.text.Collect {
		r := &s.text.Collect[i]
		feature := slices.IndexFunc(r.Features, func(w syntax.Word) bool { return has(d.Opens, w.Text) })
		if feature < 0 {
			continue
		}
		p := s.someone()
		if err := p.accept(); err != nil {
			return err
		}
		if _, err := p.grant(standing(s.text, r.Needs.Choice)); err != nil {
			return err
		}
		for _, open := range []bool{false, true} {
			if open {
				if err := p.open(d.Opens); err != nil {
					return err
				}
			}
			q, err := p.request(r, r.Data[0].Text, r.Points[0].Text, r.For[0].Text)
			if err != nil {
				return err
			}
			q.Feature = r.Features[feature].Text
			a, err := p.decide("collect", q)
			if err != nil {
				return err
			}
			if a.allowed != open || !open && !a.because("not-accepted") {
				return &mismatch{"the area " + q.Feature + " open only after " + d.ID.Text + " is accepted", a.String()}
			}
		}
		return nil
	}
	for i := range s.text.Use {
		r := &s.text.Use[i]
		feature := slices.IndexFunc(r.Feature, func(w syntax.Word) bool { return has(d.Opens, w.Text) })
		if feature < 0 {
			continue
		}
		return s.documentOpensUse(d, r, r.Feature[feature].Text)
	}
	return s.documentKept(d)
}

// acts reports whether any rule takes data in, or uses any, in the area that a
// document opens.
func (t text) acts(d *syntax.Document) bool {
	opens := func(features []syntax.Word) bool {
		return slices.ContainsFunc(features, func(w syntax.Word) bool { return has(d.Opens, w.Text) })
	}
	return slices.ContainsFunc(t.File.Collect, func(r syntax.Collect) bool { return opens(r.Features) }) ||
		slices.ContainsFunc(t.File.Use, func(r syntax.Use) bool { return opens(r.Feature) })
}

// documentKept expects that the acceptance of a document beside the policy is
// recorded with the version that was accepted.
func (s *stage) documentKept(d *syntax.Document) error {
	p := s.someone()
	if err := p.accept(); err != nil {
		return err
	}
	a, err := p.say(&agreement{Policy: p.hash, Accept: true, Gesture: p.text.gesture(), Document: d.ID.Text})
	if err != nil {
		return err
	}
	if err := expect(a.allowed, "the acceptance of document "+d.ID.Text+" to be recorded", "%v", a); err != nil {
		return err
	}
	if a, err = p.send("standing", ask{Subject: p.ref}); err != nil {
		return err
	}
	want := d.ID.Text + "@" + d.Version.Text
	return expect(strings.Contains(string(a.raw), `"`+want+`"`), "the accepted version "+want, "status %d without it", a.status)
}

func (s *stage) documentOpensUse(d *syntax.Document, r *syntax.Use, feature string) error {
	p := s.someone()
	if err := p.accept(); err != nil {
		return err
	}
	if _, err := p.grant(standing(s.text, r.Needs.Choice)); err != nil {
		return err
	}
	for _, open := range []bool{false, true} {
		if open {
			if err := p.open(d.Opens); err != nil {
				return err
			}
		}
		a, err := p.decide("use", &ask{Subject: p.ref, Data: []string{r.Data[0].Text}, Purpose: r.For[0].Text, Role: r.By[0].Text, Feature: feature})
		if err != nil {
			return err
		}
		if a.allowed != open || !open && !a.because("not-accepted") {
			return &mismatch{"the area " + feature + " open only after " + d.ID.Text + " is accepted", a.String()}
		}
	}
	return nil
}

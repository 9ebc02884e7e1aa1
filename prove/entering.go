package prove

import (
	"fmt"
	"net/http"

	"avow.dev/policy/syntax"
)

// sourceProbes play one origin of data other than the person: what it must show
// is demanded, one thing after the other.
func (t text) sourceProbes(src *syntax.Source) []probe {
	return []probe{
		{src.ID.Text, "is believed only when it shows where the data comes from", func(s *stage) error { return s.sourceShown(src) }},
	}
}

func (s *stage) sourceShown(src *syntax.Source) error {
	played := false
	for i := range s.text.Collect {
		r := &s.text.Collect[i]
		if !has(r.From, src.ID.Text) {
			continue
		}
		played = true
		if err := s.collectShown(r, src); err != nil {
			return err
		}
	}
	for i := range s.text.Share {
		r := &s.text.Share[i]
		if !has(r.Source, src.ID.Text) {
			continue
		}
		err := s.shareUnshown(r, src.ID.Text)
		if _, cannot := err.(*unplayable); cannot {
			continue
		}
		if err != nil {
			return err
		}
		played = true
	}
	if !played {
		return s.sourceUnused(src)
	}
	return nil
}

// collectShown takes data in from the source with everything shown, and then
// without each thing in turn.
func (s *stage) collectShown(r *syntax.Collect, src *syntax.Source) error {
	p := s.someone()
	if err := p.prepare(r); err != nil {
		return err
	}
	for _, missing := range append([]syntax.Word{{}}, src.Needs...) {
		q, err := p.request(r, r.Data[0].Text, r.Points[0].Text, r.For[0].Text)
		if err != nil {
			return err
		}
		q.Source, q.Shown = src.ID.Text, showing(without(src.Needs, missing.Text))
		a, err := p.decide("collect", q)
		if err != nil {
			return err
		}
		if missing.Text == "" {
			if err := expect(a.allowed, "taken in from "+src.ID.Text+" with everything shown", "%v", a); err != nil {
				return err
			}
			continue
		}
		if !(!a.allowed && a.because(missing.Text+"-missing")) {
			return &mismatch{"refused from " + src.ID.Text + " without " + missing.Text, a.String()}
		}
	}
	return nil
}

// sourceUnused plays a source that no rule lets data in from: it opens nothing,
// whatever it shows.
func (s *stage) sourceUnused(src *syntax.Source) error {
	p := s.someone()
	if err := p.accept(); err != nil {
		return err
	}
	for _, d := range append(ids(s.text.Data, datumID), "email") {
		v, err := p.sample(d)
		if err != nil {
			continue
		}
		for _, missing := range src.Needs {
			q := &ask{Subject: p.ref, Items: []item{sent(d, v)}, Point: first(ids(s.text.Points, pointID)), Purpose: first(ids(s.text.Purposes, purposeID)),
				Source: src.ID.Text, Shown: showing(without(src.Needs, missing.Text))}
			a, err := p.decide("collect", q)
			if err != nil {
				return err
			}
			if a.allowed {
				return &mismatch{"nothing taken in from " + src.ID.Text + " without " + missing.Text, a.String()}
			}
		}
	}
	return nil
}

func first(list []string) string {
	if len(list) == 0 {
		return "none"
	}
	return list[0]
}

// unlisted plays open-ended wording: what is not listed is refused, whatever
// the original leaves open.
func (s *stage) unlisted() error {
	p := s.someone()
	if err := p.accept(); err != nil {
		return err
	}
	for _, d := range []string{"shoe-size", "anything-else", "other-information-permitted-by-law"} {
		for _, at := range ids(s.text.Points, pointID) {
			a, err := p.decide("collect", &ask{Subject: p.ref, Items: []item{sent(d, p.mark)}, Point: at, Purpose: first(ids(s.text.Purposes, purposeID)), Source: "person"})
			if err != nil {
				return err
			}
			if !(!a.allowed && a.because("datum-undeclared")) {
				return &mismatch{"data that is not listed refused as undeclared", a.String()}
			}
		}
	}
	for _, d := range ids(s.text.Data, datumID) {
		v, err := p.sample(d)
		if err != nil {
			continue
		}
		a, err := p.decide("collect", &ask{Subject: p.ref, Items: []item{sent(d, v)}, Point: "a-point-nobody-declared", Purpose: "a-purpose-nobody-declared", Source: "person"})
		if err != nil {
			return err
		}
		if a.allowed {
			return &mismatch{d + " refused at an undeclared point for an undeclared purpose", a.String()}
		}
	}
	return p.holdsNothing()
}

// unlistedPurpose plays open-ended purposes: none but the listed are served.
func (s *stage) unlistedPurpose() error {
	p := s.someone()
	if err := p.accept(); err != nil {
		return err
	}
	for _, d := range ids(s.text.Data, datumID) {
		for _, by := range append(ids(s.text.Roles, roleID), "anybody") {
			a, err := p.decide("use", &ask{Subject: p.ref, Data: []string{d}, Purpose: "any-other-purpose", Role: by})
			if err != nil {
				return err
			}
			if a.allowed {
				return &mismatch{d + " refused for a purpose that is not listed", a.String()}
			}
		}
	}
	return nil
}

// holdsNothing asks for the person's copy and expects no data in it.
func (p *person) holdsNothing() error {
	c, status, err := p.copy()
	if err != nil {
		return err
	}
	if status == http.StatusNotFound {
		return nil
	}
	return expect(len(c.Held) == 0, "nothing to be held", "%d kinds of data held", len(c.Held))
}

// acceptanceProbes play the gate before everything else.
func (t text) acceptanceProbes(e *syntax.Acceptance) []probe {
	id := e.ID.Text
	return []probe{
		{id, "keeps every gate shut until the policy in force is accepted by an act", (*stage).acceptanceAsked},
		{id, "leaves the exits open to a person who refuses", (*stage).declined},
		{id, "does not take acceptance for consent", (*stage).acceptanceIsNoConsent},
	}
}

func (s *stage) acceptanceAsked() error {
	p := s.someone()
	for _, bad := range []*agreement{
		{Policy: p.hash, Accept: true, Gesture: "use", Age: "adult"},
		{Policy: p.hash, Accept: true, Gesture: "browse", Age: "adult"},
		{Policy: p.hash, Accept: true, Age: "adult"},
		{Policy: "sha256:" + "00000000000000000000000000000000000000000000000000000000000000aa", Accept: true, Gesture: s.text.gesture(), Age: "adult"},
	} {
		a, err := p.say(bad)
		if err != nil {
			return err
		}
		if a.allowed {
			return &mismatch{fmt.Sprintf("no acceptance by gesture %q of text %.14s", bad.Gesture, bad.Policy), "it was recorded"}
		}
	}
	if err := p.shut("before the policy is accepted"); err != nil {
		return err
	}
	a, err := p.say(&agreement{Policy: p.hash, Accept: true, Gesture: s.text.gesture(), Age: "adult"})
	if err != nil {
		return err
	}
	if !a.allowed {
		return &mismatch{"an acceptance of the published text to be recorded", a.String()}
	}
	l, err := s.evidence(a.index)
	if err != nil {
		return err
	}
	return expect(l.Hash == s.hash, "evidence of acceptance that names the published text", "evidence names %.20s", l.Hash)
}

// shut tries to get data in, and to use it, and expects to be refused for want
// of acceptance. A policy that takes nothing refuses anyway.
func (p *person) shut(when string) error {
	for i := range p.text.Collect {
		r := &p.text.Collect[i]
		if r.Account.Text == "none" || !p.text.personal(r.Data[0].Text) {
			continue
		}
		v, err := p.sample(r.Data[0].Text)
		if err != nil {
			continue
		}
		a, err := p.decide("collect", &ask{Subject: p.ref, Items: []item{sent(r.Data[0].Text, v)}, Point: r.Points[0].Text, Purpose: r.For[0].Text, Source: "person", Feature: first(words(r.Features))})
		if err != nil {
			return err
		}
		if a.allowed {
			return &mismatch{"every gate shut " + when, a.String()}
		}
		if p.text.Acceptance.Required.On && !a.because("not-accepted") && !a.because("acceptance-refused") && !a.because("datum-undeclared") {
			return &mismatch{"refused for want of acceptance " + when, a.String()}
		}
	}
	for i := range p.text.Use {
		r := &p.text.Use[i]
		a, err := p.decide("use", &ask{Subject: p.ref, Data: []string{r.Data[0].Text}, Purpose: r.For[0].Text, Role: r.By[0].Text})
		if err != nil {
			return err
		}
		if !p.text.personal(r.Data[0].Text) {
			continue
		}
		if a.allowed || p.text.Acceptance.Required.On && !a.because("not-accepted") && !a.because("acceptance-refused") && !a.because("prohibited") {
			return &mismatch{"every gate shut for want of acceptance " + when, a.String()}
		}
	}
	return nil
}

func (s *stage) declined() error {
	p := s.someone()
	a, err := p.say(&agreement{Policy: p.hash, Decline: true, Gesture: s.text.gesture()})
	if err != nil {
		return err
	}
	if !a.allowed {
		return &mismatch{"a refusal of the policy to be recorded", a.String()}
	}
	if err := p.shut("after the policy was refused"); err != nil {
		return err
	}
	if _, status, err := p.copy(); err != nil || status != http.StatusOK {
		return orMismatch(err, "a copy for a person who refused", "status %d", status)
	}
	a, err = p.send("erase", ask{Subject: p.ref})
	if err != nil {
		return err
	}
	return expect(a.allowed, "erasure open to a person who refused", "%v", a)
}

func orMismatch(err error, expected, seenFormat string, args ...any) error {
	if err != nil {
		return err
	}
	return &mismatch{expected, fmt.Sprintf(seenFormat, args...)}
}

// acceptanceIsNoConsent plays every choice that must be given: after nothing but
// an acceptance, each request that needs it is refused.
func (s *stage) acceptanceIsNoConsent() error {
	for i := range s.text.Choices {
		c := &s.text.Choices[i]
		if c.Kind.Text == "opt-out" {
			continue
		}
		if err := s.unconsented(c.ID.Text); err != nil {
			return err
		}
	}
	return nil
}

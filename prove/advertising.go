package prove

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"avow.dev/policy/syntax"
)

// advertUses are the uses of parties, by the rules that open them.
var advertUses = map[string]string{"personalised": "show", "parties-collect": "collect", "parties-measure": "measure"}

// advertRuling is what the door says of a party.
type advertRuling struct {
	*answer
	Mode    string   `json:"mode"`
	Data    []string `json:"data"`
	Receipt struct {
		Index int64 `json:"index"`
	} `json:"receipt"`
}

func (p *person) advert(party, use string, gpc bool) (*advertRuling, error) {
	a, err := p.send("adverts", map[string]any{"subject": p.ref, "recipient": party, "use": use, "gpc": gpc})
	if err != nil {
		return nil, err
	}
	r := &advertRuling{answer: a}
	if a.status == http.StatusOK {
		if err := json.Unmarshal(a.raw, r); err != nil {
			return nil, fmt.Errorf("read the answer on adverts: %w", err)
		}
	}
	return r, nil
}

// advertProbes play one rule on adverts.
func (t text) advertProbes(e *syntax.Advert) []probe {
	id := e.ID.Text
	one := func(name string, run func(*stage) error) []probe { return []probe{{id, name, run}} }
	switch e.Rule.Text {
	case "named-parties":
		return one("lets the parties that are named show adverts, and nobody else", func(s *stage) error { return s.advertNamed(e) })
	case "personalised", "parties-collect", "parties-measure":
		probes := one("goes by the person's choice, and by no data without it", func(s *stage) error { return s.advertToggled(e, advertUses[e.Rule.Text]) })
		if e.Rule.Text == "parties-collect" && len(t.hostsOf(e.To)) > 0 {
			probes = append(probes, probe{id, "keeps the parties out of reach of pages until the person agrees", func(s *stage) error { return s.hostsFollow(s.text.hostsOf(e.To), words(e.Choice)) }})
		}
		return probes
	case "switch":
		return one("switches every use of the parties off", func(s *stage) error { return s.advertSwitch(e) })
	case "gpc":
		return one("heeds the browser's signal before anything else", func(s *stage) error { return s.advertSignal(e) })
	case "contextual":
		return one("shows adverts without a profile instead", func(s *stage) error { return s.advertContextual(e) })
	case "no-personal-data-to-parties":
		return one("hands the parties no personal data", func(s *stage) error { return s.advertNothingPersonal(e) })
	case "only-for-adverts":
		return one("hands the parties nothing for another purpose", func(s *stage) error { return s.advertOnly(e) })
	case "acceptance-is-no-consent":
		return one("takes accepting the policy for no consent", func(s *stage) error { return s.advertNotByAcceptance(e) })
	}
	return nil
}

func (s *stage) advertNamed(e *syntax.Advert) error {
	p := s.someone()
	if err := p.accept(); err != nil {
		return err
	}
	for i := range s.text.Parties {
		party := s.text.Parties[i].ID.Text
		r, err := p.advert(party, "show", false)
		if err != nil {
			return err
		}
		named := has(e.To, party)
		if r.allowed != named || !named && !r.because("recipient-undeclared") {
			return &mismatch{fmt.Sprintf("adverts by %s: %v", party, named), r.String()}
		}
		if named {
			l, err := s.evidence(r.Receipt.Index)
			if err != nil {
				return err
			}
			if !slices.Contains(l.Rules, e.ID.Text) {
				return &mismatch{"evidence that cites " + e.ID.Text, fmt.Sprint(l.Rules)}
			}
		}
	}
	r, err := p.advert("a-party-nobody-named", "show", false)
	if err != nil {
		return err
	}
	return expect(!r.allowed, "a party that nobody named to be refused", "%v", r)
}

// without is what a use comes to when it may not go by the person's data.
func (t text) without(use, party string) string {
	instead := slices.ContainsFunc(t.Adverts, func(a syntax.Advert) bool { return a.Rule.Text == "contextual" && has(a.To, party) })
	if use == "show" && instead {
		return "contextual"
	}
	return "none"
}

func (s *stage) advertToggled(e *syntax.Advert, use string) error {
	for _, w := range e.To {
		p := s.someone()
		if err := p.accept(); err != nil {
			return err
		}
		off := s.text.without(use, w.Text)
		check := func(when, mode string, gpc bool) error {
			r, err := p.advert(w.Text, use, gpc)
			if err != nil {
				return err
			}
			ok := r.Mode == mode && (mode != "personalised" || slices.Equal(r.Data, words(e.Data)))
			if !ok {
				return &mismatch{fmt.Sprintf("%s by %s %s: %s", use, w.Text, when, mode), fmt.Sprintf("%s by %v", r.Mode, r.Data)}
			}
			l, err := s.evidence(r.Receipt.Index)
			if err != nil {
				return err
			}
			return expect(mode != "personalised" || slices.Contains(l.Rules, e.ID.Text), "evidence that cites "+e.ID.Text, "%v", l.Rules)
		}
		if err := check("before a choice", off, false); err != nil {
			return err
		}
		for _, state := range []string{"given", "withdrawn", "given"} {
			for _, c := range e.Choice {
				if err := p.choose(c.Text, state); err != nil {
					return err
				}
			}
			mode := off
			if state == "given" {
				mode = "personalised"
			}
			if err := check("after "+state, mode, false); err != nil {
				return err
			}
		}
	}
	return nil
}

// advertUsesOf returns the rules by which a party may do something.
func (t text) advertUsesOf(party string) []*syntax.Advert {
	var out []*syntax.Advert
	for i := range t.Adverts {
		if a := &t.Adverts[i]; advertUses[a.Rule.Text] != "" && has(a.To, party) {
			out = append(out, a)
		}
	}
	return out
}

func (s *stage) advertSwitch(e *syntax.Advert) error {
	return s.advertOff(e, func(p *person) error {
		for _, c := range e.Choice {
			if err := p.choose(c.Text, "withdrawn"); err != nil {
				return err
			}
		}
		return nil
	}, false)
}

func (s *stage) advertSignal(e *syntax.Advert) error {
	for _, w := range e.Choice {
		if !s.text.gpcOn(w.Text) {
			return &mismatch{"choice " + w.Text + " to heed the signal", "it does not"}
		}
	}
	return s.advertOff(e, func(*person) error { return nil }, true)
}

// advertOff gives every choice, switches off, and expects that no party goes by the
// person's data any more.
func (s *stage) advertOff(e *syntax.Advert, off func(*person) error, gpc bool) error {
	for _, w := range e.To {
		for _, rule := range s.text.advertUsesOf(w.Text) {
			p, err := s.willing(e)
			if err != nil {
				return err
			}
			use := advertUses[rule.Rule.Text]
			r, err := p.advert(w.Text, use, false)
			if err != nil {
				return err
			}
			if r.Mode != "personalised" {
				return &mismatch{use + " by " + w.Text + " while it is on", r.Mode}
			}
			s.clock.set(s.clock.now().Add(time.Second)) // so that the signal is the later word
			if err := off(p); err != nil {
				return err
			}
			if r, err = p.advert(w.Text, use, gpc); err != nil {
				return err
			}
			if r.Mode == "personalised" {
				return &mismatch{use + " by " + w.Text + " switched off", r.Mode}
			}
		}
	}
	return nil
}

func (s *stage) advertContextual(e *syntax.Advert) error {
	for _, w := range e.To {
		p := s.someone()
		if err := p.accept(); err != nil {
			return err
		}
		r, err := p.advert(w.Text, "show", false)
		if err != nil {
			return err
		}
		if r.Mode != "contextual" || len(r.Data) > 0 {
			return &mismatch{"adverts without a profile by " + w.Text, fmt.Sprintf("%s by %v", r.Mode, r.Data)}
		}
		l, err := s.evidence(r.Receipt.Index)
		if err != nil {
			return err
		}
		if !slices.Contains(l.Rules, e.ID.Text) {
			return &mismatch{"evidence that cites " + e.ID.Text, fmt.Sprint(l.Rules)}
		}
	}
	return nil
}

// willing makes up somebody who accepted and agreed to whatever the parties' rules
// ask for.
func (s *stage) willing(e *syntax.Advert) (*person, error) {
	p := s.someone()
	if err := p.accept(); err != nil {
		return nil, err
	}
	for _, w := range e.To {
		for _, rule := range s.text.advertUsesOf(w.Text) {
			for _, c := range rule.Choice {
				if err := p.choose(c.Text, "given"); err != nil {
					return nil, err
				}
			}
		}
	}
	return p, nil
}

func (s *stage) advertNothingPersonal(e *syntax.Advert) error {
	p, err := s.willing(e)
	if err != nil {
		return err
	}
	for _, w := range e.To {
		for i := range s.text.Data {
			d := &s.text.Data[i]
			if !s.text.personal(d.ID.Text) {
				continue
			}
			for _, why := range s.text.advertPurposes() {
				a, err := p.decide("share", &ask{Subject: p.ref, Data: []string{d.ID.Text}, Purpose: why, Recipient: w.Text})
				if err != nil {
					return err
				}
				if a.allowed {
					return &mismatch{d.ID.Text + " kept from " + w.Text, a.String()}
				}
			}
		}
	}
	return nil
}

// advertPurposes are those that choices about adverts and their trackers speak of.
func (t text) advertPurposes() []string {
	var out []string
	for i := range t.Adverts {
		for _, w := range t.Adverts[i].Choice {
			if c := t.choice(w.Text); c != nil {
				for _, why := range words(c.For) {
					if !slices.Contains(out, why) {
						out = append(out, why)
					}
				}
			}
		}
	}
	return out
}

func (s *stage) advertOnly(e *syntax.Advert) error {
	p, err := s.willing(e)
	if err != nil {
		return err
	}
	for _, w := range e.To {
		for _, d := range e.Data {
			for _, why := range append(ids(s.text.Purposes, purposeID), "a-purpose-nobody-declared") {
				if slices.Contains(s.text.advertPurposes(), why) {
					continue
				}
				a, err := p.decide("share", &ask{Subject: p.ref, Data: []string{d.Text}, Purpose: why, Recipient: w.Text})
				if err != nil {
					return err
				}
				if a.allowed {
					return &mismatch{d.Text + " kept from " + w.Text + " for " + why, a.String()}
				}
			}
		}
	}
	return nil
}

func (s *stage) advertNotByAcceptance(e *syntax.Advert) error {
	for _, w := range e.To {
		p := s.someone()
		if err := p.accept(); err != nil {
			return err
		}
		for _, use := range []string{"show", "collect", "measure"} {
			r, err := p.advert(w.Text, use, false)
			if err != nil {
				return err
			}
			if r.Mode == "personalised" {
				return &mismatch{use + " by " + w.Text + " not to be opened by accepting the policy", r.Mode}
			}
		}
	}
	return nil
}

func (p *plan) advertMutants(v *syntax.Advert, turn func(string, func(any))) {
	switch v.Rule.Text {
	case "named-parties":
		if list := p.text.otherParties(v.To); len(list) > 0 {
			turn("names every party", func(x any) { x.(*syntax.Advert).To = append(x.(*syntax.Advert).To, list...) })
		}
	case "personalised", "parties-collect", "parties-measure":
		// With a switch over the same choice the party stays shut all the same.
		if !slices.ContainsFunc(p.text.Adverts, func(a syntax.Advert) bool {
			return a.Rule.Text == "switch" && slices.Equal(words(a.Choice), words(v.Choice))
		}) {
			turn("without its choice", func(x any) { x.(*syntax.Advert).Choice = nil })
		}
	case "contextual":
		turn("for one party only", func(x any) { x.(*syntax.Advert).To = x.(*syntax.Advert).To[:1] })
	}
}

// governsPages reports whether the engine, its browser script or the guard of sites
// acts on an entry, so that behaviour must tell that it is gone. The other rules on
// cookies and adverts say what is always so.
func governsPages(e syntax.Entry) bool {
	switch v := e.Value.(type) {
	case *syntax.Cookie:
		return !v.Invisible.On
	case *syntax.Trackers:
		return v.Rule.Text == "registered-only"
	case *syntax.Advert:
		return slices.Contains([]string{"named-parties", "personalised", "parties-collect", "parties-measure", "contextual"}, v.Rule.Text)
	}
	return false
}

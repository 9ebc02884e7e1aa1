package prove

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"avow.dev/cookies"
	"avow.dev/policy/syntax"
)

// trackerProbes play a rule for cookies as a whole.
func (t text) trackerProbes(e *syntax.Trackers) []probe {
	id := e.ID.Text
	one := func(name string, run func(*stage) error) probe { return probe{id, name, run} }
	each := func(name string, pick func(*syntax.Cookie) bool, run func(*stage, *syntax.Cookie) error) probe {
		return one(name, func(s *stage) error {
			for i := range s.text.Cookies {
				c := &s.text.Cookies[i]
				if c.Invisible.On || !pick(c) {
					continue
				}
				if err := run(s, c); err != nil {
					return err
				}
			}
			return nil
		})
	}
	own := func(c *syntax.Cookie) bool { return isCookie(c) && c.Party.Text != "third" }
	third := func(c *syntax.Cookie) bool { return c.Party.Text == "third" }
	switch e.Rule.Text {
	case "registered-only":
		return []probe{one("strips what nobody declared, both ways", (*stage).strays), one("keeps undeclared cookies and hosts out of a real browser", (*stage).straysInBrowser)}
	case "no-other-purpose":
		return []probe{one("opens what cookies say to no other purpose", (*stage).cookiePurposes)}
	case "choice-first":
		return []probe{each("sets what is not necessary after a yes only", own, (*stage).cookieSet), one("leaves evidence of each answer", (*stage).choiceRecorded),
			one("asks first in a real browser, and takes a no for a no", (*stage).choiceInBrowser)}
	case "browsing-is-no-consent":
		return []probe{one("takes browsing on for nothing", (*stage).browsingOn), one("takes neither browsing on nor Escape for a yes in a real browser", (*stage).browsingInBrowser)}
	case "manage-and-delete":
		return []probe{each("lets each category be taken back", own, (*stage).cookieSet), one("deletes everything when asked to", (*stage).forgets), one("leaves nothing behind in a real browser", (*stage).forgetsInBrowser)}
	case "works-without":
		return []probe{one("answers alike without any cookie", (*stage).sameWithout), one("can be read in a real browser with cookies off", (*stage).readableInBrowser)}
	case "necessary-only-required":
		return []probe{one("closes nothing to those who refuse", (*stage).sameWithout)}
	case "value-grammar":
		return []probe{each("takes no value of another form", own, (*stage).cookieForm)}
	case "third-party-needs-consent":
		return []probe{each("keeps other parties out of reach until the person agrees", third, (*stage).thirdParty), one("asks no other party in a real browser before a yes, nor under the signal", (*stage).choiceInBrowser)}
	case "four-categories":
		return []probe{each("is known to the browser script by its category", func(*syntax.Cookie) bool { return true }, (*stage).listed)}
	}
	return nil
}

// idle reports whether a choice governs nothing but pixels in mail, which the engine
// never sends.
func (t text) idle(choice string) bool {
	mail := slices.ContainsFunc(t.Cookies, func(c syntax.Cookie) bool { return c.Invisible.On && has(c.Choice, choice) })
	rules := slices.ContainsFunc(t.Collect, func(r syntax.Collect) bool { return has(r.Needs.Choice, choice) }) ||
		slices.ContainsFunc(t.Use, func(r syntax.Use) bool { return has(r.Needs.Choice, choice) }) ||
		slices.ContainsFunc(t.Share, func(r syntax.Share) bool { return has(r.Needs.Choice, choice) })
	return mail && !rules && !slices.Contains(t.pageChoices(), choice)
}

// asksFirst reports whether the policy promises that nothing optional comes before a
// choice.
func (t text) asksFirst() bool {
	return slices.ContainsFunc(t.Trackers, func(e syntax.Trackers) bool {
		return e.Rule.Text == "choice-first" || e.Rule.Text == "browsing-is-no-consent"
	})
}

func (s *stage) strays() error {
	for _, everything := range []bool{false, true} {
		choice, err := s.chose(false, s.text.pageChoices()...)
		if err != nil {
			return err
		}
		if !everything {
			choice = nil
		}
		v, err := s.browse("/got", choice, false, false, &http.Cookie{Name: stray, Value: "1"})
		if err != nil {
			return err
		}
		if v.set[stray] != nil || slices.Contains(v.got, stray) || !slices.Contains(v.gone, stray) {
			return &mismatch{"a cookie that nobody declared to be stripped", fmt.Sprintf("set %v, sent on %v", v.set[stray] != nil, slices.Contains(v.got, stray))}
		}
	}
	c, err := s.browserConfig()
	if err != nil {
		return err
	}
	return expect(c.Only, "the script to keep out what is not declared", "it lets it through")
}

// cookiePurposes tries what cookies say for every purpose that none of them has.
func (s *stage) cookiePurposes() error {
	var declared []string
	for i := range s.text.Cookies {
		declared = append(declared, words(s.text.Cookies[i].For)...)
	}
	datum := "cookie-id"
	if s.text.datum(datum) == nil {
		return &unplayable{"the policy has no datum for what cookies say"}
	}
	p := s.someone()
	if err := p.accept(); err != nil {
		return err
	}
	for _, why := range append(ids(s.text.Purposes, purposeID), "a-purpose-nobody-declared") {
		if slices.Contains(declared, why) {
			continue
		}
		for i := range s.text.Roles {
			a, err := p.decide("use", &ask{Subject: p.ref, Data: []string{datum}, Purpose: why, Role: s.text.Roles[i].ID.Text})
			if err != nil {
				return err
			}
			if a.allowed {
				return &mismatch{datum + " refused for " + why, a.String()}
			}
		}
	}
	return nil
}

// choiceRecorded makes each choice as the script does, and reads its evidence.
func (s *stage) choiceRecorded() error {
	for _, choice := range s.text.pageChoices() {
		if err := s.recordedInBrowser(choice); err != nil {
			return err
		}
	}
	return nil
}

func (s *stage) recordedInBrowser(choice string) error {
	who := s.visitor()
	for _, step := range []struct {
		given bool
		kind  string
	}{{true, "consent"}, {false, "consent-withdrawn"}} {
		a, err := s.chooses(who, "save", step.given, choice)
		if err != nil {
			return err
		}
		var body struct {
			Receipt struct {
				Index int64 `json:"index"`
			} `json:"receipt"`
		}
		if err := json.Unmarshal(a.raw, &body); err != nil || !a.allowed {
			return &mismatch{"the choice " + choice + " to be recorded", a.String()}
		}
		l, err := s.evidence(body.Receipt.Index)
		if err != nil {
			return err
		}
		if l.Kind != step.kind || !slices.Contains(l.Rules, choice) {
			return &mismatch{"evidence " + step.kind + " of " + choice, l.Kind + " of " + strings.Join(l.Rules, ", ")}
		}
	}
	return nil
}

func (s *stage) browsingOn() error {
	for range 3 {
		v, err := s.browse("/", nil, false, false)
		if err != nil {
			return err
		}
		for i := range s.text.Cookies {
			if c := &s.text.Cookies[i]; c.Category.Text != "necessary" && v.set[c.Name.Text] != nil {
				return &mismatch{c.Name.Text + " not to be set by browsing on", "it is set"}
			}
		}
	}
	a, err := s.chooses(s.visitor(), "browse", true, s.text.pageChoices()...)
	if err != nil {
		return err
	}
	return expect(a.status == http.StatusUnprocessableEntity, "browsing on to be refused as a choice", "status %d", a.status)
}

func (s *stage) forgets() error {
	w, err := s.shop()
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(s.ctx, http.MethodPost, w.url+cookies.ForgetPath, nil)
	if err != nil {
		return err
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return fmt.Errorf("ask the site to forget: %w", err)
	}
	defer resp.Body.Close()
	clear := resp.Header.Get("Clear-Site-Data")
	return expect(strings.Contains(clear, `"cookies"`) && strings.Contains(clear, `"storage"`), "the browser told to clear cookies and storage", "%q", clear)
}

// sameWithout compares the site's pages, and the published policy, with and without
// cookies.
func (s *stage) sameWithout() error {
	everything, err := s.chose(false, s.text.pageChoices()...)
	if err != nil {
		return err
	}
	nothing, err := s.chose(false)
	if err != nil {
		return err
	}
	with, err := s.browse("/", everything, false, false)
	if err != nil {
		return err
	}
	for _, c := range []*http.Cookie{nil, nothing} {
		v, err := s.browse("/", c, false, false)
		if err != nil {
			return err
		}
		if v.status != http.StatusOK || v.body != with.body {
			return &mismatch{"the same page without optional cookies", fmt.Sprintf("status %d, another page %v", v.status, v.body != with.body)}
		}
	}
	a, err := s.do(http.MethodGet, "/policy/"+s.text.Policy.Text, nil)
	if err != nil {
		return err
	}
	return expect(a.status == http.StatusOK && strings.Contains(string(a.raw), "<h1"), "the policy to be read without cookies", "status %d", a.status)
}

func then(steps ...func() error) error {
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

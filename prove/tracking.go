package prove

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"avow.dev/cookies"
	"avow.dev/internal/chromium"
	"avow.dev/policy/syntax"
)

// cookieProbes play one cookie, pixel or beacon.
func (t text) cookieProbes(c *syntax.Cookie) []probe {
	id := c.ID.Text
	one := func(name string, run func(*stage) error) probe { return probe{id, name, run} }
	if c.Invisible.On {
		return []probe{one("stands on no page", func(s *stage) error { return s.offPages(c) })}
	}
	probes := []probe{one("is known to the browser script as declared", func(s *stage) error { return s.listed(c) })}
	if isCookie(c) && c.Party.Text != "third" {
		probes = append(probes,
			one("is set when it may be, with the attributes declared", func(s *stage) error { return s.cookieSet(c) }),
			one("takes no value of another form", func(s *stage) error { return s.cookieForm(c) }))
	}
	if c.Party.Text == "third" {
		probes = append(probes, one("is out of reach until the person agrees", func(s *stage) error { return s.thirdParty(c) }))
	}
	return probes
}

func (s *stage) listed(c *syntax.Cookie) error {
	config, err := s.browserConfig()
	if err != nil {
		return err
	}
	for _, k := range config.Trackers {
		if k.Name == c.Name.Text {
			ok := k.Kind == or(c.Kind.Text, "cookie") && k.Need == (c.Category.Text == "necessary") && k.Third == (c.Party.Text == "third") && slices.Equal(k.Choices, words(c.Choice))
			return expect(ok, c.Name.Text+" as the policy declares it", "%+v", k)
		}
	}
	return &mismatch{c.Name.Text + " known to the script", "it is not"}
}

func (s *stage) offPages(c *syntax.Cookie) error {
	config, err := s.browserConfig()
	if err != nil {
		return err
	}
	for _, k := range config.Trackers {
		if k.Name == c.Name.Text {
			return &mismatch{c.Name.Text + " to be no matter of pages", "the script may use it"}
		}
	}
	v, err := s.browse("/", nil, false, false)
	if err != nil {
		return err
	}
	return expect(v.set[c.Name.Text] == nil, c.Name.Text+" not to be set by pages", "it is set")
}

// cookieSet plays a cookie before and after each answer, and under the signal.
func (s *stage) cookieSet(c *syntax.Cookie) error {
	type step struct {
		name   string
		given  []string
		chosen bool
		gpc    bool
		under  bool // the choice was made under the signal
		may    bool
	}
	necessary := c.Category.Text == "necessary" && len(c.Choice) == 0
	heeds := slices.ContainsFunc(c.Choice, func(w syntax.Word) bool { return s.text.gpcOn(w.Text) })
	out := slices.ContainsFunc(c.Choice, func(w syntax.Word) bool { k := s.text.choice(w.Text); return k != nil && k.Kind.Text == "opt-out" })
	var others []string
	for _, k := range s.text.pageChoices() {
		if !has(c.Choice, k) {
			others = append(others, k)
		}
	}
	steps := []step{
		{name: "before a choice", may: necessary || out},
		{name: "after a no", chosen: true, may: necessary},
		{name: "after a yes to everything else", chosen: true, given: others, may: necessary},
		{name: "after a yes", chosen: true, given: words(c.Choice), may: true},
		{name: "under the signal, after an earlier yes", chosen: true, given: words(c.Choice), gpc: true, may: !heeds},
		{name: "after a yes given under the signal", chosen: true, given: words(c.Choice), gpc: true, under: true, may: true},
	}
	held := &http.Cookie{Name: c.Name.Text, Value: fitting(c)}
	for _, st := range steps {
		var choice *http.Cookie
		var err error
		if st.chosen {
			if choice, err = s.chose(st.under, st.given...); err != nil {
				return err
			}
		}
		if c.Name.Text == cookies.ChoiceCookie {
			if choice == nil {
				continue
			}
			v, err := s.browse("/got", choice, false, false)
			if err != nil {
				return err
			}
			if !slices.Contains(v.got, c.Name.Text) {
				return &mismatch{"the choice to reach the site", "it is taken out"}
			}
			continue
		}
		v, err := s.browse("/got", choice, st.gpc, false, held)
		if err != nil {
			return err
		}
		set, got := v.set[c.Name.Text], slices.Contains(v.got, c.Name.Text)
		if (set != nil) != st.may || got != st.may {
			return &mismatch{fmt.Sprintf("%s %s: %v", c.Name.Text, st.name, st.may), fmt.Sprintf("set %v, sent on %v", set != nil, got)}
		}
		if !st.may && !slices.Contains(v.gone, c.Name.Text) {
			return &mismatch{c.Name.Text + " taken out of the jar " + st.name, "it stays"}
		}
		if set != nil {
			if err := s.attributes(c, set); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *stage) attributes(c *syntax.Cookie, set *http.Cookie) error {
	life := 0
	if c.Lifetime.N > 0 {
		life = int(addPeriod(s.clock.now(), c.Lifetime).Sub(s.clock.now()).Seconds())
	}
	site := map[string]http.SameSite{"strict": http.SameSiteStrictMode, "none": http.SameSiteNoneMode}[c.SameSite.Text]
	if site == 0 {
		site = http.SameSiteLaxMode
	}
	return expect(set.MaxAge == life && set.HttpOnly == c.HTTPOnly.On && set.SameSite == site && set.Secure, fmt.Sprintf("%s to live %d s, scripts kept out %v", c.Name.Text, life, c.HTTPOnly.On), "%s", set)
}

func (s *stage) cookieForm(c *syntax.Cookie) error {
	if c.Grammar.Text == "" || c.Name.Text == cookies.ChoiceCookie {
		if c.Name.Text != cookies.ChoiceCookie {
			return nil
		}
		v, err := s.browse("/got", &http.Cookie{Name: c.Name.Text, Value: "<" + misfit + ">"}, false, false)
		if err != nil {
			return err
		}
		return expect(!slices.Contains(v.got, c.Name.Text), "a choice of another form kept from the site", "it reached it")
	}
	choice, err := s.chose(false, words(c.Choice)...)
	if err != nil {
		return err
	}
	v, err := s.browse("/got", choice, false, true, &http.Cookie{Name: c.Name.Text, Value: misfit})
	if err != nil {
		return err
	}
	return expect(v.set[c.Name.Text] == nil && !slices.Contains(v.got, c.Name.Text), c.Name.Text+" with a mail address in it refused both ways", "set %v, sent on %v", v.set[c.Name.Text] != nil, slices.Contains(v.got, c.Name.Text))
}

// thirdParty plays the hosts of a third party: the site's own policy for browsers
// names them after a yes, and at no other time.
func (s *stage) thirdParty(c *syntax.Cookie) error {
	hosts := s.text.hostsOf(c.By)
	if len(hosts) == 0 {
		return &unplayable{"the parties of " + c.Name.Text + " name no hosts"}
	}
	return s.hostsFollow(hosts, words(c.Choice))
}

// hostsFollow expects hosts to be reachable by pages when all choices stand, and at
// no other time.
func (s *stage) hostsFollow(hosts, choices []string) error {
	heeds := slices.ContainsFunc(choices, s.text.gpcOn)
	for _, st := range []struct {
		name        string
		chosen, yes bool
		gpc         bool
		open        bool
	}{{"before a choice", false, false, false, false}, {"after a no", true, false, false, false}, {"after a yes", true, true, false, true}, {"under the signal", true, true, true, !heeds}} {
		var choice *http.Cookie
		var err error
		if st.chosen {
			var given []string
			if st.yes {
				given = choices
			}
			if choice, err = s.chose(false, given...); err != nil {
				return err
			}
		}
		v, err := s.browse("/", choice, st.gpc, false)
		if err != nil {
			return err
		}
		csp := v.header.Get("Content-Security-Policy")
		for _, h := range hosts {
			if strings.Contains(csp, " "+h) != st.open {
				return &mismatch{fmt.Sprintf("%s in reach of pages %s: %v", h, st.name, st.open), csp}
			}
		}
	}
	config, err := s.browserConfig()
	if err != nil {
		return err
	}
	for _, h := range hosts {
		if slices.Contains(config.Hosts, h) {
			return &mismatch{h + " closed by the script before a choice", "it is open"}
		}
		for _, k := range config.Choices {
			if slices.Contains(choices, k.ID) && (!slices.Contains(k.Hosts, h) || k.Out || k.GPC != s.text.gpcOn(k.ID)) {
				return &mismatch{h + " opened by " + k.ID + " in the script", fmt.Sprintf("%+v", k)}
			}
		}
	}
	return nil
}

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
		return []probe{each("lets each category be taken back", own, (*stage).cookieSet), one("deletes everything when asked to", (*stage).forgets)}
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

// visitIn opens the site in a real browser and waits for the script.
func (s *stage) visitIn(cookiesOff, gpc bool) (*chromium.Page, string, error) {
	w, err := s.shop()
	if err != nil {
		return nil, "", err
	}
	p, err := s.browsers.open(cookiesOff)
	if err != nil {
		return nil, "", err
	}
	if gpc {
		err = p.SendGPC()
	}
	for _, step := range []func() error{func() error { return p.Width(1200) }, func() error { return p.Goto(w.url) }, func() error { return p.Until(scriptReady) }} {
		if err == nil {
			err = step()
		}
	}
	if err != nil {
		p.Close()
		return nil, "", err
	}
	return p, w.url, nil
}

const (
	scriptReady  = `window.avow && document.readyState == "complete"`
	bannerShown  = `document.documentElement.classList.contains("show--consent")`
	bannerAccept = "#cc-main .cm [data-role=all]"
	bannerReject = "#cc-main .cm [data-role=necessary]"
)

// jarOf returns the names in a real jar that the policy does not call necessary.
func (s *stage) jarOf(p *chromium.Page) ([]string, error) {
	jar, err := p.Cookies()
	if err != nil {
		return nil, err
	}
	var out []string
	for _, c := range jar {
		need := slices.ContainsFunc(s.text.Cookies, func(k syntax.Cookie) bool { return k.Name.Text == c.Name && k.Category.Text == "necessary" })
		if !need && !slices.Contains(out, c.Name) {
			out = append(out, c.Name)
		}
	}
	return out, nil
}

// quiet expects that nothing optional is in the jar, that no pixel was asked for
// and that no other host was addressed.
func (s *stage) quiet(p *chromium.Page, when string) error {
	jar, err := s.jarOf(p)
	if err != nil {
		return err
	}
	s.web.mu.Lock()
	tracked := slices.Clone(s.web.tracked)
	s.web.mu.Unlock()
	strangers := p.Strangers(strings.TrimPrefix(s.web.url, "http://"), strings.TrimPrefix(s.engine.URL(), "http://"))
	return expect(len(jar) == 0 && len(tracked) == 0 && len(strangers) == 0, "nothing optional in the browser "+when, "cookies %v, pixels %v, hosts %v", jar, tracked, strangers)
}

// choiceInBrowser plays all answers in a real browser.
func (s *stage) choiceInBrowser() error {
	if _, err := s.shop(); err != nil {
		return err
	}
	s.web.mu.Lock()
	s.web.tracked = nil
	s.web.mu.Unlock()
	for _, gpc := range []bool{false, true} {
		p, _, err := s.visitIn(false, gpc)
		if err != nil {
			return err
		}
		defer p.Close()
		when := "before a choice"
		if gpc {
			when = "under Global Privacy Control"
		}
		if err := s.quiet(p, when); err != nil {
			return err
		}
		if gpc {
			continue
		}
		if err := then(func() error { return p.Click(bannerReject) }, func() error { return p.Until("avow.decided()") }, p.Reload, func() error { return p.Until(scriptReady) }); err != nil {
			return err
		}
		if err := s.quiet(p, "after a no"); err != nil {
			return err
		}
		again, err := chromium.Eval[bool](p, bannerShown)
		if err != nil {
			return err
		}
		if again {
			return &mismatch{"nobody to be asked again after a no", "the banner is there again"}
		}
	}
	return s.acceptInBrowser()
}

// acceptInBrowser: a yes opens what it speaks of, which shows that the silence
// before was the gate's doing.
func (s *stage) acceptInBrowser() error {
	p, _, err := s.visitIn(false, false)
	if err != nil {
		return err
	}
	defer p.Close()
	if err := then(func() error { return p.Click(bannerAccept) }, func() error { return p.Until("avow.decided() && " + scriptReady) }, p.Reload, func() error { return p.Until(scriptReady) }); err != nil {
		return err
	}
	if len(s.text.pageChoices()) == 0 {
		return nil
	}
	jar, err := s.jarOf(p)
	if err != nil {
		return err
	}
	s.web.mu.Lock()
	tracked := len(s.web.tracked)
	s.web.mu.Unlock()
	strangers := p.Strangers(strings.TrimPrefix(s.web.url, "http://"), strings.TrimPrefix(s.engine.URL(), "http://"))
	return expect(len(jar)+tracked+len(strangers) > 0, "what was agreed to in the browser after a yes", "nothing")
}

func then(steps ...func() error) error {
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (s *stage) browsingInBrowser() error {
	p, _, err := s.visitIn(false, false)
	if err != nil {
		return err
	}
	defer p.Close()
	if err := then(func() error { return p.Press("Escape") }, func() error { return p.Follow("#on") }, func() error { return p.Until(scriptReady) }); err != nil {
		return err
	}
	decided, err := chromium.Eval[bool](p, "avow.decided()")
	if err != nil {
		return err
	}
	if decided {
		return &mismatch{"browsing on to decide nothing", "it counts as a choice"}
	}
	jar, err := s.jarOf(p)
	if err != nil {
		return err
	}
	return expect(len(jar) == 0, "nothing optional in the jar after browsing on", "%v", jar)
}

func (s *stage) readableInBrowser() error {
	p, _, err := s.visitIn(true, false)
	if err != nil {
		return err
	}
	defer p.Close()
	text, err := p.Text("#read")
	if err != nil {
		return err
	}
	jar, err := p.Cookies()
	if err != nil {
		return err
	}
	return expect(text == "Reading needs nothing." && len(jar) == 0, "the page to be read with cookies off", "%q, with %d cookies", text, len(jar))
}

// straysInBrowser lets a page that the person trusts in everything try what nobody
// declared.
func (s *stage) straysInBrowser() error {
	p, _, err := s.visitIn(false, false)
	if err != nil {
		return err
	}
	defer p.Close()
	if err := then(func() error { return p.Click(bannerAccept) }, func() error { return p.Until("avow.decided() && " + scriptReady) }, p.Reload, func() error { return p.Until(scriptReady) }); err != nil {
		return err
	}
	const try = `(document.cookie = "` + stray + `=1; Path=/", fetch("http://stranger.localhost:9/x").then(() => "reached", e => document.cookie))`
	seen, err := chromium.Eval[string](p, try)
	if err != nil {
		return err
	}
	if strings.Contains(seen, stray) || seen == "reached" {
		return &mismatch{"an undeclared cookie and host kept out", seen}
	}
	blocked := slices.ContainsFunc(p.Complaints(), func(c string) bool {
		return strings.Contains(c, "stranger.localhost") && strings.Contains(c, "Content Security Policy")
	})
	return expect(blocked, "the browser itself to refuse an undeclared host", "%v", p.Complaints())
}

func (p *plan) cookieMutants(v *syntax.Cookie, turn func(string, func(any))) {
	if v.Invisible.On {
		return
	}
	if len(v.Choice) > 0 {
		turn("called necessary, without its choice", func(x any) { x.(*syntax.Cookie).Category.Text, x.(*syntax.Cookie).Choice = "necessary", nil })
	}
	if v.Party.Text == "third" {
		turn("by nobody who is named", func(x any) { x.(*syntax.Cookie).By = nil })
	}
	if !isCookie(v) || v.Party.Text == "third" || v.Name.Text == cookies.ChoiceCookie {
		return
	}
	turn("lives a year longer", func(x any) { lengthen(&x.(*syntax.Cookie).Lifetime) })
	turn("open to scripts, or closed to them", func(x any) { x.(*syntax.Cookie).HTTPOnly.On = !x.(*syntax.Cookie).HTTPOnly.On })
	turn("sent from other sites, or not", func(x any) {
		c := x.(*syntax.Cookie)
		c.SameSite.Text = map[bool]string{true: "lax", false: "none"}[c.SameSite.Text == "none"]
	})
	if v.Grammar.Text != "" {
		turn("takes any value", func(x any) { x.(*syntax.Cookie).Grammar.Text = "" })
	}
}

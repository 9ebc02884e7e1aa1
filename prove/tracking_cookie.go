package prove

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"avow.dev/cookies"
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
	if isCookie(c) && c.Name.Text == cookies.ChoiceCookie {
		probes = append(probes, one("is forgotten when its time is over, by the browser and by the engine", func(s *stage) error { return s.choiceForgotten(c) }))
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
			ok := k.Kind == or(c.Kind.Text, "cookie") && k.Need == (c.Category.Text == "necessary") && k.Third == (c.Party.Text == "third") && slices.Equal(k.Choices, words(c.Choice)) && k.Life == s.lifeOf(c)
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
	life := int(s.lifeOf(c))
	site := map[string]http.SameSite{"strict": http.SameSiteStrictMode, "none": http.SameSiteNoneMode}[c.SameSite.Text]
	if site == 0 {
		site = http.SameSiteLaxMode
	}
	return expect(set.MaxAge == life && set.HttpOnly == c.HTTPOnly.On && set.SameSite == site && set.Secure, fmt.Sprintf("%s to live %d s, scripts kept out %v", c.Name.Text, life, c.HTTPOnly.On), "%s", set)
}

// lifeOf is how long a cookie may live from now on, in seconds; 0 for one that ends with
// the visit.
func (s *stage) lifeOf(c *syntax.Cookie) int64 {
	if c.Lifetime.N == 0 {
		return 0
	}
	return int64(addPeriod(s.clock.now(), c.Lifetime).Sub(s.clock.now()) / time.Second)
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
	if v.Party.Text == "third" {
		return
	}
	if isCookie(v) || v.Kind.Text == "storage" {
		turn("lives a year longer", func(x any) { lengthen(&x.(*syntax.Cookie).Lifetime) })
	}
	if !isCookie(v) || v.Name.Text == cookies.ChoiceCookie {
		return
	}
	turn("open to scripts, or closed to them", func(x any) { x.(*syntax.Cookie).HTTPOnly.On = !x.(*syntax.Cookie).HTTPOnly.On })
	turn("sent from other sites, or not", func(x any) {
		c := x.(*syntax.Cookie)
		c.SameSite.Text = map[bool]string{true: "lax", false: "none"}[c.SameSite.Text == "none"]
	})
	if v.Grammar.Text != "" {
		turn("takes any value", func(x any) { x.(*syntax.Cookie).Grammar.Text = "" })
	}
}

package prove

import (
	"slices"
	"strings"

	"avow.dev/internal/chromium"
	"avow.dev/policy/syntax"
)

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

// trustIn opens the site as somebody who agrees to everything and comes back.
func (s *stage) trustIn() (*chromium.Page, error) {
	p, _, err := s.visitIn(false, false)
	if err != nil {
		return nil, err
	}
	if err := then(func() error { return p.Click(bannerAccept) }, func() error { return p.Until("avow.decided() && " + scriptReady) }, p.Reload, func() error { return p.Until(scriptReady) }); err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

// optionalIn returns what lies in a browser and is not necessary: names of cookies, and
// of entries of its storage.
func (s *stage) optionalIn(p *chromium.Page) (jar, stored []string, err error) {
	if jar, err = s.jarOf(p); err == nil {
		stored, err = s.storedOf(p)
	}
	return jar, stored, err
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
	stored, err := s.storedOf(p)
	if err != nil {
		return err
	}
	strangers := p.Strangers(strings.TrimPrefix(s.web.url, "http://"), strings.TrimPrefix(s.engine.URL(), "http://"))
	return expect(len(jar)+len(stored)+len(tracked)+len(strangers) == 0, "nothing optional in the browser "+when, "cookies %v, stored %v, pixels %v, hosts %v", jar, stored, tracked, strangers)
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
	p, err := s.trustIn()
	if err != nil {
		return err
	}
	defer p.Close()
	if len(s.text.pageChoices()) == 0 {
		return nil
	}
	jar, stored, err := s.optionalIn(p)
	if err != nil {
		return err
	}
	if err := s.storedAfterYes(stored); err != nil {
		return err
	}
	s.web.mu.Lock()
	tracked := len(s.web.tracked)
	s.web.mu.Unlock()
	strangers := p.Strangers(strings.TrimPrefix(s.web.url, "http://"), strings.TrimPrefix(s.engine.URL(), "http://"))
	return expect(len(jar)+len(stored)+tracked+len(strangers) > 0, "what was agreed to in the browser after a yes", "nothing")
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
	p, err := s.trustIn()
	if err != nil {
		return err
	}
	defer p.Close()
	const try = `(document.cookie = "` + stray + `=1; Path=/", fetch("http://stranger.localhost:9/x").then(() => "reached", e => document.cookie))`
	seen, err := chromium.Eval[string](p, try)
	if err != nil {
		return err
	}
	if strings.Contains(seen, stray) || seen == "reached" {
		return &mismatch{"an undeclared cookie and host kept out", seen}
	}
	stored, err := s.storedOf(p)
	if err != nil {
		return err
	}
	if slices.Contains(stored, stray) {
		return &mismatch{"an undeclared entry kept out of the browser's storage", "it is there"}
	}
	blocked := slices.ContainsFunc(p.Complaints(), func(c string) bool {
		return strings.Contains(c, "stranger.localhost") && strings.Contains(c, "Content Security Policy")
	})
	return expect(blocked, "the browser itself to refuse an undeclared host", "%v", p.Complaints())
}

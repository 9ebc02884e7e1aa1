package prove

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"avow.dev"
	"avow.dev/internal/chromium"
	"avow.dev/policy/syntax"
)

// choiceForgotten plays the end of what somebody without an account chose: it is
// remembered as long as the policy lets the cookie live that remembers it, in the
// browser and by the engine, and gone then.
func (s *stage) choiceForgotten(c *syntax.Cookie) error {
	start := s.clock.now()
	defer s.clock.set(start)
	config, err := s.browserConfig()
	if err != nil {
		return err
	}
	end := addPeriod(start, c.Lifetime)
	want := int64(end.Sub(start) / time.Second)
	if config.Remember == nil || *config.Remember != want {
		return &mismatch{fmt.Sprintf("the script to remember for %d s", want), fmt.Sprint(config.Remember)}
	}
	choices := s.text.pageChoices()
	if len(choices) == 0 {
		return nil
	}
	if c.Lifetime.N == 0 {
		end = start.Add(24 * time.Hour)
	}
	who := s.visitor()
	if a, err := s.chooses(who, "save", false, choices...); err != nil || !a.allowed {
		return expectErr(err, "a choice to be recorded", a)
	}
	for _, look := range []struct {
		at    time.Time
		known bool
	}{{end.Add(-time.Millisecond), true}, {end.Add(2 * time.Hour), false}} {
		s.clock.set(look.at)
		if err := s.engine.Sweep(s.ctx); err != nil {
			return fmt.Errorf("sweep: %w", err)
		}
		known, err := s.visitorKnown(who)
		if err != nil {
			return err
		}
		if known != look.known {
			return &mismatch{fmt.Sprintf("a visitor's choice kept = %v at %v", look.known, look.at), fmt.Sprint(known)}
		}
	}
	return nil
}

func expectErr(err error, expected string, a *answer) error {
	if err != nil {
		return err
	}
	return &mismatch{expected, a.String()}
}

func (s *stage) visitorKnown(name string) (bool, error) {
	raw, err := json.Marshal(map[string]string{"subject": string(avow.Visitor(name))})
	if err != nil {
		return false, err
	}
	a, err := s.do(http.MethodPost, "/v1/"+s.text.Policy.Text+"/standing", raw)
	if err != nil {
		return false, err
	}
	var st struct {
		Choices []json.RawMessage `json:"choices"`
	}
	if err := json.Unmarshal(a.raw, &st); err != nil || a.status != http.StatusOK {
		return false, fmt.Errorf("read a visitor's standing: status %d", a.status)
	}
	return len(st.Choices) > 0, nil
}

// keeper is a script of the site that keeps what it may and what it may not, under
// every name that the policy declares and one that it does not.
func (s *stage) keeper() string {
	names := []string{stray}
	for i := range s.text.Cookies {
		if c := &s.text.Cookies[i]; c.Kind.Text == "storage" && c.Party.Text != "third" {
			names = append(names, c.Name.Text)
		}
	}
	raw, err := json.Marshal(names)
	if err != nil {
		return "" // strings are always written
	}
	return `for (const name of ` + string(raw) + `) {
	for (const keep of [() => localStorage.setItem(name, "1"), () => sessionStorage.setItem(name, "1"), () => { indexedDB.open(name).onsuccess = e => e.target.result.close() }]) try { keep() } catch {}
}`
}

// storedOf returns what a real browser keeps of the site beside cookies, but for what
// the policy calls necessary.
func (s *stage) storedOf(p *chromium.Page) ([]string, error) {
	const all = `(async () => { try { return [...Object.keys(localStorage), ...Object.keys(sessionStorage), ...(await indexedDB.databases()).map(d => d.name)].join(" ") } catch { return "" } })()`
	list, err := chromium.Eval[string](p, all)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, name := range strings.Fields(list) {
		need := false
		for i := range s.text.Cookies {
			c := &s.text.Cookies[i]
			need = need || c.Kind.Text == "storage" && c.Name.Text == name && c.Category.Text == "necessary"
		}
		if !need {
			out = append(out, name)
		}
	}
	return out, nil
}

// storedAfterYes expects everything that the site may keep by now.
func (s *stage) storedAfterYes(stored []string) error {
	for i := range s.text.Cookies {
		c := &s.text.Cookies[i]
		if c.Kind.Text != "storage" || c.Party.Text == "third" || len(c.Choice) == 0 {
			continue
		}
		if !strings.Contains(" "+strings.Join(stored, " ")+" ", " "+c.Name.Text+" ") {
			return &mismatch{c.Name.Text + " in the browser's storage after a yes", fmt.Sprint(stored)}
		}
	}
	return nil
}

// forgetsInBrowser agrees to everything, lets the site keep what it likes, and has it
// all deleted.
func (s *stage) forgetsInBrowser() error {
	p, err := s.trustIn()
	if err != nil {
		return err
	}
	defer p.Close()
	if _, err := chromium.Eval[any](p, `void avow.forget()`); err != nil {
		return err
	}
	if err := p.Until("window.avow && !avow.decided() && " + bannerShown); err != nil {
		return err
	}
	jar, stored, err := s.optionalIn(p)
	if err != nil {
		return err
	}
	return expect(len(jar)+len(stored) == 0, "nothing optional left after deleting everything", "cookies %v, stored %v", jar, stored)
}

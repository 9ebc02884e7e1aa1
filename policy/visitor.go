package policy

import (
	"fmt"
	"slices"
	"time"

	"avow.dev/policy/syntax"
)

// ChoiceCookie is the cookie in which a site remembers what somebody chose about
// trackers. Its lifetime in the policy is how long the choice of somebody without an
// account is remembered, in the browser and here.
const ChoiceCookie = "avow_choice"

// AgesKey is the entry of browser storage in which the browser script notes until when
// other entries may stay, since a browser ends none by itself.
const AgesKey = "avow_ages"

// aDay is how long a choice is kept that no browser remembers for longer than a visit.
const aDay = 24 * time.Hour

// Remembers returns the declared lifetime of the choice cookie. It is not known where
// the policy declares none: then nothing is remembered in a browser.
func (p *Program) Remembers() (life syntax.Period, known bool) {
	if c := choiceCookie(p.file); c != nil {
		return c.Lifetime, true
	}
	return syntax.Period{}, false
}

// Forgets returns when a choice that somebody without an account made at an instant is
// forgotten: with the cookie that remembers it, and within a day where none does.
func (p *Program) Forgets(at time.Time) time.Time {
	if life, ok := p.Remembers(); ok && life.N > 0 {
		return After(at, life)
	}
	return at.Add(aDay)
}

func choiceCookie(f *syntax.File) *syntax.Cookie {
	for i := range f.Cookies {
		if c := &f.Cookies[i]; c.Name.Text == ChoiceCookie && (c.Kind.Text == "" || c.Kind.Text == "cookie") {
			return c
		}
	}
	return nil
}

// trackers checks what is said of trackers against what browsers can hold.
func (c *compiler) trackers() {
	c.remembered()
	ages := slices.ContainsFunc(c.file.Cookies, func(e syntax.Cookie) bool { return e.Kind.Text == "storage" && e.Name.Text == AgesKey })
	for i := range c.file.Cookies {
		if e := &c.file.Cookies[i]; !ages && e.Kind.Text == "storage" && e.Lifetime.N > 0 && e.Party.Text != "third" {
			c.fault(e.Lifetime.Pos, "storage-without-ages", fmt.Sprintf("%s stays in the browser for a time and nothing notes when it came", e.Name.Text),
				"a browser ends no entry of its storage by itself", fmt.Sprintf("declare {name: %s, kind: storage, category: necessary, party: first} as well, or write lifetime: at once", AgesKey))
		}
	}
}

// remembered checks that a choice is remembered for as long as a no to it is respected,
// and no longer than a yes to it holds.
func (c *compiler) remembered() {
	cookie := choiceCookie(c.file)
	if cookie == nil {
		return
	}
	for i := range c.file.Choices {
		e := &c.file.Choices[i]
		if !c.onPages(e.ID.Text) {
			continue
		}
		if e.ReAsk.Set && longer(e.ReAsk, cookie.Lifetime) {
			c.fault(cookie.Lifetime.Pos, "forgotten-early", fmt.Sprintf("%s forgets a no to %s before it may be asked again", ChoiceCookie, e.ID.Text),
				"somebody who said no would be asked again too early", "let it live at least as long as re_ask of the choice")
		}
		if e.Expires.Set && longer(cookie.Lifetime, e.Expires) {
			c.fault(cookie.Lifetime.Pos, "remembered-late", fmt.Sprintf("%s remembers a yes to %s longer than it holds", ChoiceCookie, e.ID.Text),
				"a yes that has run out would still open things in the browser", "let it live at most as long as expires of the choice")
		}
	}
}

// onPages reports whether something on a page hangs on a choice.
func (c *compiler) onPages(choice string) bool {
	return slices.ContainsFunc(c.file.Cookies, func(e syntax.Cookie) bool { return syntax.Has(e.Choice, choice) && !e.Invisible.On }) ||
		slices.ContainsFunc(c.file.Adverts, func(e syntax.Advert) bool {
			return syntax.Has(e.Choice, choice) && slices.Contains([]string{"personalised", "parties-collect", "parties-measure"}, e.Rule.Text)
		})
}

// longer reports whether a duration is the longer one in any month of the year in which
// it begins.
func longer(a, b syntax.Period) bool {
	for month := range time.Month(12) {
		from := time.Date(2026, month+1, 1, 0, 0, 0, 0, time.UTC)
		if After(from, a).After(After(from, b)) {
			return true
		}
	}
	return false
}

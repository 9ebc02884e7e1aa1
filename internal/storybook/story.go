package storybook

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"avow.dev"
	"avow.dev/internal/chromium"
)

// Story is one state of one page.
type Story struct {
	Name string
	As   avow.SubjectRef // who is signed in; empty: nobody
	Path string          // of the page, below the policy's
	Then []string        // what is clicked there, by CSS selector, each leading to a page

	Passkeys bool // the browser has them, and is at the address where they work

	Parent avow.SubjectRef // whose parent was let in; empty: nobody's

	Code bool // a guardian's code was asked for

	Shop bool     // the page is the club's own site
	Show []string // what is waited for and clicked there, and for the last: only waited for
}

// Stories are all states that are shown, in the order in which somebody would meet them.
func Stories() []Story {
	const erase = "form:has(input[value=erase]) "
	return []Story{
		{Name: "home-public"},
		{Name: "home", As: "li"},
		{Name: "home-new", As: "new"},
		{Name: "home-leaving", As: "leaving"},
		{Name: "data", As: "li", Path: "/data"},
		{Name: "data-shown", As: "li", Path: "/data", Then: []string{"#email form button"}},
		{Name: "data-empty", As: "new", Path: "/data"},
		{Name: "correct", As: "li", Path: "/data/correct/email"},
		{Name: "delete", As: "li", Path: "/data/delete/name"},
		{Name: "choices", As: "li", Path: "/choices"},
		{Name: "choices-new", As: "new", Path: "/choices"},
		{Name: "cookies", Path: "/cookies"},
		{Name: "publish", As: "li", Path: "/publish"},
		{Name: "publish-ask", As: "li", Path: "/publish", Then: []string{"section.card form button"}},
		{Name: "copy", As: "li", Path: "/copy"},
		{Name: "copy-ready", As: "li", Path: "/copy", Then: []string{"main form .acts button"}},
		{Name: "requests", As: "li", Path: "/requests"},
		{Name: "request", As: "li", Path: "/requests", Then: []string{"section.card h3 a"}},
		{Name: "requests-empty", As: "new", Path: "/requests"},
		{Name: "ask", As: "li", Path: "/requests/new"},
		{Name: "looked", As: "li", Path: "/looked"},
		{Name: "looked-refused", As: "li", Path: "/looked?only=refused"},
		{Name: "entry", As: "li", Path: "/looked", Then: []string{".looks li a"}},
		{Name: "policy", As: "li", Path: "/policy"},
		{Name: "policy-public", Path: "/policy"},
		{Name: "versions", As: "li", Path: "/versions"},
		{Name: "version-announced", As: "li", Path: "/versions/{third}"},
		{Name: "version-public", Path: "/versions/{second}"},
		{Name: "version-asks", As: "new", Path: "/versions/{second}"},
		{Name: "version-kept", As: "held", Path: "/versions/{second}"},
		{Name: "children", As: "li", Path: "/children"},
		{Name: "children-name", As: "kid", Path: "/children"},
		{Name: "children-asked", As: "asking", Path: "/children"},
		{Name: "children-erased", As: "erased", Path: "/children"},
		{Name: "guardian-door", Path: "/guardian"},
		{Name: "guardian-code", Path: "/guardian/code", Code: true},
		{Name: "guardian", Parent: "asking", Path: "/guardian"},
		{Name: "ward-asked", Parent: "asking", Path: "/guardian/of/{ward}"},
		{Name: "ward-agreed", Parent: "agreed", Path: "/guardian/of/{ward}"},
		{Name: "ward-erased", Parent: "erased", Path: "/guardian/of/{ward}"},
		{Name: "leave", As: "li", Path: "/leave"},
		{Name: "leave-unsure", As: "li", Path: "/leave", Then: []string{erase + "button"}},
		{Name: "leave-waits", As: "leaving", Path: "/leave"},
		{Name: "leave-held", As: "held", Path: "/leave"},
		{Name: "opt-out", Path: "/opt-out"},
		{Name: "opt-out-known", As: "li", Path: "/opt-out?right=limit"},
		{Name: "opt-out-done", Path: "/opt-out", Then: []string{"main form .acts button"}},
		{Name: "sign-in", Path: "/sign-in"},
		{Name: "sign-in-again", Path: "/sign-in?again=yes"},
		{Name: "sign-in-passkey", Path: "/sign-in", Passkeys: true},
		{Name: "passkeys-empty", As: "new", Path: "/passkeys", Passkeys: true},
		{Name: "passkeys", As: "li", Path: "/passkeys", Passkeys: true, Then: []string{"form[data-passkey] button"}},
		{Name: "dead-link", Path: "/enter/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", Then: []string{"main form button"}},
		{Name: "banner", Shop: true, Show: []string{"#cc-main .cm"}},
		{Name: "banner-choose", Shop: true, Show: []string{"#cc-main .cm [data-role=show]", "#cc-main .pm"}},
		{Name: "nowhere", Path: "/nothing-here"},
	}
}

// tail is a hash as it stands in an address.
func tail(h avow.Hash) string { return strings.TrimPrefix(string(h), "sha256:") }

// Tell brings a page of the browser to the state of a story, in a language.
func (h *House) Tell(ctx context.Context, page *chromium.Page, s *Story, lang string) error {
	if err := page.Header("Accept-Language", lang); err != nil {
		return err
	}
	here := func(at string) string { return at }
	if s.Passkeys {
		here = local
		if err := page.Passkeys(); err != nil {
			return err
		}
	}
	if s.As != "" {
		link, err := h.Link(ctx, s.As)
		if err != nil {
			return err
		}
		if err := page.Goto(here(link)); err != nil {
			return err
		}
		if err := page.Follow("main form button"); err != nil {
			return err
		}
	}
	if s.Shop {
		return h.tellShop(page, s)
	}
	if s.Parent != "" {
		if err := page.SetCookie(h.URL(), "__Host-avow.guardian.club", h.parents[s.Parent]); err != nil {
			return err
		}
	}
	if s.Code {
		if err := errors.Join(page.Goto(h.URL()+"/privacy/club/guardian"), page.Fill("#address", "somebody@home.example"), page.Follow("main form button")); err != nil {
			return err
		}
	}
	path := strings.NewReplacer("{second}", tail(h.second), "{third}", tail(h.third), "{ward}", h.wards[s.Parent]).Replace(s.Path)
	if err := page.Goto(here(h.URL()) + "/privacy/club" + path); err != nil {
		return err
	}
	for _, click := range s.Then {
		if err := page.Follow(click); err != nil {
			return fmt.Errorf("story %s: %w", s.Name, err)
		}
	}
	return nil
}

// local is an address of this machine as browsers take passkeys at it.
func local(at string) string { return strings.Replace(at, "127.0.0.1", "localhost", 1) }

// tellShop brings a page to a state of the banner.
func (h *House) tellShop(page *chromium.Page, s *Story) error {
	if err := page.Goto(h.Shop()); err != nil {
		return err
	}
	for i, show := range s.Show {
		if err := page.See(show); err != nil {
			return fmt.Errorf("story %s: %w", s.Name, err)
		}
		if i == len(s.Show)-1 {
			break
		}
		if err := page.Click(show); err != nil {
			return fmt.Errorf("story %s: %w", s.Name, err)
		}
	}
	// What slides in has arrived.
	return page.Until(`document.getAnimations().length == 0`)
}

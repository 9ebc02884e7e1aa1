package prove

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"avow.dev/policy/syntax"
)

// What is found, for each word of the policy language, and what must pass. The
// values are made up.
var contactSamples = map[string][]string{
	"phone":                 {"my number is 13800138000", "电话一三八零零一三八零零零", "1 3 8-0 0 1 3-8 0 0 0", "call (212) 555-0147"},
	"email":                 {"write to anna@mail.example", "anna (at) mail (dot) com", "发到ａｎｎａ＠ｍａｉｌ．ｅｘａｍｐｌｅ"},
	"postal-address":        {"I live at 42 Elm Street", "我家在中山路128号3栋501室"},
	"im-id":                 {"QQ 12345678", "加微信:moonlight88", "find me on telegram @lina_moon"},
	"nickname-with-contact": {"@lina_moon 的手机是13800138000", "@lina_moon writes from anna@mail.example"},
}

var contactless = []string{"今天天气不错,一起去跑步吧", "order 20261122334455 has shipped", "@lina_moon nice picture", "中山路很热闹", "see you on 2026-11-22 at 10:30"}

// checked is the door's answer about content.
type checked struct {
	Action string `json:"action"`
	Held   string `json:"held"`
}

func (p *person) check(where, text string) (*checked, error) {
	a, err := p.send("content", map[string]string{"subject": p.ref, "where": where, "text": text})
	if err != nil {
		return nil, err
	}
	c := &checked{}
	if a.status != http.StatusOK || json.Unmarshal(a.raw, c) != nil {
		return nil, &mismatch{"content to be looked through", a.String()}
	}
	return c, nil
}

func (t text) contentProbes(c *syntax.Content) []probe {
	id := c.ID.Text
	probes := []probe{{id, "keeps contact details out", func(s *stage) error { return s.contactsKeptOut(c) }},
		{id, "lets what holds none through", func(s *stage) error { return s.contactlessPasses(c) }}}
	if c.Action.Text == "hold" {
		probes = append(probes, probe{id, "holds until somebody decides", func(s *stage) error { return s.contentHeld(c) }})
	}
	return probes
}

// strictest is what all rules together do about content of a kind at a place.
func (t text) strictest(kinds []string, where string) string {
	order := []string{"allow", "warn", "hold", "block"}
	worst := 0
	for i := range t.Content {
		r := &t.Content[i]
		if has(r.Where, where) && slices.ContainsFunc(kinds, func(k string) bool { return has(r.Finds, k) }) {
			worst = max(worst, slices.Index(order, r.Action.Text))
		}
	}
	return order[worst]
}

// inSample are the kinds that stand in the samples of a kind.
func inSample(kind string) []string {
	if kind == "nickname-with-contact" {
		return []string{kind, "phone", "email"}
	}
	return []string{kind}
}

func (s *stage) contactsKeptOut(c *syntax.Content) error {
	p := s.someone()
	if err := p.accept(); err != nil {
		return err
	}
	for _, where := range c.Where {
		for _, kind := range c.Finds {
			for i, sample := range contactSamples[kind.Text] {
				kinds := inSample(kind.Text)
				if kind.Text == "nickname-with-contact" {
					kinds = []string{kind.Text, []string{"phone", "email"}[i]}
				}
				got, err := p.check(where.Text, sample)
				if err != nil {
					return err
				}
				if want := s.text.strictest(kinds, where.Text); got.Action != want {
					return &mismatch{fmt.Sprintf("%s of a %s with a %s", want, where.Text, kind.Text), got.Action}
				}
			}
		}
	}
	return nil
}

func (s *stage) contactlessPasses(c *syntax.Content) error {
	p := s.someone()
	if err := p.accept(); err != nil {
		return err
	}
	for _, where := range c.Where {
		for _, sample := range contactless {
			got, err := p.check(where.Text, sample)
			if err != nil {
				return err
			}
			if got.Action != "allow" {
				return &mismatch{"a " + where.Text + " without contact details to pass", got.Action}
			}
		}
	}
	return nil
}

// contentHeld sends a text that is held, and has somebody decide.
func (s *stage) contentHeld(c *syntax.Content) error {
	for _, where := range c.Where {
		kind := c.Finds[0].Text
		if s.text.strictest(inSample(kind), where.Text) != "hold" {
			continue
		}
		p := s.someone()
		if err := p.accept(); err != nil {
			return err
		}
		got, err := p.check(where.Text, contactSamples[kind][0])
		if err != nil {
			return err
		}
		for _, step := range []struct{ op, want string }{{"", "held"}, {"decide", ""}, {"", "refused"}} {
			if step.op == "decide" {
				a, err := s.as("ann", "content/decide", map[string]any{"id": got.Held, "release": false})
				if err != nil {
					return err
				}
				if !a.allowed {
					return &mismatch{"somebody to decide about held content", a.String()}
				}
				continue
			}
			a, err := s.send("content/outcome", map[string]string{"id": got.Held})
			if err != nil {
				return err
			}
			var h struct{ State, Text string }
			if json.Unmarshal(a.raw, &h) != nil || h.State != step.want || h.Text != "" {
				return &mismatch{"content " + step.want, fmt.Sprintf("state %q", h.State)}
			}
		}
		return nil
	}
	return &unplayable{"another rule blocks whatever this one would hold"}
}

package prove

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/mail"
	"net/url"
	"strings"

	"avow.dev/policy/syntax"
)

// page is the published text in one language, as a reader's program sees it.
type page struct {
	rules   map[string]bool
	clauses map[string]bool
	words   strings.Builder // every text, one after the other
	hash    string
}

// published fetches the published text in every language.
func (s *stage) published() (map[string]*page, error) {
	out := make(map[string]*page)
	for _, lang := range s.text.Languages {
		a, err := s.do(http.MethodGet, "/policy/"+s.text.Policy.Text+".json?lang="+lang.Text, nil)
		if err != nil {
			return nil, err
		}
		if a.status != http.StatusOK {
			return nil, &mismatch{"the published text in " + lang.Text, fmt.Sprintf("status %d", a.status)}
		}
		var body any
		if err := json.Unmarshal(a.raw, &body); err != nil {
			return nil, fmt.Errorf("read published text: %w", err)
		}
		p := &page{rules: make(map[string]bool), clauses: make(map[string]bool)}
		p.collect(body)
		out[lang.Text] = p
	}
	return out, nil
}

// collect takes every rule and clause id out of the text, wherever it stands.
func (p *page) collect(v any) {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			if s, ok := x.(string); ok && k == "hash" {
				p.hash = s
			}
			p.collect(x)
			p.note(k, x)
		}
	case []any:
		for _, x := range v {
			p.collect(x)
		}
	case string:
		p.words.WriteString(v)
		p.words.WriteByte('\n')
	}
}

func (p *page) note(key string, v any) {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	for _, x := range list {
		s, ok := x.(string)
		if !ok {
			continue
		}
		switch key {
		case "rules", "rule":
			p.rules[s] = true
			p.rules[s[strings.LastIndex(s, "/")+1:]] = true
		case "clauses", "clause":
			p.clauses[s] = true
		}
	}
}

// rendered expects an entry in the published text of every language, with the
// clauses that it carries.
func (s *stage) rendered(h *syntax.Head) error {
	pages, err := s.pages()
	if err != nil {
		return err
	}
	for _, lang := range s.text.Languages {
		p := pages[lang.Text]
		if !p.rules[h.ID.Text] {
			return &mismatch{"rule " + h.ID.Text + " in the published text in " + lang.Text, "it is not there"}
		}
		for _, c := range h.Clause {
			if !p.clauses[c.Text] {
				return &mismatch{"clause " + c.Text + " in the published text in " + lang.Text, "it is not there"}
			}
		}
	}
	return nil
}

// pages fetches the published text once for each text in force.
func (s *stage) pages() (map[string]*page, error) {
	if s.shelf.hash == s.hash && s.shelf.pages != nil {
		return s.shelf.pages, nil
	}
	pages, err := s.published()
	if err == nil {
		s.shelf.hash, s.shelf.pages = s.hash, pages
	}
	return pages, err
}

// shelf keeps the last published text that was fetched.
type shelf struct {
	hash  string
	pages map[string]*page
}

// sameRules expects the same rules and clauses in every language.
func (s *stage) sameRules() error {
	pages, err := s.pages()
	if err != nil {
		return err
	}
	firstLang := s.text.Languages[0].Text
	for _, lang := range s.text.Languages[1:] {
		for id := range pages[firstLang].rules {
			if !pages[lang.Text].rules[id] {
				return &mismatch{"the same rules in " + firstLang + " and " + lang.Text, id + " stands in one only"}
			}
		}
		if len(pages[firstLang].rules) != len(pages[lang.Text].rules) || len(pages[firstLang].clauses) != len(pages[lang.Text].clauses) {
			return &mismatch{"the same rules in " + firstLang + " and " + lang.Text, "different numbers of them"}
		}
	}
	return nil
}

// contactProbes play one channel: it is real in form, and published.
func (t text) contactProbes(c *syntax.Contact) []probe {
	return []probe{{c.ID.Text, "names a channel that can be reached", func(s *stage) error { return s.contact(c) }}}
}

func (s *stage) contact(c *syntax.Contact) error {
	v := c.Value.Text
	switch c.Kind.Text {
	case "email":
		a, err := mail.ParseAddress(v)
		if err != nil || a.Address != v || strings.Contains(v, "*") {
			return &mismatch{"an e-mail address", "something else"}
		}
	case "url":
		u, err := url.Parse(v)
		if err != nil || u.Scheme != "https" || u.Host == "" {
			return &mismatch{"an https address", "something else"}
		}
	default:
		if strings.TrimSpace(v) == "" {
			return &mismatch{"a place to go", "nothing"}
		}
	}
	pages, err := s.pages()
	if err != nil {
		return err
	}
	for _, lang := range s.text.Languages {
		if !strings.Contains(pages[lang.Text].words.String(), v) {
			return &mismatch{"the channel in the published text in " + lang.Text, "it is not there"}
		}
	}
	return nil
}

// linked expects every recipient's own policy as a link in the published text.
func (s *stage) linked(p *syntax.Party) error {
	if p.PolicyURL.Text == "" {
		return nil
	}
	u, err := url.Parse(p.PolicyURL.Text)
	if err != nil || u.Scheme != "https" || u.Host == "" {
		return &mismatch{"an https link to the recipient's policy", "something else"}
	}
	for _, lang := range s.text.Languages {
		a, err := s.do(http.MethodGet, "/policy/"+s.text.Policy.Text+".md?lang="+lang.Text, nil)
		if err != nil {
			return err
		}
		if !strings.Contains(string(a.raw), u.Host) {
			return &mismatch{"the link in the published text in " + lang.Text, "it is not there"}
		}
	}
	return nil
}

// sectioned expects the sections that the document announces.
func (s *stage) sectioned(e *syntax.Structure) error {
	for _, lang := range s.text.Languages {
		a, err := s.do(http.MethodGet, "/policy/"+s.text.Policy.Text+".html?lang="+lang.Text, nil)
		if err != nil {
			return err
		}
		if a.status != http.StatusOK || strings.Contains(string(a.raw), "<script") {
			return &mismatch{"a page that needs no script", fmt.Sprintf("status %d", a.status)}
		}
		if strings.Count(string(a.raw), "<h2") < len(e.Topics) {
			return &mismatch{fmt.Sprintf("at least the %d sections announced, in %s", len(e.Topics), lang.Text), fmt.Sprint(strings.Count(string(a.raw), "<h2"))}
		}
	}
	return nil
}

// acceptedIsPublished expects that the text people accept is the text that is
// published, by its hash.
func (s *stage) acceptedIsPublished() error {
	resp, err := s.client.Get(s.engine.URL() + "/.well-known/avow.json")
	if err != nil {
		return fmt.Errorf("ask the door: %w", err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return err
	}
	return expect(strings.Contains(string(raw), s.hash), "the hash that is accepted at the well-known place", "another, or none")
}

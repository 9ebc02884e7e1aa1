package html

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/text/language"
)

// LanguageCookie remembers the language that a reader picked, until the browser is
// closed. It holds a language tag and nothing about the reader.
const LanguageCookie = "avow-lang"

// Languages returns the tags of the languages that pages are written in, sorted.
func (s *Set) Languages() []string { return slices.Clone(s.tags) }

// In returns the tongue of a language.
func (s *Set) In(tag string) (*Tongue, bool) {
	t, ok := s.tongues[tag]
	return t, ok
}

// Tongue picks the reader's language: what they picked, or else what their browser
// prefers, or else English.
func (s *Set) Tongue(r *http.Request) *Tongue {
	if c, err := r.Cookie(LanguageCookie); err == nil {
		if t, ok := s.tongues[c.Value]; ok {
			return t
		}
	}
	tags := []language.Tag{language.English}
	for _, tag := range s.tags {
		tags = append(tags, language.Make(tag))
	}
	wanted, _, err := language.ParseAcceptLanguage(strings.Join(r.Header.Values("Accept-Language"), ","))
	if err != nil || len(wanted) == 0 {
		return s.tongues["en"]
	}
	_, i, _ := language.NewMatcher(tags).Match(wanted...)
	if i == 0 {
		return s.tongues["en"]
	}
	return s.tongues[s.tags[i-1]]
}

// Switch answers a request that asks for another language with lang=TAG in its
// query: it remembers the language and leads to the same page. It reports whether
// it did.
func (s *Set) Switch(w http.ResponseWriter, r *http.Request) bool {
	tag := r.URL.Query().Get("lang")
	if _, ok := s.tongues[tag]; !ok || r.Method != http.MethodGet {
		return false
	}
	http.SetCookie(w, &http.Cookie{Name: LanguageCookie, Value: tag, Path: "/", HttpOnly: true, Secure: r.TLS != nil, SameSite: http.SameSiteLaxMode})
	q := r.URL.Query()
	q.Del("lang")
	to := url.URL{Path: r.URL.Path, RawQuery: q.Encode()}
	http.Redirect(w, r, to.RequestURI(), http.StatusSeeOther)
	return true
}

// editions links the page in the other languages. What a form sent is not among
// what a link can repeat: after a form the links lead to the form's address.
func (s *Set) editions(r *http.Request, here *Tongue) []Edition {
	var out []Edition
	for _, tag := range s.tags {
		q := r.URL.Query()
		q.Set("lang", tag)
		to := url.URL{Path: r.URL.Path, RawQuery: q.Encode()}
		out = append(out, Edition{Tag: tag, Name: s.tongues[tag].say("language"), Href: to.RequestURI(), Here: tag == here.tag})
	}
	return out
}

package enginetest

import (
	"bytes"
	"errors"
	"html"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"avow.dev"
)

// Visitor is a browser as a program: it keeps cookies, says of a form that it comes
// from our own page, and follows nothing by itself.
type Visitor struct {
	Cookies map[string]string
	Header  http.Header // sent with everything

	h *House
}

// Visitor returns a browser that has been nowhere yet, of somebody who reads English.
func (h *House) Visitor() *Visitor {
	return &Visitor{make(map[string]string), http.Header{"Sec-Fetch-Site": {"same-origin"}, "Accept-Language": {"en"}}, h}
}

// With returns a program that sends a token along.
func (h *House) With(token string) *Visitor {
	v := h.Visitor()
	v.Header.Set("Authorization", "Bearer "+token)
	return v
}

// Entered returns a browser in which somebody has followed a link of the app just now.
func (h *House) Entered(policy avow.PolicyID, ref avow.SubjectRef) *Visitor {
	h.t.Helper()
	link, _, err := h.Gate().HandOver(h.t.Context(), policy, ref, h.Now())
	Must(h.t, err)
	v := h.Visitor()
	v.Post("/privacy/"+string(policy)+"/enter/"+link, nil).Leads(h.t, "/privacy/"+string(policy))
	return v
}

// Reads has the browser ask for a language.
func (v *Visitor) Reads(lang string) { v.Header.Set("Accept-Language", lang) }

// From is the same browser on a page of another site: cross-site, or as its header
// Sec-Fetch-Site says.
func (v *Visitor) From(site string) *Visitor {
	other := &Visitor{v.Cookies, v.Header.Clone(), v.h}
	other.Header.Set("Sec-Fetch-Site", site)
	return other
}

// Get asks for a page.
func (v *Visitor) Get(path string) *Answer { v.h.t.Helper(); return v.Send(http.MethodGet, path, nil) }

// Post sends a form.
func (v *Visitor) Post(path string, form url.Values) *Answer {
	v.h.t.Helper()
	return v.Send(http.MethodPost, path, form)
}

// Send asks for a page by any method.
func (v *Visitor) Send(method, path string, form url.Values) *Answer {
	v.h.t.Helper()
	kind := ""
	if method == http.MethodPost {
		kind = "application/x-www-form-urlencoded"
	}
	return v.SendBody(method, path, kind, strings.NewReader(form.Encode()))
}

// Upload sends a form with one file.
func (v *Visitor) Upload(path, field, content string) *Answer {
	v.h.t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	part, err := w.CreateFormFile(field, "paper.pdf")
	Must(v.h.t, err)
	_, err = io.WriteString(part, content)
	Must(v.h.t, errors.Join(err, w.Close()))
	return v.SendBody(http.MethodPost, path, w.FormDataContentType(), &b)
}

// SendBody sends anything.
func (v *Visitor) SendBody(method, path, kind string, body io.Reader) *Answer {
	v.h.t.Helper()
	req, err := http.NewRequestWithContext(v.h.t.Context(), method, v.h.URL()+path, body)
	Must(v.h.t, err)
	req.Header = v.Header.Clone()
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	for name, value := range v.Cookies {
		req.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	res, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
	Must(v.h.t, err)
	raw, err := io.ReadAll(res.Body)
	Must(v.h.t, errors.Join(err, res.Body.Close()))
	for _, c := range res.Cookies() {
		if c.MaxAge < 0 {
			delete(v.Cookies, c.Name)
		} else {
			v.Cookies[c.Name] = c.Value
		}
	}
	return &Answer{res.StatusCode, res.Header, string(raw)}
}

// Answer is what a visitor got.
type Answer struct {
	Status int
	Header http.Header
	Body   string
}

// tags are what has to go from a page so that its words remain.
var tags = regexp.MustCompile(`(?s)<[^>]*>`)

// Words is the text of a page.
func (a *Answer) Words() string {
	return strings.Join(strings.Fields(html.UnescapeString(tags.ReplaceAllString(a.Body, " "))), " ")
}

// Shows fails the test unless the page holds each of some words.
func (a *Answer) Shows(t testing.TB, status int, words ...string) *Answer {
	t.Helper()
	if a.Status != status {
		t.Fatalf("status %d, want %d: %s", a.Status, status, a.Words())
	}
	for _, w := range words {
		if !strings.Contains(a.Words(), w) {
			t.Errorf("the page does not say %q: %s", w, a.Words())
		}
	}
	return a
}

// Leads fails the test unless the answer leads to an address, and the page there will
// say each of some words once.
func (a *Answer) Leads(t testing.TB, to string, said ...string) {
	t.Helper()
	if a.Status != http.StatusSeeOther || a.Header.Get("Location") != to {
		t.Fatalf("status %d, led to %q, want %q: %s", a.Status, a.Header.Get("Location"), to, a.Words())
	}
	for _, word := range said {
		if !strings.Contains(strings.Join(a.Header.Values("Set-Cookie"), "\n"), "__Host-avow-once="+word+".") {
			t.Fatalf("the page will say %q, want %s", a.Header.Values("Set-Cookie"), word)
		}
	}
}

// LeadsUnder fails the test unless the answer leads to an address that begins so, and
// returns the address without its query.
func (a *Answer) LeadsUnder(t testing.TB, prefix string) string {
	t.Helper()
	to := a.Header.Get("Location")
	if a.Status != http.StatusSeeOther || !strings.HasPrefix(to, prefix) {
		t.Fatalf("status %d, led to %q, want %q: %s", a.Status, to, prefix, a.Words())
	}
	at, _, _ := strings.Cut(to, "?")
	return at
}

// Field is what a form of the page sends in a hidden field.
func (a *Answer) Field(t testing.TB, name string) string {
	t.Helper()
	_, rest, found := strings.Cut(a.Body, `name="`+name+`" value="`)
	value, _, _ := strings.Cut(rest, `"`)
	if !found {
		t.Fatalf("the page has no field %s: %s", name, a.Words())
	}
	return html.UnescapeString(value)
}

package journey_test

import (
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// walker is a browser as a program, for what has to be tried on every page: it keeps
// cookies, sends forms, and follows nothing by itself.
type walker struct {
	h       *town
	cookies map[string]string
	header  http.Header // sent with everything
}

func (h *town) walker() *walker {
	return &walker{h, make(map[string]string), http.Header{"Sec-Fetch-Site": {"same-origin"}, "Accept-Language": {"en"}}}
}

// walkerAs is somebody who came in by a link of the app.
func (h *town) walkerAs(policy, ref string) *walker {
	h.t.Helper()
	w := h.walker()
	status, raw := h.askOf(policy, "hand-overs", `{"subject":"`+ref+`","signed_in":"`+h.clock().Format(time.RFC3339)+`"}`)
	_, rest, _ := strings.Cut(string(raw), `"url":"`)
	at, _, _ := strings.Cut(rest, `"`)
	if got := w.send(http.MethodPost, strings.TrimPrefix(at, h.URL()), nil); got.status != http.StatusSeeOther || status != http.StatusOK {
		h.t.Fatalf("the link of %s leads to %d: %s", ref, got.status, raw)
	}
	return w
}

// with sends a token along, as programs do.
func (h *town) with(token string) *walker {
	w := h.walker()
	w.header.Set("Authorization", "Bearer "+token)
	return w
}

type page struct {
	status int
	header http.Header
	body   string
}

func (w *walker) get(path string) *page { w.h.t.Helper(); return w.send(http.MethodGet, path, nil) }

func (w *walker) send(method, path string, form url.Values) *page {
	w.h.t.Helper()
	req, err := http.NewRequestWithContext(w.h.t.Context(), method, w.h.URL()+path, strings.NewReader(form.Encode()))
	must(w.h.t, err)
	req.Header = w.header.Clone()
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, value := range w.cookies {
		req.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	must(w.h.t, err)
	body, err := io.ReadAll(res.Body)
	must(w.h.t, err)
	must(w.h.t, res.Body.Close())
	for _, c := range res.Cookies() {
		if c.MaxAge < 0 {
			delete(w.cookies, c.Name)
		} else {
			w.cookies[c.Name] = c.Value
		}
	}
	return &page{res.StatusCode, res.Header, string(body)}
}

var (
	anchors = regexp.MustCompile(`(?:href|src|action|formaction)="([^"]*)"`)
	forms   = regexp.MustCompile(`(?s)<form([^>]*)>(.*?)</form>`)
	fields  = regexp.MustCompile(`(?s)<(input|button|textarea|select)\b([^>]*)>`)
	options = regexp.MustCompile(`<option value="([^"]*)"`)
)

// links are all addresses that stand in a page.
func (p *page) links() (out []string) {
	for _, m := range anchors.FindAllStringSubmatch(p.body, -1) {
		out = append(out, unescaped(m[1]))
	}
	return out
}

func unescaped(s string) string {
	return strings.NewReplacer("&amp;", "&", "&#34;", `"`, "&#39;", "'", "&lt;", "<", "&gt;", ">", "&#43;", "+").Replace(s)
}

// sheet is a form of a page.
type sheet struct {
	action string
	values url.Values // as they stand there
	typed  []string   // names of what a person types
}

// sheets are the forms of a page that are sent by POST.
func (p *page) sheets(at string) (out []sheet) {
	for _, m := range forms.FindAllStringSubmatch(p.body, -1) {
		if !strings.Contains(m[1], `method="post"`) {
			continue
		}
		s := sheet{action: at, values: url.Values{}}
		if a := attribute(m[1], "action"); a != "" {
			s.action, _, _ = strings.Cut(unescaped(a), "#")
		}
		for _, f := range fields.FindAllStringSubmatch(m[2], -1) {
			name, kind := attribute(f[2], "name"), attribute(f[2], "type")
			switch {
			case name == "":
			case f[1] == "textarea", f[1] == "input" && (kind == "" || kind == "text" || kind == "email" || kind == "tel" || kind == "password"):
				s.typed = append(s.typed, name)
			case f[1] == "select":
				if o := options.FindStringSubmatch(m[2]); o != nil {
					s.values.Set(name, unescaped(o[1]))
				}
			case kind == "radio" && s.values.Has(name) && !strings.Contains(f[2], " checked"):
			default:
				s.values.Set(name, unescaped(attribute(f[2], "value")))
			}
		}
		out = append(out, s)
	}
	return out
}

func attribute(tag, name string) string {
	_, rest, _ := strings.Cut(tag, " "+name+`="`)
	value, _, _ := strings.Cut(rest, `"`)
	return value
}

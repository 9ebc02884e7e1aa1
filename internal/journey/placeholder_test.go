package journey_test

import (
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"avow.dev/internal/auth"
	"avow.dev/internal/engine/enginetest"
	"avow.dev/web/centre"
)

// planted is what is typed into every field. It is a mail address, so that fields of
// that kind take it too.
const planted = "planted7c1e@field.example"

// TestPlaceholders types a placeholder into every field of every form that any page of
// the centre has, as nobody and as a member, and looks for it where nothing that
// people type may be: in logs at the debug level, addresses, letters, metrics, and
// anywhere on disk.
func TestPlaceholders(t *testing.T) {
	t.Parallel()
	h := openTown(t)
	h.join("li", "li@haven.example", "Li Wei")
	member := h.Entered("club", "li")
	fill := h.thingsOf(h.Entered("club", "li"))
	typed := make(map[string]bool)
	for _, w := range []*enginetest.Visitor{h.Visitor(), member} {
		for _, p := range centre.Pages() {
			if p.Method != http.MethodGet {
				continue
			}
			at := names.ReplaceAllString(centre.Base+"club"+fill.Replace(p.Path), "1")
			got := w.Get(at)
			h.noPlaceholder(at, got)
			for _, s := range sheets(got, at) {
				for _, field := range s.typed {
					typed[p.Path+" "+field] = true
					body := url.Values{}
					for name, values := range s.values {
						body[name] = slices.Clone(values)
					}
					for _, other := range s.typed {
						body.Set(other, planted)
					}
					h.noPlaceholder("POST "+s.action, w.Send(http.MethodPost, s.action, body))
					for _, bad := range []string{strings.Repeat(planted, 500), planted + "\x00", "=" + planted} { // refused, or not
						body.Set(field, bad)
						h.noPlaceholder("POST "+s.action, w.Send(http.MethodPost, s.action, body))
					}
				}
				for name := range s.values { // what nobody types, changed all the same
					body := url.Values{}
					for other, values := range s.values {
						body[other] = values
					}
					body.Set(name, planted)
					if !strings.HasSuffix(s.action, "/leave") && !strings.HasSuffix(s.action, "/sign-out") {
						h.noPlaceholder("POST "+s.action, w.Send(http.MethodPost, s.action, body))
					}
				}
			}
			for _, query := range []string{"?said=", "?then=", "?only=", "?before=", "?part=", "?right=ask&about=", "?lang="} {
				if got := w.Get(at + query + planted); strings.Contains(strings.Join(links(got), " "), planted) && query != "?then=" {
					// A link to the page in another language repeats its address.
					for _, l := range links(got) {
						if strings.Contains(l, planted) && !strings.Contains(l, "lang=") {
							t.Errorf("%s%s: the page leads to %s", at, query, l)
						}
					}
				}
			}
		}
	}
	for _, want := range []string{"/sign-in address", "/data/correct/{datum} value", "/requests/new text", "/requests/of/{request} text"} {
		if !typed[want] {
			t.Errorf("nothing was typed into %s: the pages are read wrongly", want)
		}
	}
	// A member's letters go to the address that they typed, which is the placeholder; its
	// name is in the envelope and nowhere else.
	h.Pass(2 * time.Hour)
	h.Entered("club", "li").Send(http.MethodPost, "/privacy/club/data/correct/email", url.Values{"value": {planted}})
	code := h.Visitor()
	code.Send(http.MethodPost, "/privacy/club/sign-in", url.Values{"address": {planted}})
	for _, m := range h.Letters(planted, 1) {
		if strings.Contains(m.Subject+m.Body, planted) {
			t.Errorf("a letter repeats the address: %s", m.Body)
		}
	}
	h.unseen("the log", h.Log.String())
	h.unseen("the metrics", h.With(h.Issue(grantOf(auth.Officer))).Get("/metrics").Body)
	must(t, h.Seal(t.Context()))
	files := 0
	must(t, filepath.WalkDir(h.Dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || e.Type()&os.ModeSocket != 0 {
			return err
		}
		files++
		raw, err := os.ReadFile(path)
		h.unseen(path, string(raw))
		return err
	}))
	if files < 4 {
		t.Errorf("only %d files were looked at", files)
	}
}

func (h *town) unseen(where, text string) {
	h.t.Helper()
	if i := strings.Index(text, "planted7c1e"); i >= 0 {
		h.t.Errorf("%s: …%q…", where, text[max(0, i-80):min(len(text), i+60)])
	}
}

// noPlaceholder fails the test if the placeholder stands in an address that a page
// leads to, or if the page may be kept.
func (h *town) noPlaceholder(at string, p *enginetest.Answer) {
	h.t.Helper()
	if p.Status >= 500 {
		h.t.Errorf("%s: %d", at, p.Status)
	}
	if p.Header.Get("Cache-Control") != "no-store" {
		h.t.Errorf("%s may be kept: %q", at, p.Header.Get("Cache-Control"))
	}
	for name, values := range p.Header {
		h.unseen(at+", header "+name, strings.Join(values, " "))
	}
	h.unseen(at+", links", strings.Join(links(p), " "))
}

// TestAFormSaysNothingInItsAddress: no form of any page is sent by GET with something
// that people type, so that nothing typed comes to stand in an address.
func TestAFormSaysNothingInItsAddress(t *testing.T) {
	t.Parallel()
	h := openTown(t)
	h.join("li", "li@haven.example", "Li Wei")
	fill := h.thingsOf(h.Entered("club", "li"))
	h.Pass(time.Minute)
	li := h.Entered("club", "li")
	n := 0
	for _, p := range centre.Pages() {
		if p.Method != http.MethodGet {
			continue
		}
		for _, m := range forms.FindAllStringSubmatch(li.Get(names.ReplaceAllString(centre.Base+"club"+fill.Replace(p.Path), "1")).Body, -1) {
			if n++; !strings.Contains(m[1], `method="post"`) {
				t.Errorf("%s has a form that is sent by GET: %s", p.Path, m[1])
			}
		}
	}
	if n < 20 {
		t.Errorf("only %d forms were seen", n)
	}
}

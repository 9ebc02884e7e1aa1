package console_test

import (
	"html"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"avow.dev/gate"
	"avow.dev/internal/chromium/browsertest"
	"avow.dev/internal/engine/enginetest"
	"avow.dev/internal/officer"
)

// planted is written into every field that takes text.
const planted = `<script>window.p=1</script>"><img src=x onerror=window.p=1>`

var (
	formOf     = regexp.MustCompile(`(?s)<form method="post" action="([^"]+)"([^>]*)>(.*?)</form>`)
	inputOf    = regexp.MustCompile(`<input [^>]*>`)
	textareaOf = regexp.MustCompile(`(?s)<textarea ([^>]*)>(.*?)</textarea>`)
	selectOf   = regexp.MustCompile(`(?s)<select ([^>]*)>(.*?)</select>`)
	optionOf   = regexp.MustCompile(`<option value="([^"]+)"`)
	linkOf     = regexp.MustCompile(`href="(/console/[^"]+)"`)
	live       = regexp.MustCompile(`(?i)<script>window|<img src=x`)
)

func attribute(tag, name string) string {
	m := regexp.MustCompile(` ` + name + `="([^"]*)"`).FindStringSubmatch(" " + tag)
	if m == nil {
		return ""
	}
	return html.UnescapeString(m[1])
}

// planter goes through every page that somebody can reach, and sends every form once.
type planter struct {
	t     *testing.T
	h     *house
	seen  map[string]bool
	sent  map[string]bool // fields that took what was planted
	shown map[string]bool // pages that show it, as text
}

// value is what goes into a field: what was planted, wherever text is taken.
func (p *planter) value(name, kind, pattern, was string) string {
	switch {
	case kind == "hidden" || kind == "checkbox" || kind == "radio":
		return was
	case kind == "date" && (name == "issued" || name == "date" || name == "told"):
		return p.h.day(-30)
	case kind == "date":
		return p.h.day(30)
	case kind == "datetime-local":
		return p.h.day(-1) + "T08:00"
	case strings.Contains(pattern, "{64}"):
		return hexOf("paper")
	case pattern == "[0-9]*", name == "key", name == "hook", name == "signed", name == "signer", name == "text" && was == "":
		return was
	case name == "person" || name == "people":
		return "li"
	case name == "asked":
		return was
	case name == "link" || name == "purposes": // not all kinds of papers have them
		return ""
	case name == "region":
		return "CN"
	}
	p.sent[name] = true
	return planted
}

func (p *planter) fill(inside string) url.Values {
	f := url.Values{}
	for _, tag := range inputOf.FindAllString(inside, -1) {
		if name := attribute(tag, "name"); name != "" {
			f.Add(name, p.value(name, attribute(tag, "type"), attribute(tag, "pattern"), attribute(tag, "value")))
		}
	}
	for _, m := range textareaOf.FindAllStringSubmatch(inside, -1) {
		name := attribute(m[1], "name")
		f.Set(name, p.value(name, "", "", html.UnescapeString(m[2])))
	}
	for _, m := range selectOf.FindAllStringSubmatch(inside, -1) {
		if o := optionOf.FindStringSubmatch(m[2]); o != nil {
			f.Set(attribute(m[1], "name"), html.UnescapeString(o[1]))
		}
	}
	return f
}

func (p *planter) look(v *visitor, at string, a *enginetest.Answer) {
	p.t.Helper()
	if live.MatchString(a.Body) && strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") {
		p.t.Errorf("%s: what was planted is alive", at)
	}
	if strings.Contains(a.Body, "&lt;script&gt;window") {
		p.shown[at] = true
	}
	if a.Status >= 500 {
		p.t.Errorf("%s: %d", at, a.Status)
	}
	for _, m := range linkOf.FindAllStringSubmatch(a.Body, -1) {
		if to := html.UnescapeString(m[1]); !strings.Contains(to, "as=") && !strings.Contains(to, "lang=") {
			p.visit(v, to)
		}
	}
	for _, m := range formOf.FindAllStringSubmatch(a.Body, -1) {
		act := html.UnescapeString(m[1])
		key := "POST " + act + v.account.login
		if p.seen[key] || strings.Contains(m[2], "multipart") || strings.HasPrefix(act, "/console/leave") || strings.HasPrefix(act, "/console/again") {
			continue
		}
		p.seen[key] = true
		got := v.Post(act, p.fill(m[3]))
		p.look(v, act, got)
		if to := got.Header.Get("Location"); got.Status == http.StatusSeeOther {
			to, _, _ = strings.Cut(to, "?")
			delete(p.seen, to+v.account.login) // it has something new on it
			p.visit(v, to)
		}
	}
}

func (p *planter) visit(v *visitor, at string) {
	p.t.Helper()
	if key := at + v.account.login; !p.seen[key] && len(p.seen) < 2000 {
		p.seen[key] = true
		p.look(v, at, v.Get(at))
	}
}

// TestNothingPlantedComesAlive writes a script into every field of every form of the
// console, and looks for it on every page: it is shown as text, and never runs.
func TestNothingPlantedComesAlive(t *testing.T) {
	t.Parallel()
	h := open(t, "generic")
	h.holds("li", "email", "li@mail.example")
	if _, _, err := h.Gate().Ask(t.Context(), "generic", "li", &gate.Asking{Right: "ask", Text: gate.NewValue([]byte(planted))}); err != nil {
		t.Fatal(err)
	}
	p := &planter{t: t, h: h, seen: make(map[string]bool), sent: make(map[string]bool), shown: make(map[string]bool)}
	ann := h.account("ann@house.example", "ann", officer.PrivacyOfficer)
	for _, v := range []*visitor{h.sign(ann), h.as("bo", officer.PrivacyOfficer), h.as("cleo", officer.Lawyer), h.as("aud", officer.Auditor)} {
		if v.account.login != "aud@house.example" {
			v.again()
		}
		p.visit(v, h.at(""))
	}
	for _, field := range []string{"said", "ticket", "number", "statute", "agency", "by", "why", "case", "name", "place", "cause", "traces", "help", "delay", "store", "evidence", "what-happened.en", "contact.zh"} {
		if !p.sent[field] {
			t.Errorf("no form has taken what was planted as %s", field)
		}
	}
	desks := []string{"/demands/", "/recipients/", "/incidents/", "/holds/", "/successions/", "/openings"}
	for _, desk := range desks {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(p.shown)), func(at string) bool { return strings.Contains(at, desk) }) {
			t.Errorf("nothing that was planted is shown at %s", desk)
		}
	}
	s := h.screen(ann)
	n := 0
	for at := range maps.Keys(p.shown) {
		if a := h.sign(ann).Get(at); a.Status != http.StatusOK {
			continue
		}
		if n++; n > 12 {
			break
		}
		s.Goto(h.URL() + at)
		if browsertest.Eval[bool](s.Page, "'p' in window") {
			t.Errorf("%s ran what was planted", at)
		}
	}
	if n == 0 {
		t.Error("no page shows what was planted")
	}
	s.Quiet()
}

package journey_test

import (
	"net/url"
	"regexp"
	"strings"

	"avow.dev/internal/engine/enginetest"
)

var (
	anchors = regexp.MustCompile(`(?:href|src|action|formaction)="([^"]*)"`)
	forms   = regexp.MustCompile(`(?s)<form([^>]*)>(.*?)</form>`)
	fields  = regexp.MustCompile(`(?s)<(input|button|textarea|select)\b([^>]*)>`)
	options = regexp.MustCompile(`<option value="([^"]*)"`)
)

// links are all addresses that stand in a page.
func links(p *enginetest.Answer) (out []string) {
	for _, m := range anchors.FindAllStringSubmatch(p.Body, -1) {
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
func sheets(p *enginetest.Answer, at string) (out []sheet) {
	for _, m := range forms.FindAllStringSubmatch(p.Body, -1) {
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

package notice_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"avow.dev/notice"
	"avow.dev/policy/syntax"
)

const stored = `<script>alert(1)</script>"'&<img src=x onerror=y>[a](javascript:z) ` + "`|*_#"

// poison puts a stored script into every text that an operator writes.
func poison(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		switch x := v.Addr().Interface().(type) {
		case *syntax.Text:
			if !x.IsZero() {
				x.By = map[string]syntax.Str{"": {Text: stored}}
			}
			return
		case *syntax.Str:
			if x.Text != "" {
				x.Text = stored
			}
			return
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() && v.Field(i).CanAddr() {
				poison(v.Field(i))
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			poison(v.Index(i))
		}
	default:
	}
}

func TestNothingStoredBecomesMarkup(t *testing.T) {
	t.Parallel()
	f := harbour(t)
	poison(reflect.ValueOf(f).Elem())
	for _, lang := range languages {
		d := render(t, f, lang)
		page := written(t, writers["html"], d)
		for _, bad := range []string{"<script", "<img", `href="javascript`, `"'&<`} {
			if strings.Contains(page, bad) {
				t.Errorf("%s: the page has %q", lang, bad)
			}
		}
		balanced(t, page)
		sheet := written(t, writers["md"], d)
		if bad := regexp.MustCompile(`<[a-z]|[^\\]\]\(|[^\\]` + "`").FindString(sheet); bad != "" {
			t.Errorf("%s: the sheet has %q", lang, bad)
		}
	}
}

var (
	tag     = regexp.MustCompile(`<(/?)([a-zA-Z][a-zA-Z0-9]*)((?:\s+[a-z-]+(?:="[^"<>]*")?)*)\s*>`)
	void    = []string{"meta", "link"}
	ids     = regexp.MustCompile(` id="([^"]*)"`)
	targets = regexp.MustCompile(` href="#([^"]*)"`)
)

// balanced checks that every element is closed by its own end tag and that
// outside tags no angle bracket is left.
func balanced(t *testing.T, page string) {
	t.Helper()
	start := strings.Index(page, "<style>")
	end := strings.Index(page, "</style>")
	page = page[:start+len("<style>")] + page[end:]
	rest := strings.TrimPrefix(tag.ReplaceAllString(page, ""), "<!DOCTYPE html>")
	if i := strings.IndexAny(rest, "<>"); i >= 0 {
		t.Errorf("an angle bracket outside tags: %q", rest[max(0, i-40):min(len(rest), i+40)])
	}
	var open []string
	for _, m := range tag.FindAllStringSubmatch(page, -1) {
		switch {
		case slices.Contains(void, m[2]):
		case m[1] == "":
			open = append(open, m[2])
		case len(open) == 0 || open[len(open)-1] != m[2]:
			t.Fatalf("</%s> closes %v", m[2], open)
		default:
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 {
		t.Errorf("never closed: %v", open)
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	for name, f := range policies(t) {
		for _, lang := range languages {
			t.Run(name+" "+lang, func(t *testing.T) {
				t.Parallel()
				page := written(t, writers["html"], render(t, f, lang))
				balanced(t, page)
				seen := make(map[string]bool)
				for _, m := range ids.FindAllStringSubmatch(page, -1) {
					if seen[m[1]] {
						t.Errorf("the id %s stands twice", m[1])
					}
					seen[m[1]] = true
				}
				for _, m := range targets.FindAllStringSubmatch(page, -1) {
					if !seen[m[1]] {
						t.Errorf("a link goes to #%s, which is nowhere", m[1])
					}
				}
				for e := range f.Entries() {
					anchor := "rule-" + e.Head.ID.Text
					if ns := syntax.Namespace(e.Section); ns != syntax.Rules {
						anchor = ns + "-" + e.Head.ID.Text
					}
					if e.Head.ID.Text != "" && !seen[anchor] {
						t.Errorf("no place for %s", anchor)
					}
				}
				for _, bad := range []string{"<no value>", "%!", "..", " ,", "{", "[]", "。。", "，，", ":."} {
					if body := page[strings.Index(page, "<body>"):]; strings.Contains(body, bad) && name == "harbour" {
						t.Errorf("the page has %q", bad)
					}
				}
			})
		}
	}
}

func TestStrictContentSecurityPolicy(t *testing.T) {
	t.Parallel()
	page := written(t, writers["html"], render(t, harbour(t), "en"))
	style := page[strings.Index(page, "<style>")+len("<style>") : strings.Index(page, "</style>")]
	sum := sha256.Sum256([]byte(style))
	want := "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	if notice.StyleSource() != want {
		t.Errorf("the source expression is %s, the style's hash %s", notice.StyleSource(), want)
	}
	if file, err := os.ReadFile("style.css"); err != nil || style != string(file) {
		t.Errorf("the page's style is not the stylesheet, %v", err)
	}
	for _, bad := range []string{"<script", " style=", " onload=", "src=", "@import", "url("} {
		if strings.Contains(page, bad) {
			t.Errorf("the page has %q", bad)
		}
	}
	for _, part := range []string{"@media print", "prefers-color-scheme: dark", "max-width: 48rem"} {
		if !strings.Contains(style, part) {
			t.Errorf("the style has no %q", part)
		}
	}
}

func TestJSONIsWhatTheDocumentSays(t *testing.T) {
	t.Parallel()
	d := render(t, harbour(t), "zh")
	var b bytes.Buffer
	if err := d.JSON(&b); err != nil {
		t.Fatal(err)
	}
	var back notice.Document
	if err := json.Unmarshal(b.Bytes(), &back); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(sentences(d), sentences(&back)) {
		t.Error("sentences are lost on the way through JSON")
	}
}

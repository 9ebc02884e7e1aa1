package letter_test

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"avow.dev/notice/letter"
)

// TestBuiltin: every template is there in every language, and fills.
func TestBuiltin(t *testing.T) {
	t.Parallel()
	texts := letter.Builtin()
	for _, name := range texts.Names() {
		tmpl, _ := texts.Template(name)
		if got := strings.Join(tmpl.Languages(), " "); got != "en zh" {
			t.Errorf("%s is written in %s", name, got)
		}
		params := good(tmpl)
		if err := tmpl.Check(params); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, lang := range []string{"en", "zh", "zh-CN", "fr"} {
			f := tmpl.Fill(lang, params)
			if strings.ContainsAny(f.Subject+f.Short+f.Body, "{}") || strings.Contains(f.Subject+f.Short, "\n") {
				t.Errorf("%s in %s: %+v", name, lang, f)
			}
		}
		if promotes := name == "news" || name == "partner-news"; tmpl.Promotes != promotes {
			t.Errorf("%s promotes: %v", name, tmpl.Promotes)
		}
	}
}

var samples = map[letter.Kind]string{letter.Code: "123456", letter.Number: "10", letter.Date: "2026-03-01", letter.Time: "2026-03-01T10:00:00Z",
	letter.Link: "https://privacy.example/a/b", letter.Word: "v-2", letter.Version: "1.2", letter.Text: "Some words."}

func good(t *letter.Template) map[string]string {
	params := make(map[string]string)
	for name, kind := range t.Params {
		params[name] = samples[kind]
	}
	return params
}

// TestNothingPersonalFits: a value of a person is no parameter of any kind but the
// controller's own words.
func TestNothingPersonalFits(t *testing.T) {
	t.Parallel()
	texts := letter.Builtin()
	personal := []string{"li@mail.example", "+86 138 0000 1111", "Li Wei", "https://privacy.example/?mail=li@mail.example", "https://li@privacy.example/", "https://privacy.example/li%40mail.example",
		"https://privacy.example/a#li", "javascript:alert(1)", "", "李伟", "10\r\nBcc: a@b.example"}
	for _, name := range texts.Names() {
		tmpl, _ := texts.Template(name)
		for p, kind := range tmpl.Params {
			if kind == letter.Text {
				continue
			}
			for _, v := range personal {
				params := good(tmpl)
				params[p] = v
				err := tmpl.Check(params)
				if !errors.Is(err, letter.ErrParams) {
					t.Errorf("%s takes %q as its %s", name, v, p)
				} else if v != "" && strings.Contains(err.Error(), v) {
					t.Errorf("the error quotes the value: %v", err)
				}
			}
		}
		params := good(tmpl)
		params["extra"] = "1"
		if err := tmpl.Check(params); !errors.Is(err, letter.ErrParams) {
			t.Errorf("%s takes one more parameter", name)
		}
	}
}

// TestWith: an operator's own templates are held to the same rules.
func TestWith(t *testing.T) {
	t.Parallel()
	file := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	text := func(body string) *fstest.MapFile {
		return file("[spring]\nsubject: s\nshort: s {link}\n\n" + body + " {link}\n")
	}
	for _, c := range []struct {
		name     string
		dir      fstest.MapFS
		bad      string
		promotes bool
	}{
		{"plain", fstest.MapFS{"list.txt": file("spring link=link\n"), "lang/en.txt": text("hello"), "lang/zh.txt": text("您好")}, "", false},
		{"says so", fstest.MapFS{"list.txt": file("spring promotion link=link\n"), "lang/en.txt": text("hello"), "lang/zh.txt": text("您好")}, "", true},
		{"reads so", fstest.MapFS{"list.txt": file("spring link=link\n"), "lang/en.txt": text("20% off today"), "lang/zh.txt": text("您好")}, "", true},
		{"reads so in Chinese", fstest.MapFS{"list.txt": file("spring link=link\n"), "lang/en.txt": text("hello"), "lang/zh.txt": text("限时优惠")}, "", true},
		{"no Chinese", fstest.MapFS{"list.txt": file("spring link=link\n"), "lang/en.txt": text("hello")}, "not written in zh", false},
		{"strange slot", fstest.MapFS{"list.txt": file("spring link=link\n"), "lang/en.txt": text("hello {name}"), "lang/zh.txt": text("您好")}, "no parameter", false},
		{"silent parameter", fstest.MapFS{"list.txt": file("spring link=link until=date\n"), "lang/en.txt": text("hello"), "lang/zh.txt": text("您好")}, "does not say", false},
		{"strange kind", fstest.MapFS{"list.txt": file("spring link=name\n")}, "no kind", false},
		{"unlisted", fstest.MapFS{"list.txt": file("\n"), "lang/en.txt": text("hello")}, "not in list.txt", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			texts, err := letter.Builtin().With(c.dir)
			if c.bad != "" {
				if err == nil || !strings.Contains(err.Error(), c.bad) {
					t.Fatalf("got %v, want %q", err, c.bad)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			tmpl, ok := texts.Template("spring")
			if !ok || tmpl.Promotes != c.promotes {
				t.Errorf("found %v, promotes %v", ok, tmpl.Promotes)
			}
			if _, ok := texts.Template("code"); !ok {
				t.Error("the templates that were there are gone")
			}
		})
	}
}

func FuzzWith(f *testing.F) {
	f.Add("spring link=link\n", "[spring]\nsubject: s\nshort: s\n\nhello {link}\n")
	f.Fuzz(func(t *testing.T, list, text string) {
		dir := fstest.MapFS{"list.txt": {Data: []byte(list)}, "lang/en.txt": {Data: []byte(text)}, "lang/zh.txt": {Data: []byte(text)}}
		texts, err := letter.Builtin().With(dir)
		if err != nil {
			return
		}
		for _, name := range texts.Names() {
			tmpl, _ := texts.Template(name)
			tmpl.Fill("en", good(tmpl))
		}
	})
}

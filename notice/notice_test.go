package notice_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"avow.dev/notice"
	"avow.dev/policy/syntax"
)

var update = flag.Bool("update", false, "write the golden files anew")

var now = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

var languages = []string{"en", "zh"}

func parse(t *testing.T, path string) *syntax.File {
	t.Helper()
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, faults := syntax.Parse(path, src)
	if len(faults) > 0 {
		t.Fatalf("%s: %v", path, faults)
	}
	return f
}

func harbour(t *testing.T) *syntax.File { return parse(t, "testdata/harbour.yaml") }

func render(t *testing.T, f *syntax.File, lang string) *notice.Document {
	t.Helper()
	d, err := notice.Render(f, notice.Options{Lang: lang, Now: now, Hash: "sha256:00", Verify: "https://log.harbour.example",
		Editions: map[string]string{"en": "en.html", "zh": "zh.html"}})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func written(t *testing.T, write func(d *notice.Document, b *bytes.Buffer) error, d *notice.Document) string {
	t.Helper()
	var b bytes.Buffer
	if err := write(d, &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

var writers = map[string]func(*notice.Document, *bytes.Buffer) error{
	"html": func(d *notice.Document, b *bytes.Buffer) error { return d.HTML(b) },
	"md":   func(d *notice.Document, b *bytes.Buffer) error { return d.Markdown(b) },
	"json": func(d *notice.Document, b *bytes.Buffer) error { return d.JSON(b) },
}

func TestGolden(t *testing.T) {
	t.Parallel()
	f := harbour(t)
	for _, lang := range languages {
		for ext, write := range writers {
			t.Run(lang+"."+ext, func(t *testing.T) {
				t.Parallel()
				got := written(t, write, render(t, f, lang))
				if again := written(t, write, render(t, f, lang)); again != got {
					t.Error("the same policy is written differently the second time")
				}
				path := filepath.Join("testdata", "harbour."+lang+"."+ext)
				if *update {
					if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				if got != string(want) {
					t.Errorf("%s differs; look at the change, then run go test -run Golden -update", path)
				}
			})
		}
	}
}

func sentences(d *notice.Document) []notice.Sentence {
	var all []notice.Sentence
	for _, c := range d.Chapters {
		for _, k := range c.Blocks {
			all = append(all, k.Sentences...)
		}
	}
	return all
}

// policies are the test policy and every example there is.
func policies(t *testing.T) map[string]*syntax.File {
	t.Helper()
	all := map[string]*syntax.File{"harbour": harbour(t)}
	examples, err := filepath.Glob("../examples/*/policy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range examples {
		all[filepath.Base(filepath.Dir(path))] = parse(t, path)
	}
	return all
}

func TestLanguagesSayTheSame(t *testing.T) {
	t.Parallel()
	for name, f := range policies(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			en, zh := render(t, f, "en"), render(t, f, "zh")
			a, b := sentences(en), sentences(zh)
			if len(a) != len(b) {
				t.Fatalf("%d sentences in English, %d in Chinese", len(a), len(b))
			}
			for i := range a {
				if !slices.Equal(a[i].Rules, b[i].Rules) || !slices.Equal(a[i].Clauses, b[i].Clauses) || !slices.Equal(a[i].Anchors, b[i].Anchors) {
					t.Errorf("sentence %d: English cites %v %v, Chinese %v %v", i, a[i].Rules, a[i].Clauses, b[i].Rules, b[i].Clauses)
				}
				if len(a[i].Cells) != len(b[i].Cells) || a[i].Extra != b[i].Extra {
					t.Errorf("sentence %d is set differently: %q and %q", i, a[i].Text, b[i].Text)
				}
			}
		})
	}
}

func TestEveryClauseOfARuleIsShown(t *testing.T) {
	t.Parallel()
	for name, f := range policies(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shown := make(map[string]bool)
			for _, s := range sentences(render(t, f, "en")) {
				for _, c := range s.Clauses {
					shown[c] = true
				}
			}
			for e := range f.Entries() {
				for _, c := range e.Head.Clause {
					if !shown[c.Text] {
						t.Errorf("clause %s of rule %s is not shown", c.Text, e.Head.ID.Text)
					}
				}
			}
		})
	}
}

// latinWord finds words that Chinese text should not need.
var latinWord = regexp.MustCompile(`[A-Za-z]{2,}`)

func TestChineseHasNoEnglishWords(t *testing.T) {
	t.Parallel()
	allowed := regexp.MustCompile(`https?://\S+|[\w.]+@[\w.]+|sha256:\w+|android\.\S+|report\.pdf|GB/T|Cookie|SDK|IP|SHA|sid|English|SIM|implied-consent`)
	for _, s := range sentences(render(t, harbour(t), "zh")) {
		for _, text := range append([]string{s.Text, s.Lead, s.Note}, tags(s)...) {
			if left := latinWord.FindString(allowed.ReplaceAllString(text, "")); left != "" {
				t.Errorf("%q is left in %q", left, text)
			}
		}
	}
}

func tags(s notice.Sentence) []string {
	var out []string
	for _, c := range s.Cells {
		out = append(out, c.Tags...)
	}
	return out
}

func TestErrors(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		opts notice.Options
		edit func(*syntax.File)
		want string
	}{
		{"no such language", notice.Options{Lang: "fr", Now: now}, nil, `no language "fr"`},
		{"not published in it", notice.Options{Lang: "zh", Now: now}, func(f *syntax.File) { f.Languages = f.Languages[:1] }, "not published in"},
		{"no time", notice.Options{}, nil, "the time must be given"},
		{"statement", notice.Options{Now: now}, func(f *syntax.File) { f.Inform[0].Say.Text = "use-strong-pasword" }, `did you mean "use-strong-password"?`},
		{"dangling", notice.Options{Now: now}, func(f *syntax.File) { f.Collect[0].Data[0].Text = "nobody-knows" }, `rule collect-account: nothing is called "nobody-knows"`},
		{"untranslated", notice.Options{Lang: "zh", Now: now}, func(f *syntax.File) { delete(f.Choices[0].Name.By, "zh") }, "no words in zh"},
		{"unknown word", notice.Options{Now: now}, func(f *syntax.File) { f.Collect[0].Basis.Text = "whim" }, "rule collect-account: language en has no words for basis.whim"},
		{"no law pack", notice.Options{Now: now}, func(f *syntax.File) { f.Law[0].Text = "atlantis" }, "atlantis"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			f := harbour(t)
			if tc.edit != nil {
				tc.edit(f)
			}
			_, err := notice.Render(f, tc.opts)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want an error with %q", err, tc.want)
			}
		})
	}
}

// TestFaults: what cannot be published is told for each language, where it stands.
func TestFaults(t *testing.T) {
	t.Parallel()
	f := harbour(t)
	if faults := notice.Faults(f, now); len(faults) != 0 {
		t.Fatalf("a policy that is published has faults: %v", faults)
	}
	delete(f.Choices[0].Name.By, "zh")
	faults := notice.Faults(f, now)
	if len(faults) != 1 || faults[0].ID != "not-renderable" || faults[0].Pos.Line == 0 || faults[0].Line == "" || !strings.Contains(faults[0].What, "written in zh") || faults[0].Try == "" {
		t.Errorf("%+v", faults)
	}
	f.Inform[0].Say.Text = "use-strong-pasword"
	faults = notice.Faults(f, now)
	if len(faults) != 2 || !slices.ContainsFunc(faults, func(x syntax.Fault) bool { return x.Pos == f.Inform[0].ID.Pos }) {
		t.Errorf("%+v", faults)
	}
}

func TestEffectiveClock(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ rule, law, within, want string }{
		{"right-access", "cn", "30d", "Within 30 days."},
		{"right-access", "cn", "90d", "Within 30 days, as the law of China requires."},
		{"right-access", "cn", "", "Within 30 days, as the law of China requires."},
		{"right-access", "eu", "30d", "Within 30 days, and in any case within the 1 month that the law of European Union allows."},
		{"right-access", "eu", "2w", "Within 2 weeks."},
		{"right-correct", "cn", "15d", "Within 15 days."},
		{"right-correct", "cn", "90d", "Within 15 working days, as the law of China requires."},
		{"right-ask", "cn", "", "At once."},
	} {
		t.Run(tc.rule+" "+tc.law+" "+tc.within, func(t *testing.T) {
			t.Parallel()
			f := harbour(t)
			f.Law = []syntax.Word{{Text: tc.law}}
			for i := range f.Rights {
				f.Rights[i].Within = period(t, tc.within)
			}
			s, ok := render(t, f, "en").Sentence(tc.rule)
			if !ok || s.Cells[2].Text != tc.want {
				t.Errorf("got %q, want %q", s.Cells[2].Text, tc.want)
			}
		})
	}
}

func period(t *testing.T, s string) syntax.Period {
	t.Helper()
	switch s {
	case "":
		return syntax.Period{}
	case "2w":
		return syntax.Period{Set: true, N: 2, Unit: syntax.Week}
	}
	n := int64(0)
	for _, r := range strings.TrimSuffix(s, "d") {
		n = n*10 + int64(r-'0')
	}
	return syntax.Period{Set: true, N: n, Unit: syntax.Day}
}

func TestAttestationsExpire(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		at   time.Time
		want string
	}{
		{time.Date(2026, 12, 31, 23, 59, 59, 0, time.UTC), "attested, not proved"},
		{time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC), "expired"},
	} {
		d, err := notice.Render(harbour(t), notice.Options{Now: tc.at})
		if err != nil {
			t.Fatal(err)
		}
		s, _ := d.Sentence("attest-standards")
		if got := s.Cells[4].Tags[0]; got != tc.want {
			t.Errorf("at %v: %q, want %q", tc.at, got, tc.want)
		}
	}
}

func TestEndMatter(t *testing.T) {
	t.Parallel()
	f := harbour(t)
	d := render(t, f, "en")
	for chapter, rules := range map[string][]string{"supplied": {"contacts/contact-web", "collect-location"}, "accepted": {"acceptance"}, "owners": {"use-support"}} {
		var got []string
		for _, c := range d.Chapters {
			if c.ID != chapter {
				continue
			}
			for _, k := range c.Blocks {
				for _, s := range k.Sentences {
					got = append(got, s.Rules...)
				}
			}
		}
		if !slices.Equal(got, rules) {
			t.Errorf("chapter %s names %v, want %v", chapter, got, rules)
		}
	}
}

// TestEveryPolicyCanBeSaid: what compiles has words for people, in every language.
func TestEveryPolicyCanBeSaid(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"../gate/testdata/club.yaml", "../gate/testdata/mail.yaml", "../httpapi/testdata/club.yaml", "../internal/storybook/club.yaml"} {
		for _, lang := range languages {
			if _, err := notice.Render(parse(t, path), notice.Options{Lang: lang, Now: now}); err != nil {
				t.Errorf("%s in %s: %v", path, lang, err)
			}
		}
	}
}

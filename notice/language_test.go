package notice_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"avow.dev/notice/statements"
)

func messages(t *testing.T, lang string) map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("lang", lang, "*.txt"))
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string]string)
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if key, words, ok := strings.Cut(strings.TrimSpace(line), " ="); ok && !strings.HasPrefix(line, "#") {
				all[key] = words
			}
		}
	}
	return all
}

var slotName = regexp.MustCompile(`\{\^?([a-z0-9]+)\}`)

// ownWords are the keys that a language has for itself.
func ownWords(key string) bool {
	for _, p := range []string{"name.", "spaced", "proper", "region."} {
		if strings.HasPrefix(key, p) {
			return true
		}
	}
	return false
}

func slots(words string) []string {
	var out []string
	for _, m := range slotName.FindAllStringSubmatch(words, -1) {
		out = append(out, m[1])
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func TestLanguagesHaveTheSameMessages(t *testing.T) {
	t.Parallel()
	en, zh := messages(t, "en"), messages(t, "zh")
	for key, words := range en {
		other, ok := zh[key]
		if !ok && !ownWords(key) {
			t.Errorf("Chinese lacks %s", key)
		}
		if ok && !slices.Equal(slots(words), slots(other)) {
			t.Errorf("%s: English uses %v, Chinese %v", key, slots(words), slots(other))
		}
	}
	for key := range zh {
		if _, ok := en[key]; !ok && !ownWords(key) {
			t.Errorf("English lacks %s", key)
		}
	}
}

func TestStatements(t *testing.T) {
	t.Parallel()
	slugs := statements.Slugs()
	if len(slugs) < 40 {
		t.Errorf("only %d statements", len(slugs))
	}
	for _, slug := range slugs {
		for _, lang := range languages {
			if s, err := statements.Text(slug, lang); err != nil || s == "" {
				t.Errorf("%s in %s: %v", slug, lang, err)
			}
		}
	}
	for wrong, near := range map[string]string{"mail-not-encripted": "mail-not-encrypted", "strong-password": "use-strong-password", "xyzzy": ""} {
		err := statements.Check(wrong)
		if err == nil || near != "" && !strings.Contains(err.Error(), `did you mean "`+near+`"?`) || near == "" && strings.Contains(err.Error(), "did you mean") {
			t.Errorf("%s: %v, want %q", wrong, err, near)
		}
	}
	if err := statements.Check("read-before-use"); err != nil {
		t.Error(err)
	}
}

package notice_test

import (
	"os"
	"testing"

	"avow.dev/notice"
	"avow.dev/policy/syntax"
)

func TestNames(t *testing.T) {
	t.Parallel()
	src, err := os.ReadFile("testdata/harbour.yaml")
	if err != nil {
		t.Fatal(err)
	}
	f, faults := syntax.Parse("harbour.yaml", src)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	for lang, product := range map[string]string{"en": "Harbour", "zh": "海港"} {
		n, err := notice.NamesOf(f, lang)
		if err != nil {
			t.Fatal(err)
		}
		if n.Product() != product {
			t.Errorf("%s: the product is %q", lang, n.Product())
		}
		for e := range f.Entries() {
			switch e.Section {
			case "data", "purposes", "recipients", "choices":
				if got := n.Title(e.Section, e.Head.ID.Text); got == "" || lang == "zh" && got == e.Head.ID.Text {
					t.Errorf("%s: %s/%s has no name", lang, e.Section, e.Head.ID.Text)
				}
			case "retain":
				if n.Keep(e.Head.ID.Text) == "" {
					t.Errorf("%s: %s keeps for no time", lang, e.Head.ID.Text)
				}
			}
		}
		if got := n.Of("data", "no-such"); got != "no-such" {
			t.Errorf("a word that is gone is called %q", got)
		}
	}
	if _, err := notice.NamesOf(f, "fr"); err == nil {
		t.Error("names in a language that the policy lacks")
	}
}

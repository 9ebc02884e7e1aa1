package notice_test

import (
	"strings"
	"testing"

	"avow.dev/notice"
	"avow.dev/policy/syntax"
)

func published(t *testing.T, lang string, changes ...string) *notice.Document {
	t.Helper()
	src := strings.NewReplacer(changes...).Replace(shortPolicy)
	f, faults := syntax.Parse("short.yaml", []byte(src))
	if len(faults) > 0 {
		t.Fatal(faults.Format())
	}
	d, err := notice.Render(f, notice.Options{Lang: lang})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// shortPolicy says a few things.
const shortPolicy = `avow: 1
policy: club
version: "1.0"
effective: 2026-01-01
mode: enforce
languages: [en, zh]
law: [eu]
controller:
  id: club
  name: {en: Haven Club, zh: 海湾俱乐部}
  contacts:
    - {id: mail, kind: email, value: privacy@haven.example, for: [questions]}
  region: CN
scope:
  - {id: app, kind: app, name: {en: Haven, zh: 海湾}}
data:
  - {id: email, type: email, lookup: true}
  - {id: name, type: text}
purposes:
  - {id: manage-account}
points:
  - {id: sign-up, name: {en: Sign-up form, zh: 注册表}, scope: [app]}
features:
  - {id: account, name: {en: Account, zh: 账户}, basic: true}
collect:
  - {id: take, data: [email, name], at: [sign-up], for: [manage-account], feature: [account], basis: contract}
retain:
  - {id: keep, data: [email, name], keep: 30d after account-closed, then: erase}
`

// TestCompare: what differs is told sentence by sentence, with the words that differ,
// and nothing else is told.
func TestCompare(t *testing.T) {
	t.Parallel()
	if same := notice.Compare(published(t, "en"), published(t, "en", `version: "1.0"`, `version: "2.0"`)); len(same) != 0 {
		t.Errorf("another version alone differs: %+v", same)
	}
	for lang, want := range map[string][2]string{"en": {"30", "60"}, "zh": {"30", "60"}} {
		list := notice.Compare(published(t, lang), published(t, lang, "keep: 30d", "keep: 60d"))
		if len(list) == 0 {
			t.Fatalf("%s: a longer time is not told", lang)
		}
		for _, r := range list {
			if r.Before == nil || r.After == nil || r.Chapter == "" {
				t.Errorf("%s: %+v", lang, r)
			}
			var before, after, gone, come strings.Builder
			for _, s := range r.Words {
				switch {
				case s.Gone:
					before.WriteString(s.Text)
					gone.WriteString(s.Text)
				case s.New:
					after.WriteString(s.Text)
					come.WriteString(s.Text)
				default:
					before.WriteString(s.Text)
					after.WriteString(s.Text)
				}
			}
			if before.String() != r.Before.Whole() || after.String() != r.After.Whole() {
				t.Errorf("%s: the stretches are not the sentences: %q and %q", lang, before.String(), after.String())
			}
			if !strings.Contains(gone.String(), want[0]) || !strings.Contains(come.String(), want[1]) || len(gone.String()) > 12 {
				t.Errorf("%s: goes %q, comes %q", lang, gone.String(), come.String())
			}
		}
	}
	other := published(t, "en", "retain:", "  - {id: take-more, data: [name], at: [sign-up], for: [manage-account], feature: [account], basis: consent}\nretain:")
	fresh := notice.Compare(published(t, "en"), other)
	gone := notice.Compare(other, published(t, "en"))
	if len(fresh) == 0 || len(fresh) != len(gone) {
		t.Fatalf("%d come, %d go", len(fresh), len(gone))
	}
	came, went := 0, 0
	for _, r := range fresh {
		if r.Before == nil {
			came++
		}
	}
	for _, r := range gone {
		if r.After == nil {
			went++
		}
	}
	if came == 0 || came != went {
		t.Errorf("%d sentences are new one way, %d gone the other", came, went)
	}
}

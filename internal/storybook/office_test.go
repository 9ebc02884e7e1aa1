package storybook_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"avow.dev/internal/chromium"
	"avow.dev/internal/chromium/browsertest"
	"avow.dev/internal/storybook"
)

// TestDesks shows each desk small and light in one language and wide and dark in the
// other, and asks of each the same as of the people's pages.
func TestDesks(t *testing.T) {
	t.Parallel()
	o, err := storybook.OpenOffice(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := o.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	shots := os.Getenv("AVOW_STORYBOOK") // a folder for pictures, to look at
	type look struct {
		lang, scheme string
		width        int64
	}
	looks := []look{{"en", "light", 320}, {"zh", "dark", 1280}}
	if shots != "" {
		looks = append(looks, look{"en", "light", 1280})
	}
	for _, l := range looks {
		pages := make(map[string]*browsertest.Page) // by who is signed in
		for _, d := range storybook.Desks() {
			page := pages[d.As]
			if page == nil {
				page = browsertest.Open(t)
				pages[d.As] = page
			}
			check := func(err error) {
				t.Helper()
				if err != nil {
					t.Fatalf("%s %s: %v", d.Name, l.lang, err)
				}
			}
			before := len(page.Page.Complaints())
			check(page.Page.Width(l.width))
			check(page.Page.Prefer("prefers-color-scheme", l.scheme))
			check(o.Tell(page.Page, &d, l.lang))
			if l.width > 320 { // axe takes most of the time, and finds the same on a small screen
				page.Accessible()
			}
			if wide, err := chromium.Eval[int64](page.Page, "document.documentElement.scrollWidth"); err != nil || wide > l.width {
				t.Errorf("%s: %d pixels wide on a screen of %d, %v", d.Name, wide, l.width, err)
			}
			if lang, err := chromium.Eval[string](page.Page, "document.documentElement.lang"); err != nil || lang != l.lang {
				t.Errorf("%s: the page is in %q, %v", d.Name, lang, err)
			}
			if status, err := chromium.Eval[int](page.Page, `performance.getEntriesByType("navigation")[0].responseStatus`); err != nil || (status >= 400) != d.Told {
				t.Errorf("%s answers %d, %v", d.Name, status, err)
			}
			if said := page.Page.Complaints()[before:]; len(said) > 0 && !d.Told {
				t.Errorf("%s: the console says %v", d.Name, said)
			}
			if shots != "" {
				png, err := page.Page.Screenshot(l.width)
				check(err)
				check(os.WriteFile(filepath.Join(shots, fmt.Sprintf("%s-%s-%s-%d.png", d.Name, l.lang, l.scheme, l.width)), png, 0o600))
			}
		}
	}
}

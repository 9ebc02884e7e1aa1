package storybook_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"avow.dev/internal/chromium"
	"avow.dev/internal/chromium/browsertest"
	"avow.dev/internal/storybook"
)

func TestMain(m *testing.M) { browsertest.Main(m) }

// TestStories shows each story small and light in one language and wide and dark in
// the other, and asks of each what nobody should have to check by hand: nothing that
// axe finds serious, nothing that the content policy stopped, nothing asked of
// anybody else, nothing wider than the screen.
func TestStories(t *testing.T) {
	t.Parallel()
	h, err := storybook.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	shots := os.Getenv("AVOW_STORYBOOK") // a folder for pictures, to look at
	for _, s := range storybook.Stories() {
		for _, look := range []struct {
			lang, scheme string
			width        int64
		}{{"en", "light", 320}, {"zh", "dark", 1280}, {"zh", "light", 320}, {"en", "dark", 1280}, {"en", "light", 1280}} {
			if shots == "" && look.lang == "zh" && look.width == 320 || shots == "" && look.lang == "en" && look.width == 1280 {
				continue
			}
			t.Run(s.Name+"-"+look.lang, func(t *testing.T) {
				page := browsertest.Open(t)
				check := func(err error) {
					t.Helper()
					if err != nil {
						t.Fatal(err)
					}
				}
				check(page.Page.Width(look.width))
				check(page.Page.Prefer("prefers-color-scheme", look.scheme))
				check(h.Tell(t.Context(), page.Page, &s, look.lang))
				page.Accessible()
				if wide, err := chromium.Eval[int64](page.Page, "document.documentElement.scrollWidth"); err != nil || wide > look.width {
					t.Errorf("%d pixels wide on a screen of %d, %v", wide, look.width, err)
				}
				if lang, err := chromium.Eval[string](page.Page, "document.documentElement.lang"); err != nil || lang != look.lang {
					t.Errorf("the page is in %q, %v", lang, err)
				}
				if who := page.Page.Strangers("127.0.0.1", strings.Replace(strings.TrimPrefix(h.URL(), "http://"), "127.0.0.1", "localhost", 1), strings.TrimPrefix(h.URL(), "http://"), strings.TrimPrefix(h.Shop(), "http://")); len(who) > 0 {
					t.Errorf("asked of others: %v", who)
				}
				for _, c := range page.Page.Complaints() {
					if s.Name != "nowhere" && s.Name != "dead-link" && !strings.HasSuffix(s.Name, "-unsure") {
						t.Errorf("the console says %s", c)
					}
				}
				if shots != "" {
					png, err := page.Page.Screenshot(look.width)
					check(err)
					name := s.Name + "-" + look.lang + "-" + look.scheme + "-" + map[int64]string{320: "320", 1280: "1280"}[look.width] + ".png"
					check(os.WriteFile(filepath.Join(shots, name), png, 0o600))
				}
			})
		}
	}
}

package engine_test

import (
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

var hrefs = regexp.MustCompile(`(?:href|src)="(/[^"]*)"`)

// read returns what a reader of a language is shown at an address.
func read(t *testing.T, url, lang string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	must(t, err)
	req.Header.Set("Accept-Language", lang)
	res, err := http.DefaultClient.Do(req)
	must(t, err)
	defer func() { must(t, res.Body.Close()) }()
	body, err := io.ReadAll(res.Body)
	must(t, err)
	return res.StatusCode, string(body)
}

// TestFirstPage follows every link of the first page: whoever opens the server's
// address finds the rest from there.
func TestFirstPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cfg := w.config()
	cfg.Create, cfg.Listen = true, "127.0.0.1:0"
	e := w.open(cfg)
	defer w.close(e)
	must(t, e.Seal(t.Context())) // the first checkpoint comes a moment after the start
	for lang, says := range map[string]string{"en": "not proved yet", "zh": "尚未证明"} {
		for _, path := range []string{"/", "/privacy"} {
			status, page := read(t, e.URL()+path, lang)
			if status != http.StatusOK || !strings.Contains(page, says) || !strings.Contains(page, `<html lang="`+lang+`"`) {
				t.Fatalf("%s in %s: status %d", path, lang, status)
			}
			links := hrefs.FindAllStringSubmatch(page, -1)
			for _, l := range links {
				link := strings.ReplaceAll(l[1], "&amp;", "&")
				if status, _ := read(t, e.URL()+link, lang); status != http.StatusOK {
					t.Errorf("%s leads to %s, which answers %d", path, link, status)
				}
			}
			for _, want := range []string{"/policy/club", "/privacy/club", "/proof/club", "/log/club/checkpoint", "/console", "/docs"} {
				if !strings.Contains(page, `href="`+want+`"`) {
					t.Errorf("%s does not lead to %s", path, want)
				}
			}
		}
	}
}

package html_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"avow.dev"
	"avow.dev/web/html"
)

// sample is an edge with one page that shows every part.
func sample() fstest.MapFS {
	page := `{{define "page"}}<p>{{t "hello" "name" .Body.Name}}</p>{{date .Body.At}}{{template "notice" (notice "good" "" (t "saved"))}}{{template "field" .Body.Field}}{{template "steps" .Body.Steps}}{{template "faults" .Body.Faults}}{{template "group" .Body.Group}}{{template "facts" .Body.Facts}}{{template "badge" (badge "on" (t "saved"))}}{{template "empty" (empty (t "saved") "")}}{{template "pager" .Body.Pager}}{{end}}`
	return fstest.MapFS{
		"pages/home.html": {Data: []byte(page)},
		"words/en.txt":    {Data: []byte("hello = Hello {name}\nsaved = Saved.\n")},
		"words/zh.txt":    {Data: []byte("hello = 您好，{name}\nsaved = 已保存。\n")},
	}
}

type body struct {
	Name   string
	At     time.Time
	Field  html.Field
	Steps  []html.Step
	Faults html.Faults
	Group  html.Group
	Facts  []html.Line
	Pager  html.Pager
}

func filled() body {
	b := body{Name: `<script>alert("x")</script>`, At: time.Date(2027, 3, 3, 12, 0, 0, 0, time.UTC)}
	b.Field = html.Field{Name: "mail", Label: "E-mail", Type: "email", Value: `"><b>`, Hint: "Yours.", Error: b.Faults.Add("mail", "Not an address.")}
	b.Steps = []html.Step{{State: "done", Title: "Received", At: b.At}}
	b.Group = html.Group{Name: "scope", Legend: "What", Options: []html.Option{{Value: "all", Label: "All", Hint: "Everything", Checked: true}}}
	b.Facts = []html.Line{{Name: "Kept until", Text: "never"}}
	b.Pager = html.Pager{Newer: &html.Link{Text: "newer", Href: "?page=1"}, Text: "2"}
	return b
}

func newSet(t *testing.T, files fs.FS) *html.Set {
	t.Helper()
	s, err := html.New(files)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func render(t *testing.T, s *html.Set, tag, target string) string {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, target, nil)
	r.AddCookie(&http.Cookie{Name: html.LanguageCookie, Value: tag})
	w := httptest.NewRecorder()
	if err := s.Render(w, r, s.Tongue(r), http.StatusOK, html.Page{Name: "home", Title: "Home", Site: "Club", Body: filled()}); err != nil {
		t.Fatal(err)
	}
	return w.Body.String()
}

func TestPageIsEscapedAndInTheReadersLanguage(t *testing.T) {
	t.Parallel()
	s := newSet(t, sample())
	for tag, want := range map[string][]string{
		"en": {`<html lang="en">`, "Hello &lt;script&gt;", `<time datetime="2027-03-03T12:00:00Z">3 March 2027</time>`, `aria-invalid="true" aria-describedby="mail-error mail-hint"`, "One thing needs your attention"},
		"zh": {`<html lang="zh">`, "您好，&lt;script&gt;", "2027年3月3日", "已保存。", `hreflang="en"`},
	} {
		got := render(t, s, tag, "/x?page=2")
		for _, w := range want {
			if !strings.Contains(got, w) {
				t.Errorf("%s: the page lacks %q:\n%s", tag, w, got)
			}
		}
		for _, never := range []string{"<script>alert", `"><b>`, " style=", "<style", "onclick", "http://", "https://"} {
			if strings.Contains(got, never) {
				t.Errorf("%s: the page holds %q", tag, never)
			}
		}
	}
}

// TestNewRefusesWhatAReaderWouldFind: each fault of an edge's files is found when
// the set is made, and not by somebody who opens the page.
func TestNewRefusesWhatAReaderWouldFind(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ file, text, want string }{
		"a language lacks a message":   {"words/zh.txt", "hello = 您好，{name}\n", `language zh has no words for saved`},
		"languages fill other slots":   {"words/zh.txt", "hello = 您好\nsaved = 已保存。\n", "different slots"},
		"a message stands twice":       {"words/en.txt", "hello = {name}\nhello = {name}\nsaved = Saved.\n", "stands twice"},
		"a key of the parts is taken":  {"words/en.txt", "hello = {name}\nsaved = x\nlayout.skip = x\n", "stands twice"},
		"a slot is not closed":         {"words/en.txt", "hello = {name\nsaved = x\n", "not closed"},
		"a page asks for what is not":  {"pages/home.html", `{{define "page"}}{{if .Body}}{{t "goodbye"}}{{end}}{{end}}`, `no words for "goodbye"`},
		"a nested call asks for it":    {"pages/home.html", `{{define "page"}}{{template "notice" (notice "good" "" (t "goodbye"))}}{{end}}`, `no words for "goodbye"`},
		"a page does not parse":        {"pages/home.html", `{{define "page"}}{{if}}{{end}}`, "missing value"},
		"a page takes a name of ours":  {"pages/fault.html", `{{define "page"}}{{end}}`, "two pages of this name"},
		"a language has no folder yet": {"words/fr.txt", "hello = {name}\n", "has no words for"},
	} {
		files := sample()
		files[tc.file] = &fstest.MapFile{Data: []byte(tc.text)}
		if _, err := html.New(files); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", name, err, tc.want)
		}
	}
}

func TestLanguage(t *testing.T) {
	t.Parallel()
	s := newSet(t, sample())
	for _, tc := range []struct{ cookie, accept, want string }{
		{"", "", "en"}, {"", "zh-CN,zh;q=0.9", "zh"}, {"", "fr", "en"}, {"", "de, zh;q=0.5", "zh"}, {"zh", "en", "zh"}, {"en", "zh", "en"}, {"xx", "zh", "zh"}, {"", "!!", "en"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		if tc.accept != "" {
			r.Header.Set("Accept-Language", tc.accept)
		}
		if tc.cookie != "" {
			r.AddCookie(&http.Cookie{Name: html.LanguageCookie, Value: tc.cookie})
		}
		if got := s.Tongue(r).Tag(); got != tc.want {
			t.Errorf("cookie %q, accept %q: %s, want %s", tc.cookie, tc.accept, got, tc.want)
		}
	}
	w := httptest.NewRecorder()
	if !s.Switch(w, httptest.NewRequest(http.MethodGet, "/x?page=2&lang=zh", nil)) {
		t.Fatal("the language was not switched")
	}
	c := w.Result().Cookies()[0]
	if w.Header().Get("Location") != "/x?page=2" || c.Value != "zh" || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode {
		t.Errorf("switched to %q with %v", w.Header().Get("Location"), c)
	}
	if s.Switch(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/x?lang=//evil.example", nil)) {
		t.Error("a language that does not exist was switched to")
	}
}

func TestTongue(t *testing.T) {
	t.Parallel()
	s := newSet(t, sample())
	en, _ := s.In("en")
	zh, _ := s.In("zh")
	at := time.Date(2027, 3, 3, 23, 5, 0, 0, time.FixedZone("", -3600))
	now := time.Date(2027, 3, 1, 0, 0, 0, 0, time.UTC)
	for name, tc := range map[string][2]string{
		"date en":      {en.Date(at), "4 March 2027"},
		"date zh":      {zh.Date(at), "2027年3月4日"},
		"no date":      {en.Date(time.Time{}), "–"},
		"moment":       {en.Moment(at), "4 March 2027, 00:05 UTC"},
		"in days":      {en.Left(at, now), "in 3 days"},
		"days ago":     {zh.Left(now, at), "3 天前"},
		"in a moment":  {en.Left(now.Add(time.Second), now), "in a moment"},
		"minutes":      {en.Left(now.Add(90*time.Minute), now), "in 90 minutes"},
		"hours":        {en.Left(now.Add(30*time.Hour), now), "in 30 hours"},
		"years":        {en.Left(now.AddDate(3, 0, 0), now), "in 3 years"},
		"number":       {en.Number(1234567), "1,234,567"},
		"small":        {en.Number(-123), "−123"},
		"size":         {en.Size(1_500_000), "1.5\u00a0MB"},
		"bytes":        {zh.Size(12), "12 字节"},
		"money":        {en.Money(63250000, "USD"), "USD 632,500.00"},
		"yen":          {zh.Money(-1200, "JPY"), "JPY −1,200"},
		"list of one":  {en.List([]string{"a"}), "a"},
		"list":         {en.List([]string{"a", "b", "c"}), "a, b and c"},
		"Chinese list": {zh.List([]string{"甲", "乙", "丙"}), "甲、乙和丙"},
	} {
		if tc[0] != tc[1] {
			t.Errorf("%s: %q, want %q", name, tc[0], tc[1])
		}
	}
	if _, err := en.Say("hello"); err == nil {
		t.Error("a sentence with a hole was said")
	}
}

func TestAssets(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"avow.css", "page.js", "icon.svg"} {
		at, err := html.Asset(name)
		if err != nil || !regexp.MustCompile(`^/assets/[a-z]+\.[0-9a-f]{16}\.[a-z]+$`).MatchString(at) {
			t.Fatalf("%s is at %q, %v", name, at, err)
		}
		plain, small := get(t, at, ""), get(t, at, "gzip")
		zr, err := gzip.NewReader(small.Body)
		if err != nil {
			t.Fatal(err)
		}
		unpacked, err := io.ReadAll(zr)
		if err != nil || !bytes.Equal(unpacked, plain.Body.Bytes()) || !strings.Contains(plain.Header().Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %v, %v", name, err, plain.Header())
		}
		if w := get(t, strings.Replace(at, ".", ".0", 1), ""); w.Code != http.StatusNotFound {
			t.Errorf("a name with another hash answers %d", w.Code)
		}
	}
	if _, err := html.Asset("other.css"); err == nil {
		t.Error("an asset that does not exist has an address")
	}
	css, _ := html.Asset("avow.css")
	if body := get(t, css, "").Body.String(); regexp.MustCompile(`url\("?(https?:)?//`).MatchString(body) || strings.Contains(body, "@import") {
		t.Error("the style asks for something from elsewhere")
	}
	if n := get(t, css, "gzip").Body.Len(); n > 14<<10 {
		t.Errorf("the style is %d bytes on the wire", n)
	}
}

func get(t *testing.T, target, encoding string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, target, nil)
	r.Header.Set("Accept-Encoding", encoding)
	w := httptest.NewRecorder()
	html.Assets().ServeHTTP(w, r)
	return w
}

func TestGuard(t *testing.T) {
	t.Parallel()
	reached := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.ReadAll(r.Body); err != nil {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
		}
	})
	h := html.Guard(reached, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }), func(r *http.Request) bool { return r.URL.Path == "/paper" })
	for name, tc := range map[string]struct {
		method, site, origin string
		size, want           int
		path                 string
	}{
		"reading":                 {"GET", "cross-site", "", 0, 200, "/x"},
		"our form":                {"POST", "same-origin", "", 10, 200, "/x"},
		"typed in":                {"POST", "none", "", 10, 200, "/x"},
		"another site":            {"POST", "cross-site", "", 10, 403, "/x"},
		"a sister site":           {"POST", "same-site", "", 10, 403, "/x"},
		"an old browser":          {"POST", "", "http://pages.example", 10, 200, "/x"},
		"an old browser, hostile": {"POST", "", "http://evil.example", 10, 403, "/x"},
		"hidden origin":           {"POST", "", "null", 10, 403, "/x"},
		"too large":               {"POST", "same-origin", "", html.MostForm + 1, 413, "/x"},
		"a file nobody asked for": {"POST", "same-origin", "", html.MostForm + 1, 413, "/files"},
		"a file":                  {"POST", "same-origin", "", html.MostForm + 1, 200, "/paper"},
		"a file too large":        {"POST", "same-origin", "", html.MostUpload + 1, 413, "/paper"},
	} {
		r := httptest.NewRequest(tc.method, "http://pages.example"+tc.path, strings.NewReader(strings.Repeat("x", tc.size)))
		r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
		if tc.site != "" {
			r.Header.Set("Sec-Fetch-Site", tc.site)
		}
		if tc.origin != "" {
			r.Header.Set("Origin", tc.origin)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != tc.want {
			t.Errorf("%s: %d, want %d", name, w.Code, tc.want)
		}
		for _, header := range []string{"Content-Security-Policy", "Referrer-Policy", "X-Frame-Options", "Permissions-Policy"} {
			if w.Header().Get(header) == "" {
				t.Errorf("%s: no %s", name, header)
			}
		}
		if w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: may be kept", name)
		}
	}
	if strings.Contains(html.ContentPolicy, "unsafe") || !strings.Contains(html.ContentPolicy, "frame-ancestors 'none'") {
		t.Error("the content policy is weak")
	}
}

func TestFail(t *testing.T) {
	t.Parallel()
	s := newSet(t, sample())
	refusal := &avow.Refusal{Receipt: avow.Receipt{Index: 41}, Decision: avow.Decision{Reasons: avow.OnHold.Set()}}
	for name, tc := range map[string]struct {
		err    error
		status int
		want   string
	}{
		"unknown":     {&avow.Error{Code: avow.Unknown, Message: "secret words"}, 404, "There is nothing here"},
		"refused":     {refusal, 403, "entry 41"},
		"sign in":     {html.ErrSignIn, 401, "Please sign in"},
		"cross-site":  {html.ErrCrossSite, 403, "did not come from our page"},
		"large":       {&http.MaxBytesError{}, 413, "too large"},
		"no code":     {io.ErrUnexpectedEOF, 500, "Something went wrong"},
		"unavailable": {&avow.Error{Code: avow.Unavailable}, 503, "nothing is lost"},
	} {
		w := httptest.NewRecorder()
		if err := s.Fail(w, httptest.NewRequest(http.MethodGet, "/", nil), html.Page{Site: "Club", Home: "/club"}, tc.err, nil); err != nil {
			t.Fatal(err)
		}
		if got := w.Body.String(); w.Code != tc.status || !strings.Contains(got, tc.want) || strings.Contains(got, "secret words") || strings.Contains(got, "unexpected EOF") {
			t.Errorf("%s: %d\n%s", name, w.Code, got)
		}
	}
}

// TestEveryCodeHasWords: whatever goes wrong, people read a sentence.
func TestEveryCodeHasWords(t *testing.T) {
	t.Parallel()
	s := newSet(t, sample())
	for _, tag := range s.Languages() {
		in, _ := s.In(tag)
		for _, code := range []avow.Code{avow.Invalid, avow.Unknown, avow.Conflict, avow.Forbidden, avow.TooLarge, avow.TooMany, avow.Unavailable, avow.Gone, avow.Internal} {
			for _, part := range []string{"title", "why", "try"} {
				if !in.Has("fault." + part + "." + string(code)) {
					t.Errorf("%s has no %s for %s", tag, part, code)
				}
			}
		}
	}
}

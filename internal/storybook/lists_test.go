package storybook

import (
	"context"
	"encoding/csv"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"avow.dev/internal/officer"
)

var (
	listed    = regexp.MustCompile(`(?s)<section class="list"><h2>(.*?)</h2>(.*?)</section>`)
	listRow   = regexp.MustCompile(`(?s)<tr>(.*?)</tr>`)
	listCell  = regexp.MustCompile(`(?s)<td[^>]*>(.*?)</td>`)
	asCSV     = regexp.MustCompile(`href="([^"]*as=csv[^"]*)"`)
	addresses = regexp.MustCompile(`(?:href|action)="([^"]*)"`)
	markup    = regexp.MustCompile(`<[^>]*>`)
)

// reader is somebody at the console with a sign-in of their own.
type reader struct {
	t      *testing.T
	o      *Office
	client *http.Client
	cookie string
}

// reads signs an officer in without a browser.
func (o *Office) reads(t *testing.T, login string) *reader {
	t.Helper()
	r := &reader{t: t, o: o, client: &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	o.pass(30 * time.Second) // a code works once
	code, err := officer.Code(o.keys[login], o.clock())
	if err != nil {
		t.Fatal(err)
	}
	if status, _, _ := r.send(http.MethodPost, "/console", url.Values{"login": {login}, "password": {password}, "code": {code}}); status != http.StatusSeeOther || r.cookie == "" {
		t.Fatalf("%s is not signed in: %d", login, status)
	}
	return r
}

func (r *reader) send(method, path string, form url.Values) (int, http.Header, string) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), method, r.o.URL()+path, strings.NewReader(form.Encode()))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept-Language", "en")
	req.Header.Set("Origin", r.o.URL())
	if r.cookie != "" {
		req.AddCookie(&http.Cookie{Name: "__Host-avow-console", Value: r.cookie})
	}
	res, err := r.client.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	if err := res.Body.Close(); err != nil {
		r.t.Fatal(err)
	}
	for _, c := range res.Cookies() {
		if c.Name == "__Host-avow-console" {
			r.cookie = c.Value
		}
	}
	return res.StatusCode, res.Header, string(body)
}

func (r *reader) page(path string) string {
	r.t.Helper()
	status, _, body := r.send(http.MethodGet, path, nil)
	if status != http.StatusOK {
		r.t.Fatalf("%s answers %d", path, status)
	}
	return body
}

// sheet takes a list along, and returns its lines below the head.
func (r *reader) sheet(path string) [][]string {
	r.t.Helper()
	status, head, body := r.send(http.MethodGet, path, nil)
	if status != http.StatusOK || !strings.HasPrefix(head.Get("Content-Type"), "text/csv") {
		r.t.Fatalf("%s is no spreadsheet: %d %s", path, status, head.Get("Content-Type"))
	}
	lines, err := csv.NewReader(strings.NewReader(body)).ReadAll()
	if err != nil || len(lines) == 0 {
		r.t.Fatalf("%s: %d lines, %v", path, len(lines), err)
	}
	return lines[1:]
}

func plain(s string) string {
	return strings.Join(strings.Fields(html.UnescapeString(markup.ReplaceAllString(s, " "))), " ")
}

// rowsOf are the rows of a list of a page, without its head.
func rowsOf(list string) (rows [][]string) {
	_, body, _ := strings.Cut(list, "<tbody>")
	for _, r := range listRow.FindAllStringSubmatch(body, -1) {
		var cells []string
		for _, c := range listCell.FindAllStringSubmatch(r[1], -1) {
			cells = append(cells, plain(c[1]))
		}
		rows = append(rows, cells)
	}
	return rows
}

// TestEveryList: each list of each desk is taken along by an address that lasts, holds
// no data of people and gives the same rows; it is narrowed by words, on the page and in
// the file alike; words that stand nowhere are said to; and where there is nothing, it
// says what would be there.
func TestEveryList(t *testing.T) {
	t.Parallel()
	o, err := OpenOffice(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := o.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	ada := o.reads(t, "ada")
	full := 0
	for _, d := range Desks() {
		if d.As != "ada" || d.Public || d.Told || len(d.Then) > 0 {
			continue
		}
		path := "/console" + o.at.Replace(d.Path)
		bare, _, _ := strings.Cut(path, "?")
		body := ada.page(path)
		for _, a := range addresses.FindAllStringSubmatch(body, -1) {
			for _, who := range []string{"mail.example", "13800138000", "Li%20Wei", "/li", "=li", "/wu", "=wu", "/chen", "=chen"} {
				if at := html.UnescapeString(a[1]); strings.HasPrefix(at, "/") && (strings.HasSuffix(at, who) || strings.Contains(at, who+"&") || strings.Contains(at, who+"/") || strings.Contains(who, ".") && strings.Contains(at, who)) {
					t.Errorf("%s: the address %s is about somebody", d.Name, at)
				}
			}
		}
		for n, l := range listed.FindAllStringSubmatch(body, -1) {
			rows := rowsOf(l[2])
			if len(rows) == 0 {
				if !strings.Contains(l[2], `class="empty"`) {
					t.Errorf("%s: the empty list %q says nothing", d.Name, plain(l[1]))
				}
				continue
			}
			full++
			link := asCSV.FindStringSubmatch(l[2])
			if link == nil {
				t.Errorf("%s: the list %q cannot be taken along", d.Name, plain(l[1]))
				continue
			}
			at := html.UnescapeString(link[1])
			if lines := ada.sheet(at); len(lines) != len(rows) {
				t.Errorf("%s: %d rows of %q on the page, %d in the file", d.Name, len(rows), plain(l[1]), len(lines))
			}
			if !strings.Contains(body, `name="find"`) {
				t.Errorf("%s: the list %q cannot be narrowed", d.Name, plain(l[1]))
			}
			word := strings.Fields(rows[0][0] + " –")[0]
			find := url.Values{"find": {word}}.Encode()
			narrow := listed.FindAllStringSubmatch(ada.page(bare+"?"+find), -1)
			if d.Path != "" && strings.Contains(d.Path, "?") {
				continue // the page is narrowed already, in a way of its own
			}
			got := rowsOf(narrow[n][2])
			if len(got) == 0 || len(got) > len(rows) {
				t.Errorf("%s: %d rows of %q hold %q, of %d", d.Name, len(got), plain(l[1]), word, len(rows))
			}
			if lines := ada.sheet(at + "&" + find); len(lines) != len(got) {
				t.Errorf("%s: %d rows hold %q on the page, %d in the file", d.Name, len(got), word, len(lines))
			}
			if none := ada.page(bare + "?find=words+that+stand+nowhere"); !strings.Contains(none, "Nothing here has these words") || strings.Contains(listed.FindAllStringSubmatch(none, -1)[n][2], "<tbody>") {
				t.Errorf("%s: %q says nothing of words that stand nowhere", d.Name, plain(l[1]))
			}
		}
	}
	if full < 25 {
		t.Errorf("only %d lists have anything in them", full)
	}
}

package cookies_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"avow.dev/cookies"
	"avow.dev/policy"
	"avow.dev/policy/syntax"
)

func register(t testing.TB, changes ...string) *cookies.Register {
	t.Helper()
	src, err := os.ReadFile("../examples/astral/policy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	f, faults := syntax.Parse("policy.yaml", []byte(strings.NewReplacer(changes...).Replace(string(src))))
	if len(faults) > 0 {
		t.Fatal(faults.Format())
	}
	p, faults := policy.Compile(f)
	if len(faults) > 0 {
		t.Fatal(faults.Format())
	}
	return cookies.Of(p)
}

// chose is the cookie of somebody who agreed to some choices.
func chose(t testing.TB, r *cookies.Register, gpc bool, given ...string) *http.Cookie {
	t.Helper()
	raw, err := json.Marshal(map[string]any{"categories": given, "revision": r.Revision(), "data": map[string]bool{"gpc": gpc}})
	if err != nil {
		t.Fatal(err)
	}
	return &http.Cookie{Name: cookies.ChoiceCookie, Value: url.QueryEscape(string(raw))}
}

const (
	session = "ac_session"
	prefs   = "ac_prefs"
	visits  = "ac_visits"
	hexes   = "0123456789abcdef0123456789abcdef"
)

// site sets every cookie it can, and says which ones it got.
func site(r *cookies.Register, got *[]string) http.Handler {
	return r.Guard(cookies.Site{Clock: func() time.Time { return time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC) }}, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		*got = nil
		for _, c := range req.Cookies() {
			*got = append(*got, c.Name)
		}
		for name, value := range map[string]string{session: strings.Repeat("s", 30), prefs: "dark=1", visits: hexes, "skylens_id": hexes, "stray": "x"} {
			http.SetCookie(w, &http.Cookie{Name: name, Value: value, MaxAge: 1e9, SameSite: http.SameSiteNoneMode})
		}
		fmt.Fprint(w, "hello")
	}))
}

func TestGuard(t *testing.T) {
	t.Parallel()
	r := register(t)
	sent := map[string]string{session: strings.Repeat("s", 30), prefs: "dark=1", visits: hexes, "stray": "x", "skylens_id": hexes}
	for _, c := range []struct {
		name      string
		choice    *http.Cookie
		gpc       bool
		reach     []string // the site
		set       []string
		forgotten []string
	}{
		{"before a choice", nil, false, []string{session}, []string{session}, []string{prefs, visits, "skylens_id", "stray"}},
		{"after a yes to one", chose(t, r, false, "functional-cookies"), false, []string{session, prefs}, []string{session, prefs}, []string{visits, "skylens_id", "stray"}},
		{"after a no", chose(t, r, false), false, []string{session}, []string{session}, []string{prefs, visits, "skylens_id", "stray"}},
		{"under GPC after an earlier yes", chose(t, r, false, "functional-cookies"), true, []string{session}, []string{session}, []string{prefs, visits, "skylens_id", "stray"}},
		{"under GPC after a yes given under it", chose(t, r, true, "performance-cookies"), true, []string{session, visits}, []string{session, visits}, []string{prefs, "skylens_id", "stray"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			req := httptest.NewRequest(http.MethodGet, "https://shop.example/", nil)
			for name, value := range sent {
				req.AddCookie(&http.Cookie{Name: name, Value: value})
			}
			if c.choice != nil {
				req.AddCookie(c.choice)
			}
			if c.gpc {
				req.Header.Set("Sec-GPC", "1")
			}
			w := httptest.NewRecorder()
			site(r, &got).ServeHTTP(w, req)
			var set, forgotten []string
			for _, k := range w.Result().Cookies() {
				if k.MaxAge < 0 {
					forgotten = append(forgotten, k.Name)
				} else {
					set = append(set, k.Name)
				}
			}
			same := func(what string, got, want []string) {
				t.Helper()
				got = slices.DeleteFunc(got, func(n string) bool { return n == cookies.ChoiceCookie })
				slices.Sort(got)
				slices.Sort(want)
				if !slices.Equal(got, want) {
					t.Errorf("%s: %v, want %v", what, got, want)
				}
			}
			same("reach the site", got, c.reach)
			same("reach the browser", set, c.set)
			same("are forgotten", forgotten, c.forgotten)
		})
	}
}

func TestAttributesAreThePolicys(t *testing.T) {
	t.Parallel()
	r := register(t)
	var got []string
	req := httptest.NewRequest(http.MethodGet, "https://shop.example/", nil)
	req.AddCookie(chose(t, r, false, "functional-cookies"))
	w := httptest.NewRecorder()
	site(r, &got).ServeHTTP(w, req)
	for _, c := range w.Result().Cookies() {
		want := map[string]http.Cookie{
			session: {HttpOnly: true, MaxAge: 0},
			prefs:   {HttpOnly: false, MaxAge: 180 * 24 * 3600},
		}[c.Name]
		if c.HttpOnly != want.HttpOnly || c.MaxAge != want.MaxAge || c.SameSite != http.SameSiteLaxMode || !c.Secure || c.Path != "/" {
			t.Errorf("%s has %+v", c.Name, c)
		}
	}
}

func TestValuesThatDoNotFitAreRefused(t *testing.T) {
	t.Parallel()
	r := register(t)
	h := r.Guard(cookies.Site{Clock: time.Now}, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if _, err := req.Cookie(visits); err == nil {
			t.Error("a value that does not fit reached the site")
		}
		http.SetCookie(w, &http.Cookie{Name: visits, Value: "li@mail.example"})
	}))
	req := httptest.NewRequest(http.MethodGet, "/", nil)
	req.AddCookie(chose(t, r, false, "performance-cookies"))
	req.AddCookie(&http.Cookie{Name: visits, Value: "li@mail.example"})
	w := httptest.NewRecorder()
	h.ServeHTTP(w, req)
	for _, c := range w.Result().Cookies() {
		if c.MaxAge >= 0 {
			t.Errorf("%s reached the browser", c)
		}
	}
}

func TestPoliciesFollowTheChoice(t *testing.T) {
	t.Parallel()
	r := register(t)
	const host = " widgets.skylens.example"
	for _, c := range []struct {
		said cookies.Said
		open bool
	}{
		{cookies.Said{}, false},
		{cookies.Said{Decided: true}, false},
		{cookies.Said{Decided: true, Given: []avowChoice{"functional-cookies"}}, true},
		{cookies.Said{Decided: true, Given: []avowChoice{"functional-cookies"}, GPC: true}, false},
	} {
		h := r.Policies(cookies.Site{Script: "https://privacy.example"}, c.said)
		if got := strings.Contains(h["Content-Security-Policy"], host); got != c.open {
			t.Errorf("%+v: the host is open %v", c.said, got)
		}
		if !strings.Contains(h["Permissions-Policy"], "camera=()") || h["Referrer-Policy"] != "same-origin" {
			t.Errorf("the policies are %v", h)
		}
	}
}

func TestForget(t *testing.T) {
	t.Parallel()
	h := register(t).Guard(cookies.Site{Clock: time.Now}, http.NotFoundHandler())
	for _, c := range []struct {
		method, from string
		status       int
	}{{http.MethodPost, "same-origin", 204}, {http.MethodPost, "cross-site", 403}, {http.MethodPost, "same-site", 403}, {http.MethodGet, "same-origin", 405}} {
		req := httptest.NewRequest(c.method, cookies.ForgetPath, nil)
		req.Header.Set("Sec-Fetch-Site", c.from)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, req)
		if w.Code != c.status || (w.Header().Get("Clear-Site-Data") != "") != (c.status == 204) {
			t.Errorf("%s from %s: %d, %q", c.method, c.from, w.Code, w.Header().Get("Clear-Site-Data"))
		}
	}
}

// TestAskedAgainOnlyForSomethingElse: the revision changes with what is asked, and
// with nothing else.
func TestAskedAgainOnlyForSomethingElse(t *testing.T) {
	t.Parallel()
	r := register(t)
	if other := register(t, `version: "`, `version: "9`); other.Revision() != r.Revision() || other.Hash() == r.Hash() {
		t.Error("another version that asks the same is asked again")
	}
	if other := register(t, "name: ac_visits", "name: ac_visitors"); other.Revision() == r.Revision() {
		t.Error("another cookie is not asked for")
	}
}

func FuzzSaid(f *testing.F) {
	r := register(f)
	f.Add(chose(f, r, false, "functional-cookies").Value)
	f.Add("%7B%22categories%22%3A%5B%5D%7D")
	f.Fuzz(func(t *testing.T, value string) {
		req := httptest.NewRequest(http.MethodGet, "/", nil)
		req.Header.Set("Cookie", cookies.ChoiceCookie+"="+value)
		s := r.Said(req)
		if !s.Decided && len(s.Given) > 0 {
			t.Errorf("%q gives without deciding", value)
		}
	})
}

package html_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"avow.dev/web/html"
)

func TestOnce(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	html.Once(w, httptest.NewRequest(http.MethodPost, "/club/data/show", nil), "/club/data%20of/x?at=1#email", "deleted")
	mark := w.Result().Cookies()[0]
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/club/data%20of/x?at=1#email" {
		t.Fatalf("led to %s", w.Header().Get("Location"))
	}
	if mark.Name[:7] != "__Host-" || !mark.Secure || !mark.HttpOnly || mark.Path != "/" || mark.Domain != "" || mark.SameSite != http.SameSiteStrictMode || mark.MaxAge != 60 {
		t.Errorf("the mark can be planted or stays: %v", mark)
	}
	for name, tc := range map[string]struct {
		method, path, want string
		marks              []*http.Cookie
	}{
		"the page that was led to":   {http.MethodGet, "/club/data%20of/x?at=1", "deleted", []*http.Cookie{mark}},
		"another page":               {http.MethodGet, "/club/choices", "", []*http.Cookie{mark}},
		"a form":                     {http.MethodPost, "/club/data%20of/x", "", []*http.Cookie{mark}},
		"a link that says it itself": {http.MethodGet, "/club/data%20of/x?said=deleted", "", nil},
		"a planted second mark":      {http.MethodGet, "/club/data%20of/x", "", []*http.Cookie{mark, {Name: mark.Name, Value: "erased." + mark.Value[8:]}}},
		"a mark of no page":          {http.MethodGet, "/club/data%20of/x", "", []*http.Cookie{{Name: mark.Name, Value: "deleted"}}},
	} {
		r, w := httptest.NewRequest(tc.method, tc.path, nil), httptest.NewRecorder()
		for _, c := range tc.marks {
			r.AddCookie(c)
		}
		if got := html.Said(w, r); got != tc.want {
			t.Errorf("%s: says %q, want %q", name, got, tc.want)
		}
		if gone := len(w.Result().Cookies()) == 1 && w.Result().Cookies()[0].MaxAge < 0; gone != (tc.method == http.MethodGet && tc.marks != nil) {
			t.Errorf("%s: the mark stays or goes: %v", name, w.Result().Cookies())
		}
	}
	w = httptest.NewRecorder()
	html.Once(w, httptest.NewRequest(http.MethodPost, "/", nil), "/", "")
	if len(w.Result().Cookies()) != 0 {
		t.Error("nothing to say leaves a mark")
	}
}

package signin_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"avow.dev/internal/signin"
)

func TestNetwork(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"203.0.113.9:4711": "203.0.113.9", "[2001:db8:1:2:3:4:5:6]:80": "2001:db8:1:2::", "[::ffff:203.0.113.9]:1": "203.0.113.9",
		"203.0.113.9": "203.0.113.9", "nonsense": "", "": "",
	} {
		if got := signin.Network(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// TestProtect: what changes something does not come from another site.
func TestProtect(t *testing.T) {
	t.Parallel()
	h := signin.Protect(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	for _, c := range []struct {
		method, name, value string
		want                int
	}{
		{"POST", "Sec-Fetch-Site", "same-origin", 204}, {"POST", "Sec-Fetch-Site", "none", 204}, {"POST", "Sec-Fetch-Site", "cross-site", 403},
		{"POST", "Sec-Fetch-Site", "same-site", 403}, {"POST", "Origin", "https://evil.example", 403}, {"POST", "Origin", "https://privacy.example", 204},
		{"GET", "Sec-Fetch-Site", "cross-site", 204},
	} {
		r := httptest.NewRequest(c.method, "https://privacy.example/privacy/club/sign-out", strings.NewReader(""))
		r.Header.Set(c.name, c.value)
		out := httptest.NewRecorder()
		h.ServeHTTP(out, r)
		if out.Code != c.want {
			t.Errorf("%s with %s %s: %d, want %d", c.method, c.name, c.value, out.Code, c.want)
		}
	}
}

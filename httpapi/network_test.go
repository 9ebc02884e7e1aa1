package httpapi_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"avow.dev/httpapi"
	"avow.dev/internal/caller"
)

// from sends a request that comes from an address, and says whose it passes on.
func (w *world) from(remote, path, token, forwarded string) int {
	r := httptest.NewRequest("GET", path, http.NoBody)
	r.RemoteAddr = remote
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	if forwarded != "" {
		r.Header.Set("X-Forwarded-For", forwarded)
	}
	out := httptest.NewRecorder()
	w.ServeHTTP(out, r)
	return out.Code
}

// TestOneNetworkLeavesRoom: whoever asks for pages slowly keeps nobody of another network
// out, and no application.
func TestOneNetworkLeavesRoom(t *testing.T) {
	t.Parallel()
	inside, leave := make(chan bool, 16), make(chan bool)
	w := setup(t, func(c *httpapi.Config) {
		c.Limits.Concurrent = 16
		c.Pages = []httpapi.Page{{Name: "slow", Pattern: "/slow", Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { inside <- true; <-leave })}}
	})
	var all sync.WaitGroup
	for n := range 2 { // an eighth of sixteen
		all.Go(func() { w.from(fmt.Sprintf("203.0.113.9:%d", n), "/slow", "", "") })
		<-inside
	}
	for _, c := range []struct {
		remote, path, token string
		want                int
	}{
		{"203.0.113.9:3", "/slow", "", 429}, {"203.0.113.9:4", "/healthz", "", 429},
		{"203.0.113.9:5", "/v1/policies", w.app, 200}, {"203.0.113.10:6", "/healthz", "", 200}, {"[2001:db8::1]:7", "/healthz", "", 200},
	} {
		if got := w.from(c.remote, c.path, c.token, ""); got != c.want {
			t.Errorf("%s from %s: %d, want %d", c.path, c.remote, got, c.want)
		}
	}
	close(leave)
	all.Wait()
	if got := w.from("203.0.113.9:8", "/healthz", "", ""); got != 200 {
		t.Errorf("afterwards: %d", got)
	}
}

// TestBehindAProxy: people behind a proxy that the operator names are told apart, and
// nobody else's word is taken for where they come from.
func TestBehindAProxy(t *testing.T) {
	t.Parallel()
	proxies, err := caller.ParseProxies([]string{"10.1.0.0/16"})
	must(t, err)
	w := setup(t, func(c *httpapi.Config) { c.Proxies, c.Limits.FailedAuth = proxies, 3 })
	for range 3 {
		if got := w.from("10.1.2.3:80", "/v1/policies", "wrong", "198.51.100.1"); got != 401 {
			t.Fatalf("a wrong token: %d", got)
		}
		if got := w.from("203.0.113.9:80", "/v1/policies", "wrong", "198.51.100.7"); got != 401 {
			t.Fatalf("a wrong token: %d", got)
		}
	}
	for _, c := range []struct {
		remote, said string
		want         int
	}{
		{"10.1.2.3:80", "198.51.100.1", 429}, {"10.1.9.9:80", "198.51.100.2, 198.51.100.1", 429}, // who was there before
		{"10.1.2.3:80", "198.51.100.2", 401},    // somebody else behind the same proxy
		{"203.0.113.9:80", "198.51.100.3", 429}, // somebody who is no proxy and says that they are
	} {
		if got := w.from(c.remote, "/v1/policies", "wrong", c.said); got != c.want {
			t.Errorf("%s for %s: %d, want %d", c.remote, c.said, got, c.want)
		}
	}
}

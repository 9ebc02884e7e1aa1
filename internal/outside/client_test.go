package outside_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"avow.dev/internal/outside"
)

func TestPublic(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		ip     string
		public bool
	}{
		{"93.184.215.14", true}, {"2606:4700::1111", true}, {"223.5.5.5", true},
		{"127.0.0.1", false}, {"127.8.8.8", false}, {"::1", false}, {"10.0.0.1", false}, {"172.16.0.1", false}, {"172.31.255.1", false}, {"192.168.1.1", false},
		{"169.254.169.254", false}, {"100.100.100.200", false}, {"fd00:ec2::254", false}, {"fe80::1", false}, {"0.0.0.0", false}, {"::", false}, {"224.0.0.1", false},
		{"255.255.255.255", false}, {"::ffff:127.0.0.1", false}, {"::ffff:10.0.0.1", false}, {"64:ff9b::a00:1", false}, {"2002:7f00:1::", false}, {"192.0.0.192", false}, {"198.18.0.1", false},
	} {
		if got := outside.Public(netip.MustParseAddr(c.ip)); got != c.public {
			t.Errorf("%s is public: %v", c.ip, got)
		}
	}
}

// TestInside: what resolves to our own machine is not reached, by number or by
// name, unless the operator says so; a redirect is not followed there either.
func TestInside(t *testing.T) {
	t.Parallel()
	asked := 0
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	defer inside.Close()
	port := inside.URL[len("http://127.0.0.1"):]
	c := outside.Client(outside.Options{})
	for _, url := range []string{inside.URL, "http://localhost" + port, "http://[::ffff:127.0.0.1]" + port, "http://0.0.0.0" + port, "http://2130706433" + port} {
		resp, err := c.Get(url)
		if err == nil {
			resp.Body.Close()
			t.Errorf("%s is reached", url)
		} else if !errors.Is(err, outside.ErrInside) && url != "http://2130706433"+port {
			t.Errorf("%s: %v", url, err)
		}
	}
	if asked != 0 {
		t.Fatalf("asked %d times", asked)
	}
	outer := httptest.NewServer(http.RedirectHandler(inside.URL, http.StatusFound))
	defer outer.Close()
	allowed := outside.Client(outside.Options{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}})
	resp, err := allowed.Get(outer.URL)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusFound || asked != 0 {
		t.Errorf("status %d, asked %d times", resp.StatusCode, asked)
	}
}

package caller_test

import (
	"net/http/httptest"
	"testing"

	"avow.dev/internal/caller"
)

func TestNetwork(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"203.0.113.9:4711": "203.0.113.9/32", "203.0.113.9": "203.0.113.9/32", "[2001:db8:1:2:3:4:5:6]:80": "2001:db8:1:2::/64", "[::ffff:203.0.113.9]:1": "203.0.113.9/32",
		"[fe80::1%eth0]:80": "fe80::/64", "fe80::2%other": "fe80::/64", "[2001:db8::1]": "2001:db8::/64", "nonsense": "invalid Prefix", "": "invalid Prefix",
	} {
		if got := caller.Network(in).String(); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
}

// TestAddress: nobody but a proxy of ours says whose request it is, and it only of whom
// it was called by.
func TestAddress(t *testing.T) {
	t.Parallel()
	proxies, err := caller.ParseProxies([]string{"10.1.0.0/16", "::1", "192.0.2.7"})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		remote string
		said   []string
		want   string
	}{
		"no proxy":              {"203.0.113.9:4711", []string{"198.51.100.1"}, "203.0.113.9:4711"},
		"one proxy":             {"10.1.2.3:80", []string{"198.51.100.1"}, "198.51.100.1:0"},
		"written by the caller": {"10.1.2.3:80", []string{"1.1.1.1, 198.51.100.1"}, "198.51.100.1:0"},
		"in a header before it": {"10.1.2.3:80", []string{"1.1.1.1", "198.51.100.1"}, "198.51.100.1:0"},
		"two proxies":           {"10.1.2.3:80", []string{"1.1.1.1, 198.51.100.1, 192.0.2.7"}, "198.51.100.1:0"},
		"a proxy of nobody":     {"10.1.2.3:80", []string{"198.51.100.1, 192.0.2.8"}, "192.0.2.8:0"},
		"nothing said":          {"10.1.2.3:80", nil, "10.1.2.3:0"},
		"nonsense":              {"10.1.2.3:80", []string{"198.51.100.1, x"}, "10.1.2.3:0"},
		"nonsense before":       {"10.1.2.3:80", []string{"x, 198.51.100.1"}, "198.51.100.1:0"},
		"nonsense between":      {"10.1.2.3:80", []string{"1.1.1.1, unknown, 192.0.2.7"}, "192.0.2.7:0"},
		"with a port":           {"10.1.2.3:80", []string{"198.51.100.1:4711"}, "198.51.100.1:0"},
		"version 6":             {"[::1]:80", []string{"[2001:db8::1]:4711"}, "[2001:db8::1]:0"},
		"a zone":                {"[::1]:80", []string{"2001:db8::1%x"}, "[2001:db8::1]:0"},
		"mapped":                {"[::ffff:10.1.2.3]:80", []string{"::ffff:198.51.100.1"}, "198.51.100.1:0"},
		"a socket":              {"@", []string{"198.51.100.1"}, "@"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = c.remote
		for _, s := range c.said {
			r.Header.Add("X-Forwarded-For", s)
		}
		if got := proxies.Address(r); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestParseProxies(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "proxy.example", "10.1.0.0/33", "0.0.0.0/0", "::/0", "10.1.2.3:80"} {
		if _, err := caller.ParseProxies([]string{bad}); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

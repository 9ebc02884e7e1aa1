// Package outside makes HTTP clients for addresses that somebody else wrote down: a
// recipient's webhook, a link of a policy. Such a client reaches the public
// Internet and nothing of our own: no loopback, no private or link-local network, no
// metadata service of a cloud, whatever a name resolves to at the moment of
// dialling. It asks no proxy, and follows no redirect unless it is told to.
package outside

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

// ErrInside is the error for an address that is not outside.
var ErrInside = errors.New("the address is not on the public Internet")

// Options of a client. The zero value is fit for use.
type Options struct {
	// Allow are networks that may be reached although they are not outside. The
	// operator names them, nobody else.
	Allow []netip.Prefix
	// Only has a client reach the networks that are allowed, and nothing else.
	Only bool
	// Redirects is how many redirects are followed, each over TLS and to an address
	// that is held to the same rules; 0 means none.
	Redirects int
	// Timeout bounds a request; 0 means 15 seconds.
	Timeout time.Duration
	// Resolver is for tests in which a name resolves to something else each time.
	Resolver *net.Resolver
	// TLS is for tests that bring a certificate authority of their own.
	TLS *tls.Config
}

// Client returns a client.
func Client(o Options) *http.Client {
	if o.Timeout == 0 {
		o.Timeout = 15 * time.Second
	}
	dialer := &net.Dialer{Timeout: o.Timeout, Resolver: o.Resolver, ControlContext: func(_ context.Context, network, address string, _ syscall.RawConn) error {
		return o.check(network, address)
	}}
	return &http.Client{
		Timeout: o.Timeout,
		Transport: &http.Transport{DialContext: dialer.DialContext, TLSClientConfig: o.TLS, MaxIdleConns: 16, MaxIdleConnsPerHost: 2,
			IdleConnTimeout: 30 * time.Second, TLSHandshakeTimeout: o.Timeout, ResponseHeaderTimeout: o.Timeout, MaxResponseHeaderBytes: 16 << 10, ForceAttemptHTTP2: true},
		CheckRedirect: func(next *http.Request, before []*http.Request) error {
			if len(before) > o.Redirects || next.URL.Scheme != "https" {
				return http.ErrUseLastResponse
			}
			return nil
		},
	}
}

// check is asked with the address that is about to be connected to, after the name
// was resolved: a name that resolves to something else the second time gains
// nothing.
func (o *Options) check(network, address string) error {
	if network != "tcp4" && network != "tcp6" {
		return fmt.Errorf("%w: only TCP is spoken", ErrInside)
	}
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: it is not numeric", ErrInside)
	}
	if ip := to.Addr().Unmap().WithZone(""); (o.Only || !Public(ip)) && !within(ip, o.Allow) {
		return ErrInside
	}
	return nil
}

func within(ip netip.Addr, allow []netip.Prefix) bool {
	for _, p := range allow {
		if p.Contains(ip) {
			return true
		}
	}
	return false
}

// special are networks that are no places of the Internet, beside those that
// package netip knows (IANA special-purpose registries; the metadata services of
// clouds lie in link-local, shared or unique local space).
var special = prefixes("0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
	"240.0.0.0/4", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16", "fec0::/10")

func prefixes(list ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, s := range list {
		out[i] = netip.MustParsePrefix(s)
	}
	return out
}

// Public reports whether an address is a place on the public Internet.
func Public(ip netip.Addr) bool {
	ip = ip.Unmap()
	return ip.IsValid() && ip.IsGlobalUnicast() && !ip.IsPrivate() && !ip.IsLoopback() && !ip.IsLinkLocalUnicast() && !ip.IsMulticast() && !within(ip, special)
}

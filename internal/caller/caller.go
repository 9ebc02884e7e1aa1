// Package caller says where a request comes from, so that limits count by it: by the
// connection or, behind proxies that the operator names, by what they say of it.
package caller

import (
	"errors"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Network returns what callers are counted by: one address of IPv4, or the 64 bits of
// IPv6 that one household has. The zone of an address is its own machine's word and
// makes no difference. All that cannot be read are one network, the zero one.
func Network(remote string) netip.Prefix {
	a, ok := parse(remote)
	if !ok {
		return netip.Prefix{}
	}
	bits := 32
	if a.Is6() {
		bits = 64
	}
	place, err := a.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return place
}

// parse reads an address with or without a port.
func parse(s string) (netip.Addr, bool) {
	if at, err := netip.ParseAddrPort(s); err == nil {
		return at.Addr().Unmap().WithZone(""), true
	}
	a, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(s, "["), "]"))
	if err != nil {
		return netip.Addr{}, false
	}
	return a.Unmap().WithZone(""), true
}

// Proxies are networks of proxies whose word about callers is believed.
type Proxies []netip.Prefix

// ParseProxies reads networks such as 10.1.0.0/16, or single addresses.
func ParseProxies(words []string) (Proxies, error) {
	var out Proxies
	for _, w := range words {
		p, err := netip.ParsePrefix(w)
		if a, fault := netip.ParseAddr(w); err != nil && fault == nil {
			p, err = netip.PrefixFrom(a.Unmap().WithZone(""), a.Unmap().BitLen()), nil
		}
		if err != nil || p.Bits() == 0 {
			return nil, errors.New("a proxy is named by its address or network, such as 10.1.0.0/16, and never by all of them")
		}
		out = append(out, p.Masked())
	}
	return out, nil
}

func (p Proxies) have(a netip.Addr) bool {
	return slices.ContainsFunc(p, func(n netip.Prefix) bool { return n.Contains(a) })
}

// Address returns the address of a request's caller, as net/http writes RemoteAddr. What
// a proxy of ours says in X-Forwarded-For is read from its end, where each proxy adds the
// address it was called from, as far as it was written by one of ours: what stands before
// that, anybody may have written. The header of everybody else is not looked at.
func (p Proxies) Address(r *http.Request) string {
	at, ok := parse(r.RemoteAddr)
	if !ok || !p.have(at) {
		return r.RemoteAddr
	}
	for _, word := range slices.Backward(strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")) {
		before, ok := parse(strings.TrimSpace(word))
		if !ok {
			break
		}
		if at = before; !p.have(at) {
			break
		}
	}
	return netip.AddrPortFrom(at, 0).String()
}

package browser

import (
	"net"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// pace bounds how often choices come from one network: each makes a visitor known,
// and nobody needs a token for it.
type pace struct {
	mu   sync.Mutex
	nets map[netip.Prefix]*rate.Limiter
}

const (
	perMinute = 60
	atOnce    = 30
	mostNets  = 100_000 // then all are forgotten: memory is bounded, and the rest are let in
)

func newPace() *pace { return &pace{nets: make(map[netip.Prefix]*rate.Limiter)} }

func (p *pace) may(remote string, now time.Time) bool {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		host = remote
	}
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return false
	}
	bits := 32
	if addr = addr.Unmap(); addr.Is6() {
		bits = 64
	}
	network, err := addr.Prefix(bits)
	if err != nil {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.nets[network]
	if l == nil {
		if len(p.nets) >= mostNets {
			clear(p.nets)
		}
		l = rate.NewLimiter(rate.Limit(perMinute)/60, atOnce)
		p.nets[network] = l
	}
	return l.AllowN(now, 1)
}

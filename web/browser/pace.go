package browser

import (
	"net/netip"
	"sync"
	"time"

	"avow.dev/internal/caller"
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
	network := caller.Network(remote)
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

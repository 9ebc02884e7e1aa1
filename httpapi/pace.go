package httpapi

import (
	"net/netip"
	"sync"
	"time"

	"avow.dev"
	"avow.dev/internal/caller"
	"golang.org/x/time/rate"
)

// pace bounds how fast callers may ask. It lives in memory only: addresses are
// never written anywhere.
type pace struct {
	perToken rate.Limit
	burst    int
	failures rate.Limit
	patience int
	share    int // pages that one network may ask for at once

	mu     sync.Mutex
	tokens map[string]*rate.Limiter
	places map[netip.Prefix]*rate.Limiter
	inside map[netip.Prefix]int
}

// remembered bounds each map; beyond it the memory starts anew.
const remembered = 1 << 14

func newPace(l Limits) *pace {
	return &pace{perToken: rate.Limit(l.PerSecond), burst: l.Burst, failures: rate.Limit(l.FailedAuth / 60), patience: max(1, int(l.FailedAuth)), share: l.Network,
		tokens: make(map[string]*rate.Limiter), places: make(map[netip.Prefix]*rate.Limiter), inside: make(map[netip.Prefix]int)}
}

// token counts a request of a token.
func (p *pace) token(id string, now time.Time) error {
	p.mu.Lock()
	l := p.tokens[id]
	if l == nil {
		if len(p.tokens) >= remembered {
			clear(p.tokens)
		}
		l = rate.NewLimiter(p.perToken, p.burst)
		p.tokens[id] = l
	}
	p.mu.Unlock()
	if !l.AllowN(now, 1) {
		return &avow.Error{Code: avow.TooMany, Message: "this token is used too often", Try: "send requests more slowly"}
	}
	return nil
}

// mayTry reports whether a caller without a known token may try one.
func (p *pace) mayTry(address string, now time.Time) bool {
	p.mu.Lock()
	l := p.places[caller.Network(address)]
	p.mu.Unlock()
	return l == nil || l.TokensAt(now) >= 1
}

// failed counts a failure of a network.
func (p *pace) failed(address string, now time.Time) {
	place := caller.Network(address)
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.places[place]
	if l == nil {
		if len(p.places) >= remembered {
			clear(p.places)
		}
		l = rate.NewLimiter(p.failures, p.patience)
		p.places[place] = l
	}
	l.AllowN(now, 1)
}

// enter lets a network in that has fewer requests inside than its share of what
// everybody may ask for without a token. Who was let in leaves.
func (p *pace) enter(address string) (leave func(), ok bool) {
	place := caller.Network(address)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.inside[place] >= p.share {
		return nil, false
	}
	p.inside[place]++
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.inside[place]--; p.inside[place] == 0 {
			delete(p.inside, place)
		}
	}, true
}

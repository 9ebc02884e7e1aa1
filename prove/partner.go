package prove

import (
	"fmt"
	"net/http"
	"sync"
)

// partner is a recipient's endpoint on this machine, beside the gateways.
type partner struct {
	url  string
	path string
	box  *postbox

	mu      sync.Mutex
	handler http.Handler
	down    bool
}

// partner opens an endpoint that is down.
func (p *postbox) partner() *partner {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.partners.count++
	path := fmt.Sprint(p.partners.count)
	d := &partner{url: "http://" + p.listen.Addr().String() + "/partner/" + path, path: path, box: p, down: true}
	p.partners.at[path] = d
	return d
}

func (d *partner) open(h http.Handler) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.handler = h
}

func (d *partner) shut(down bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.down = down
}

func (d *partner) close() {
	d.box.mu.Lock()
	defer d.box.mu.Unlock()
	delete(d.box.partners.at, d.path)
}

// ask has the partner of a path answer.
func (p *postbox) ask(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	d := p.partners.at[r.PathValue("partner")]
	p.mu.Unlock()
	if d == nil {
		http.NotFound(w, r)
		return
	}
	d.mu.Lock()
	h, down := d.handler, d.down
	d.mu.Unlock()
	if down || h == nil {
		http.Error(w, "down", http.StatusServiceUnavailable)
		return
	}
	h.ServeHTTP(w, r)
}

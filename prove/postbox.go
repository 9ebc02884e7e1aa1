package prove

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"avow.dev/internal/mailbox"
)

// postbox is where the people of a proof read what they are told: a real mail
// server, and gateways for text messages and push notifications. One of them serves
// a whole run.
type postbox struct {
	mail   *mailbox.Box
	listen net.Listener
	server *http.Server
	done   chan struct{}

	mu   sync.Mutex
	sent []handed
	dead map[string]bool // channels that take nothing now

	partners struct {
		count int
		at    map[string]*partner // by the last part of their address
	}
}

// handed is what a gateway was handed.
type handed struct {
	channel, to, text string
}

// gatewayKey signs what goes to the gateways of a proof.
var gatewayKey = []byte("a key for one proof and no other")

func openPostbox() (*postbox, error) {
	box, err := mailbox.Open(mailbox.Options{})
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open gateways: %w", err), box.Close())
	}
	p := &postbox{mail: box, listen: l, done: make(chan struct{}), dead: make(map[string]bool)}
	p.partners.at = make(map[string]*partner)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /{channel}", p.take)
	mux.HandleFunc("POST /partner/{partner}", p.ask)
	p.server = &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		defer close(p.done)
		_ = p.server.Serve(l) // it ends when it is closed
	}()
	box.Answer(func(string) error {
		if p.shut("email") {
			return mailbox.Refuse(550)
		}
		return nil
	})
	return p, nil
}

func (p *postbox) take(w http.ResponseWriter, r *http.Request) {
	channel := r.PathValue("channel")
	if p.shut(channel) {
		http.Error(w, "gone", http.StatusGone)
		return
	}
	var in struct{ To, Token, Text string }
	raw, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err == nil {
		err = json.Unmarshal(raw, &in)
	}
	if err != nil {
		http.Error(w, "malformed", http.StatusBadRequest)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sent = append(p.sent, handed{channel, or(in.To, in.Token), in.Text})
}

// setup is what an engine is told of the postbox.
func (p *postbox) setup() *Post {
	return &Post{Mail: p.mail.Addr(), SMS: p.gateway("sms"), Push: p.gateway("push"), Key: gatewayKey, Inside: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}}
}

// kill has channels take nothing from now on; none lets all take again.
func (p *postbox) kill(channels ...string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.dead)
	for _, c := range channels {
		p.dead[c] = true
	}
}

func (p *postbox) shut(channel string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.dead[channel]
}

// gateway is the address of a channel's gateway.
func (p *postbox) gateway(channel string) string {
	return "http://" + p.listen.Addr().String() + "/" + channel
}

// texts returns what came for an address by a channel.
func (p *postbox) texts(channel, to string) []string {
	var out []string
	if channel == "email" {
		for _, m := range p.mail.To(to) {
			out = append(out, m.Subject+"\n"+m.Body)
		}
		return out
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, h := range p.sent {
		if h.channel == channel && h.to == to {
			out = append(out, h.text)
		}
	}
	return out
}

func (p *postbox) close() error {
	err := errors.Join(p.server.Close(), p.mail.Close())
	<-p.done
	return err
}

package httpapi

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/auth"
	"avow.dev/internal/caller"
	"github.com/prometheus/client_golang/prometheus"
)

// Config is what a door is made of.
type Config struct {
	Gate  *gate.Gate
	Auth  *auth.Keeper
	Clock func() time.Time
	Log   *slog.Logger
	// Metrics is where the door registers its own metrics, and what /metrics
	// shows. Nil makes a registry.
	Metrics *prometheus.Registry
	// Stats returns the store's numbers for the metrics. Nil leaves them out.
	Stats func() Stats

	// BaseURL is the public address of this door, such as
	// https://privacy.example, without a slash at the end.
	BaseURL string
	// VKeys are the verifier keys of the policies' logs (C2SP signed-note).
	VKeys map[avow.PolicyID]string
	// Rights is the address at which people exercise their rights. Empty means
	// the published policy of each.
	Rights string
	// Contact is the address for security researchers (RFC 9116), such as
	// mailto:security@privacy.example. Without it there is no security.txt.
	Contact string
	// LastProof returns the last proof run, if there was one. Nil means none.
	LastProof func() (Proof, bool)

	// Pages are handlers of other edges that answer beside the door's own
	// operations, such as "/privacy/" for the people's pages. They get every
	// method, and the door's limits, metrics and headers; a page sets those headers
	// anew that it needs otherwise.
	Pages []Page

	// Proxies are believed when they say whose request they pass on. Whoever comes
	// through another proxy counts as one caller with all others who do.
	Proxies caller.Proxies

	Limits Limits
}

// Page is a handler and where it answers.
type Page struct {
	Name    string // for the metrics
	Pattern string // of net/http.ServeMux, without a method
	Handler http.Handler
}

// Stats are the numbers of a store.
type Stats struct {
	Groups  int64 // transactions committed
	Changes int64 // changes that took part in them
	Waiting int   // changes that wait now
	Failing bool  // the last try to tidy in the background failed
}

// Proof says how the last proof run ended.
type Proof struct {
	At     time.Time
	Rows   int // clauses in the report
	Proved int
	Failed int
}

// Limits bound what one caller can ask for. A zero field means its default.
type Limits struct {
	Body        int64         // bytes of a request body; 1 MiB
	Concurrent  int           // requests at once; 1024
	Network     int           // of them, those of one network that bring no token; an eighth
	PerSecond   float64       // requests of one token per second; 20,000
	Burst       int           // requests of one token at once; twice PerSecond
	FailedAuth  float64       // failed sign-ins of one network per minute; 30
	Header      int           // bytes of a request's head; 16 KiB
	ReadHeader  time.Duration // 5 s
	Read        time.Duration // 30 s
	Write       time.Duration // 60 s
	File        time.Duration // how long a file may take to come or go; 15 min
	Idle        time.Duration // 2 min
	Grace       time.Duration // how long requests under way may take at the end; 30 s
	EvidenceLag time.Duration // how long caches may keep the checkpoint; 5 s
}

func (l Limits) filled() Limits {
	l.Body = or(l.Body, 1<<20)
	l.Concurrent = or(l.Concurrent, 1024)
	l.Network = or(l.Network, max(1, l.Concurrent/8))
	l.PerSecond = or(l.PerSecond, 20000)
	l.Burst = or(l.Burst, int(2*l.PerSecond)+1)
	l.FailedAuth = or(l.FailedAuth, 30)
	l.Header = or(l.Header, 16<<10)
	l.ReadHeader = or(l.ReadHeader, 5*time.Second)
	l.Read = or(l.Read, 30*time.Second)
	l.Write = or(l.Write, time.Minute)
	l.File = or(l.File, 15*time.Minute)
	l.Idle = or(l.Idle, 2*time.Minute)
	l.Grace = or(l.Grace, 30*time.Second)
	l.EvidenceLag = or(l.EvidenceLag, 5*time.Second)
	return l
}

func or[T comparable](v, fallback T) T {
	var zero T
	if v == zero {
		return fallback
	}
	return v
}

// Door answers HTTP requests. It is safe for concurrent use.
type Door struct {
	cfg    Config
	mux    *http.ServeMux
	routes []*route

	described func() (description, error)
	meter     *meter
	pace      *pace
	slots     chan struct{}
	texts     texts
	bodies    sync.Pool
	ready     readiness
}

// New makes a door.
func New(cfg Config) (*Door, error) {
	if cfg.Gate == nil || cfg.Auth == nil || cfg.Clock == nil {
		return nil, errors.New("open door: a gate, a keeper of tokens and a clock are needed")
	}
	if err := checkBase(cfg.BaseURL); err != nil {
		return nil, fmt.Errorf("open door: %w", err)
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Metrics == nil {
		cfg.Metrics = prometheus.NewRegistry()
	}
	cfg.Limits = cfg.Limits.filled()
	d := &Door{cfg: cfg, mux: http.NewServeMux(), slots: make(chan struct{}, cfg.Limits.Concurrent), pace: newPace(cfg.Limits)}
	d.bodies.New = func() any { return new(body) }
	var err error
	if d.meter, err = newMeter(d); err != nil {
		return nil, fmt.Errorf("open door: %w", err)
	}
	if err := d.lay(); err != nil {
		return nil, fmt.Errorf("open door: %w", err)
	}
	return d, nil
}

func checkBase(base string) error {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || strings.HasSuffix(base, "/") || u.RawQuery != "" || u.Fragment != "" {
		return errors.New("the base URL must be an http or https address without a slash at the end, such as https://privacy.example")
	}
	return nil
}

// OpenAPI returns the description of the door, an OpenAPI 3.1 document.
func (d *Door) OpenAPI() ([]byte, error) {
	text, err := d.described()
	return text.spec, err
}

func (d *Door) now() time.Time { return d.cfg.Clock().UTC() }

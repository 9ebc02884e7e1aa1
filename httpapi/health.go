package httpapi

import (
	"net/http"
	"sync"
	"time"

	"avow.dev"
	"avow.dev/gate"
)

func (d *Door) addHealth() {
	const tag = "Running it"
	d.open(operation{id: "healthz", path: "/healthz", tag: tag, media: "text/plain", summary: "Whether the process is alive"},
		func(w http.ResponseWriter, _ *http.Request) error { d.plain(w, "alive\n"); return nil })
	d.open(operation{id: "readyz", path: "/readyz", tag: tag, media: "text/plain", summary: "Whether requests can be answered",
		doc: "Writes one record to the store, at most once a second: a store that cannot be written answers nothing, since there is no answer without evidence."},
		func(w http.ResponseWriter, r *http.Request) error {
			if err := d.ready.check(d, r); err != nil {
				return &avow.Error{Code: avow.Unavailable, Message: "the store cannot be written", Try: "see the server's log", Cause: err}
			}
			d.plain(w, "ready\n")
			return nil
		})
}

func (d *Door) plain(w http.ResponseWriter, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	d.send(w, []byte(text))
}

// readiness remembers the last check.
type readiness struct {
	mu  sync.Mutex
	at  time.Time
	err error
}

func (s *readiness) check(d *Door, r *http.Request) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := d.now()
	if !s.at.IsZero() && now.Sub(s.at) < time.Second && !now.Before(s.at) {
		return s.err
	}
	body := []byte(now.Format(time.RFC3339))
	_, s.err = d.cfg.Gate.Store().Commit(r.Context(), &gate.Change{Policy: gate.House, Put: []gate.Record{{Kind: "ready", Key: []byte("door"), Body: body}}})
	s.at = now
	return s.err
}

package webhook

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"

	"avow.dev"
	"avow.dev/envelope"
)

// The reasons for which a request is not taken; test for them with [errors.Is], as
// for those of package envelope.
var (
	// ErrSignature says that nobody who holds the key signed the request lately, or
	// that it was altered on the way.
	ErrSignature = errors.New("request not signed, altered, or too old")
	// ErrRecipient says that the data is for somebody else.
	ErrRecipient = errors.New("hand-over to another recipient")
	// ErrRepeated says that the hand-over was taken before. A [Take] that finds its id
	// among what it has kept returns it.
	ErrRepeated = errors.New("hand-over taken before")
)

// HandOver is what a recipient was handed.
type HandOver struct {
	// ID is the same in each attempt to hand it over. Keep it with the data: that is
	// how a repetition is known after a restart.
	ID string
	// Envelope says what may be done with the data, and until when. Text is the same as
	// it came, by which the recipient asks again for another purpose.
	Envelope envelope.Envelope
	Text     string
	Fields   []envelope.Field
}

// Take keeps what was handed over. If it returns an error, other than [ErrRepeated], the
// sender tries again later.
type Take func(ctx context.Context, h *HandOver) error

// Telling is what happened to data that was handed over, where it came from.
type Telling struct {
	// ID is the same in each attempt to tell it.
	ID string
	envelope.Telling
}

// Config says what a receiver believes.
type Config struct {
	// Recipient is what the sender's policy calls whoever receives.
	Recipient avow.Recipient
	// Secrets are the keys that sign requests, "whsec_…"; two while they change over.
	Secrets []string
	// Logs are the keys of the logs of the senders' policies.
	Logs []note.Verifier
	// Now is the time.
	Now func() time.Time
	// Take gets each hand-over that is genuine, and each once as long as the program
	// runs.
	Take Take
	// Told, if not nil, gets what happened to data that was taken before: erase it,
	// correct it, or leave it unused, as [Telling] says, and return nil when that cannot be
	// lost any more. It may come again, and with the ids of hand-overs that are gone.
	// Without it the receiver answers 501, and the sender's people have to tell it
	// otherwise.
	Told func(ctx context.Context, t *Telling) error
}

// Receiver is an HTTP handler that takes hand-overs. It is safe for concurrent use.
// How long it waits for slow senders is the server's (http.Server.ReadTimeout).
type Receiver struct {
	cfg  Config
	keys [][]byte

	mu   sync.Mutex
	busy map[string]bool
	done map[string]time.Time // until when the id is remembered
	tidy time.Time            // when to look for those that are over
}

// remember is how long ids of what was taken are remembered: longer than the sender
// tries.
const remember = 7 * 24 * time.Hour

// New returns a receiver.
func New(cfg Config) (*Receiver, error) {
	r := &Receiver{cfg: cfg, busy: make(map[string]bool), done: make(map[string]time.Time)}
	if cfg.Recipient == "" || len(cfg.Logs) == 0 || len(cfg.Secrets) == 0 || cfg.Now == nil || cfg.Take == nil {
		return nil, errors.New("open receiver: a recipient, keys of logs, secrets, a clock and somebody who takes are needed")
	}
	for _, s := range cfg.Secrets {
		key, err := ParseSecret(s)
		if err != nil {
			return nil, fmt.Errorf("open receiver: %w", err)
		}
		r.keys = append(r.keys, key)
	}
	return r, nil
}

// Open checks a request and reads what it hands over: the signature and its time, the
// envelope and its recipient and time, and that the payload is the envelope's to the
// last byte. It remembers nothing.
func (r *Receiver) Open(h http.Header, body []byte) (*HandOver, error) {
	now := r.cfg.Now()
	if !r.signed(h, body) {
		return nil, fmt.Errorf("open request: %w", ErrSignature)
	}
	text, payload, _, err := envelope.Unbundle(body)
	if err != nil {
		return nil, fmt.Errorf("open request: %w", err)
	}
	e, err := envelope.Open(text, r.cfg.Logs...)
	if err != nil {
		return nil, fmt.Errorf("open request: %w", err)
	}
	if e.Recipient != r.cfg.Recipient {
		return nil, fmt.Errorf("open request: %w", ErrRecipient)
	}
	if e.Over(now) {
		return nil, fmt.Errorf("open request: %w", envelope.ErrOver)
	}
	fields, err := e.Read(payload)
	if err != nil {
		return nil, fmt.Errorf("open request: %w", err)
	}
	return &HandOver{ID: h.Get(headerID), Envelope: e, Text: text, Fields: fields}, nil
}

func (r *Receiver) signed(h http.Header, body []byte) bool {
	for _, key := range r.keys {
		if Signed(h, key, r.cfg.Now(), body) {
			return true
		}
	}
	return false
}

// OpenTelling checks a request and reads what it tells: the signature and its time, and
// that it is for this recipient. It remembers nothing.
func (r *Receiver) OpenTelling(h http.Header, body []byte) (*Telling, error) {
	if !r.signed(h, body) {
		return nil, fmt.Errorf("open request: %w", ErrSignature)
	}
	t, err := envelope.ReadTelling(body)
	if err != nil {
		return nil, fmt.Errorf("open request: %w", err)
	}
	if t.Recipient != r.cfg.Recipient {
		return nil, fmt.Errorf("open request: %w", ErrRecipient)
	}
	return &Telling{h.Get(headerID), t}, nil
}

// ServeHTTP takes one hand-over, or what happened to earlier ones. It answers 204 for what was taken, now or before, and
// says nothing more of why it refuses than a status.
func (r *Receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	w.WriteHeader(r.serve(w, req))
}

func (r *Receiver) serve(w http.ResponseWriter, req *http.Request) int {
	if req.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return http.StatusMethodNotAllowed
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, envelope.MostBundle))
	if _, huge := errors.AsType[*http.MaxBytesError](err); huge {
		return http.StatusRequestEntityTooLarge
	}
	if err != nil {
		return http.StatusBadRequest
	}
	defer clear(body)
	var take func() error
	id := req.Header.Get(headerID)
	h, err := r.Open(req.Header, body)
	if err == nil {
		take = func() error { return r.cfg.Take(req.Context(), h) }
	} else if t, told := r.OpenTelling(req.Header, body); told == nil {
		if r.cfg.Told == nil {
			return http.StatusNotImplemented
		}
		err, take = nil, func() error { return r.cfg.Told(req.Context(), t) }
	}
	switch {
	case errors.Is(err, ErrSignature):
		return http.StatusUnauthorized
	case err != nil:
		return http.StatusBadRequest
	}
	switch err := r.once(id, take); {
	case err == nil, errors.Is(err, ErrRepeated):
		return http.StatusNoContent
	default:
		return http.StatusServiceUnavailable
	}
}

var errBusy = errors.New("the request is being taken")

// once has a request taken, unless it was taken before.
func (r *Receiver) once(id string, take func() error) error {
	if err := r.claim(id); err != nil {
		return err
	}
	taken := false
	defer func() { r.release(id, taken) }() // also when Take panics
	err := take()
	taken = err == nil || errors.Is(err, ErrRepeated)
	return err
}

func (r *Receiver) claim(id string) error {
	now := r.cfg.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	if !now.Before(r.tidy) {
		maps.DeleteFunc(r.done, func(_ string, until time.Time) bool { return !now.Before(until) })
		r.tidy = now.Add(time.Hour)
	}
	if _, ok := r.done[id]; ok {
		return ErrRepeated
	}
	if r.busy[id] {
		return errBusy
	}
	r.busy[id] = true
	return nil
}

func (r *Receiver) release(id string, taken bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.busy, id)
	if taken {
		r.done[id] = r.cfg.Now().Add(remember)
	}
}

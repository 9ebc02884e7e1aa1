package gate

import (
	"context"
	"runtime"

	"avow.dev"
	"avow.dev/redact"
)

// Each hash of a password takes tens of MiB, so only as many are made at once as
// there are processors to make them, and only so many may wait.
const mostWaiting = 128

// hashing is the turnstile before password hashes.
type hashing struct {
	seats   chan struct{}
	waiting chan struct{}
}

func newHashing() hashing {
	n := max(1, min(4, runtime.GOMAXPROCS(0)))
	return hashing{make(chan struct{}, n), make(chan struct{}, n+mostWaiting)}
}

// hash runs act when there is memory for it.
func (h *hashing) hash(ctx context.Context, act func() error) error {
	busy := &avow.Error{Code: avow.Unavailable, Message: "too many passwords are being checked", Try: "try again in a moment"}
	select {
	case h.waiting <- struct{}{}:
		defer func() { <-h.waiting }()
	default:
		return busy
	}
	select {
	case h.seats <- struct{}{}:
		defer func() { <-h.seats }()
		return act()
	case <-ctx.Done():
		busy.Cause = ctx.Err()
		return busy
	}
}

// apply is redact.Apply, with password hashes one after the other.
func (t *turn) apply(f *redact.Form, v Value) (out Value, some bool, err error) {
	if f.Do != redact.HashPassword {
		return redact.Apply(f, v, t.pseudonymise)
	}
	err = t.gate.hashing.hash(t.ctx, func() (err error) {
		out, some, err = redact.Apply(f, v, t.pseudonymise)
		return err
	})
	return out, some, err
}

package deliver

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"avow.dev/internal/outside"
)

// Hook carries letters to webhooks: a recipient's endpoint, or one of the
// controller's own people. The letter holds the endpoint, the key and the body.
// Endpoints on private networks are refused at the moment of dialling, unless the
// operator allows the network.
type Hook struct {
	client *http.Client
	plain  *http.Client // without TLS: reaches what the operator allows, and nothing else
}

// NewHook returns a driver for webhooks. o.Allow are networks that are not on the
// public Internet and may be reached all the same, also without TLS.
func NewHook(o outside.Options) *Hook {
	plain := o
	plain.Only = true
	return &Hook{outside.Client(o), outside.Client(plain)}
}

// Carry implements [Driver]. Only 410 says that the endpoint takes nothing more.
func (h *Hook) Carry(ctx context.Context, l *Letter) error {
	u, err := url.Parse(l.To)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" || len(l.Secret) == 0 {
		return fmt.Errorf("webhook: %w", ErrDead)
	}
	client := h.client
	if u.Scheme == "http" {
		client = h.plain
	}
	status, err := post(ctx, client, l.To, l.Secret, l, l.Payload)
	switch {
	case err != nil:
		return err
	case status == http.StatusGone:
		return fmt.Errorf("webhook: %w", ErrDead)
	case status >= 300 && status < 400:
		return errors.New("a webhook answered with a redirect, which is not followed")
	}
	return taken(status)
}

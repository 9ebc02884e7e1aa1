package deliver

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"avow.dev/webhook"
)

// GatewayConfig says where text messages or push notifications are handed to.
type GatewayConfig struct {
	// URL takes a POST with a JSON body. It is the operator's own and may lie
	// anywhere; over plain HTTP on this machine only.
	URL string
	// Key signs the body; see [webhook.Sign].
	Key []byte
	// Client is for tests; nil means one that follows no redirect.
	Client *http.Client
}

// Gateway carries letters to a gateway by plain HTTP: 2xx takes the letter over,
// 404, 410 and 422 say that the address takes nothing, and everything else is tried
// again.
type Gateway struct {
	cfg  GatewayConfig
	body func(*Letter) any
}

// NewSMS returns a driver for text messages. The gateway gets id, to, text and
// language.
func NewSMS(cfg GatewayConfig) (*Gateway, error) {
	return newGateway(cfg, func(l *Letter) any {
		return struct {
			ID       string `json:"id"`
			To       string `json:"to"`
			Text     string `json:"text"`
			Language string `json:"language"`
		}{l.ID, l.To, l.Short, l.Language}
	})
}

// NewPush returns a driver for push notifications. The gateway gets id, token,
// title, text and language.
func NewPush(cfg GatewayConfig) (*Gateway, error) {
	return newGateway(cfg, func(l *Letter) any {
		return struct {
			ID       string `json:"id"`
			Token    string `json:"token"`
			Title    string `json:"title"`
			Text     string `json:"text"`
			Language string `json:"language"`
		}{l.ID, l.To, l.Subject, l.Short, l.Language}
	})
}

func newGateway(cfg GatewayConfig, body func(*Letter) any) (*Gateway, error) {
	u, err := url.Parse(cfg.URL)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && !(u.Scheme == "http" && onThisMachine(u.Hostname())) {
		return nil, errors.New("gateway: write an https address, without a user; http on this machine only")
	}
	if len(cfg.Key) < 16 {
		return nil, errors.New("gateway: the key that signs needs 16 bytes or more")
	}
	if cfg.Client == nil {
		cfg.Client = &http.Client{Timeout: 30 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	return &Gateway{cfg, body}, nil
}

// Carry implements [Driver].
func (g *Gateway) Carry(ctx context.Context, l *Letter) error {
	body, err := json.Marshal(g.body(l))
	if err != nil {
		return errors.New("the message for the gateway could not be written")
	}
	defer clear(body)
	status, err := post(ctx, g.cfg.Client, g.cfg.URL, g.cfg.Key, l, body)
	switch {
	case err != nil:
		return err
	case status == http.StatusNotFound, status == http.StatusGone, status == http.StatusUnprocessableEntity:
		return fmt.Errorf("gateway: %w", ErrDead)
	}
	return taken(status)
}

func taken(status int) error {
	if status >= 200 && status < 300 {
		return nil
	}
	return fmt.Errorf("whoever was asked did not take the message over (status %d)", status)
}

// post sends a signed JSON body. Its errors say nothing of the address: what
// net/http says quotes it.
func post(ctx context.Context, client *http.Client, to string, key []byte, l *Letter, body []byte) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return 0, errors.New("the address of the request is malformed")
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "avow")
	req.Header.Set("Idempotency-Key", l.ID)
	webhook.Sign(req.Header, key, l.ID, l.At, body)
	resp, err := client.Do(req)
	if err != nil {
		return 0, errors.New("whoever was asked could not be reached")
	}
	_, _ = io.CopyN(io.Discard, resp.Body, 4<<10) // so that the connection can be used again
	_ = resp.Body.Close()                         // nothing of it is needed
	return resp.StatusCode, nil
}

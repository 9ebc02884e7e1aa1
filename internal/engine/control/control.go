// Package control lets the operator's commands work on a server that runs on the
// same machine: over a socket in the data folder, which only its owner can reach.
package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"avow.dev"
	"avow.dev/internal/auth"
)

// SocketFile is the socket's name in the data folder.
const SocketFile = "avow.sock"

// ErrNobody: no server listens in this folder.
var ErrNobody = errors.New("no server runs on this folder")

// Desk is what can be asked of a running server, beside its [Officers].
type Desk interface {
	Issue(ctx context.Context, g auth.Grant) (secret string, t auth.Token, err error)
	List(ctx context.Context) ([]auth.Token, error)
	Revoke(ctx context.Context, id string) error
	Rotate(ctx context.Context, policy avow.PolicyID) (Rotated, error)
}

// Rotated is what a rotation of a policy key did.
type Rotated struct {
	Slots   int      `json:"slots"`   // keys of people wrapped anew
	Retired []uint16 `json:"retired"` // epochs whose keys are gone
	Resumed bool     `json:"resumed"` // an interrupted rotation was finished, no new key made
}

type issued struct {
	Secret string
	Token  auth.Token
}

type failure struct{ Error string }

// Listen makes the socket in folder dir. One that a crash left behind is replaced:
// whoever holds the folder's lock is the only one to call this.
func Listen(dir string) (net.Listener, error) {
	path := filepath.Join(dir, SocketFile)
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("control: %w", err)
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("control: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, fmt.Errorf("control: %w", errors.Join(err, l.Close()))
	}
	return l, nil
}

// Handler answers for a desk and the keeper of the officers' accounts.
func Handler(d Desk, o Officers) http.Handler {
	mux := http.NewServeMux()
	handle(mux, "issue", func(ctx context.Context, g auth.Grant) (issued, error) {
		secret, t, err := d.Issue(ctx, g)
		return issued{secret, t}, err
	})
	handle(mux, "list", func(ctx context.Context, _ struct{}) ([]auth.Token, error) { return d.List(ctx) })
	handle(mux, "revoke", func(ctx context.Context, id string) (struct{}, error) { return struct{}{}, d.Revoke(ctx, id) })
	handle(mux, "rotate", d.Rotate)
	handleOfficers(mux, o)
	return mux
}

// mostAsked bounds a request.
const mostAsked = 64 << 10

func handle[I, O any](mux *http.ServeMux, name string, act func(context.Context, I) (O, error)) {
	mux.HandleFunc("POST /"+name, func(w http.ResponseWriter, r *http.Request) {
		var in I
		err := json.NewDecoder(http.MaxBytesReader(w, r.Body, mostAsked)).Decode(&in)
		var answer any
		if err == nil {
			answer, err = act(r.Context(), in)
		}
		if err != nil {
			w.WriteHeader(http.StatusUnprocessableEntity)
			answer = failure{err.Error()}
		}
		_ = json.NewEncoder(w).Encode(answer) // whoever asked has gone
	})
}

// Client asks a running server.
type Client struct{ http http.Client }

var _ Desk = (*Client)(nil)

// Dial finds the server that runs on folder dir; the error is ErrNobody if there
// is none.
func Dial(ctx context.Context, dir string) (*Client, error) {
	path := filepath.Join(dir, SocketFile)
	dial := func(ctx context.Context) (net.Conn, error) { return (&net.Dialer{}).DialContext(ctx, "unix", path) }
	conn, err := dial(ctx)
	if err != nil {
		return nil, ErrNobody
	}
	if err := conn.Close(); err != nil {
		return nil, fmt.Errorf("control: %w", err)
	}
	return &Client{http.Client{Transport: &http.Transport{
		DialContext:     func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx) },
		IdleConnTimeout: time.Second,
	}}}, nil
}

func ask[O any](ctx context.Context, c *Client, name string, in any) (out O, err error) {
	body, err := json.Marshal(in)
	if err != nil {
		return out, fmt.Errorf("control: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://avow/"+name, bytes.NewReader(body))
	if err != nil {
		return out, fmt.Errorf("control: %w", err)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return out, fmt.Errorf("control: %w", err)
	}
	defer func() { err = errors.Join(err, res.Body.Close()) }()
	d := json.NewDecoder(res.Body)
	if res.StatusCode != http.StatusOK {
		var f failure
		if err := d.Decode(&f); err != nil {
			return out, fmt.Errorf("control: %s", res.Status)
		}
		return out, errors.New(f.Error)
	}
	return out, d.Decode(&out)
}

// Issue implements Desk.
func (c *Client) Issue(ctx context.Context, g auth.Grant) (string, auth.Token, error) {
	i, err := ask[issued](ctx, c, "issue", g)
	return i.Secret, i.Token, err
}

// List implements Desk.
func (c *Client) List(ctx context.Context) ([]auth.Token, error) {
	return ask[[]auth.Token](ctx, c, "list", struct{}{})
}

// Revoke implements Desk.
func (c *Client) Revoke(ctx context.Context, id string) error {
	_, err := ask[struct{}](ctx, c, "revoke", id)
	return err
}

// Rotate implements Desk.
func (c *Client) Rotate(ctx context.Context, policy avow.PolicyID) (Rotated, error) {
	return ask[Rotated](ctx, c, "rotate", policy)
}

package engine

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"avow.dev"
	"avow.dev/internal/auth"
	"avow.dev/internal/engine/control"
	"avow.dev/vault"
)

// desk is the socket for the operator's commands, when there is one.
type desk struct {
	server *http.Server
	done   chan error
}

// openDesk lets the operator's commands in. A system without such sockets, or a
// path too long for one, costs no more than that.
func (e *Engine) openDesk() {
	if !e.cfg.Control {
		return
	}
	l, err := control.Listen(e.cfg.Data)
	if err != nil {
		e.cfg.Log.Warn("commands cannot reach this server while it runs", "error", err.Error())
		return
	}
	e.desk = &desk{server: &http.Server{Handler: control.Handler(e, e.officers), ReadHeaderTimeout: 5 * time.Second}, done: make(chan error, 1)}
	go func() { e.desk.done <- e.desk.server.Serve(l) }()
}

func (d *desk) close(ctx context.Context) error {
	if d == nil {
		return nil
	}
	err := d.server.Shutdown(ctx)
	if served := <-d.done; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}

var _ control.Desk = (*Engine)(nil)

// Issue makes a token.
func (e *Engine) Issue(ctx context.Context, g auth.Grant) (string, auth.Token, error) {
	for _, id := range g.Policies {
		if _, err := e.gate.Program(id); err != nil {
			return "", auth.Token{}, fmt.Errorf("issue token: policy %q is not served here", id)
		}
	}
	return e.auth.Issue(ctx, g)
}

// List returns all tokens.
func (e *Engine) List(ctx context.Context) ([]auth.Token, error) { return e.auth.List(ctx) }

// Revoke ends a token.
func (e *Engine) Revoke(ctx context.Context, id string) error { return e.auth.Revoke(ctx, id) }

// Rotate gives a policy a new key and wraps every person's key anew, beside the
// traffic, and leaves evidence.
func (e *Engine) Rotate(ctx context.Context, id avow.PolicyID) (control.Rotated, error) {
	v := e.vaults[id]
	if v == nil {
		return control.Rotated{}, fmt.Errorf("rotate: policy %q is not served here", id)
	}
	done, err := Rotate(ctx, v, e.cfg.Keys, id, e.cfg.Clock())
	if err != nil {
		return done, err
	}
	return done, e.gate.Rotated(ctx, id, int64(done.Slots))
}

// Rotate makes a new policy key and wraps every person's key anew. If an earlier
// rotation was interrupted, it finishes that one instead.
func Rotate(ctx context.Context, v *vault.Vault, keys string, id avow.PolicyID, now time.Time) (control.Rotated, error) {
	var done control.Rotated
	d, err := vault.Describe(keys)
	if err != nil {
		return done, err
	}
	if done.Resumed = underWay(d, id); !done.Resumed {
		if _, err := v.RotatePolicyKey(ctx, now); err != nil {
			return done, err
		}
	}
	n, err := v.Rewrap(ctx, now)
	done.Slots, done.Retired = n.Slots, n.Retired
	return done, err
}

// underWay reports whether a policy has more than one key that is not retired.
func underWay(d vault.Description, id avow.PolicyID) bool {
	n := 0
	for _, p := range d.Policies {
		for _, epoch := range p.Epochs {
			if p.Name == string(id) && epoch.Retired == nil {
				n++
			}
		}
	}
	return n > 1
}

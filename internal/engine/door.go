package engine

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"avow.dev"
	"avow.dev/httpapi"
	"avow.dev/internal/auth"
	"avow.dev/internal/officer"
)

// door is the HTTP door, when there is one.
type door struct {
	url  string
	stop context.CancelFunc
	done chan error
}

// openDoor listens and lets callers in. It is the last step of a start.
func (e *Engine) openDoor(ctx context.Context) error {
	if e.cfg.Listen == "" {
		return nil
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", e.cfg.Listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	url := e.cfg.BaseURL
	if url == "" {
		url = e.scheme() + "://" + l.Addr().String()
	}
	keys := make(map[avow.PolicyID]string)
	for id := range e.logs {
		keys[id] = e.VKey(id)
	}
	e.useProvider(url)
	site, err := e.takesPasskeys(url)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	pages, err := e.pages(url, site)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	d, err := httpapi.New(httpapi.Config{Gate: e.gate, Auth: e.auth, Clock: e.cfg.Clock, Log: e.cfg.Log, Stats: e.stats,
		BaseURL: url, VKeys: keys, Rights: e.cfg.Rights, Contact: e.cfg.Contact, Pages: pages, Proxies: e.cfg.Proxies, LastProof: e.lastProof, Limits: httpapi.Limits{Grace: e.cfg.Grace}})
	if err != nil {
		return errors.Join(err, l.Close())
	}
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	e.door = &door{url: url, stop: stop, done: make(chan error, 1)}
	go func() { e.door.done <- d.Serve(serving, l, e.cfg.TLSCert, e.cfg.TLSKey) }()
	return nil
}

func (e *Engine) scheme() string {
	if e.cfg.TLSCert != "" {
		return "https"
	}
	return "http"
}

func (e *Engine) stats() httpapi.Stats {
	s := e.store.Stats()
	return httpapi.Stats{Groups: s.Groups, Changes: s.Changes, Waiting: s.Waiting, Failing: s.Failing}
}

// close takes no more callers and waits for those inside.
func (d *door) close() error {
	if d == nil {
		return nil
	}
	d.stop()
	return <-d.done
}

// URL returns the public address of the door, "" if there is none.
func (e *Engine) URL() string {
	if e.door == nil {
		return ""
	}
	return e.door.url
}

// Auth returns the keeper of tokens.
func (e *Engine) Auth() *auth.Keeper { return e.auth }

// tokenLife is how long a token of IssueToken lives.
const tokenLife = 24 * time.Hour

// IssueToken makes a token for a day, for all policies and, as an officer's, for all
// roles.
func (e *Engine) IssueToken(ctx context.Context, scopes auth.Scope) (string, error) {
	g := auth.Grant{Name: "started with the engine", Scopes: scopes, Expires: e.cfg.Clock().Add(tokenLife)}
	if scopes.Has(auth.Officer) {
		g.Roles = officer.Roles()
	}
	secret, _, err := e.auth.Issue(ctx, g)
	return secret, err
}

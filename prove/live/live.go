// Package live starts the engines that a proof speaks to: real ones, with a real
// store, real keys and a real door on a port of their own.
package live

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"

	"avow.dev"
	"avow.dev/deliver"
	"avow.dev/internal/auth"
	"avow.dev/internal/engine"
	"avow.dev/internal/officer"
	"avow.dev/prove"
	"avow.dev/vault"
)

// running is an engine in this process.
type running struct {
	*engine.Engine
	token string
}

// Start starts an engine in this process.
func Start(ctx context.Context, s prove.Setup) (prove.Engine, error) {
	root, err := rootKey(s)
	if err != nil {
		return nil, err
	}
	cfg := engine.Config{Data: s.Data, Keys: s.Keys, Root: root, Policies: s.Policies, Create: true, Trial: true, Clock: s.Clock, AcceptRollback: s.OldData,
		Listen: "127.0.0.1:0", Log: slog.New(slog.NewTextHandler(s.Log, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	for _, b := range s.Backups {
		cfg.Backups = append(cfg.Backups, avow.Region(b))
	}
	cfg.Region = avow.Region(s.Region)
	if s.Post != nil {
		cfg.Post = engine.Post{
			Mail: &deliver.MailConfig{Server: "smtp+plain://" + s.Post.Mail, From: "privacy@controller.example"},
			SMS:  &deliver.GatewayConfig{URL: s.Post.SMS, Key: s.Post.Key},
			Push: &deliver.GatewayConfig{URL: s.Post.Push, Key: s.Post.Key}, Inside: s.Post.Inside,
		}
	}
	if s.TLS {
		if cfg.TLSCert, cfg.TLSKey, err = certificate(filepath.Dir(s.Data)); err != nil {
			return nil, err
		}
	}
	e, err := engine.Open(ctx, cfg)
	if err != nil {
		return nil, err
	}
	// The proof travels in time, so its token has no end.
	token, _, err := e.Auth().Issue(ctx, auth.Grant{Name: "proof", Scopes: auth.App | auth.Officer | auth.Auditor, Roles: officer.Roles()})
	if err != nil {
		return nil, err
	}
	return &running{e, token}, nil
}

// rootKey opens the root key beside the keys folder, or makes it.
func rootKey(s prove.Setup) (vault.Root, error) {
	path := rootPath(s)
	if _, err := os.Stat(path); err != nil {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return nil, err
		}
		if err := vault.CreateRootFile(path); err != nil {
			return nil, err
		}
	}
	return vault.OpenRootFile(path)
}

func rootPath(s prove.Setup) string { return filepath.Join(filepath.Dir(s.Keys), "root.key") }

// Token implements prove.Engine.
func (r *running) Token() string { return r.token }

// TokenOf implements prove.Engine.
func (r *running) TokenOf(ctx context.Context, person string) (string, error) {
	token, _, err := r.Auth().Issue(ctx, auth.Grant{Name: "proof", Person: person, Scopes: auth.Officer, Roles: officer.Roles()})
	return token, err
}

// TokenFor implements prove.Engine.
func (r *running) TokenFor(ctx context.Context, id avow.PolicyID, to avow.Recipient) (string, error) {
	token, _, err := r.Auth().Issue(ctx, auth.Grant{Name: "proof", Scopes: auth.Recipient, Recipient: to, Policies: []avow.PolicyID{id}})
	return token, err
}

// Sweep implements prove.Engine.
func (r *running) Sweep(ctx context.Context) error {
	_, err := r.Engine.Sweep(ctx)
	return err
}

// Deliver implements prove.Engine.
func (r *running) Deliver(ctx context.Context) error {
	_, err := r.Engine.Deliver(ctx)
	return err
}

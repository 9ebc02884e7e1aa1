package engine

import (
	"context"

	"avow.dev/internal/officer"
	"avow.dev/web/console"
)

// hashesAtOnce is how many passwords of officers are compared at a time.
const hashesAtOnce = 2

// Officers returns the keeper of the accounts of the controller's own people.
func (e *Engine) Officers() *officer.Keeper { return e.officers }

// useProvider lets people sign in at the organisation's provider, who sends them back
// to the door.
func (e *Engine) useProvider(door string) {
	if cfg := e.cfg.Provider; cfg.Issuer != "" {
		cfg.RedirectURL = door + console.Base + "/return"
		e.officers.Use(officer.NewProvider(cfg, e.cfg.Clock))
	}
}

// InviteOfficer makes an account, and the secret by which its owner makes it theirs.
func (e *Engine) InviteOfficer(ctx context.Context, in officer.Invitation) (string, officer.Account, error) {
	return e.officers.Invite(ctx, in)
}

// ListOfficers returns all accounts.
func (e *Engine) ListOfficers(ctx context.Context) ([]officer.Account, error) {
	return e.officers.List(ctx)
}

// DisableOfficer ends an account.
func (e *Engine) DisableOfficer(ctx context.Context, login string) error {
	return e.officers.Disable(ctx, login)
}

// ReinviteOfficer lets the owner of an account choose anew how they sign in.
func (e *Engine) ReinviteOfficer(ctx context.Context, login string) (string, error) {
	return e.officers.Reinvite(ctx, login)
}

package control

import (
	"context"
	"net/http"

	"avow.dev/internal/officer"
)

// Officers is what can be asked about the accounts of the controller's own people.
type Officers interface {
	InviteOfficer(ctx context.Context, in officer.Invitation) (secret string, a officer.Account, err error)
	ListOfficers(ctx context.Context) ([]officer.Account, error)
	DisableOfficer(ctx context.Context, login string) error
	ReinviteOfficer(ctx context.Context, login string) (secret string, err error)
	OfficerPasskeys(ctx context.Context, login string) ([]officer.Passkey, error)
	RemoveOfficerPasskey(ctx context.Context, login, id string) error
}

type invited struct {
	Secret  string
	Account officer.Account
}

type passkeyOf struct{ Login, ID string }

func handleOfficers(mux *http.ServeMux, d Officers) {
	handle(mux, "officer/invite", func(ctx context.Context, in officer.Invitation) (invited, error) {
		secret, a, err := d.InviteOfficer(ctx, in)
		return invited{secret, a}, err
	})
	handle(mux, "officer/list", func(ctx context.Context, _ struct{}) ([]officer.Account, error) { return d.ListOfficers(ctx) })
	handle(mux, "officer/disable", func(ctx context.Context, login string) (struct{}, error) {
		return struct{}{}, d.DisableOfficer(ctx, login)
	})
	handle(mux, "officer/reinvite", d.ReinviteOfficer)
	handle(mux, "officer/passkeys", d.OfficerPasskeys)
	handle(mux, "officer/remove-passkey", func(ctx context.Context, of passkeyOf) (struct{}, error) {
		return struct{}{}, d.RemoveOfficerPasskey(ctx, of.Login, of.ID)
	})
}

// InviteOfficer implements Officers.
func (c *Client) InviteOfficer(ctx context.Context, in officer.Invitation) (string, officer.Account, error) {
	out, err := ask[invited](ctx, c, "officer/invite", in)
	return out.Secret, out.Account, err
}

// ListOfficers implements Officers.
func (c *Client) ListOfficers(ctx context.Context) ([]officer.Account, error) {
	return ask[[]officer.Account](ctx, c, "officer/list", struct{}{})
}

// DisableOfficer implements Officers.
func (c *Client) DisableOfficer(ctx context.Context, login string) error {
	_, err := ask[struct{}](ctx, c, "officer/disable", login)
	return err
}

// ReinviteOfficer implements Officers.
func (c *Client) ReinviteOfficer(ctx context.Context, login string) (string, error) {
	return ask[string](ctx, c, "officer/reinvite", login)
}

// OfficerPasskeys implements Officers.
func (c *Client) OfficerPasskeys(ctx context.Context, login string) ([]officer.Passkey, error) {
	return ask[[]officer.Passkey](ctx, c, "officer/passkeys", login)
}

// RemoveOfficerPasskey implements Officers.
func (c *Client) RemoveOfficerPasskey(ctx context.Context, login, id string) error {
	_, err := ask[struct{}](ctx, c, "officer/remove-passkey", passkeyOf{login, id})
	return err
}

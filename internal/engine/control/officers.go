package control

import (
	"context"
	"net/http"

	"avow.dev/internal/officer"
)

// Officers is what can be asked about the accounts of the controller's own people: of
// an [officer.Keeper] here, or of a running server's.
type Officers interface {
	Invite(ctx context.Context, in officer.Invitation) (secret string, a officer.Account, err error)
	List(ctx context.Context) ([]officer.Account, error)
	Disable(ctx context.Context, login string) error
	Reinvite(ctx context.Context, login string) (secret string, err error)
	Passkeys(ctx context.Context, login string) ([]officer.Passkey, error)
	RemovePasskey(ctx context.Context, login, id string) error
}

var _ Officers = (*officer.Keeper)(nil)

type invited struct {
	Secret  string
	Account officer.Account
}

type passkeyOf struct{ Login, ID string }

func handleOfficers(mux *http.ServeMux, o Officers) {
	handle(mux, "officer/invite", func(ctx context.Context, in officer.Invitation) (invited, error) {
		secret, a, err := o.Invite(ctx, in)
		return invited{secret, a}, err
	})
	handle(mux, "officer/list", func(ctx context.Context, _ struct{}) ([]officer.Account, error) { return o.List(ctx) })
	handle(mux, "officer/disable", func(ctx context.Context, login string) (struct{}, error) { return struct{}{}, o.Disable(ctx, login) })
	handle(mux, "officer/reinvite", o.Reinvite)
	handle(mux, "officer/passkeys", o.Passkeys)
	handle(mux, "officer/remove-passkey", func(ctx context.Context, of passkeyOf) (struct{}, error) {
		return struct{}{}, o.RemovePasskey(ctx, of.Login, of.ID)
	})
}

// Officers asks a running server about its accounts.
func (c *Client) Officers() Officers { return officers{c} }

type officers struct{ client *Client }

func (o officers) Invite(ctx context.Context, in officer.Invitation) (string, officer.Account, error) {
	out, err := ask[invited](ctx, o.client, "officer/invite", in)
	return out.Secret, out.Account, err
}

func (o officers) List(ctx context.Context) ([]officer.Account, error) {
	return ask[[]officer.Account](ctx, o.client, "officer/list", struct{}{})
}

func (o officers) Disable(ctx context.Context, login string) error {
	_, err := ask[struct{}](ctx, o.client, "officer/disable", login)
	return err
}

func (o officers) Reinvite(ctx context.Context, login string) (string, error) {
	return ask[string](ctx, o.client, "officer/reinvite", login)
}

func (o officers) Passkeys(ctx context.Context, login string) ([]officer.Passkey, error) {
	return ask[[]officer.Passkey](ctx, o.client, "officer/passkeys", login)
}

func (o officers) RemovePasskey(ctx context.Context, login, id string) error {
	_, err := ask[struct{}](ctx, o.client, "officer/remove-passkey", passkeyOf{login, id})
	return err
}

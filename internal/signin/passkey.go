package signin

import (
	"net/http"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/passkey"
)

// passkeyCookie holds the secret of a browser that was asked for a passkey.
func passkeyCookie(id avow.PolicyID) string { return "__Host-avow." + string(id) + ".passkey" }

// PasskeyOrigin returns the one address at which people sign in to a policy by passkeys;
// "" if they do not.
func (d *Desk) PasskeyOrigin(id avow.PolicyID) (string, error) {
	takes, err := d.gate.TakesPasskeys(id, d.site)
	if err != nil || !takes {
		return "", err
	}
	return d.site.Origin(), nil
}

// AskPasskey asks a browser for a passkey, whichever its user has, and returns what its
// script needs for that.
func (d *Desk) AskPasskey(w http.ResponseWriter, r *http.Request, id avow.PolicyID) ([]byte, error) {
	return asked(w, id)(d.gate.AskPasskey(r.Context(), id, d.site, Network(r.RemoteAddr)))
}

// AskPasskeyAgain asks the browser's visitor for one of their passkeys.
func (d *Desk) AskPasskeyAgain(w http.ResponseWriter, r *http.Request, id avow.PolicyID) ([]byte, error) {
	return asked(w, id)(d.gate.AskPasskeyAgain(r.Context(), id, d.site, d.Secret(r, id)))
}

// OfferPasskey asks the browser of a visitor to make a passkey. title is what their
// device shows beside it.
func (d *Desk) OfferPasskey(w http.ResponseWriter, r *http.Request, id avow.PolicyID, title string) ([]byte, error) {
	return asked(w, id)(d.gate.OfferPasskey(r.Context(), id, d.site, d.Secret(r, id), title))
}

// asked gives the browser the secret under which its answer is expected.
func asked(w http.ResponseWriter, id avow.PolicyID) func(gate.PasskeyAsking, error) ([]byte, error) {
	return func(a gate.PasskeyAsking, err error) ([]byte, error) {
		if err == nil {
			set(w, passkeyCookie(id), a.Browser, http.SameSiteStrictMode)
		}
		return a.Options, err
	}
}

// answered is what a browser answered. Its secret is spent.
func (d *Desk) answered(w http.ResponseWriter, r *http.Request, id avow.PolicyID, answer []byte) *gate.PasskeyAnswer {
	set(w, passkeyCookie(id), "", http.SameSiteStrictMode)
	return &gate.PasskeyAnswer{Browser: cookie(r, passkeyCookie(id)), Answer: answer, Session: d.Secret(r, id)}
}

// ByPasskey signs the browser in by the passkey that it showed.
func (d *Desk) ByPasskey(w http.ResponseWriter, r *http.Request, id avow.PolicyID, answer []byte) (gate.Session, error) {
	secret, s, err := d.gate.SignInByPasskey(r.Context(), id, d.site, d.answered(w, r, id, answer))
	return s, d.begin(w, id, secret, err)
}

// ShowPasskey shows by a passkey that the browser's visitor is still the one who signed
// in.
func (d *Desk) ShowPasskey(w http.ResponseWriter, r *http.Request, id avow.PolicyID, answer []byte) (gate.Session, error) {
	secret, s, err := d.gate.ShowPasskey(r.Context(), id, d.site, d.answered(w, r, id, answer))
	return s, d.begin(w, id, secret, err)
}

// AddPasskey adds the passkey that the browser of a visitor made.
func (d *Desk) AddPasskey(w http.ResponseWriter, r *http.Request, id avow.PolicyID, name string, answer []byte) error {
	_, err := d.gate.AddPasskey(r.Context(), id, d.site, d.answered(w, r, id, answer), name)
	return err
}

// RemovePasskey takes a passkey from the browser's visitor.
func (d *Desk) RemovePasskey(r *http.Request, id avow.PolicyID, name string) error {
	_, err := d.gate.RemovePasskey(r.Context(), id, d.Secret(r, id), name)
	return err
}

// MostPasskeys is how many passkeys somebody may have.
const MostPasskeys = passkey.Most

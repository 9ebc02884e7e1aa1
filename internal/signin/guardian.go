package signin

import (
	"net/http"

	"avow.dev"
	"avow.dev/gate"
)

// A guardian's code and session are cookies of their own, beside those of a young person
// who may be signed in at the same browser. Both are strict: no other site leads into
// them, and a link in a message begins with a new code.

func guardianCookie(id avow.PolicyID) string       { return "__Host-avow.guardian." + string(id) }
func guardianAskingCookie(id avow.PolicyID) string { return "__Host-avow.guardian-code." + string(id) }

// AskGuardianCode has a code sent to an address, if somebody named it as their guardian's,
// and gives the browser the secret under which it will work.
func (d *Desk) AskGuardianCode(w http.ResponseWriter, r *http.Request, id avow.PolicyID, a *gate.GuardianCode) error {
	own := *a
	own.Browser, own.Network = gate.NewBrowser(), Network(r.RemoteAddr)
	if err := d.gate.AskGuardianCode(r.Context(), id, &own); err != nil {
		return err
	}
	set(w, guardianAskingCookie(id), own.Browser, http.SameSiteStrictMode)
	return nil
}

// GuardianAsked reports whether the browser has asked for a guardian's code.
func (d *Desk) GuardianAsked(r *http.Request, id avow.PolicyID) bool {
	return cookie(r, guardianAskingCookie(id)) != ""
}

// GuardianByCode lets a guardian in by the code that was sent, and returns the secret of
// the session, in place of whatever the browser brought.
func (d *Desk) GuardianByCode(w http.ResponseWriter, r *http.Request, id avow.PolicyID, code gate.Value) (string, error) {
	secret, err := d.gate.SignInGuardian(r.Context(), id, &gate.CodeTrying{Code: code, Browser: cookie(r, guardianAskingCookie(id)), Before: d.Secret(r, id)})
	if err != nil {
		return "", err
	}
	if err := d.gate.SignOutGuardian(r.Context(), id, d.GuardianSecret(r, id)); err != nil {
		return "", err
	}
	set(w, guardianCookie(id), secret, http.SameSiteStrictMode)
	set(w, guardianAskingCookie(id), "", http.SameSiteStrictMode)
	return secret, nil
}

// GuardianSecret returns the secret of the request's guardian; "" if there is none.
func (d *Desk) GuardianSecret(r *http.Request, id avow.PolicyID) string {
	return cookie(r, guardianCookie(id))
}

// SignOutGuardian ends the guardian's session of the browser.
func (d *Desk) SignOutGuardian(w http.ResponseWriter, r *http.Request, id avow.PolicyID) error {
	if err := d.gate.SignOutGuardian(r.Context(), id, d.GuardianSecret(r, id)); err != nil {
		return err
	}
	set(w, guardianCookie(id), "", http.SameSiteStrictMode)
	set(w, guardianAskingCookie(id), "", http.SameSiteStrictMode)
	return nil
}

package console

import (
	"errors"
	"net/http"
	"strings"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/auth"
	"avow.dev/web/html"
)

// pass is the cookie that holds the token of somebody who signed in. It is sent to
// this host only, over TLS only, from pages of this site only, and no script
// reads it; a token that is revoked opens nothing from that moment.
const pass = "__Host-avow-console"

// passLife is how long a sign-in lasts, in seconds: a working day.
const passLife = 12 * 60 * 60

func setPass(w http.ResponseWriter, value string) {
	c := &http.Cookie{Name: pass, Value: value, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteStrictMode, MaxAge: passLife}
	if value == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

// noToken reports whether an error says that a token is not good, and not that
// something is wrong here.
func noToken(err error) bool {
	for _, e := range []error{auth.ErrMalformed, auth.ErrUnknown, auth.ErrExpired, auth.ErrRevoked} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// who finds out who asks.
func (v *visit) who() error {
	list := v.r.CookiesNamed(pass)
	if len(list) != 1 { // of two, somebody may have planted one
		return nil
	}
	t, err := v.console.cfg.Auth.Check(v.r.Context(), list[0].Value)
	if noToken(err) {
		return nil
	}
	if err != nil {
		return err
	}
	if t.Scopes.Has(read) && t.Person != "" {
		v.token, v.known = t, true
	}
	return nil
}

// officer is who acts.
func (v *visit) officer() gate.Officer {
	return gate.Officer{Person: v.token.Person, Via: v.token.ID, Role: avow.Role(v.r.PostFormValue("role"))}
}

type doorBody struct {
	Token    html.Field
	Policies []html.Link
}

// door asks for a token, or leads on somebody who is signed in.
func (v *visit) door() error { return v.doorPage(http.StatusOK, "") }

func (v *visit) doorPage(status int, fault string) error {
	body := doorBody{}
	p := v.page("enter")
	if v.known {
		for _, id := range v.gate().Policies() {
			if v.token.May(id) {
				body.Policies = append(body.Policies, html.Link{Text: v.productOf(id), Href: Base + "/" + string(id)})
			}
		}
		p.Title = v.t("policies.title")
	} else {
		p.Lead = v.t("enter.lead")
		body.Token = html.Field{Name: "token", Label: v.t("enter.token"), Hint: v.t("enter.hint"), Type: "password", Required: true, Max: 128, Error: fault}
	}
	return v.render(status, p, body)
}

// enter signs somebody in by their token.
func (v *visit) enter() error {
	secret := strings.TrimSpace(v.r.PostFormValue("token"))
	t, err := v.console.cfg.Auth.Check(v.r.Context(), secret)
	if err != nil && !noToken(err) {
		return err
	}
	if err != nil || !t.Scopes.Has(read) || t.Person == "" {
		return v.doorPage(http.StatusForbidden, v.t("enter.wrong"))
	}
	setPass(v.w, secret)
	http.Redirect(v.w, v.r, Base, http.StatusSeeOther)
	return nil
}

// leave signs out of this browser. The token stays good until it is revoked.
func (v *visit) leave() error {
	setPass(v.w, "")
	http.Redirect(v.w, v.r, Base, http.StatusSeeOther)
	return nil
}

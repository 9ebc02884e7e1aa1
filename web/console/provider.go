package console

import (
	"encoding/base64"
	"net/http"
	"strings"

	"avow.dev/web/html"
)

// away is the cookie of somebody who is at the organisation's provider: the state of
// the round, and where they are led afterwards. It has to come along when the
// provider sends them back, which a strict cookie does not.
const away = "__Host-avow-console-away"

// awayLife is how long the cookie is kept, in seconds: as long as a round lasts.
const awayLife = 10 * 60

func setAway(w http.ResponseWriter, value string) {
	c := &http.Cookie{Name: away, Value: value, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode, MaxAge: awayLife}
	if value == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

// toProvider is the form that leads to the provider, if there is one.
func (v *visit) toProvider(hidden map[string]string) *form {
	if !v.officers().HasProvider() {
		return nil
	}
	f := form{Act: Base + "/provider", Title: v.t("provider.title"), Lead: v.t("provider.lead"), Button: v.t("provider.button"), Kind: "secondary", Hidden: map[string]string{"to": v.wanted()}}
	for name, value := range hidden {
		f.Hidden[name] = value
	}
	return &f
}

// onward is a page that leads on by itself. No form of ours may lead to another site
// (Content-Security-Policy), and a strict cookie is only sent to a page that one of
// ours leads to: both need a page in between.
func (v *visit) onward(to string) error {
	v.w.Header().Set("Refresh", "0; url="+to)
	p := v.page("onward")
	return v.render(http.StatusOK, p, signingBody{Invited: &html.Link{Text: v.t("onward.link"), Href: to}})
}

// provider leads to the provider: to sign in, to make an invited account one's own,
// or to show again who one is.
func (v *visit) provider() error {
	var address, state string
	var err error
	if v.known && v.session.Provided {
		address, state, err = v.officers().LeaveAgain(v.r.Context(), v.secret())
	} else {
		address, state, err = v.officers().Leave(v.r.Context(), v.invited())
	}
	if status, text, ok := v.fault(err); ok {
		return v.doorPage(status, text)
	}
	if err != nil {
		return err
	}
	setAway(v.w, state+"."+base64.RawURLEncoding.EncodeToString([]byte(v.wanted())))
	return v.onward(address)
}

// returned ends a sign-in at the provider.
func (v *visit) returned() error {
	list := v.r.CookiesNamed(away)
	own, to := "", ""
	if len(list) == 1 { // of two, somebody may have planted one
		own, to, _ = strings.Cut(list[0].Value, ".")
	}
	setAway(v.w, "")
	q := v.r.URL.Query()
	secret, session, err := v.officers().Return(v.r.Context(), q.Get("state"), own, q.Get("code"), v.secret())
	if status, text, ok := v.fault(err); ok {
		v.known = false
		return v.doorPage(status, text)
	}
	if err != nil {
		return err
	}
	if err := v.letIn(secret, &session); err != nil {
		return err
	}
	raw, err := base64.RawURLEncoding.DecodeString(to)
	if err != nil {
		raw = nil
	}
	return v.onward(v.within(string(raw)))
}

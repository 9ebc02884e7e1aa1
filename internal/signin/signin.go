// Package signin keeps people signed in over HTTP: which cookies a browser is
// given, when they change, and which requests are not the person's own.
//
// A browser holds up to three secrets of a policy, each 256 random bits that say nothing:
// one to be told from other browsers while a code is on its way, one while it is asked
// for a passkey, and one of its session. All are cookies with the prefix __Host- (RFC 6265bis, section 4.1.3.2):
// sent to this host only, over TLS only, and out of the reach of scripts. A
// sign-in replaces the session's secret, and a secret that the server did not make
// opens nothing, so that nobody can plant one.
package signin

import (
	"net/http"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/caller"
	"avow.dev/internal/passkey"
)

// Desk signs people in and out. It is safe for concurrent use.
type Desk struct {
	gate *gate.Gate
	site *passkey.Site
}

// New returns the desk of a gate. site is where browsers take passkeys of ours; nil
// means that there are none.
func New(g *gate.Gate, site *passkey.Site) *Desk { return &Desk{g, site} }

// Protect refuses requests that change something and come from another site. It
// is meant to stand before every page of a person or an officer.
func Protect(next http.Handler) http.Handler { return http.NewCrossOriginProtection().Handler(next) }

// EnterPath is the path of the page that a hand-over link leads to. The link's
// secret works once, and only when the page sends it back by POST: programs that
// look at links beforehand do not spend it.
func EnterPath(id avow.PolicyID, link string) string {
	return "/privacy/" + string(id) + "/enter/" + link
}

func sessionCookie(id avow.PolicyID) string { return "__Host-avow-" + string(id) }

// askingCookie holds the browser's secret. A policy's slug has no dot.
func askingCookie(id avow.PolicyID) string { return "__Host-avow." + string(id) }

// set gives the browser a cookie for as long as it runs; empty takes it away.
func set(w http.ResponseWriter, name, value string, site http.SameSite) {
	c := &http.Cookie{Name: name, Value: value, Path: "/", Secure: true, HttpOnly: true, SameSite: site}
	if value == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

func cookie(r *http.Request, name string) string {
	// Of two cookies of a name somebody may have planted one.
	if list := r.CookiesNamed(name); len(list) == 1 {
		return list[0].Value
	}
	return ""
}

// Visitor returns the session of a request. The error of a request without a live
// one satisfies [gate.NoSession].
func (d *Desk) Visitor(r *http.Request, id avow.PolicyID) (gate.Session, error) {
	return d.gate.Session(r.Context(), id, cookie(r, sessionCookie(id)))
}

// Secret returns the secret of the request's session, to except it from
// [gate.Gate.SignOutEverywhere]; "" if there is none.
func (d *Desk) Secret(r *http.Request, id avow.PolicyID) string {
	return cookie(r, sessionCookie(id))
}

// AskCode has a code sent to an address, if somebody is known by it, and gives the
// browser the secret under which the code will work. What the person sees must be
// the same whether or not somebody is known.
func (d *Desk) AskCode(w http.ResponseWriter, r *http.Request, id avow.PolicyID, to gate.Item, lang avow.Language) error {
	browser := gate.NewBrowser()
	if err := d.gate.AskCode(r.Context(), id, &gate.CodeAsking{To: to, Browser: browser, Network: Network(r.RemoteAddr), Language: lang}); err != nil {
		return err
	}
	set(w, askingCookie(id), browser, http.SameSiteStrictMode)
	return nil
}

// Asked reports whether the browser has asked for a code, so that it may type one.
func (d *Desk) Asked(r *http.Request, id avow.PolicyID) bool {
	return cookie(r, askingCookie(id)) != ""
}

// ByCode signs the browser in by the code that was sent.
func (d *Desk) ByCode(w http.ResponseWriter, r *http.Request, id avow.PolicyID, code gate.Value) (gate.Session, error) {
	secret, s, err := d.gate.SignInByCode(r.Context(), id, &gate.CodeTrying{Code: code, Browser: cookie(r, askingCookie(id)), Before: cookie(r, sessionCookie(id))})
	return s, d.begin(w, id, secret, err)
}

// ByLink signs the browser in by the secret of a hand-over link.
func (d *Desk) ByLink(w http.ResponseWriter, r *http.Request, id avow.PolicyID, link string) (gate.Session, error) {
	secret, s, err := d.gate.SignInByHandOver(r.Context(), id, link, cookie(r, sessionCookie(id)))
	return s, d.begin(w, id, secret, err)
}

// begin gives the browser its new session, in place of whatever it had.
func (d *Desk) begin(w http.ResponseWriter, id avow.PolicyID, secret string, err error) error {
	if err != nil {
		return err
	}
	// Lax: somebody who follows a link from a letter to their requests is still known.
	set(w, sessionCookie(id), secret, http.SameSiteLaxMode)
	set(w, askingCookie(id), "", http.SameSiteStrictMode)
	return nil
}

// SignOut ends the browser's session.
func (d *Desk) SignOut(w http.ResponseWriter, r *http.Request, id avow.PolicyID) error {
	if err := d.gate.SignOut(r.Context(), id, cookie(r, sessionCookie(id))); err != nil {
		return err
	}
	set(w, sessionCookie(id), "", http.SameSiteLaxMode)
	set(w, askingCookie(id), "", http.SameSiteStrictMode)
	return nil
}

// Network is what tries are counted by: an IPv4 address, or the /64 of an IPv6
// address, which one household has; empty if it cannot be read.
func Network(remote string) string {
	if n := caller.Network(remote); n.IsValid() {
		return n.Addr().String()
	}
	return ""
}

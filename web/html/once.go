package html

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
)

// What was done is said once, on the page that the answer leads to. The mark that says
// so is no part of that page's address, where anybody could write it into a link: it is
// a cookie with the prefix __Host- (RFC 6265bis, section 4.1.3.2), which only this very
// host can give a browser, over TLS and out of the reach of scripts. It names the page
// that it is for, is taken away when that page reads it, and lasts a minute.

const (
	onceCookie = "__Host-avow-once"
	onceLife   = 60 // seconds
)

// Once leads to a page and has it say, once, what was done: a word of the caller's own,
// and none that came with the request. An empty word says nothing.
func Once(w http.ResponseWriter, r *http.Request, at, what string) {
	if what != "" {
		setOnce(w, what+"."+pageMark(at), onceLife)
	}
	http.Redirect(w, r, at, http.StatusSeeOther)
}

// Said returns what the page of a request is to say was done, and takes the mark away;
// empty if nothing was done, or elsewhere, or it was said already.
func Said(w http.ResponseWriter, r *http.Request) string {
	list := r.CookiesNamed(onceCookie)
	if len(list) == 0 || r.Method != http.MethodGet {
		return ""
	}
	setOnce(w, "", -1)
	what, page, _ := strings.Cut(list[0].Value, ".")
	if len(list) > 1 || page != pageMark(r.URL.Path) {
		return ""
	}
	return what
}

func setOnce(w http.ResponseWriter, value string, age int) {
	http.SetCookie(w, &http.Cookie{Name: onceCookie, Value: value, Path: "/", MaxAge: age, Secure: true, HttpOnly: true, SameSite: http.SameSiteStrictMode})
}

// pageMark names the page of an address without repeating it: addresses hold ids.
func pageMark(at string) string {
	if u, err := url.Parse(at); err == nil {
		at = u.Path
	}
	sum := sha256.Sum256([]byte(at))
	return base64.RawURLEncoding.EncodeToString(sum[:9])
}

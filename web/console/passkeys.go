package console

import (
	"errors"
	"net/http"

	"avow.dev/internal/officer"
	"avow.dev/internal/signin"
	"avow.dev/web/html"
)

// asking is the cookie of a browser that was asked for a passkey: the secret under which
// its answer is expected, and nothing else.
const asking = "__Host-avow-console-passkey"

func setAsking(w http.ResponseWriter, secret string) {
	c := &http.Cookie{Name: asking, Value: secret, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteStrictMode, MaxAge: int(officer.PasskeyPatience.Seconds())}
	if secret == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

// asked is the secret of what the browser was asked for, which is taken away.
func (v *visit) asked() string {
	list := v.r.CookiesNamed(asking)
	setAsking(v.w, "")
	if len(list) != 1 { // of two, somebody may have planted one
		return ""
	}
	return list[0].Value
}

// hasPasskeys reports whether the visitor may have passkeys here.
func (v *visit) hasPasskeys() bool {
	return v.known && !v.session.Provided && v.officers().PasskeyOrigin() != ""
}

// passkeyForm is the form of a page by which somebody makes or shows a passkey; nil
// where there are none.
func (v *visit) passkeyForm(page, do, act string, hidden map[string]string, fields ...html.Field) *html.Passkey {
	origin := v.officers().PasskeyOrigin()
	if origin == "" {
		return nil
	}
	v.passkey = true
	f := &html.Passkey{Do: do, Act: Base + act, Options: Base + act + "/options", Origin: origin, Title: v.t("passkey." + page), Lead: v.t("passkey." + page + "-lead"), Button: v.t("passkey." + page + "-button"),
		Hidden: map[string]string{"to": v.wanted()}, Fields: fields}
	for name, value := range hidden {
		f.Hidden[name] = value
	}
	return f
}

func (v *visit) nameField() html.Field {
	return html.Field{Name: "name", ID: "passkey-name", Label: v.t("passkeys.name"), Hint: v.t("passkeys.name-hint"), Max: 60}
}

// options tells the page's script what to ask the browser for.
func (v *visit) options(a officer.Asking, err error) error {
	switch {
	case errors.Is(err, officer.ErrLocked):
		return v.noOptions(http.StatusTooManyRequests)
	case errors.Is(err, officer.ErrNoPasskeys), errors.Is(err, officer.ErrInvitation), errors.Is(err, officer.ErrMany):
		return v.noOptions(http.StatusForbidden)
	case err != nil:
		return err
	}
	setAsking(v.w, a.Browser)
	v.w.Header().Set("Content-Type", "application/json")
	_, err = v.w.Write(a.Options)
	return err
}

// noOptions is for a script, which says in the page's words that nothing was done.
func (v *visit) noOptions(status int) error {
	http.Error(v.w, http.StatusText(status), status)
	return nil
}

// answer is what the browser answered.
func (v *visit) answer() []byte { return []byte(v.r.PostFormValue("answer")) }

// passkeyFault is what is said to somebody whose passkey does not let them in.
func (v *visit) passkeyFault(err error) (status int, said html.Notice, ok bool) {
	about := func(key string) html.Notice {
		return html.Notice{Kind: "bad", Title: v.t("passkey." + key), Text: v.t("passkey." + key + "-text")}
	}
	switch {
	case errors.Is(err, officer.ErrRefused), errors.Is(err, officer.ErrNoPasskeys):
		return http.StatusForbidden, about("wrong"), true
	case errors.Is(err, officer.ErrCopied):
		return http.StatusForbidden, about("copied"), true
	case errors.Is(err, officer.ErrLocked):
		return http.StatusTooManyRequests, about("locked"), true
	}
	return 0, said, false
}

// askPasskey asks somebody who is not known for a passkey, whichever they have.
func (v *visit) askPasskey() error {
	return v.options(v.officers().AskPasskey(v.r.Context(), signin.Network(v.r.RemoteAddr)))
}

// enterByPasskey signs somebody in by the passkey that they showed.
func (v *visit) enterByPasskey() error {
	secret, session, err := v.officers().SignInByPasskey(v.r.Context(), v.asked(), v.answer(), v.secret())
	if status, said, ok := v.passkeyFault(err); ok {
		v.known = false
		return v.doorPage(status, "", said)
	}
	if err != nil {
		return err
	}
	if err := v.letIn(secret, &session); err != nil {
		return err
	}
	http.Redirect(v.w, v.r, v.wanted(), http.StatusSeeOther)
	return nil
}

// askPasskeyAgain asks somebody who is signed in for one of their passkeys.
func (v *visit) askPasskeyAgain() error {
	return v.options(v.officers().AskPasskeyAgain(v.r.Context(), v.secret()))
}

// showPasskeyAgain gives the session a new secret and leads back to the matter.
func (v *visit) showPasskeyAgain() error {
	if !v.known {
		return officer.ErrNoSession
	}
	secret, session, err := v.officers().StepUpByPasskey(v.r.Context(), v.secret(), v.asked(), v.answer())
	if status, said, ok := v.passkeyFault(err); ok {
		return v.againPage(status, "", said)
	}
	if err != nil {
		return err
	}
	if err := v.letIn(secret, &session); err != nil {
		return err
	}
	http.Redirect(v.w, v.r, v.wanted(), http.StatusSeeOther)
	return nil
}

// enrolPasskey begins to make an invited account its owner's by a passkey.
func (v *visit) enrolPasskey() error {
	return v.options(v.officers().EnrolPasskey(v.r.Context(), v.invited()))
}

// acceptPasskey makes the account its owner's. It signs nobody in: that takes the
// passkey once more.
func (v *visit) acceptPasskey() error {
	err := v.officers().AcceptPasskey(v.r.Context(), v.invited(), v.asked(), v.r.PostFormValue("name"), v.answer())
	switch {
	case errors.Is(err, officer.ErrInvitation):
		return v.invitationPage(http.StatusForbidden, v.t("invitation.wrong"))
	case errors.Is(err, officer.ErrRefused):
		return v.enrolPage(http.StatusBadRequest, "", nil, v.notAdded())
	case err != nil:
		return err
	}
	html.Once(v.w, v.r, Base, "joined-passkey")
	return nil
}

func (v *visit) notAdded() html.Notice {
	return html.Notice{Kind: "bad", Title: v.t("passkeys.refused"), Text: v.t("passkeys.refused-text")}
}

type passkeysBody struct {
	List   []officer.Passkey
	Remove string
	Add    *html.Passkey
}

// passkeys are those of who is signed in.
func (v *visit) passkeys() error { return v.passkeysPage(http.StatusOK) }

func (v *visit) passkeysPage(status int, said ...html.Notice) error {
	if !v.known {
		return officer.ErrNoSession
	}
	if !v.hasPasskeys() {
		return errNowhere
	}
	list, err := v.officers().Passkeys(v.r.Context(), v.session.Account.Login)
	if err != nil {
		return err
	}
	body := passkeysBody{List: list, Remove: Base + "/passkeys/remove"}
	if len(list) < officer.MostPasskeys {
		body.Add = v.passkeyForm("add", "make", "/passkeys", nil, v.nameField())
	}
	p := v.page("passkeys")
	p.Lead, p.Back = v.t("passkeys.lead"), &html.Link{Text: v.t("policies.title"), Href: Base}
	p.Notices = append(p.Notices, said...)
	if what := v.happened(); what == "passkey-added" || what == "passkey-removed" {
		p.Notices = append(p.Notices, html.Notice{Kind: "good", Title: v.t("said." + what)})
	}
	return v.render(status, p, body)
}

// offerPasskey begins to add a passkey, for who has shown who they are a short time ago.
func (v *visit) offerPasskey() error {
	return v.options(v.officers().OfferPasskey(v.r.Context(), v.secret()))
}

// addPasskey adds the passkey that the browser made.
func (v *visit) addPasskey() error {
	err := v.officers().AddPasskey(v.r.Context(), v.secret(), v.asked(), v.r.PostFormValue("name"), v.answer())
	switch {
	case errors.Is(err, officer.ErrRefused):
		return v.passkeysPage(http.StatusBadRequest, v.notAdded())
	case errors.Is(err, officer.ErrNoPasskeys):
		return errNowhere
	case err != nil:
		return err
	}
	html.Once(v.w, v.r, Base+"/passkeys", "passkey-added")
	return nil
}

// removePasskey takes a passkey away, and signs out whom it signed in.
func (v *visit) removePasskey() error {
	err := v.officers().DropPasskey(v.r.Context(), v.secret(), v.r.PostFormValue("passkey"))
	switch {
	case errors.Is(err, officer.ErrLast):
		return v.passkeysPage(http.StatusConflict, html.Notice{Kind: "bad", Title: v.t("passkeys.last")})
	case errors.Is(err, officer.ErrNoPasskeys), errors.Is(err, officer.ErrNoPasskey):
		return errNowhere
	case err != nil:
		return err
	}
	html.Once(v.w, v.r, Base+"/passkeys", "passkey-removed")
	return nil
}

package console

import (
	"encoding/base64"
	"errors"
	"html/template"
	"net/http"
	"strings"

	"avow.dev/internal/officer"
	"avow.dev/web/html"
)

// signingBody is every page on which somebody shows who they are.
type signingBody struct {
	Act      string
	To       string // where they are led
	Login    string // of the account that is made theirs
	Hidden   map[string]string
	Fields   []html.Field
	Button   string
	Secret   string // of the authenticator, to type
	URL      string // of the authenticator, to follow
	Picture  template.URL
	Policies []html.Link
	Invited  *html.Link // where an invitation leads, or one's own passkeys
	Provider *form      // leads to the organisation's provider
	Passkey  *html.Passkey
}

func (v *visit) passwordField(fault string) html.Field {
	return html.Field{Name: "password", Label: v.t("enter.password"), Type: "password", Required: true, Max: 1024, Autocomplete: "current-password", Error: fault}
}

func (v *visit) codeField() html.Field {
	return html.Field{Name: "code", Label: v.t("enter.code"), Hint: v.t("enter.code-hint"), Required: true, Max: 6, Pattern: "[0-9]{6}", Inputmode: "numeric", Autocomplete: "one-time-code"}
}

// code is what was typed, without the space that authenticators show in it.
func (v *visit) code() string {
	return strings.ReplaceAll(strings.TrimSpace(v.r.PostFormValue("code")), " ", "")
}

// fault is what is said to somebody whom an error does not let in: nothing that tells
// one wrong thing from another.
func (v *visit) fault(err error) (status int, text string, ok bool) {
	switch {
	case errors.Is(err, officer.ErrRefused):
		return http.StatusForbidden, v.t("enter.wrong"), true
	case errors.Is(err, officer.ErrLocked):
		return http.StatusTooManyRequests, v.t("enter.locked"), true
	case errors.Is(err, officer.ErrWeak):
		return http.StatusBadRequest, v.t("enrol.weak"), true
	case errors.Is(err, officer.ErrInvitation):
		return http.StatusForbidden, v.t("invitation.wrong"), true
	case errors.Is(err, officer.ErrAway):
		return http.StatusServiceUnavailable, v.t("provider.away"), true
	}
	return 0, "", false
}

// door asks who it is, or leads on somebody who is signed in.
func (v *visit) door() error {
	if v.known {
		return v.policies()
	}
	return v.doorPage(http.StatusOK, "")
}

func (v *visit) policies() error {
	var body signingBody
	for _, id := range v.gate().Policies() {
		if v.session.Account.May(id, officer.SeeToday) {
			body.Policies = append(body.Policies, html.Link{Text: v.productOf(id), Href: Base + "/" + string(id)})
		}
	}
	if v.hasPasskeys() {
		body.Invited = &html.Link{Text: v.t("passkeys.title"), Href: Base + "/passkeys"}
	}
	return v.render(http.StatusOK, v.page("policies"), body)
}

func (v *visit) doorPage(status int, fault string, said ...html.Notice) error {
	p := v.page("enter")
	p.Notices = append(p.Notices, said...)
	p.Lead = v.t("enter.lead")
	if what := v.happened(); what == "joined" || what == "joined-passkey" {
		p.Notices = append(p.Notices, html.Notice{Kind: "good", Title: v.t("said." + what)})
	}
	login := html.Field{Name: "login", Label: v.t("enter.login"), Required: true, Max: 100, Autocomplete: "username", Error: fault}
	return v.render(status, p, signingBody{Provider: v.toProvider(nil), Passkey: v.passkeyForm("enter", "show", "/passkey", nil), Act: Base, To: v.wanted(), Button: v.t("enter.button"), Fields: []html.Field{login, v.passwordField(""), v.codeField()},
		Invited: &html.Link{Text: v.t("enter.invited"), Href: Base + "/invitation"}})
}

// enter signs somebody in, under a secret that nobody has seen before. What the
// browser brought along opens nothing any more.
func (v *visit) enter() error {
	secret, session, err := v.officers().SignIn(v.r.Context(), v.r.PostFormValue("login"), v.r.PostFormValue("password"), v.code(), v.secret())
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
	http.Redirect(v.w, v.r, v.wanted(), http.StatusSeeOther)
	return nil
}

// leave signs out: the session ends, here and wherever its secret has gone.
func (v *visit) leave() error {
	if err := v.officers().SignOut(v.r.Context(), v.secret()); err != nil {
		return err
	}
	setPass(v.w, "")
	http.Redirect(v.w, v.r, Base, http.StatusSeeOther)
	return nil
}

// again asks somebody who is signed in to show again who they are.
func (v *visit) again() error { return v.againPage(http.StatusOK, "") }

func (v *visit) againPage(status int, fault string, said ...html.Notice) error {
	if !v.known {
		return officer.ErrNoSession
	}
	p := v.page("again")
	p.Lead = v.t("again.lead")
	p.Notices = append(p.Notices, said...)
	if v.session.Provided {
		return v.render(status, p, signingBody{Provider: v.toProvider(nil)})
	}
	var body signingBody
	own, err := v.officers().Passkeys(v.r.Context(), v.session.Account.Login)
	if err != nil {
		return err
	}
	if len(own) > 0 {
		body.Passkey = v.passkeyForm("again", "show", "/again/passkey", nil)
	}
	if v.session.Password {
		body.Act, body.To, body.Button, body.Fields = Base+"/again", v.wanted(), v.t("again.button"), []html.Field{v.passwordField(fault), v.codeField()}
	}
	return v.render(status, p, body)
}

// showAgain gives the session a new secret and leads back to the matter.
func (v *visit) showAgain() error {
	if !v.known {
		return officer.ErrNoSession
	}
	secret, session, err := v.officers().StepUp(v.r.Context(), v.secret(), v.r.PostFormValue("password"), v.code())
	if status, text, ok := v.fault(err); ok {
		return v.againPage(status, text)
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

// invitation asks for the invitation. It is typed and not a link, so that it stands
// in no history, no log of a proxy and no address that is passed on.
func (v *visit) invitation() error { return v.invitationPage(http.StatusOK, "") }

func (v *visit) invitationPage(status int, fault string) error {
	p := v.page("invitation")
	p.Lead = v.t("invitation.lead")
	return v.render(status, p, signingBody{Act: Base + "/invitation", Button: v.t("invitation.button"),
		Fields: []html.Field{{Name: "invitation", Label: v.t("invitation.field"), Hint: v.t("invitation.hint"), Required: true, Max: 64, Error: fault}}})
}

func (v *visit) invited() string { return strings.TrimSpace(v.r.PostFormValue("invitation")) }

// enrol shows what an authenticator needs, and asks for a password.
func (v *visit) enrol() error { return v.enrolPage(http.StatusOK, "", nil) }

// pictureSide is that of the QR code, in pixels.
const pictureSide = 240

func (v *visit) enrolPage(status int, shown string, wrong error, said ...html.Notice) error {
	e, err := v.officers().Enrol(v.r.Context(), v.invited(), v.t("site"), shown)
	if errors.Is(err, officer.ErrInvitation) {
		return v.invitationPage(http.StatusForbidden, v.t("invitation.wrong"))
	}
	if err != nil {
		return err
	}
	png, err := e.Picture(pictureSide)
	if err != nil {
		return err
	}
	body := signingBody{Act: Base + "/accept", Login: e.Account.Login, Secret: e.Secret, URL: e.URL, Button: v.t("enrol.button"),
		Hidden: map[string]string{"invitation": v.invited(), "secret": e.Secret}}
	// The picture is drawn here; it is no text of anybody's.
	body.Picture = template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(png)) //nolint:gosec // our own bytes
	pw, code := v.passwordField(""), v.codeField()
	pw.Autocomplete, pw.Hint = "new-password", v.t("enrol.password-hint")
	switch {
	case errors.Is(wrong, officer.ErrWeak):
		pw.Error = v.t("enrol.weak")
	case wrong != nil:
		code.Error = v.t("enrol.code-wrong")
	}
	body.Fields, body.Provider = []html.Field{pw, code}, v.toProvider(map[string]string{"invitation": v.invited()})
	body.Passkey = v.passkeyForm("enrol", "make", "/accept/passkey", map[string]string{"invitation": v.invited()}, v.nameField())
	p := v.page("enrol")
	p.Lead = v.t("enrol.lead", "person", e.Account.Person)
	p.Notices = append(p.Notices, said...)
	return v.render(status, p, body)
}

// accept makes the account its owner's. It signs nobody in: that takes the next code.
func (v *visit) accept() error {
	secret := v.r.PostFormValue("secret")
	err := v.officers().Accept(v.r.Context(), v.invited(), v.r.PostFormValue("password"), secret, v.code())
	switch {
	case errors.Is(err, officer.ErrInvitation):
		return v.invitationPage(http.StatusForbidden, v.t("invitation.wrong"))
	case errors.Is(err, officer.ErrWeak), errors.Is(err, officer.ErrRefused):
		return v.enrolPage(http.StatusBadRequest, secret, err)
	case err != nil:
		return err
	}
	html.Once(v.w, v.r, Base, "joined")
	return nil
}

type deniedBody struct {
	Why   string
	Roles []string
}

// denied says which roles may do what the visitor may not.
func (v *visit) denied() error {
	p := v.page("denied")
	body := deniedBody{Why: v.t("denied.policy")}
	if !officer.May(v.session.Account.Roles, v.lacks) {
		body.Why = v.t("denied.role")
		for _, r := range officer.Holders(v.lacks) {
			body.Roles = append(body.Roles, v.t("role."+string(r)))
		}
	}
	return v.render(http.StatusForbidden, p, body)
}

package centre

import (
	"net/http"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/signin"
	"avow.dev/web/html"
)

// passkeyForm is the form of a page by which somebody makes or shows a passkey; nil where
// people do not sign in by them.
func (v *visit) passkeyForm(page, do, act string, hidden map[string]string, fields ...html.Field) (*html.Passkey, error) {
	origin, err := v.centre.cfg.Desk.PasskeyOrigin(v.id)
	if err != nil || origin == "" {
		return nil, err
	}
	v.passkey = true
	return &html.Passkey{Do: do, Act: v.at(act), Options: v.at(act + "/options"), Origin: origin, Title: v.t("passkey." + page), Lead: v.t("passkey." + page + "-lead"), Button: v.t("passkey." + page + "-button"), Hidden: hidden, Fields: fields}, nil
}

// options tells the page's script what to ask the browser for.
func (v *visit) options(options []byte, err error) error {
	if err != nil {
		return v.sooner(err)
	}
	v.w.Header().Set("Content-Type", "application/json")
	_, err = v.w.Write(options)
	return err
}

// sooner has a sign-in asked for where the gate wants one that is younger than the page
// does, or where it has ended meanwhile.
func (v *visit) sooner(err error) error {
	switch {
	case gate.NeedsFresh(err):
		return errStale
	case gate.NoSession(err):
		return html.ErrSignIn
	}
	return err
}

// asksAgain reports whether somebody who is signed in shows again who they are.
func (v *visit) asksAgain() bool { return v.known && v.r.FormValue("again") != "" }

// signInPasskey is the form of the sign-in page. Who shows again who they are is asked
// for a passkey of theirs, if they have one; anybody else for whichever they have.
func (v *visit) signInPasskey() (*html.Passkey, error) {
	hidden := map[string]string{"then": v.then()}
	if v.asksAgain() {
		hidden["again"] = "yes"
		if own, err := v.gate().Passkeys(v.r.Context(), v.id, v.ref()); err != nil || len(own) == 0 {
			return nil, err
		}
	}
	return v.passkeyForm("sign-in", "show", "/sign-in/passkey", hidden)
}

// askPasskey asks the browser for a passkey.
func (v *visit) askPasskey() error {
	if v.asksAgain() {
		return v.options(v.centre.cfg.Desk.AskPasskeyAgain(v.w, v.r, v.id))
	}
	return v.options(v.centre.cfg.Desk.AskPasskey(v.w, v.r, v.id))
}

// enterByPasskey signs somebody in by the passkey that they showed.
func (v *visit) enterByPasskey() error {
	enter := v.centre.cfg.Desk.ByPasskey
	if v.asksAgain() {
		enter = v.centre.cfg.Desk.ShowPasskey
	}
	_, err := enter(v.w, v.r, v.id, v.answer())
	said := ""
	switch {
	case gate.WrongPasskey(err):
		said = "wrong"
	case gate.CopiedPasskey(err):
		said = "copied"
	case err != nil:
		return v.sooner(err)
	}
	if said != "" {
		return v.signInPage(http.StatusUnprocessableEntity, "", "", nil, html.Notice{Kind: "bad", Title: v.t("passkey." + said), Text: v.t("passkey." + said + "-text")})
	}
	http.Redirect(v.w, v.r, v.then(), http.StatusSeeOther)
	return nil
}

// answer is what the browser answered.
func (v *visit) answer() []byte { return []byte(v.r.PostFormValue("answer")) }

type passkeysBody struct {
	List   []gate.Passkey
	Remove string
	Add    *html.Passkey
	Origin string
}

// passkeys are those of who is signed in.
func (v *visit) passkeys() error { return v.passkeysPage(http.StatusOK) }

func (v *visit) passkeysPage(status int, said ...html.Notice) error {
	origin, err := v.centre.cfg.Desk.PasskeyOrigin(v.id)
	if err != nil {
		return err
	}
	list, err := v.gate().Passkeys(v.r.Context(), v.id, v.ref())
	if err != nil {
		return err
	}
	if origin == "" && len(list) == 0 {
		return errNowhere
	}
	body := passkeysBody{List: list, Remove: v.at("/passkeys/remove"), Origin: origin}
	if len(list) < signin.MostPasskeys {
		name := html.Field{Name: "name", Label: v.t("passkeys.name"), Hint: v.t("passkeys.name-hint"), Max: 60}
		if body.Add, err = v.passkeyForm("add", "make", "/passkeys", nil, name); err != nil {
			return err
		}
	}
	p := v.page("passkeys")
	p.Lead = v.t("passkeys.lead")
	p.Notices = append(p.Notices, said...)
	return v.render(status, p, body)
}

// offerPasskey begins to add a passkey. What a device shows beside it is whose pages
// these are, and nothing about the person.
func (v *visit) offerPasskey() error {
	return v.options(v.centre.cfg.Desk.OfferPasskey(v.w, v.r, v.id, v.t("site", "name", v.text.names.Product())))
}

// addPasskey adds the passkey that the browser made.
func (v *visit) addPasskey() error {
	err := v.centre.cfg.Desk.AddPasskey(v.w, v.r, v.id, v.r.PostFormValue("name"), v.answer())
	if gate.WrongPasskey(err) {
		return v.passkeysPage(http.StatusUnprocessableEntity, html.Notice{Kind: "bad", Title: v.t("passkeys.refused"), Text: v.t("passkeys.refused-text")})
	}
	if err != nil {
		return v.sooner(err)
	}
	return v.to("/passkeys", "passkey-added")
}

// removePasskey takes a passkey away.
func (v *visit) removePasskey() error {
	err := v.centre.cfg.Desk.RemovePasskey(v.r, v.id, v.r.PostFormValue("passkey"))
	if avow.CodeOf(err) == avow.Unknown && err != nil {
		return errNowhere
	}
	if err != nil {
		return v.sooner(err)
	}
	return v.to("/passkeys", "passkey-removed")
}

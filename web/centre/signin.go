package centre

import (
	"net/http"
	"net/url"
	"strings"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/web/html"
)

type signInBody struct {
	Fields []html.Field
	Kinds  html.Group
	Then   string
	Again  bool
	Act    string
	Faults html.Faults
	Back   string

	Passkey *html.Passkey
}

// signIn asks for an address to send a code to.
func (v *visit) signIn() error { return v.signInPage(http.StatusOK, "", "", nil) }

func (v *visit) signInPage(status int, datum, value string, faults html.Faults, said ...html.Notice) error {
	body := signInBody{Then: v.then(), Again: v.r.FormValue("again") != "", Act: v.at("/sign-in"), Faults: faults}
	kinds, err := v.gate().CodesTo(v.id)
	if err != nil {
		return err
	}
	body.Kinds, body.Fields = v.addressField("sign-in", kinds, datum, value, faults)
	if body.Passkey, err = v.signInPasskey(); err != nil {
		return err
	}
	p := v.page("sign-in")
	p.Notices = append(p.Notices, said...)
	p.Lead = v.t("sign-in.lead")
	if body.Again {
		p.Title, p.Lead = v.t("sign-in.again-title"), v.t("sign-in.again-lead")
	}
	return v.render(status, p, body)
}

// addressField asks for an address in the words of a page, and of which of some kinds
// it is; for none where there are none.
func (v *visit) addressField(page string, kinds []avow.Datum, datum, value string, faults html.Faults) (html.Group, []html.Field) {
	if len(kinds) == 0 {
		return html.Group{}, nil
	}
	g := html.Group{Name: "kind", Legend: v.t(page + ".kind")}
	for i, d := range kinds {
		g.Options = append(g.Options, html.Option{Value: string(d), Label: v.text.names.Title("data", string(d)), Checked: string(d) == datum || datum == "" && i == 0})
	}
	f := html.Field{Name: "address", Label: v.t("sign-in.address"), Hint: v.t(page + ".hint"), Value: value, Required: true, Autocomplete: "username"}
	if len(kinds) == 1 {
		info, _ := v.program.Datum(kinds[0])
		f.Label, f.Type, f.Autocomplete = v.text.names.Title("data", string(kinds[0])), inputOf(info.Type), autocompleteOf(info.Type)
	}
	if len(faults) > 0 {
		f.Error = faults[0].Text
	}
	return g, []html.Field{f}
}

// addressed reads the address of a form. Who calls it wipes the value.
func (v *visit) addressed(kinds []avow.Datum) (item gate.Item, typed string) {
	datum := avow.Datum(v.r.PostFormValue("kind"))
	if len(kinds) == 1 {
		datum = kinds[0]
	}
	typed = strings.TrimSpace(v.r.PostFormValue("address"))
	return gate.Item{Datum: datum, Value: gate.NewValue([]byte(typed))}, typed
}

// askCode has a code sent. The answer is the same for an address that nobody has.
func (v *visit) askCode() error {
	kinds, err := v.gate().CodesTo(v.id)
	if err != nil {
		return err
	}
	if len(kinds) == 0 {
		return errNowhere
	}
	to, sent := v.addressed(kinds)
	defer to.Value.Wipe()
	err = v.centre.cfg.Desk.AskCode(v.w, v.r, v.id, to, avow.Language(v.tongue.Tag()))
	if avow.CodeOf(err) == avow.Invalid && err != nil {
		var faults html.Faults
		faults.Add("address", v.t("sign-in.malformed"))
		return v.signInPage(http.StatusUnprocessableEntity, string(to.Datum), sent, faults)
	}
	if err != nil {
		return err
	}
	http.Redirect(v.w, v.r, v.at("/sign-in/code")+"?"+url.Values{"then": {v.then()}}.Encode(), http.StatusSeeOther)
	return nil
}

// codeForm asks for the code that was sent.
func (v *visit) codeForm() error { return v.codePage(http.StatusOK, nil) }

func (v *visit) codePage(status int, faults html.Faults) error {
	if !v.centre.cfg.Desk.Asked(v.r, v.id) {
		return v.to("/sign-in", "")
	}
	f := html.Field{Name: "code", Label: v.t("sign-in.code"), Hint: v.t("sign-in.code-hint"), Required: true, Autocomplete: "one-time-code", Inputmode: "numeric", Max: 12}
	if len(faults) > 0 {
		f.Error = faults[0].Text
	}
	p := v.page("code")
	p.Lead = v.t("code.lead")
	return v.render(status, p, signInBody{Fields: []html.Field{f}, Then: v.then(), Act: v.at("/sign-in/code"), Faults: faults, Back: v.at("/sign-in")})
}

// tryCode signs somebody in by the code.
func (v *visit) tryCode() error {
	code := gate.NewValue([]byte(strings.Join(strings.Fields(v.r.PostFormValue("code")), "")))
	defer code.Wipe()
	_, err := v.centre.cfg.Desk.ByCode(v.w, v.r, v.id, code)
	if avow.CodeOf(err) == avow.Forbidden && err != nil {
		var faults html.Faults
		faults.Add("code", v.t("sign-in.wrong"))
		return v.codePage(http.StatusUnprocessableEntity, faults)
	}
	if err != nil {
		return err
	}
	http.Redirect(v.w, v.r, v.then(), http.StatusSeeOther)
	return nil
}

type enterBody struct{ Act string }

// enter is where a link of the application leads. It signs nobody in until the
// person presses the button: programs that look at links do not spend them.
func (v *visit) enter() error {
	p := v.page("enter")
	p.Nav, p.Account = nil, nil
	p.Lead = v.t("enter.lead", "name", v.text.names.Product())
	return v.render(http.StatusOK, p, enterBody{Act: v.at("/enter/" + v.r.PathValue("link"))})
}

// entered signs somebody in by the link.
func (v *visit) entered() error {
	if _, err := v.centre.cfg.Desk.ByLink(v.w, v.r, v.id, v.r.PathValue("link")); err != nil {
		if gate.DeadLink(err) {
			p := v.page("dead-link")
			p.Nav = nil
			return v.render(http.StatusForbidden, p, enterBody{Act: v.at("/sign-in")})
		}
		return err
	}
	return v.to("", "")
}

// signOut ends the session of this browser.
func (v *visit) signOut() error {
	if err := v.centre.cfg.Desk.SignOut(v.w, v.r, v.id); err != nil {
		return err
	}
	return v.to("", "signed-out")
}

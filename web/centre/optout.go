package centre

import (
	"crypto/rand"
	"fmt"
	"net/http"

	"avow.dev"
	"avow.dev/cookies"
	"avow.dev/gate"
	"avow.dev/internal/signin"
	"avow.dev/web/html"
)

type optOutBody struct {
	Rights  html.Group
	Kinds   html.Group
	Fields  []html.Field
	Act     string
	Faults  html.Faults
	Browser bool // this browser's choice about cookies changes too
	Person  bool // so do the choices of who is signed in
	Done    bool
	Stays   string
	SignIn  string
}

// optOutForm asks for an address, and for nothing that shows whose it is: to be left
// alone can only protect whoever is behind it.
func (v *visit) optOutForm() error { return v.optOutPage(http.StatusOK, "", "", nil) }

func (v *visit) optOutPage(status int, datum, value string, faults html.Faults) error {
	body := optOutBody{Act: v.at("/opt-out"), Faults: faults, Person: v.known, Browser: v.choosesHere(), SignIn: v.at("/sign-in") + "?then=" + v.at("/choices"),
		Stays: v.t("opt-out.remembered", "n", int(gate.RemembersOptOut.Hours()/24/365))}
	rights, err := v.optOutRights()
	if err != nil {
		return err
	}
	body.Rights = rights
	body.Kinds, body.Fields = v.addressField("opt-out", v.addresses(), datum, value, faults)
	for i := range body.Fields { // without an address it is this browser and this session alone
		body.Fields[i].Required = !body.Browser && !body.Person
	}
	p := v.page("opt-out")
	p.Lead, body.Done = v.t("opt-out.lead"), v.happened() == "opted-out"
	return v.render(status, p, body)
}

// optOutRights are opting out, and limiting where the policy has choices that it is
// about, each with what it switches off.
func (v *visit) optOutRights() (html.Group, error) {
	g := html.Group{Name: "right", Legend: v.t("opt-out.which")}
	wanted := v.r.FormValue("right")
	for _, right := range []string{"opt-out", "limit"} {
		off, err := v.gate().OptOutChoices(v.id, right)
		if err != nil {
			return g, err
		}
		if right == "limit" && len(off) == 0 {
			continue
		}
		o := html.Option{Value: right, Label: v.t("opt-out.right-" + right), Checked: right == wanted || right == "opt-out" && wanted != "limit"}
		if len(off) > 0 {
			o.Hint = v.t("opt-out.switches-off", "list", v.tongue.List(names(v, "choices", off)))
		} else {
			o.Hint = v.t("opt-out.switches-nothing")
		}
		g.Options = append(g.Options, o)
	}
	return g, nil
}

// choosesHere reports whether the choice about cookies is remembered in browsers.
func (v *visit) choosesHere() bool {
	r := cookies.Of(v.program)
	_, declared := r.Tracker("cookie", cookies.ChoiceCookie)
	return declared && len(r.Choices()) > 0
}

// optOut carries it out for whoever is behind the address, for who is signed in, and in
// this browser. The answer is the same for every address.
func (v *visit) optOut() error {
	right := v.r.PostFormValue("right")
	if right == "" {
		right = "opt-out"
	}
	off, err := v.gate().OptOutChoices(v.id, right)
	if err != nil {
		return err
	}
	to, typed := v.addressed(v.addresses())
	defer to.Value.Wipe()
	switch {
	case typed != "":
		_, err := v.gate().OptOut(v.r.Context(), v.id, &gate.OptingOut{To: to, Right: right, Network: signin.Network(v.r.RemoteAddr)})
		if avow.CodeOf(err) == avow.Invalid && err != nil {
			return v.optOutFault(to, typed, "sign-in.malformed")
		}
		if err != nil {
			return err
		}
	case !v.known && !v.choosesHere():
		return v.optOutFault(to, typed, "opt-out.none")
	}
	if v.known {
		if err := v.refuseAll(v.ref(), off); err != nil {
			return err
		}
	}
	if err := v.refuseHere(off); err != nil {
		return err
	}
	return v.to("/opt-out", "opted-out")
}

func (v *visit) optOutFault(to gate.Item, typed, why string) error {
	var faults html.Faults
	faults.Add("address", v.t(why))
	return v.optOutPage(http.StatusUnprocessableEntity, string(to.Datum), typed, faults)
}

// refuseAll switches choices off for somebody who is known here.
func (v *visit) refuseAll(who avow.SubjectRef, off []avow.Choice) error {
	if len(off) == 0 {
		return nil
	}
	a := &gate.Agreement{Language: avow.Language(v.text.lang), Gesture: "request", Origin: "centre/opt-out"}
	for _, c := range off {
		a.Choices = append(a.Choices, gate.ChoiceEvent{Choice: c, State: avow.Refused})
	}
	_, err := v.gate().Agree(v.r.Context(), v.id, who, a)
	if avow.CodeOf(err) == avow.Gone && err != nil {
		return nil // nothing of theirs is used any more
	}
	return err
}

// refuseHere changes the choice that this browser remembers, with evidence of it under
// the random name of the browser.
func (v *visit) refuseHere(off []avow.Choice) error {
	r := cookies.Of(v.program)
	if !v.choosesHere() {
		return nil
	}
	visitor := r.VisitorOf(v.r)
	if visitor == "" {
		visitor = newVisitor()
	}
	c, err := r.Refusal(v.r, visitor, off, v.tongue.Tag(), v.now)
	if err != nil {
		return &avow.Error{Code: avow.Internal, Message: "the browser's choice could not be written", Try: "use the cookie settings", Cause: err}
	}
	var here []avow.Choice
	for _, o := range r.Choices() {
		for _, id := range off {
			if o.ID == id {
				here = append(here, id)
			}
		}
	}
	if err := v.refuseAll(cookies.Visitor(visitor), here); err != nil {
		return err
	}
	http.SetCookie(v.w, c)
	return nil
}

// newVisitor makes up a browser's name: a random UUID (RFC 9562, version 4).
func newVisitor() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // documented never to return an error
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// addresses are the kinds of data by which people are found and that they know
// themselves, also where no code can be sent to them.
func (v *visit) addresses() []avow.Datum {
	var out []avow.Datum
	for _, info := range v.program.Data() {
		if info.Lookup && (info.Type == "email" || info.Type == "phone") {
			out = append(out, info.Slug)
		}
	}
	return out
}

package centre

import (
	"errors"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/policy"
	"avow.dev/web/html"
)

// visit is one request for a page: who asks, about which policy, in which language.
type visit struct {
	centre  *Centre
	w       http.ResponseWriter
	r       *http.Request
	route   *route
	tongue  *html.Tongue
	id      avow.PolicyID
	program *policy.Program
	text    *text
	session gate.Session
	known   bool // somebody is signed in
	waits   *gate.Departure
	said    *string // what the page before did, when first asked for
	now     time.Time

	passkey bool // the page has a form that needs one
}

// errNowhere is the error for an address that nothing answers to.
var errNowhere = &avow.Error{Code: avow.Unknown, Message: "no page answers to this address", Try: "start from the first page"}

// errStale asks for a fresh sign-in.
var errStale = errors.New("the sign-in is not fresh enough")

func (c *Centre) serve(rt *route, w http.ResponseWriter, r *http.Request) {
	v := &visit{centre: c, w: w, r: r, route: rt, now: c.cfg.Gate.Now()}
	if err := v.begin(); err != nil {
		c.fail(v, err)
		return
	}
	if c.set.Switch(w, r) {
		return
	}
	err := v.admit()
	if err == nil {
		err = rt.serve(v)
	}
	switch {
	case err == nil:
	case errors.Is(err, html.ErrSignIn), errors.Is(err, errStale):
		v.askSignIn(err)
	case rt.who == guardian && gate.NoSession(err):
		http.Redirect(w, r, v.at("/guardian"), http.StatusSeeOther)
	default:
		c.fail(v, err)
	}
}

// begin finds the policy, its words, and who is asking.
func (v *visit) begin() error {
	v.tongue = v.centre.set.Tongue(v.r)
	id := avow.PolicyID(v.r.PathValue("policy"))
	p, err := v.centre.cfg.Gate.Program(id)
	if err != nil {
		return err
	}
	v.id, v.program = id, p
	if v.text, err = v.centre.texts.of(p, v.tongue.Tag(), v.now); err != nil {
		return err
	}
	v.session, err = v.centre.cfg.Desk.Visitor(v.r, id)
	if err != nil {
		if gate.NoSession(err) {
			return nil
		}
		return err
	}
	v.known = true
	return v.settle()
}

// settle takes note of what holds for all pages of a person: an erasure that waits,
// and the signal that their browser sends.
func (v *visit) settle() error {
	d, waits, err := v.gate().Departure(v.r.Context(), v.id, v.ref())
	if err != nil {
		return err
	}
	if waits {
		v.waits = &d
	}
	return v.heed()
}

// heed records the Global Privacy Control signal of the person's browser, once,
// where the policy promises to follow it.
func (v *visit) heed() error {
	if v.r.Header.Get("Sec-GPC") != "1" || !heedsGPC(v.program) || v.waits != nil {
		return nil
	}
	st, err := v.standing()
	if err != nil || st.Signals&avow.SignalGPC != 0 || st.Account != avow.Open {
		return err
	}
	_, err = v.gate().Agree(v.r.Context(), v.id, v.ref(), &gate.Agreement{Signals: []avow.Signals{avow.SignalGPC}})
	return err
}

func heedsGPC(p *policy.Program) bool {
	for _, c := range p.File().Choices {
		if info, ok := p.Choice(avow.Choice(c.ID.Text)); ok && info.GPC {
			return true
		}
	}
	return false
}

// admit holds the visit to who may open the page.
func (v *visit) admit() error {
	switch {
	case v.route.who == anyone:
		return nil
	case v.route.who == guardian:
		_, err := v.gate().Wards(v.r.Context(), v.id, v.guardianSecret())
		return err
	case !v.known:
		return html.ErrSignIn
	case v.route.who == fresh && !v.isFresh(Fresh):
		return errStale
	}
	return nil
}

// isFresh reports whether the person showed who they are within a time.
func (v *visit) isFresh(within time.Duration) bool {
	return v.known && v.now.Sub(v.session.Proved) <= within
}

// askSignIn leads to the sign-in and back. A form that was sent is not sent again
// by itself: the person lands on the page that it stands on.
func (v *visit) askSignIn(why error) {
	then := v.r.URL.RequestURI()
	if v.r.Method != http.MethodGet {
		then = v.at("/" + v.route.name)
	}
	q := url.Values{"then": {then}}
	if errors.Is(why, errStale) {
		q.Set("again", "yes")
	}
	http.Redirect(v.w, v.r, v.at("/sign-in")+"?"+q.Encode(), http.StatusSeeOther)
}

// then returns where a sign-in leads back to: a page of this policy and nothing else.
func (v *visit) then() string {
	u, err := url.Parse(v.r.FormValue("then"))
	if err != nil || u.IsAbs() || u.Host != "" || path.Clean(u.Path) != u.Path || !strings.HasPrefix(u.Path, v.at("/")) {
		return v.at("")
	}
	return u.RequestURI()
}

func (v *visit) gate() *gate.Gate     { return v.centre.cfg.Gate }
func (v *visit) ref() avow.SubjectRef { return v.session.Subject }

// at returns the address of a page of this policy.
func (v *visit) at(page string) string { return Base + string(v.id) + page }

func (v *visit) standing() (avow.Standing, error) {
	return v.gate().Standing(v.r.Context(), v.id, v.ref())
}

// t says something in the reader's language. Keys in code are held to the words by
// a test.
func (v *visit) t(key string, values ...any) string {
	s, err := v.tongue.Say(key, values...)
	if err != nil {
		v.centre.cfg.Log.Error("no words", "key", key, "language", v.tongue.Tag())
		return key
	}
	return s
}

// to leads to a page after something was done; said names what, as a key of said.*,
// and is said there once.
func (v *visit) to(page, said string) error {
	html.Once(v.w, v.r, v.at(page), said)
	return nil
}

// happened is what the page before did, and is said here.
func (v *visit) happened() string {
	if v.said == nil {
		said := html.Said(v.w, v.r)
		v.said = &said
	}
	return *v.said
}

// page is the frame of every page of this visit.
func (v *visit) page(name string) html.Page {
	p := html.Page{Name: name, Home: Base}
	if v.text == nil { // no such policy, or one that could not be put into words
		return p
	}
	p.Home, p.Site = v.at(""), v.t("site", "name", v.text.names.Product())
	p.Nav, p.NavName = v.nav(), v.t("nav.name")
	p.Foot = []html.Link{{Text: v.t("foot.policy"), Href: "/policy/" + string(v.id)}, {Text: v.t("foot.opt-out"), Href: v.at("/opt-out")}, {Text: v.t("foot.ask"), Href: v.at("/requests/new")}, {Text: v.t("foot.log"), Href: "/log/" + string(v.id) + "/checkpoint"}}
	if v.program.ReportsDemands() {
		p.Foot = append(p.Foot, html.Link{Text: v.t("foot.report"), Href: "/transparency-report/" + string(v.id)})
	}
	if len(v.program.File().Incidents) > 0 {
		p.Foot = append(p.Foot, html.Link{Text: v.t("foot.announcements"), Href: v.at("/announcements")})
	}
	p.Account = &html.Account{In: v.at("/sign-in")}
	if v.known {
		p.Account = &html.Account{Name: v.t("account.by." + string(v.session.By)), Out: v.at("/sign-out")}
		if v.hasPasskeys() {
			p.Account.Own = v.at("/passkeys")
		}
	}
	if v.waits != nil && name != "leave" {
		n := html.Notice{Kind: "warn", Title: v.t("waits.title", "date", v.tongue.Date(v.waits.At)), Text: v.t("waits.text"), Link: &html.Link{Text: v.t("waits.link"), Href: v.at("/leave")}}
		if v.waits.Guardian {
			n.Text, n.Link = v.t("waits.guardian"), &html.Link{Text: v.t("children.title"), Href: v.at("/children")}
		}
		p.Notices = append(p.Notices, n)
	}
	if said := v.happened(); said != "" && v.tongue.Has("said."+said) {
		p.Notices = append(p.Notices, html.Notice{Kind: "good", Title: v.t("said." + said)})
	}
	return p
}

// nav are the pages that this policy has a use for.
func (v *visit) nav() []html.Link {
	var links []html.Link
	for _, page := range []struct {
		name string
		use  bool
	}{
		{"home", true}, {"data", true}, {"choices", len(v.program.File().Choices) > 0}, {"cookies", len(v.program.File().Cookies) > 0},
		{"publish", len(publishable(v.program)) > 0}, {"copy", true}, {"requests", true}, {"looked", true}, {"policy", true},
		{"children", len(v.program.File().Minors) > 0 || v.program.AsksGuardian()}, {"passkeys", v.hasPasskeys()}, {"leave", true},
	} {
		if !page.use {
			continue
		}
		at := "/" + page.name
		if page.name == "home" {
			at = ""
		}
		links = append(links, html.Link{Text: v.t("nav." + page.name), Href: v.at(at), Here: v.route != nil && v.route.name == page.name})
	}
	return links
}

// hasPasskeys reports whether who is signed in may have passkeys here.
func (v *visit) hasPasskeys() bool {
	if !v.known {
		return false
	}
	origin, err := v.centre.cfg.Desk.PasskeyOrigin(v.id)
	return err == nil && origin != ""
}

// show renders a page.
func (v *visit) render(status int, p html.Page, body any) error {
	p.Body, p.Passkeys = body, v.passkey
	if p.Title == "" {
		p.Title = v.t(p.Name + ".title")
	}
	return v.centre.set.Render(v.w, v.r, v.tongue, status, p)
}

// fail shows what went wrong. Only the code and the page are logged: an error's
// cause may hold more.
func (c *Centre) fail(v *visit, err error) {
	if v.tongue == nil {
		v.tongue = c.set.Tongue(v.r)
	}
	name := "none"
	if v.route != nil {
		name = v.route.name
	}
	if _, refused := errors.AsType[*avow.Refusal](err); !refused && avow.CodeOf(err) == avow.Internal {
		c.cfg.Log.Error("page failed", "page", name, "error", publicPart(err))
	}
	var link *html.Link
	if v.program != nil && v.known {
		link = &html.Link{Text: v.t("fault.ask"), Href: v.at("/requests/new")}
		if _, refused := errors.AsType[*avow.Refusal](err); !refused {
			link = nil
		}
	}
	if err := c.set.Fail(v.w, v.r, v.page("fault"), err, link); err != nil {
		c.cfg.Log.Error("page failed", "page", name)
		http.Error(v.w, "internal error", http.StatusInternalServerError)
	}
}

// publicPart is what of an error may be logged: constant words of ours.
func publicPart(err error) string {
	if e, ok := errors.AsType[*avow.Error](err); ok {
		return e.Error()
	}
	return "no code"
}

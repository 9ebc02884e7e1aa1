package console

import (
	"context"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
	"time"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/officer"
	"avow.dev/notice"
	"avow.dev/policy"
	"avow.dev/web/html"
)

// visit is one request for a page.
type visit struct {
	console *Console
	w       http.ResponseWriter
	r       *http.Request
	route   *route
	tongue  *html.Tongue
	session officer.Session
	known   bool              // somebody is signed in
	lacks   officer.Privilege // for which the visit was turned away
	id      avow.PolicyID
	program *policy.Program
	spoken  *notice.Names // when first asked for
	said    *string       // what the page before did, when first asked for
	now     time.Time

	passkey bool // the page has a form that needs one
}

var errNowhere = &avow.Error{Code: avow.Unknown, Message: "no page answers to this address", Try: "start from the first page"}

func (c *Console) serve(rt *route, w http.ResponseWriter, r *http.Request) {
	v := &visit{console: c, w: w, r: r, route: rt, tongue: c.set.Tongue(r), now: c.cfg.Gate.Now()}
	if c.set.Switch(w, r) {
		return
	}
	err := v.who()
	if err == nil {
		err = v.admit()
	}
	if err == nil {
		err = rt.serve(v)
	}
	switch {
	case err == nil:
	case errors.Is(err, officer.ErrNoSession):
		v.signIn(Base)
	case errors.Is(err, officer.ErrStale):
		v.signIn(Base + "/again")
	case errors.Is(err, officer.ErrForbidden):
		if err := v.denied(); err != nil {
			c.fail(v, err)
		}
	default:
		c.fail(v, err)
	}
}

func (v *visit) gate() *gate.Gate { return v.console.cfg.Gate }

func (v *visit) officers() *officer.Keeper { return v.console.cfg.Officers }

// at returns the address of a page of this policy.
func (v *visit) at(page string) string { return Base + "/" + string(v.id) + page }

// t says something in the reader's language. A test holds every key to the words.
func (v *visit) t(key string, values ...any) string {
	s, err := v.tongue.Say(key, values...)
	if err != nil {
		v.console.cfg.Log.Error("no words", "key", key, "language", v.tongue.Tag())
		return key
	}
	return s
}

// word says a word of the policy language or of a desk in the reader's language;
// one that this package has no words for is shown as it is.
func (v *visit) word(of, word string) string {
	if key := of + "." + strings.ReplaceAll(word, " ", "-"); word != "" && v.tongue.Has(key) {
		return v.t(key)
	}
	return word
}

// ruleNames are the policy's own names, in the reader's language if it has it.
func (v *visit) ruleNames() *notice.Names {
	if v.spoken == nil {
		v.spoken = v.namesOf(v.program)
	}
	return v.spoken
}

// named is what the policy calls something, in the reader's language if the policy
// has it.
func (v *visit) named(section, id string) string {
	n := v.ruleNames()
	if n == nil || id == "" {
		return id
	}
	return n.Title(section, id)
}

func (v *visit) namesOf(p *policy.Program) *notice.Names {
	for _, lang := range []string{v.tongue.Tag(), string(p.Languages()[0])} {
		if n, err := notice.NamesOf(p.File(), lang); err == nil {
			return n
		}
	}
	return nil
}

func (v *visit) productOf(id avow.PolicyID) string {
	p, err := v.gate().Program(id)
	if err != nil {
		return string(id)
	}
	if n := v.namesOf(p); n != nil {
		return n.Product()
	}
	return string(id)
}

// to leads to a page after something was done.
func (v *visit) to(page string) error {
	html.Once(v.w, v.r, v.at(page), "done")
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

// back leads to a page that says by itself what became of something.
func (v *visit) back(page string) error {
	http.Redirect(v.w, v.r, v.at(page), http.StatusSeeOther)
	return nil
}

// page is the frame of every page.
func (v *visit) page(name string) html.Page {
	p := html.Page{Name: name, Home: Base, Site: v.t("site"), NavName: v.t("nav.name")}
	if v.known {
		p.Account = &html.Account{Name: v.session.Account.Person, Out: Base + "/leave"}
		if v.hasPasskeys() {
			p.Account.Own = Base + "/passkeys"
		}
	}
	if v.program == nil {
		return p
	}
	p.Home, p.Site = v.at(""), v.t("site.of", "name", v.productOf(v.id))
	for _, place := range places {
		if !v.may(place.may) || place.name == "content" && len(v.program.File().Content) == 0 {
			continue
		}
		p.Nav = append(p.Nav, html.Link{Text: v.t("nav." + place.name), Href: v.at(place.path), Here: v.route != nil && v.route.name == place.name})
	}
	if v.happened() == "done" {
		p.Notices = append(p.Notices, html.Notice{Kind: "good", Title: v.t("said.done")})
	}
	if v.looks() {
		p.Notices = append(p.Notices, html.Notice{Kind: "info", Title: v.t("reading.title"), Text: v.t("reading.text")})
	}
	return p
}

func (v *visit) render(status int, p html.Page, body any) error {
	p.Body, p.Passkeys = body, v.passkey
	if p.Title == "" {
		p.Title = v.t(p.Name + ".title")
	}
	return v.console.set.Render(v.w, v.r, v.tongue, status, p)
}

// form is one thing that can be done to a matter.
type form struct {
	Act, Title, Lead, Button string
	Kind                     string // of the button: empty, secondary or contrast
	Upload                   bool   // a file comes with it
	Hidden                   map[string]string
	Fields                   []html.Field
	Groups                   []html.Group
}

// steps is the history of a matter as a time-line.
func (v *visit) steps(all []gate.Step) []html.Step {
	var out []html.Step
	for _, s := range all {
		out = append(out, html.Step{State: "done", Title: v.word("did", s.Did), At: s.At, Text: v.t("step.by", "person", s.By.Person, "state", v.word("state", s.To))})
	}
	return out
}

// approvals says how far the approval of a proposal is.
func (v *visit) approvals(p *gate.Proposal) string {
	if p.At.IsZero() {
		return v.t("approvals.none")
	}
	var by []string
	for _, a := range p.Approved {
		by = append(by, a.By.Person)
	}
	if len(by) == 0 {
		return v.t("approvals.proposed", "person", p.By.Person)
	}
	return v.t("approvals.by", "person", p.By.Person, "people", v.tongue.List(by))
}

// approving is the form by which somebody approves exactly what they see.
func (v *visit) approving(act string, p *gate.Proposal) form {
	return form{Act: act, Title: v.t("approve.title"), Lead: v.t("approve.lead"), Button: v.t("approve.button"), Hidden: map[string]string{"what": hex.EncodeToString(p.What[:])}}
}

// approve adds the visitor's approval to what they saw of a matter, and leads to a page.
func approve[M any](v *visit, page string, act func(context.Context, avow.PolicyID, string, gate.Officer, [32]byte) (M, avow.Receipt, error)) error {
	what, err := v.seen()
	if err == nil {
		_, _, err = act(v.r.Context(), v.id, v.r.PathValue("matter"), v.officer(), what)
	}
	if err != nil {
		return err
	}
	return v.to(page)
}

// seen is the digest of what the form showed.
func (v *visit) seen() (what [32]byte, err error) {
	raw, err := hex.DecodeString(v.r.PostFormValue("what"))
	if err != nil || len(raw) != len(what) {
		return what, &avow.Error{Code: avow.Invalid, Message: "the form does not say what was seen", Try: "open the matter again, and approve what stands there"}
	}
	return [32]byte(raw), nil
}

// day reads a day of a form; an empty one is the zero time.
func day(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return t, &avow.Error{Code: avow.Invalid, Message: "this is no day", Try: "write it as 2026-12-31"}
	}
	return t, nil
}

// fail shows what went wrong. Only the code and the page are logged.
func (c *Console) fail(v *visit, err error) {
	if v.tongue == nil {
		v.tongue = c.set.Tongue(v.r)
	}
	name := "none"
	if v.route != nil {
		name = v.route.name
	}
	if avow.CodeOf(err) == avow.Internal {
		c.cfg.Log.Error("page failed", "page", name)
	}
	p := v.page("fault")
	if n := said(err); n != nil {
		p.Notices = append(p.Notices, *n)
	}
	if err := c.set.Fail(v.w, v.r, p, err, nil); err != nil {
		c.cfg.Log.Error("page failed", "page", name)
		http.Error(v.w, "internal error", http.StatusInternalServerError)
	}
}

// said is what an error says by itself: in English, as to programs, and never of
// anybody. An officer has to know what to do about it.
func said(err error) *html.Notice {
	e, ok := errors.AsType[*avow.Error](err)
	if !ok || e == errNowhere || e.Code != avow.Invalid && e.Code != avow.Conflict && e.Code != avow.Forbidden && e.Code != avow.Unavailable {
		return nil
	}
	return &html.Notice{Kind: "bad", Title: e.Message, Text: e.Try, Lang: "en"}
}

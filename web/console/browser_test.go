package console_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"avow.dev/internal/chromium/browsertest"
	"avow.dev/internal/engine/enginetest"
	"avow.dev/internal/officer"
)

// screen is a browser in which somebody has signed in.
type screen struct {
	*browsertest.Page
	h *house
	t *testing.T
}

// screen signs somebody in, in a real browser.
func (h *house) screen(a account) *screen {
	h.t.Helper()
	s := &screen{browsertest.Open(h.t), h, h.t}
	s.Goto(h.URL() + "/console")
	s.Fill("#login", a.login)
	s.Fill("#password", password)
	s.Fill("#code", h.code(a))
	h.Pass(30 * time.Second)
	s.Follow("main form button")
	return s
}

// looks opens pages on a phone and, in the dark, on a desk: nothing of them lies outside the
// screen, and axe-core finds nothing serious. With AVOW_PICTURES they are kept as
// pictures in that folder.
func (s *screen) looks(pages ...string) {
	s.t.Helper()
	for _, width := range []int64{320, 1280} {
		must(s.t, s.Width(width))
		must(s.t, s.Prefer("prefers-color-scheme", map[int64]string{320: "light", 1280: "dark"}[width]))
		for _, page := range pages {
			s.Goto(s.h.URL() + page)
			s.fits(width, page)
		}
	}
	s.Quiet()
}

func (s *screen) fits(width int64, page string) {
	s.t.Helper()
	s.Accessible()
	if wide := browsertest.Eval[int64](s.Page, "document.documentElement.scrollWidth"); wide > width {
		s.t.Errorf("%s is %d wide on a screen of %d", page, wide, width)
	}
	s.Picture(strings.NewReplacer("/console/", "", "/", "-", "?", "-", "=", "-").Replace(page)+"-"+strconv.FormatInt(width, 10), width)
}

// write fills in a field by its name.
func (s *screen) write(name, text string) {
	s.t.Helper()
	browsertest.Eval[string](s.Page, `document.getElementsByName("`+name+`")[0].value = "`+text+`"`)
}

// TestIncidentsInABrowser reports an incident, has people counted and told, and looks
// at each state.
func TestIncidentsInABrowser(t *testing.T) {
	t.Parallel()
	h := open(t, "generic")
	h.holds("li", "email", "li@mail.example")
	ann := h.account("ann@house.example", "ann", officer.PrivacyOfficer)
	s := h.screen(ann)
	s.looks(h.at("/incidents"), h.at("/incidents/new"))
	s.Goto(h.URL() + h.at("/incidents/new"))
	s.write("aware", "2026-11-22T08:00")
	s.Click("#types-0")
	s.Fill("#place", "mail server")
	for _, lang := range []string{"en", "zh"} {
		for _, name := range []string{"what-happened", "impact", "measures-taken", "measures-planned", "advice", "remedies", "contact"} {
			s.write(name+"."+lang, name+" in "+lang)
		}
	}
	s.Follow("main form button")
	at := browsertest.Eval[string](s.Page, "location.pathname")
	s.looks(at)
	s.Follow(`form[action$="/scope"] button`)
	v := h.sign(h.account("bo@house.example", "bo", officer.Auditor))
	v.until(at, "Affected, by kind of data")
	s.looks(at)
	s.Follow(`form[action$="/tell"] button`)
	v.until(at, "How people were told")
	s.looks(at, at+"/report/"+h.Program.Law()[0], h.at("/incidents"), "/privacy/generic/announcements")
	v.Post(at+"/tell", nil).Shows(t, http.StatusForbidden)
}

// TestDesksInABrowser looks at every page of the desks, empty and with something on it.
func TestDesksInABrowser(t *testing.T) {
	t.Parallel()
	h := open(t, "generic")
	h.holds("li", "email", "li@mail.example")
	ann := h.account("ann@house.example", "ann", officer.PrivacyOfficer)
	v := h.sign(ann)
	v.Post(h.at("/census"), form("page", "data")).LeadsUnder(t, h.at("/data"))
	h.count()
	s := h.screen(ann)
	s.looks(h.at("/data"), h.at("/data?datum=email"), h.at("/consent"), h.at("/holds"), h.at("/successions"), h.at("/places"), h.at("/attestations"), h.at("/disclosure"), h.at("/openings"), h.at("/policy"), h.at(""))
	s.Goto(h.URL() + h.at("/consent"))
	for name, text := range map[string]string{"person": "li", "said": "They ask what they said."} {
		s.write(name, text)
	}
	s.Follow(`form[action$="/consent/person"] button`)
	if at := browsertest.Eval[string](s.Page, "location.href"); strings.Contains(at, "li@") || strings.Contains(at, "person=") {
		t.Errorf("the address names the person: %s", at)
	}
	for _, width := range []int64{320, 1280} {
		must(t, s.Width(width))
		s.fits(width, "/console/consent-of-li")
	}
	s.Quiet()
}

// choose picks an option of a select by its value.
func (s *screen) choose(name, value string) {
	s.t.Helper()
	s.write(name, value)
}

// TestARecipientIsQualifiedByTwo, in two browsers: what opens a recipient is put
// forward by one and approved by another, and never by the first.
func TestARecipientIsQualifiedByTwo(t *testing.T) {
	t.Parallel()
	h := open(t, "generic")
	ann, bo := h.account("ann@house.example", "ann", officer.PrivacyOfficer), h.account("bo@house.example", "bo", officer.PrivacyOfficer)
	first, second := h.screen(ann), h.screen(bo)
	at := ""
	for i := range h.Program.File().Parties {
		party := &h.Program.File().Parties[i]
		if len(party.Requires) > 0 && party.Kind.Text != "successor" {
			at = h.at("/recipients/" + party.ID.Text)
			break
		}
	}
	first.Goto(h.URL() + at)
	if kind := browsertest.Eval[bool](first.Page, `[...document.getElementsByName("kind")[0].options].some(o => o.value == "due-diligence")`); kind {
		first.choose("kind", "due-diligence")
	}
	for name, text := range map[string]string{"by": "Mapmaker Ltd", "document": hexOf("paper"), "date": h.day(-10), "expires": h.day(200)} {
		first.write(name, text)
	}
	first.Follow(`form[action$="` + strings.TrimPrefix(at, "/console/generic") + `"] button`)
	first.looks(at)
	approve := `form[action*="/qualifications/"][action$="/approve"] button`
	first.Goto(h.URL() + at)
	link := browsertest.Eval[string](first.Page, `(document.querySelector('main a[href*="/qualifications/"]') || {pathname: ""}).pathname`)
	if link == "" {
		link = at
	}
	first.Goto(h.URL() + link)
	if browsertest.Eval[bool](first.Page, "!!document.querySelector(`"+approve+"`)") {
		first.Follow(approve)
		if text := first.Text("main"); !strings.Contains(text, "nobody approves what they put forward") {
			t.Errorf("the same person approved: %s", text)
		}
	}
	second.Goto(h.URL() + link)
	second.Follow(approve)
	second.Goto(h.URL() + at)
	if text := second.Text("main"); !strings.Contains(text, "Valid") || !strings.Contains(text, "Mapmaker Ltd") {
		t.Errorf("it is not valid: %s", text)
	}
}

// TestADemandInABrowser takes a demand in, narrows it, and has two people approve it.
func TestADemandInABrowser(t *testing.T) {
	t.Parallel()
	h := open(t, "airstep")
	h.join("li")
	ann := h.account("ann@house.example", "ann", officer.PrivacyOfficer)
	s := h.screen(ann)
	others := []*screen{h.screen(h.account("bo@house.example", "bo", officer.Lawyer)), h.screen(h.account("cleo@house.example", "cleo", officer.PrivacyOfficer))}
	s.Goto(h.URL() + h.at("/disclosure"))
	d := &h.Program.File().Demands[0]
	s.choose("ground", d.ID.Text)
	if len(d.Instruments) > 0 {
		s.choose("instrument", d.Instruments[0].Text)
	}
	for name, text := range map[string]string{"number": "2026-71", "statute": "Criminal Procedure Law, article 54", "agency": "District office", "issued": "2026-11-20", "expires": "2026-12-31"} {
		s.write(name, text)
	}
	s.Follow(`form[action$="/demands"] button`)
	at := browsertest.Eval[string](s.Page, "location.pathname")
	h.sign(ann).Upload(at+"/paper", "paper", "%PDF-1.7 made up").LeadsUnder(t, at)
	s.looks(at)
	s.write("how", "called back through the switchboard")
	s.Follow(`form[action$="/authenticate"] button`)
	s.write("people", "li")
	s.write("from", "2025-01-01")
	s.write("to", "2026-01-01")
	s.Follow(`form[action$="/scope"] button`)
	s.looks(at)
	for _, other := range others {
		other.Goto(h.URL() + at)
		other.Follow(`form[action$="/approve"] button`)
	}
	others[0].Goto(h.URL() + at)
	if text := others[0].Text("main"); !strings.Contains(text, "Approved") || !strings.Contains(text, "approved by bo and cleo") {
		t.Errorf("after two approvals: %s", text)
	}
	s.looks(at)
}

// TestAPolicyChangeInABrowser: drafted, checked, approved by two, and announced no
// earlier than the notice allows.
func TestAPolicyChangeInABrowser(t *testing.T) {
	t.Parallel()
	h := open(t, "generic")
	ann := h.account("ann@house.example", "ann", officer.PrivacyOfficer)
	s := h.screen(ann)
	next := strings.Replace(enginetest.Example(t, "generic"), "version: \""+h.Program.Version()+"\"", "version: \"next\"", 1)
	v := h.sign(ann)
	at := v.Post(h.at("/policy"), form("text", next, "why", "law")).LeadsUnder(t, h.at("/changes/"))
	s.looks(h.at("/policy"), at)
	s.Follow(`form[action$="/check"] button`)
	for _, name := range []string{"bo", "cleo"} {
		other := h.screen(h.account(name+"@house.example", name, officer.PrivacyOfficer))
		other.Goto(h.URL() + at)
		other.Follow(`form[action$="/approve"] button`)
	}
	s.looks(at)
	s.write("since", h.day(0))
	s.write("link", "https://plainleaf.example/policy")
	s.Follow(`form[action$="/announce"] button`)
	if text := s.Text("main"); !strings.Contains(text, "people have to be told earlier") {
		t.Errorf("announced without notice: %s", text)
	}
	s.Goto(h.URL() + at)
	s.write("since", h.day(90))
	s.write("link", "https://plainleaf.example/policy")
	s.Follow(`form[action$="/announce"] button`)
	if text := s.Text("main"); !strings.Contains(text, "Announced") {
		t.Errorf("not announced: %s", text)
	}
}

package console_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"avow.dev/internal/chromium/browsertest"
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
	h.now.Add(int64(30 * time.Second))
	s.Follow("main form button")
	return s
}

// looks opens pages on a phone and on a desk: nothing of them lies outside the
// screen, and axe-core finds nothing serious. With AVOW_PICTURES they are kept as
// pictures in that folder.
func (s *screen) looks(pages ...string) {
	s.t.Helper()
	for _, width := range []int64{320, 1280} {
		must(s.t, s.Width(width))
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
	s.looks(at, at+"/report/"+h.program.Law()[0], h.at("/incidents"), "/privacy/generic/announcements")
	v.post(at+"/tell", nil).shows(t, http.StatusForbidden)
}

// TestDesksInABrowser looks at every page of the desks, empty and with something on it.
func TestDesksInABrowser(t *testing.T) {
	t.Parallel()
	h := open(t, "generic")
	h.holds("li", "email", "li@mail.example")
	ann := h.account("ann@house.example", "ann", officer.PrivacyOfficer)
	v := h.sign(ann)
	v.post(h.at("/census"), form("page", "data")).leads(t, h.at("/data"))
	s := h.screen(ann)
	s.looks(h.at("/data"), h.at("/data?of=email"), h.at("/consent"), h.at("/holds"), h.at("/successions"), h.at("/places"), h.at("/attestations"), h.at("/disclosure"), h.at("/openings"), h.at("/policy"), h.at(""))
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

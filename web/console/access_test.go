package console_test

import (
	"net/http"
	"strings"
	"testing"

	"avow.dev"
	"avow.dev/internal/engine/enginetest"
	"avow.dev/internal/officer"
	"avow.dev/policy"
	"avow.dev/web/console"
)

// address fills the holes of a page's path with what nothing has.
func address(path string) string {
	return "/console" + strings.NewReplacer("{policy}", "generic", "{matter}", strings.Repeat("0", 32), "{step}", "check", "{recipient}", "nobody", "{law}", "eu", "{rule}", "nothing", "{paper}", strings.Repeat("0", 32)).Replace(path)
}

// outcome says how far somebody came: to the sign-in, to the words that it is not
// theirs, or in, where the gate may still refuse.
func outcome(a *enginetest.Answer) string {
	switch {
	case a.Status == http.StatusSeeOther && strings.HasPrefix(a.Header.Get("Location"), "/console?"), a.Header.Get("Location") == "/console":
		return "sign-in"
	case a.Status == http.StatusSeeOther && strings.HasPrefix(a.Header.Get("Location"), "/console/again"):
		return "again"
	case a.Status == http.StatusForbidden && strings.Contains(a.Body, "This is not yours to open"):
		return "out"
	case a.Status >= 500:
		return http.StatusText(a.Status)
	}
	return "in"
}

// TestWhoOpensWhat tries every role, and whoever has none, on every page.
func TestWhoOpensWhat(t *testing.T) {
	t.Parallel()
	h := open(t, "generic")
	visitors := map[string]*visitor{"nobody": h.visitor()}
	for _, r := range officer.Roles() {
		visitors[string(r)] = h.as(string(r)+"-person", r)
	}
	elsewhere := h.own("else@house.example", h.invite(officer.Invitation{Login: "else@house.example", Person: "else", Roles: officer.Roles(), Policies: []avow.PolicyID{"other"}}))
	visitors["elsewhere"] = h.sign(elsewhere)
	forged := h.visitor()
	forged.Cookies[cookie] = strings.Repeat("A", 43)
	visitors["forged"] = forged
	visitors["ended"] = h.as("dan", officer.PrivacyOfficer)
	must(t, h.Officers().Disable(t.Context(), "dan@house.example"))
	for _, v := range visitors {
		if v.account.login != "" && v.account.login != "dan@house.example" {
			v.again() // what needs a proof of now has one
		}
	}
	for _, p := range console.Pages() {
		if p.May == console.Anyone {
			continue
		}
		path := address(p.Path)
		for name, v := range visitors {
			want := "out"
			switch {
			case name == "nobody" || name == "forged" || name == "ended":
				want = "sign-in"
			case officer.May([]officer.Role{officer.Role(name)}, p.May):
				want = "in"
			}
			a := v.Send(p.Method, path, form("what", strings.Repeat("0", 64)))
			if got := outcome(a); got != want {
				t.Errorf("%s %s as %s: %s (%d), want %s", p.Method, path, name, got, a.Status, want)
			}
			if p.Method == http.MethodPost {
				if cross := v.From("cross-site").Send(p.Method, path, form()); cross.Status != http.StatusForbidden {
					t.Errorf("%s as %s from another site: %d", path, name, cross.Status)
				}
			}
			for header, want := range map[string]string{"X-Frame-Options": "DENY", "Cache-Control": "no-store"} {
				if got := a.Header.Get(header); got != want {
					t.Errorf("%s as %s: %s is %q", path, name, header, got)
				}
			}
		}
	}
}

// TestWhatRolesArePromisedNotToDo holds the routes to the words that stand about the
// roles, apart from the table of privileges.
func TestWhatRolesArePromisedNotToDo(t *testing.T) {
	t.Parallel()
	for _, p := range console.Pages() {
		if p.May == console.Anyone {
			continue
		}
		may := func(r officer.Role) bool { return officer.May([]officer.Role{r}, p.May) }
		requests := strings.Contains(p.Path, "/requests") || strings.Contains(p.Path, "/fulfilments")
		about := requests || strings.Contains(p.Path, "/content") || strings.Contains(p.Path, "/demands")
		switch {
		case may(officer.Auditor) != (p.Method == http.MethodGet):
			t.Errorf("%s %s: an auditor sees every page and posts no form", p.Method, p.Path)
		case about && (may(officer.Engineer) || may(officer.Operator)):
			t.Errorf("%s %s: an engineer and an operator see nothing of people", p.Method, p.Path)
		case may(officer.Support) && p.Path != "/{policy}" && !requests:
			t.Errorf("%s %s: support works on requests, one at a time", p.Method, p.Path)
		case strings.HasSuffix(p.Path, "/approve") && !officer.NeedsFresh(p.May):
			t.Errorf("%s: an approval needs a proof of now", p.Path)
		}
	}
}

// TestPagesLeadOnlyWhereTheirReaderMayGo: navigation, queues and forms are those of
// the role.
func TestPagesLeadOnlyWhereTheirReaderMayGo(t *testing.T) {
	t.Parallel()
	h := open(t, "generic")
	for role, want := range map[officer.Role]string{
		officer.PrivacyOfficer: "Today Requests Consent Disclosure Policy Data Proof", officer.Support: "Today Requests", officer.Engineer: "Today Policy Data Proof", officer.Operator: "Today Data Proof",
	} {
		v := h.as(string(role)+"-person", role)
		page := v.Get(h.at("")).Shows(t, http.StatusOK)
		nav := between(t, page.Body, `<nav class="side"`, `</nav>`)
		_, nav, _ = strings.Cut(nav, ">")
		if got := (&enginetest.Answer{Body: nav}).Words(); got != want {
			t.Errorf("%s is led to %q, want %q", role, got, want)
		}
	}
	v := h.as("eng", officer.Engineer)
	v.Get(h.at("/requests")).Shows(t, http.StatusForbidden, "None of your roles may do this", "Privacy officer", "Lawyer", "Support", "Auditor")
	v.Get("/console/other").Shows(t, http.StatusNotFound)
	if a := v.Get(h.at("/data")); strings.Contains(a.Body, "as=csv") || v.Get(h.at("/data?as=csv&of=inventory")).Header.Get("Content-Disposition") != "" {
		t.Error("an engineer takes lists along")
	}
}

// TestNoPolicyHidesBehindAnAddress: words of addresses beside which the policies lie are
// no ids of policies.
func TestNoPolicyHidesBehindAnAddress(t *testing.T) {
	t.Parallel()
	for _, p := range console.Pages() {
		first := strings.Split(strings.TrimPrefix(p.Path, "/"), "/")[0]
		if first != "" && first != "{policy}" && !policy.Reserved(avow.PolicyID(first)) {
			t.Errorf("a policy %s could not be reached behind %s", first, p.Path)
		}
	}
}

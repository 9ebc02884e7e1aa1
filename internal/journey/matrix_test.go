package journey_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"avow.dev"
	"avow.dev/internal/auth"
	"avow.dev/internal/engine/enginetest"
	"avow.dev/internal/officer"
	"avow.dev/web/centre"
	"avow.dev/web/console"
)

// secrets are what only li may see.
var secrets = []string{"li-private@haven.example", "Li Placeholder", "22.3193", "the question of li"}

// things of li, by the names that stand in addresses.
func (h *town) thingsOf(li *enginetest.Visitor) *strings.Replacer {
	h.t.Helper()
	asked := li.Send(http.MethodPost, "/privacy/club/requests/new", url.Values{"right": {"ask"}, "text": {"the question of li"}}).Header.Get("Location")
	request, _, _ := strings.Cut(strings.TrimPrefix(asked, "/privacy/club/requests/of/"), "?")
	li.Send(http.MethodPost, "/privacy/club/copy", url.Values{"format": {"json"}})
	pack := after(li.Get("/privacy/club/copy").Body, `href="/privacy/club/copy/`)
	index := after(li.Get("/privacy/club/looked").Body, `href="/privacy/club/looked/`)
	if request == "" || pack == "" || index == "" {
		h.t.Fatalf("li has request %q, copy %q, entry %q", request, pack, index)
	}
	return strings.NewReplacer("{policy}", "club", "{datum}", "email", "{request}", request, "{package}", pack, "{index}", index, "{audience}", "everybody", "{at}", strings.Repeat("0", 32),
		"{link}", strings.Repeat("A", 43), "{token}", strings.Repeat("A", 43), "{matter}", request, "{step}", "approve", "{recipient}", "host", "{version}", "2.0", "{child}", "li", "{file}", "avow.js", "{hash}", string(h.Program.Hash()))
}

// names are those in addresses for which li has nothing.
var names = regexp.MustCompile(`\{[a-z]+\}`)

func after(text, mark string) string {
	_, rest, _ := strings.Cut(text, mark)
	out, _, _ := strings.Cut(rest, `"`)
	return out
}

// filled is a form with everything that any page asks for.
var filled = url.Values{"datum": {"name"}, "to": {"everybody"}, "choice": {"offers"}, "answer": {"yes"}, "right": {"ask"}, "text": {"from somebody else"}, "value": {"other@haven.example"}, "format": {"json"},
	"subject": {"li"}, "sid": {"1"}, "ref": {"li"}, "person": {"li"}, "sure": {"yes"}, "role": {"desk"}, "reason": {"curiosity"}, "code": {"000000"}, "address": {"nobody@haven.example"}, "kind": {"email"}}

// TestEveryPageAndEveryCaller asks for every page that the centre and the console list,
// as everybody who is not its owner, with the names of li's things, and looks for
// anything of li. Pages of people let in nobody who did not sign in at that policy, be
// it a program with a token; pages of officers let in no person and no program.
func TestEveryPageAndEveryCaller(t *testing.T) {
	t.Parallel()
	h := openTown(t)
	h.join("li", "li-private@haven.example", "Li Placeholder")
	h.join("eve", "eve@haven.example", "Eve")
	h.joinOf("choir", h.choir.Hash(), "li", "li-choir@haven.example", "Li of the choir")
	fill := h.thingsOf(h.Entered("club", "li"))

	choir := h.Entered("choir", "li")
	forged := h.Visitor()
	forged.Cookies["__Host-avow-club"] = choir.Cookies["__Host-avow-choir"]
	callers := map[string]*enginetest.Visitor{
		"nobody": h.Visitor(), "somebody of another policy": choir, "a session of another policy": forged,
		"an app": h.With(h.App()), "an officer's program": h.With(h.Issue(grantOf(auth.Officer))), "an auditor's program": h.With(h.Issue(grantOf(auth.Auditor))), "a recipient's program": h.With(h.Issue(grantOf(auth.Recipient))),
		"eve": h.Entered("club", "eve"),
	}
	for who, w := range callers {
		for _, p := range centre.Pages() {
			at := names.ReplaceAllString(centre.Base+"club"+fill.Replace(p.Path), "1")
			got := w.Send(p.Method, at, filled)
			door := "/privacy/club/sign-in?then="
			if p.Who == "guardian" {
				door = "/privacy/club/guardian"
			}
			if p.Who != "anyone" && who != "eve" && (got.Status != http.StatusSeeOther || !strings.HasPrefix(got.Header.Get("Location"), door)) {
				t.Errorf("%s gets %d at %s %s", who, got.Status, p.Method, p.Path)
			}
			h.nothingOfLi(who, p.Method+" "+p.Path, got)
			if w.Cookies["__Host-avow-club"] == "" && who == "eve" { // eve signed out, or left
				callers["eve"] = h.Entered("club", "eve")
				w = callers["eve"]
			}
			if p.Method == http.MethodPost {
				h.refusesForms(w, at)
			}
		}
		for _, p := range console.Pages() {
			at := names.ReplaceAllString(console.Base+fill.Replace(p.Path), "1")
			got := w.Send(p.Method, at, filled)
			if p.May != console.Anyone && (got.Status == http.StatusOK || got.Status >= 500) {
				t.Errorf("%s gets %d at %s %s", who, got.Status, p.Method, p.Path)
			}
			h.nothingOfLi(who, p.Method+" "+p.Path, got)
			if p.Method == http.MethodPost {
				h.refusesForms(w, at)
			}
		}
	}
	for _, s := range append(secrets, "Li of the choir") {
		if strings.Contains(h.Log.String(), s) {
			t.Errorf("the log holds %q", s)
		}
	}
	own := h.Entered("club", "li") // to whom all of it shows, unchanged by what others did
	for at, want := range map[string]string{"/data": "l•••@h•••.example", "/requests/of/{request}": "the question of li", "/data/show": "Li Placeholder"} {
		method := http.MethodGet
		if at == "/data/show" {
			method = http.MethodPost
		}
		if got := own.Send(method, centre.Base+"club"+fill.Replace(at), filled); !strings.Contains(got.Body, want) {
			t.Errorf("%s does not show %q to li: %s", at, want, got.Body)
		}
	}
}

// joinOf is join at another policy.
func (h *town) joinOf(policy avow.PolicyID, hash avow.Hash, ref, mail, name string) {
	h.t.Helper()
	if status, raw := h.AskAs(h.App(), policy, "collect", `{"subject":"`+ref+`","purpose":"manage-account","point":"sign-up","feature":"account","source":"person","items":[{"datum":"email","value":"`+mail+`"},{"datum":"name","value":"`+name+
		`"}],"agree":{"policy_hash":"`+string(hash)+`","accept":true,"gesture":"accept-button","language":"en","age":"adult"}}`); status != http.StatusOK {
		h.t.Fatalf("join: %d %s", status, raw)
	}
}

// grantOf is what a program of a kind is given.
func grantOf(scope auth.Scope) auth.Grant {
	if scope == auth.Recipient {
		return auth.Grant{Name: "host", Scopes: scope, Recipient: "host", Policies: []avow.PolicyID{"club"}}
	}
	g := auth.Grant{Name: scope.String(), Scopes: scope, Person: "somebody"}
	if scope.Has(auth.Officer) {
		g.Roles = officer.Roles()
	}
	return g
}

// nothingOfLi fails the test if an answer holds something of li, may be kept, or may
// be framed.
func (h *town) nothingOfLi(who, where string, p *enginetest.Answer) {
	h.t.Helper()
	for _, s := range secrets {
		if strings.Contains(p.Body, s) || strings.Contains(p.Header.Get("Location"), url.QueryEscape(s)) {
			h.t.Errorf("%s sees %q at %s", who, s, where)
		}
	}
	if p.Header.Get("Cache-Control") != "no-store" || p.Header.Get("X-Frame-Options") != "DENY" || !strings.Contains(p.Header.Get("Content-Security-Policy"), "frame-ancestors 'none'") {
		h.t.Errorf("%s may be kept or framed: %v", where, p.Header)
	}
}

// refusesForms fails the test if a page takes a form that another site sent, told by
// what browsers say of it, old ones and new ones.
func (h *town) refusesForms(w *enginetest.Visitor, at string) {
	h.t.Helper()
	for name, value := range map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"} {
		other := w.From("")
		other.Header.Del("Sec-Fetch-Site")
		other.Header.Set(name, value)
		if got := other.Send(http.MethodPost, at, filled); got.Status != http.StatusForbidden {
			h.t.Errorf("%s takes a form with %s: %s: %d", at, name, value, got.Status)
		}
	}
}

// TestASessionIsNoToken: what a person's browser holds opens no operation of programs,
// and neither does it as a cookie. The operations are those of the description.
func TestASessionIsNoToken(t *testing.T) {
	t.Parallel()
	h := openTown(t)
	h.join("li", "li-private@haven.example", "Li Placeholder")
	li := h.Entered("club", "li")
	stolen := h.With(li.Cookies["__Host-avow-club"])
	var doc struct {
		Paths map[string]map[string]struct {
			Security []map[string][]string
		}
	}
	must(t, json.Unmarshal([]byte(h.Visitor().Get("/openapi.json").Body), &doc))
	n := 0
	for path, methods := range doc.Paths {
		for method, op := range methods {
			if len(op.Security) == 0 {
				continue
			}
			n++
			at := strings.NewReplacer("{policy}", "club", "{index}", "0", "{rule}", "take-account").Replace(path)
			for who, w := range map[string]*enginetest.Visitor{"as a cookie": li, "as a token": stolen} {
				if n%20 == 0 {
					h.Pass(61e9) // failures are forgiven
				}
				if got := w.Send(strings.ToUpper(method), at, filled); got.Status != http.StatusUnauthorized && got.Status != http.StatusTooManyRequests {
					t.Errorf("%s, a session %s gets %d", path, who, got.Status)
				}
			}
		}
	}
	if n < 80 {
		t.Errorf("only %d operations were tried", n)
	}
}

// TestPublicPagesKnowNobody: what is for everybody is the same for somebody who is
// signed in, and for programs.
func TestPublicPagesKnowNobody(t *testing.T) {
	t.Parallel()
	h := openTown(t)
	h.join("li", "li-private@haven.example", "Li Placeholder")
	must(t, h.Seal(t.Context()))
	li, nobody, app := h.Entered("club", "li"), h.Visitor(), h.With(h.App())
	for _, at := range []string{"/", "/proof/club", "/proof/club.json", "/policy/club", "/policy/club.json", "/policy/club.md", "/browser/club/avow.js", "/browser/club/gate.js", "/browser/club/config.json",
		"/log/club/checkpoint", "/log/club/vkey", "/.well-known/avow.json", "/.well-known/gpc.json", "/openapi.json", "/docs"} {
		want := nobody.Get(at)
		if want.Status != http.StatusOK {
			t.Errorf("%s: %d", at, want.Status)
		}
		for _, w := range []*enginetest.Visitor{li, app} {
			if got := w.Get(at); got.Body != want.Body || got.Status != want.Status {
				t.Errorf("%s is another page for somebody who is known", at)
			}
		}
		for _, s := range secrets {
			if strings.Contains(want.Body, s) {
				t.Errorf("%s holds %q", at, s)
			}
		}
	}
}

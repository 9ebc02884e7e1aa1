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
	"avow.dev/web/centre"
	"avow.dev/web/console"
)

// secrets are what only li may see.
var secrets = []string{"li-private@haven.example", "Li Placeholder", "22.3193", "the question of li"}

// things of li, by the names that stand in addresses.
func (h *town) thingsOf(li *walker) *strings.Replacer {
	h.t.Helper()
	asked := li.send(http.MethodPost, "/privacy/club/requests/new", url.Values{"right": {"ask"}, "text": {"the question of li"}}).header.Get("Location")
	request, _, _ := strings.Cut(strings.TrimPrefix(asked, "/privacy/club/requests/of/"), "?")
	li.send(http.MethodPost, "/privacy/club/copy", url.Values{"format": {"json"}})
	pack := after(li.get("/privacy/club/copy").body, `href="/privacy/club/copy/`)
	index := after(li.get("/privacy/club/looked").body, `href="/privacy/club/looked/`)
	if request == "" || pack == "" || index == "" {
		h.t.Fatalf("li has request %q, copy %q, entry %q", request, pack, index)
	}
	return strings.NewReplacer("{policy}", "club", "{datum}", "email", "{request}", request, "{package}", pack, "{index}", index, "{audience}", "everybody", "{at}", strings.Repeat("0", 32),
		"{link}", strings.Repeat("A", 43), "{token}", strings.Repeat("A", 43), "{matter}", request, "{step}", "approve", "{recipient}", "host", "{version}", "2.0", "{child}", "li", "{file}", "avow.js", "{hash}", string(h.program.Hash()))
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
	h.joinOf("choir", h.beside[0].Hash(), "li", "li-choir@haven.example", "Li of the choir")
	fill := h.thingsOf(h.walkerAs("club", "li"))

	choir := h.walkerAs("choir", "li")
	forged := h.walker()
	forged.cookies["__Host-avow-club"] = choir.cookies["__Host-avow-choir"]
	callers := map[string]*walker{
		"nobody": h.walker(), "somebody of another policy": choir, "a session of another policy": forged,
		"an app": h.with(h.token), "an officer's program": h.with(h.issue(auth.Officer)), "an auditor's program": h.with(h.issue(auth.Auditor)), "a recipient's program": h.with(h.issue(auth.Recipient)),
		"eve": h.walkerAs("club", "eve"),
	}
	for who, w := range callers {
		for _, p := range centre.Pages() {
			at := names.ReplaceAllString(centre.Base+"club"+fill.Replace(p.Path), "1")
			got := w.send(p.Method, at, filled)
			if p.Who != "anyone" && who != "eve" && (got.status != http.StatusSeeOther || !strings.HasPrefix(got.header.Get("Location"), "/privacy/club/sign-in?then=")) {
				t.Errorf("%s gets %d at %s %s", who, got.status, p.Method, p.Path)
			}
			h.nothingOfLi(who, p.Method+" "+p.Path, got)
			if w.cookies["__Host-avow-club"] == "" && who == "eve" { // eve signed out, or left
				callers["eve"] = h.walkerAs("club", "eve")
				w = callers["eve"]
			}
			if p.Method == http.MethodPost {
				h.refusesForms(w, at)
			}
		}
		for _, p := range console.Pages() {
			at := names.ReplaceAllString(console.Base+fill.Replace(p.Path), "1")
			got := w.send(p.Method, at, filled)
			if p.May != console.Anyone && (got.status == http.StatusOK || got.status >= 500) {
				t.Errorf("%s gets %d at %s %s", who, got.status, p.Method, p.Path)
			}
			h.nothingOfLi(who, p.Method+" "+p.Path, got)
			if p.Method == http.MethodPost {
				h.refusesForms(w, at)
			}
		}
	}
	for _, s := range append(secrets, "Li of the choir") {
		if strings.Contains(h.log.String(), s) {
			t.Errorf("the log holds %q", s)
		}
	}
	own := h.walkerAs("club", "li") // to whom all of it shows, unchanged by what others did
	for at, want := range map[string]string{"/data": "l•••@h•••.example", "/requests/of/{request}": "the question of li", "/data/show": "Li Placeholder"} {
		method := http.MethodGet
		if at == "/data/show" {
			method = http.MethodPost
		}
		if got := own.send(method, centre.Base+"club"+fill.Replace(at), filled); !strings.Contains(got.body, want) {
			t.Errorf("%s does not show %q to li: %s", at, want, got.body)
		}
	}
}

// joinOf is join at another policy.
func (h *town) joinOf(policy string, hash avow.Hash, ref, mail, name string) {
	h.t.Helper()
	if status, raw := h.askOf(policy, "collect", `{"subject":"`+ref+`","purpose":"manage-account","point":"sign-up","feature":"account","source":"person","items":[{"datum":"email","value":"`+mail+`"},{"datum":"name","value":"`+name+
		`"}],"agree":{"policy_hash":"`+string(hash)+`","accept":true,"gesture":"accept-button","language":"en","age":"adult"}}`); status != http.StatusOK {
		h.t.Fatalf("join: %d %s", status, raw)
	}
}

// grantOf is what a program of a kind is given.
func grantOf(scope auth.Scope) auth.Grant {
	if scope == auth.Recipient {
		return auth.Grant{Name: "host", Scopes: scope, Recipient: "host", Policies: []avow.PolicyID{"club"}}
	}
	return auth.Grant{Name: scope.String(), Scopes: scope, Person: "somebody"}
}

func (h *town) issue(scope auth.Scope) string {
	h.t.Helper()
	secret, _, err := h.Auth().Issue(h.t.Context(), grantOf(scope))
	must(h.t, err)
	return secret
}

// nothingOfLi fails the test if an answer holds something of li, may be kept, or may
// be framed.
func (h *town) nothingOfLi(who, where string, p *page) {
	h.t.Helper()
	for _, s := range secrets {
		if strings.Contains(p.body, s) || strings.Contains(p.header.Get("Location"), url.QueryEscape(s)) {
			h.t.Errorf("%s sees %q at %s", who, s, where)
		}
	}
	if p.header.Get("Cache-Control") != "no-store" || p.header.Get("X-Frame-Options") != "DENY" || !strings.Contains(p.header.Get("Content-Security-Policy"), "frame-ancestors 'none'") {
		h.t.Errorf("%s may be kept or framed: %v", where, p.header)
	}
}

// refusesForms fails the test if a page takes a form that another site sent, told by
// what browsers say of it, old ones and new ones.
func (h *town) refusesForms(w *walker, at string) {
	h.t.Helper()
	for name, value := range map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"} {
		other := &walker{h, w.cookies, w.header.Clone()}
		other.header.Del("Sec-Fetch-Site")
		other.header.Set(name, value)
		if got := other.send(http.MethodPost, at, filled); got.status != http.StatusForbidden {
			h.t.Errorf("%s takes a form with %s: %s: %d", at, name, value, got.status)
		}
	}
}

// TestASessionIsNoToken: what a person's browser holds opens no operation of programs,
// and neither does it as a cookie. The operations are those of the description.
func TestASessionIsNoToken(t *testing.T) {
	t.Parallel()
	h := openTown(t)
	h.join("li", "li-private@haven.example", "Li Placeholder")
	li := h.walkerAs("club", "li")
	stolen := h.with(li.cookies["__Host-avow-club"])
	var doc struct {
		Paths map[string]map[string]struct {
			Security []map[string][]string
		}
	}
	must(t, json.Unmarshal([]byte(h.walker().get("/openapi.json").body), &doc))
	n := 0
	for path, methods := range doc.Paths {
		for method, op := range methods {
			if len(op.Security) == 0 {
				continue
			}
			n++
			at := strings.NewReplacer("{policy}", "club", "{index}", "0", "{rule}", "take-account").Replace(path)
			for who, w := range map[string]*walker{"as a cookie": li, "as a token": stolen} {
				if n%20 == 0 {
					h.pass(61e9) // failures are forgiven
				}
				if got := w.send(strings.ToUpper(method), at, filled); got.status != http.StatusUnauthorized && got.status != http.StatusTooManyRequests {
					t.Errorf("%s, a session %s gets %d", path, who, got.status)
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
	li, nobody, app := h.walkerAs("club", "li"), h.walker(), h.with(h.token)
	for _, at := range []string{"/", "/proof/club", "/proof/club.json", "/policy/club", "/policy/club.json", "/policy/club.md", "/browser/club/avow.js", "/browser/club/gate.js", "/browser/club/config.json",
		"/log/club/checkpoint", "/log/club/vkey", "/.well-known/avow.json", "/.well-known/gpc.json", "/openapi.json", "/docs"} {
		want := nobody.get(at)
		if want.status != http.StatusOK {
			t.Errorf("%s: %d", at, want.status)
		}
		for _, w := range []*walker{li, app} {
			if got := w.get(at); got.body != want.body || got.status != want.status {
				t.Errorf("%s is another page for somebody who is known", at)
			}
		}
		for _, s := range secrets {
			if strings.Contains(want.body, s) {
				t.Errorf("%s holds %q", at, s)
			}
		}
	}
}

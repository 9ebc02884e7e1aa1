package centre_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"avow.dev/internal/engine/enginetest"
	"avow.dev/web/centre"
)

// whose is who may open each page. A page that is not here fails the test.
var whose = map[string]string{
	"GET ": "anyone", "GET /policy": "anyone", "GET /versions": "anyone", "GET /versions/{hash}": "anyone", "POST /versions/{hash}": "person", "GET /cookies": "anyone", "GET /opt-out": "anyone", "POST /opt-out": "anyone", "GET /children": "anyone", "GET /announcements": "anyone", "GET /certificate/{index}": "anyone", "GET /certificate/{index}/{key}": "anyone", "GET /erased/{leaf}": "anyone", "GET /erased/{leaf}/{key}": "anyone", "GET /certificate/{index}/proof": "anyone",
	"GET /public/{audience}/{at}": "anyone", "GET /sign-in": "anyone", "POST /sign-in": "anyone", "GET /sign-in/code": "anyone", "POST /sign-in/code": "anyone",
	"GET /enter/{link}": "anyone", "POST /enter/{link}": "anyone", "POST /sign-out": "anyone",
	"GET /data": "person", "POST /data/show": "fresh", "GET /data/delete/{datum}": "person", "POST /data/delete/{datum}": "person", "GET /data/correct/{datum}": "person", "POST /data/correct/{datum}": "person",
	"GET /choices": "person", "POST /choices": "person", "GET /copy": "person", "POST /copy": "fresh", "GET /copy/{package}": "fresh",
	"GET /publish": "person", "POST /publish/ask": "person", "POST /publish": "fresh", "POST /publish/down": "person",
	"GET /requests": "person", "GET /requests/new": "person", "POST /requests/new": "person", "GET /requests/of/{request}": "person", "POST /requests/of/{request}": "person",
	"POST /requests/of/{request}/revoke": "person", "POST /requests/of/{request}/verify": "fresh",
	"GET /looked": "person", "GET /looked/{index}": "person", "GET /looked/{index}/proof": "person",
	"POST /sign-in/passkey": "anyone", "POST /sign-in/passkey/options": "anyone", "GET /passkeys": "person", "POST /passkeys": "fresh", "POST /passkeys/options": "fresh", "POST /passkeys/remove": "fresh",
	"POST /children/young": "person", "POST /children/guardian": "fresh", "POST /children/guardian/recall": "person",
	"GET /guardian": "anyone", "POST /guardian": "anyone", "GET /guardian/code": "anyone", "POST /guardian/code": "anyone", "POST /guardian/leave": "anyone",
	"GET /guardian/of/{ward}": "guardian", "POST /guardian/of/{ward}": "guardian", "POST /guardian/of/{ward}/erase": "guardian", "POST /guardian/of/{ward}/undo": "guardian", "POST /guardian/of/{ward}/copy": "guardian",
	"GET /leave": "person", "POST /leave": "person", "POST /leave/undo": "person",
}

// secrets are what only li may ever see.
var secrets = []string{"li-private@haven.example", "Li Placeholder", "22.3193", "the question of li"}

// TestAccess asks for every page as nobody and as somebody else, with the ids of
// everything that is li's, and looks for anything of li in the answer.
func TestAccess(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.join("li", "li-private@haven.example", "Li Placeholder")
	h.join("eve", "eve@haven.example", "Eve")
	li := h.signedIn("li")
	asked := li.Post("/privacy/club/requests/new", url.Values{"right": {"ask"}, "text": {"the question of li"}})
	request := strings.TrimPrefix(asked.Header.Get("Location"), "/privacy/club/requests/of/")
	li.Post("/privacy/club/copy", url.Values{"format": {"json"}}).Leads(t, "/privacy/club/copy", "copied")
	_, rest, _ := strings.Cut(li.Get("/privacy/club/copy").Body, `href="/privacy/club/copy/`)
	pack, _, _ := strings.Cut(rest, `"`)
	_, rest, _ = strings.Cut(li.Get("/privacy/club/looked").Body, `href="/privacy/club/looked/`)
	index, _, _ := strings.Cut(rest, `"`)
	if request == "" || pack == "" || index == "" {
		t.Fatalf("li has request %q, copy %q, entry %q", request, pack, index)
	}
	fill := strings.NewReplacer("{datum}", "email", "{request}", request, "{package}", pack, "{index}", index, "{audience}", "everybody", "{at}", strings.Repeat("0", 32), "{link}", strings.Repeat("A", 43), "{ward}", strings.Repeat("0", 32), "{hash}", strings.TrimPrefix(string(h.Program.Hash()), "sha256:"))
	form := url.Values{"datum": {"name"}, "to": {"everybody"}, "choice": {"offers"}, "answer": {"yes"}, "right": {"ask"}, "text": {"from eve"}, "value": {"eve2@haven.example"}, "format": {"json"}, "subject": {"li"}, "sid": {"1"}}
	seen := make(map[string]bool)
	for _, p := range centre.Pages() {
		name := p.Method + " " + p.Path
		seen[name] = true
		if whose[name] != p.Who {
			t.Errorf("%s is open to %q, want %q", name, p.Who, whose[name])
		}
		path := "/privacy/club" + fill.Replace(p.Path)
		nobody := h.Visitor().Send(p.Method, path, form)
		door := map[string]string{"person": "/privacy/club/sign-in?then=", "fresh": "/privacy/club/sign-in?then=", "guardian": "/privacy/club/guardian"}[p.Who]
		if p.Who != "anyone" && (nobody.Status != http.StatusSeeOther || !strings.HasPrefix(nobody.Header.Get("Location"), door)) {
			t.Errorf("%s lets nobody in with %d", name, nobody.Status)
		}
		eve := h.signedIn("eve").Send(p.Method, path, form)
		if strings.Contains(p.Path, "{request}") || strings.Contains(p.Path, "{package}") || strings.HasPrefix(p.Path, "/looked/{index}") {
			if eve.Status != http.StatusNotFound {
				t.Errorf("%s of somebody else answers %d", name, eve.Status)
			}
		}
		for _, a := range []*enginetest.Answer{nobody, eve} {
			for _, s := range secrets {
				if strings.Contains(a.Body, s) || strings.Contains(a.Header.Get("Location"), s) {
					t.Errorf("%s shows %q to somebody else", name, s)
				}
			}
			if a.Header.Get("Cache-Control") != "no-store" || !strings.Contains(a.Header.Get("Content-Security-Policy"), "frame-ancestors 'none'") || a.Header.Get("X-Frame-Options") != "DENY" {
				t.Errorf("%s may be kept or framed: %v", name, a.Header)
			}
		}
		if p.Method == http.MethodPost {
			if r := h.signedIn("eve").From("cross-site").Send(p.Method, path, form); r.Status != http.StatusForbidden || !strings.Contains(r.Words(), "did not come from our page") {
				t.Errorf("%s takes a form of another site: %d", name, r.Status)
			}
		}
		if p.Who == "fresh" {
			stale := h.signedIn("eve")
			h.Pass(16 * time.Minute)
			if r := stale.Send(p.Method, path, form); r.Status != http.StatusSeeOther || !strings.Contains(r.Header.Get("Location"), "again=yes") {
				t.Errorf("%s is open to an old sign-in: %d %s", name, r.Status, r.Header.Get("Location"))
			}
		}
	}
	for name := range whose {
		if !seen[name] {
			t.Errorf("there is no page %s", name)
		}
	}
	// What eve did left li as they were.
	h.signedIn("li").Get("/privacy/club/data").Shows(t, http.StatusOK, "L•••", "l•••@h•••.example")
	for _, s := range append(secrets, "eve2@haven.example", "from eve") {
		if strings.Contains(h.Log.String(), s) {
			t.Errorf("the log holds %q", s)
		}
	}
}

// TestSignInLeadsNowhereElse: what a link says about where to go afterwards is a page
// of the same policy or nothing.
func TestSignInLeadsNowhereElse(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	for _, then := range []string{"https://evil.example/", "//evil.example", "/privacy/other/data", "/privacy/club/../../v1", "javascript:alert(1)", "/privacy/clubs", `/\evil.example`} {
		a := h.Visitor().Get("/privacy/club/sign-in?then=" + url.QueryEscape(then))
		if !strings.Contains(a.Body, `name="then" value="/privacy/club"`) {
			t.Errorf("%s: leads on", then)
		}
	}
	if a := h.Visitor().Get("/privacy/club/sign-in?then=%2Fprivacy%2Fclub%2Fdata"); !strings.Contains(a.Body, `name="then" value="/privacy/club/data"`) {
		t.Error("a page of the policy is not led to")
	}
}

// TestWhereNoCodesAreSent: a policy without messages of class code asks for no address.
func TestWhereNoCodesAreSent(t *testing.T) {
	t.Parallel()
	h := openHouse(t, "class: code", "class: reply")
	v := h.Visitor()
	a := v.Get("/privacy/club/sign-in")
	a.Shows(t, http.StatusOK, "Open the privacy centre from the app's settings")
	if strings.Contains(a.Body, `name="address"`) {
		t.Error("an address is asked for that nothing is sent to")
	}
	if r := v.Post("/privacy/club/sign-in", form("address", "li@haven.example")); r.Status != http.StatusNotFound {
		t.Errorf("an address is taken: %d", r.Status)
	}
}

// TestASignInMakesANewSession: what somebody planted in a browser opens nothing.
func TestASignInMakesANewSession(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.join("li", "li@haven.example", "Li Wei")
	h.join("eve", "eve@haven.example", "Eve")
	eve := h.signedIn("eve")
	planted := eve.Cookies["__Host-avow-club"]
	victim := h.Visitor()
	victim.Cookies["__Host-avow-club"] = planted
	link := h.link("li")
	victim.Get(link).Shows(t, http.StatusOK, "Open your privacy centre")
	if r := victim.Post(link, nil); r.Status != http.StatusSeeOther {
		t.Fatalf("the link led to %d", r.Status)
	}
	if victim.Cookies["__Host-avow-club"] == planted {
		t.Error("the planted session goes on")
	}
	if r := eve.Get("/privacy/club/data"); r.Status != http.StatusSeeOther {
		t.Errorf("the planted session opens li's pages: %d", r.Status)
	}
	if r := h.Visitor().Post(link, nil); r.Status != http.StatusForbidden || !strings.Contains(r.Words(), "does not work any more") {
		t.Errorf("the link worked twice: %d", r.Status)
	}
	victim.Post("/privacy/club/sign-out", nil).Leads(t, "/privacy/club", "signed-out")
	if r := victim.Get("/privacy/club/data"); r.Status != http.StatusSeeOther {
		t.Errorf("signed out, and still in: %d", r.Status)
	}
}

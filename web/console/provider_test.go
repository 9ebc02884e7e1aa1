package console_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"avow.dev/internal/engine"
	"avow.dev/internal/engine/enginetest"
	"avow.dev/internal/officer"
)

// identity is a provider as an organisation has one: OpenID Connect with the code
// flow, which holds the console to PKCE, to its secret and to its address.
type identity struct {
	t    *testing.T
	http *httptest.Server
	key  *ecdsa.PrivateKey
	now  func() time.Time

	mu    sync.Mutex
	who   string         // who is sitting before the browser
	spoil map[string]any // claims that are told wrongly
	codes map[string]url.Values
}

var b64 = base64.RawURLEncoding

func newIdentity(t *testing.T) *identity {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	p := &identity{t: t, key: key, now: func() time.Time { return enginetest.Began }, codes: make(map[string]url.Values), who: "ada-at-work"}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		p.tell(w, map[string]any{"issuer": p.http.URL, "authorization_endpoint": p.http.URL + "/authorize", "token_endpoint": p.http.URL + "/token", "jwks_uri": p.http.URL + "/keys",
			"id_token_signing_alg_values_supported": []string{"ES256"}})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		x, y := make([]byte, 32), make([]byte, 32)
		raw, err := key.PublicKey.Bytes()
		must(t, err)
		copy(x, raw[1:33])
		copy(y, raw[33:])
		p.tell(w, map[string]any{"keys": []any{map[string]string{"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "1", "x": b64.EncodeToString(x), "y": b64.EncodeToString(y)}}})
	})
	mux.HandleFunc("GET /authorize", p.authorize)
	mux.HandleFunc("POST /token", p.token)
	p.http = httptest.NewServer(mux)
	t.Cleanup(p.http.Close)
	return p
}

// sits puts somebody before the browser; the provider then tells some claims wrongly.
func (p *identity) sits(who string, spoil map[string]any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.who, p.spoil = who, spoil
}

func (p *identity) tell(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	must(p.t, json.NewEncoder(w).Encode(v))
}

// authorize lets whoever sits there in, and sends them back with a code.
func (p *identity) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	for name, want := range map[string]string{"client_id": "console", "response_type": "code", "scope": "openid", "code_challenge_method": "S256"} {
		if q.Get(name) != want {
			http.Error(w, name, http.StatusBadRequest)
			return
		}
	}
	if len(q.Get("code_challenge")) != 43 || q.Get("nonce") == "" || !strings.HasSuffix(q.Get("redirect_uri"), "/console/return") {
		http.Error(w, "a challenge, a nonce and the console's address are needed", http.StatusBadRequest)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	code := rand.Text()
	q.Set("sub", p.who)
	p.codes[code] = q
	http.Redirect(w, r, q.Get("redirect_uri")+"?"+url.Values{"code": {code}, "state": {q.Get("state")}}.Encode(), http.StatusFound)
}

// token exchanges a code, once, with whoever holds the verifier and the secret.
func (p *identity) token(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	q, ok := p.codes[r.PostFormValue("code")]
	delete(p.codes, r.PostFormValue("code"))
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	id, escaped, _ := r.BasicAuth()
	secret, err := url.QueryUnescape(escaped) // RFC 6749, section 2.3.1
	must(p.t, err)
	if !ok || b64.EncodeToString(sum[:]) != q.Get("code_challenge") || id != "console" || secret != "a secret of the provider's" || r.PostFormValue("redirect_uri") != q.Get("redirect_uri") {
		http.Error(w, `{"error":"invalid_grant"}`, http.StatusBadRequest)
		return
	}
	claims := map[string]any{"iss": p.http.URL, "aud": "console", "sub": q.Get("sub"), "nonce": q.Get("nonce"), "iat": p.now().Unix(), "exp": p.now().Add(5 * time.Minute).Unix()}
	if q.Get("max_age") == "0" && q.Get("prompt") == "login" {
		claims["auth_time"] = p.now().Unix()
	}
	for name, v := range p.spoil {
		claims[name] = v
	}
	p.tell(w, map[string]any{"access_token": "opens nothing", "token_type": "Bearer", "id_token": p.sign(claims)})
}

func (p *identity) sign(claims map[string]any) string {
	body, err := json.Marshal(claims)
	must(p.t, err)
	text := b64.EncodeToString([]byte(`{"alg":"ES256","kid":"1"}`)) + "." + b64.EncodeToString(body)
	sum := sha256.Sum256([]byte(text))
	r, s, err := ecdsa.Sign(rand.Reader, p.key, sum[:])
	must(p.t, err)
	var sig [64]byte
	r.FillBytes(sig[:32])
	s.FillBytes(sig[32:])
	return text + "." + b64.EncodeToString(sig[:])
}

// provided opens a house whose people sign in at a provider.
func provided(t *testing.T) (*house, *identity) {
	t.Helper()
	p := newIdentity(t)
	h := open(t, "generic", func(c *engine.Config) {
		c.Provider = officer.ProviderConfig{Issuer: p.http.URL, ClientID: "console", ClientSecret: "a secret of the provider's"}
	})
	p.now = func() time.Time { return h.Now() }
	return h, p
}

// leave goes to the provider, and returns the address to which it sends back.
func (v *visitor) leave(pairs ...string) string {
	v.h.t.Helper()
	page := v.Post("/console/provider", form(pairs...)).Shows(v.h.t, http.StatusOK, "Go on")
	address, ok := strings.CutPrefix(page.Header.Get("Refresh"), "0; url=")
	if !ok {
		v.h.t.Fatal("the page leads nowhere")
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Get(address)
	must(v.h.t, err)
	must(v.h.t, res.Body.Close())
	back, err := url.Parse(res.Header.Get("Location"))
	must(v.h.t, err)
	if res.StatusCode != http.StatusFound {
		v.h.t.Fatalf("the provider answers %d", res.StatusCode)
	}
	return back.RequestURI()
}

// comeBack follows the provider's way back.
func (v *visitor) comeBack(to string) *enginetest.Answer { return v.From("cross-site").Get(to) }

// TestTheOrganisationsSignIn: an invited account becomes that of whoever comes back,
// who signs in there from then on, is asked anew before what needs it, and comes
// back to the matter.
func TestTheOrganisationsSignIn(t *testing.T) {
	t.Parallel()
	h, p := provided(t)
	v := h.visitor()
	v.Get("/console").Shows(t, http.StatusOK, "The sign-in of your organisation")
	v.comeBack(v.leave()).Shows(t, http.StatusForbidden, "These do not sign you in")
	invitation := h.invite(officer.Invitation{Login: "ada@house.example", Person: "ada", Roles: []officer.Role{officer.PrivacyOfficer}})
	v.Post("/console/invitation", form("invitation", invitation)).Shows(t, http.StatusOK, "Sign in there")
	back := v.leave("invitation", invitation)
	if strings.Contains(back, invitation) {
		t.Error("the invitation stands in an address")
	}
	page := v.comeBack(back).Shows(t, http.StatusOK, "Go on")
	if got := page.Header.Get("Refresh"); got != "0; url=/console" {
		t.Errorf("led to %q", got)
	}
	v.Get("/console").Shows(t, http.StatusOK, "Policies", "ada")
	v.Post("/console/leave", nil).LeadsUnder(t, "/console")

	page = v.comeBack(v.leave("to", h.at("/data")))
	if got := page.Header.Get("Refresh"); got != "0; url="+h.at("/data") {
		t.Errorf("led to %q", got)
	}
	first := v.Cookies[cookie]
	h.Pass(6 * time.Minute)
	export := h.at("/data?as=csv&of=inventory")
	again := v.Get(export)
	again.LeadsUnder(t, "/console/again")
	v.Get(again.Header.Get("Location")).Shows(t, http.StatusOK, "Show again who you are", "Sign in there")
	page = v.comeBack(v.leave("to", export)).Shows(t, http.StatusOK)
	if got := page.Header.Get("Refresh"); got != "0; url="+export || v.Cookies[cookie] == first {
		t.Errorf("led to %q, with the secret of before: %v", got, v.Cookies[cookie] == first)
	}
	if file := v.Get(export); !strings.HasPrefix(file.Header.Get("Content-Type"), "text/csv") {
		t.Errorf("still not: %d", file.Status)
	}
	h.Pass(6 * time.Minute)
	eve := h.visitor()
	p.sits("eve-at-work", nil)
	eve.comeBack(eve.leave("invitation", h.invite(officer.Invitation{Login: "eve@house.example", Person: "eve", Roles: []officer.Role{officer.PrivacyOfficer}}))).Shows(t, http.StatusOK)
	for name, spoil := range map[string]func(){
		"it remembered them": func() { p.sits("ada-at-work", map[string]any{"auth_time": p.now().Add(-time.Hour).Unix()}) },
		"it does not say":    func() { p.sits("ada-at-work", map[string]any{"auth_time": nil}) },
		"somebody else":      func() { p.sits("eve-at-work", nil) },
	} {
		spoil()
		v.comeBack(v.leave()).Shows(t, http.StatusForbidden)
		if a := v.Get(export); a.Status == http.StatusOK {
			t.Errorf("%s: the list was taken along", name)
		}
	}
	p.sits("ada-at-work", nil)
	v.comeBack(v.leave()).Shows(t, http.StatusOK)
	v.Get(export).Shows(t, http.StatusOK)
}

// TestTheProvidersWordIsForOneRound tries words that are not for this sign-in.
func TestTheProvidersWordIsForOneRound(t *testing.T) {
	t.Parallel()
	h, p := provided(t)
	invitation := h.invite(officer.Invitation{Login: "ada@house.example", Person: "ada", Roles: []officer.Role{officer.PrivacyOfficer}})
	v := h.visitor()
	v.comeBack(v.leave("invitation", invitation)).Shows(t, http.StatusOK)
	const wrong = "These do not sign you in"
	for name, spoil := range map[string]map[string]any{
		"another nonce":    {"nonce": "another"},
		"another audience": {"aud": "another"},
		"another issuer":   {"iss": "https://evil.example"},
		"it is over":       {"exp": p.now().Add(-time.Minute).Unix()},
		"another person":   {"sub": "eve-at-work"},
	} {
		w := h.visitor()
		p.sits("ada-at-work", spoil)
		w.comeBack(w.leave()).Shows(t, http.StatusForbidden, wrong)
		if len(w.Cookies[cookie]) > 0 {
			t.Errorf("%s: signed in", name)
		}
	}
	p.sits("ada-at-work", nil)
	w, thief := h.visitor(), h.visitor()
	back := w.leave()
	thief.comeBack(back).Shows(t, http.StatusForbidden, wrong) // another browser: no cookie
	thief.leave()
	thief.comeBack(back).Shows(t, http.StatusForbidden, wrong) // another round's cookie
	kept := w.Cookies["__Host-avow-console-away"]
	w.comeBack(back).Shows(t, http.StatusOK)
	w.Cookies["__Host-avow-console-away"] = kept
	w.comeBack(back).Shows(t, http.StatusForbidden, wrong) // twice
	late := h.visitor()
	back = late.leave()
	h.Pass(11 * time.Minute)
	late.comeBack(back).Shows(t, http.StatusForbidden, wrong)
	p.http.Close()
	h.visitor().comeBack("/console/return?state=x&code=y").Shows(t, http.StatusForbidden, wrong)
}

// TestAProviderThatIsAway keeps nobody from a password.
func TestAProviderThatIsAway(t *testing.T) {
	t.Parallel()
	p := newIdentity(t)
	p.http.Close()
	h := open(t, "generic", func(c *engine.Config) { c.Provider = officer.ProviderConfig{Issuer: p.http.URL, ClientID: "console"} })
	h.visitor().Post("/console/provider", nil).Shows(t, http.StatusServiceUnavailable, "does not answer")
	h.officer("ann").Get("/console").Shows(t, http.StatusOK, "Policies")
}

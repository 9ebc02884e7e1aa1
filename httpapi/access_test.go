package httpapi_test

import (
	"slices"
	"testing"
	"time"

	"avow.dev"
	"avow.dev/httpapi"
	"avow.dev/internal/auth"
	"avow.dev/internal/officer"
)

// TestAccess tries each kind of caller on each operation of the description.
func TestAccess(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.populate()
	callers := []struct{ kind, token string }{
		{"nobody", ""}, {"malformed", "avow_short"}, {"unknown", "avow_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},
		{"revoked", w.revoked()}, {"expired", w.expired()}, {"scheme", w.app[:20]},
		{"app", w.app}, {"officer", w.officer}, {"auditor", w.auditor}, {"recipient", w.recipient},
		{"elsewhere", w.token(auth.Grant{Name: "elsewhere", Scopes: auth.App | auth.Officer | auth.Auditor, Roles: officer.Roles(), Policies: []avow.PolicyID{"elsewhere"}})},
	}
	found := map[string]bool{}
	table := expectations(t)
	for _, op := range operations(t, w) {
		found[op.id] = true
		row, ok := table[op.id]
		if !ok {
			t.Errorf("%s: the operation is not in testdata/operations.txt", op.id)
			continue
		}
		allowed := row.allowed
		for _, c := range callers {
			w.pass(time.Hour) // failed callers are forgiven
			got := w.do(op.method, op.url("club"), c.token, "")
			if want := admission(&op, allowed, c.kind); got.Code != want && (want != admitted || got.Code == 401 || got.Code == 403) {
				t.Errorf("%s as %s: %d, want %d: %s", op.id, c.kind, got.Code, want, got.Body)
			}
			hardened(t, got)
		}
	}
	for id := range table {
		if !found[id] {
			t.Errorf("%s: the table has an operation that does not exist", id)
		}
	}
}

// admitted stands for every answer but 401 and 403: who is let in sends no body
// here, and hears of that.
const admitted = 0

func admission(op *described, allowed []string, kind string) int {
	switch {
	case allowed[0] == "-":
		return admitted
	case kind == "elsewhere" && (op.id == "policies" || op.id == "metrics"): // of no policy
		return admitted
	case kind == "elsewhere":
		return 403
	case !slices.Contains([]string{"app", "officer", "auditor", "recipient"}, kind):
		return 401
	case slices.Contains(allowed, kind):
		return admitted
	}
	return 403
}

func (w *world) revoked() string {
	w.t.Helper()
	secret, token, err := w.auth.Issue(w.t.Context(), auth.Grant{Name: "revoked", Scopes: auth.App | auth.Officer, Roles: officer.Roles()})
	must(w.t, err)
	if got := w.do("GET", "/v1/policies", secret, ""); got.Code != 200 { // it is remembered as good
		w.t.Fatalf("before it is revoked: %d", got.Code)
	}
	must(w.t, w.auth.Revoke(w.t.Context(), token.ID))
	return secret
}

func (w *world) expired() string {
	w.t.Helper()
	secret := w.token(auth.Grant{Name: "expired", Scopes: auth.App | auth.Officer, Roles: officer.Roles(), Expires: w.clock().Add(time.Minute)})
	w.pass(2 * time.Minute)
	return secret
}

// TestPoliciesOfAToken: a token sees the policies that it speaks for.
func TestPoliciesOfAToken(t *testing.T) {
	t.Parallel()
	w := setup(t)
	other := w.token(auth.Grant{Name: "elsewhere", Scopes: auth.App, Policies: []avow.PolicyID{"elsewhere"}})
	if got := decode[httpapi.Policies](t, w.do("GET", "/v1/policies", other, "")); len(got.Policies) != 0 {
		t.Errorf("sees %v", got)
	}
	// Whether a policy exists is not told to those who may not know.
	if got := w.do("GET", "/v1/club", other, "").Code; got != 403 {
		t.Errorf("another policy: %d", got)
	}
	if got := w.do("GET", "/v1/nothing", other, "").Code; got != 403 {
		t.Errorf("no policy: %d", got)
	}
	if got := w.do("GET", "/v1/nothing", w.officer, "").Code; got != 404 {
		t.Errorf("no policy, as officer: %d", got)
	}
}

// TestUnauthorizedSaysNothing: the answer is the same whatever is wrong.
func TestUnauthorizedSaysNothing(t *testing.T) {
	t.Parallel()
	w := setup(t)
	first := w.do("GET", "/v1/policies", "", "")
	for _, token := range []string{"x", "avow_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", w.revoked(), w.expired()} {
		got := w.do("GET", "/v1/policies", token, "")
		if got.Body.String() != first.Body.String() || got.Code != 401 || got.Header().Get("WWW-Authenticate") == "" {
			t.Errorf("%d %s", got.Code, got.Body)
		}
	}
}

// TestFailuresAreCounted: who guesses tokens is slowed down, a neighbour whose
// token works is not, and time forgives.
func TestFailuresAreCounted(t *testing.T) {
	t.Parallel()
	w := setup(t, func(c *httpapi.Config) { c.Limits.FailedAuth = 3 })
	try := func(token string) int { return w.do("GET", "/v1/policies", token, "").Code }
	if got := try(w.app); got != 200 {
		t.Fatalf("a good token: %d", got)
	}
	for range 3 {
		if got := try("bad"); got != 401 {
			t.Errorf("a bad token: %d", got)
		}
	}
	if got := try("bad"); got != 429 {
		t.Errorf("one too many: %d", got)
	}
	if got := try(w.app); got != 200 {
		t.Errorf("the neighbour: %d", got)
	}
	w.pass(time.Minute)
	if got := try("bad"); got != 401 {
		t.Errorf("a minute later: %d", got)
	}
}

// TestTokenPace: one token cannot ask without end.
func TestTokenPace(t *testing.T) {
	t.Parallel()
	w := setup(t, func(c *httpapi.Config) { c.Limits.PerSecond, c.Limits.Burst = 1, 2 })
	try := func(token string) int { return w.do("GET", "/v1/policies", token, "").Code }
	got := []int{try(w.app), try(w.app), try(w.app), try(w.officer)}
	w.pass(time.Second)
	if got = append(got, try(w.app)); !slices.Equal(got, []int{200, 200, 429, 200, 200}) {
		t.Errorf("got %v", got)
	}
}

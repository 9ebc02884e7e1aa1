package enginetest

import (
	"encoding/json"
	"net/http"
	"strings"

	"avow.dev"
	"avow.dev/internal/auth"
	"avow.dev/internal/officer"
)

// Issue returns a new token.
func (h *House) Issue(g auth.Grant) string {
	h.t.Helper()
	secret, _, err := h.Auth().Issue(h.t.Context(), g)
	Must(h.t, err)
	return secret
}

// App is the token of the policy's own server, which officers use too.
func (h *House) App() string {
	h.t.Helper()
	if h.app == "" {
		h.app = h.Issue(auth.Grant{Name: "the app", Scopes: auth.App | auth.Officer, Roles: officer.Roles(), Person: "desk"})
	}
	return h.app
}

// Ask sends a body to an operation of the JSON door, as the policy's own server does,
// and returns the status and the answer.
func (h *House) Ask(op, body string) (int, []byte) {
	h.t.Helper()
	return h.AskAs(h.App(), h.Program.ID(), op, body)
}

// AskAs is [House.Ask] with another token, of any policy.
func (h *House) AskAs(token string, policy avow.PolicyID, op, body string) (int, []byte) {
	h.t.Helper()
	v := h.With(token)
	v.Header.Del("Sec-Fetch-Site")
	a := v.SendBody(http.MethodPost, "/v1/"+string(policy)+"/"+op, "application/json", strings.NewReader(body))
	return a.Status, []byte(a.Body)
}

// Call is [House.Ask] where nothing may go wrong.
func (h *House) Call(op, body string) map[string]any {
	h.t.Helper()
	return h.CallAs(h.App(), op, body)
}

// CallAs is [House.Call] with another token.
func (h *House) CallAs(token, op, body string) map[string]any {
	h.t.Helper()
	status, raw := h.AskAs(token, h.Program.ID(), op, body)
	if status != http.StatusOK {
		h.t.Fatalf("%s answers %d: %s", op, status, raw)
	}
	var out map[string]any
	Must(h.t, json.Unmarshal(raw, &out))
	return out
}

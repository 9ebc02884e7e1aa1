package httpapi_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"avow.dev/gate"
	"avow.dev/internal/auth"
	"avow.dev/internal/officer"
)

const roleTable = "testdata/roles.txt"

// TestEveryRoleOnEveryOperation tries a token of each role on each operation of the
// description, and holds the outcome to testdata/roles.txt. The table is written anew
// with -update, and read by whoever changes it.
func TestEveryRoleOnEveryOperation(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.populate()
	tokens := map[officer.Role]string{}
	for _, r := range officer.Roles() {
		tokens[r] = w.token(auth.Grant{Name: string(r), Person: string(r), Scopes: auth.Officer, Roles: []officer.Role{r}})
	}
	var b strings.Builder
	b.WriteString("# Which roles of officers' tokens may take each operation that officers have. Made by\n# TestEveryRoleOnEveryOperation: go test ./httpapi -run EveryRole -update\n")
	ops := operations(t, w)
	slices.SortFunc(ops, func(a, b described) int { return strings.Compare(a.id, b.id) })
	for _, op := range ops {
		if op.scopes != nil && !slices.Contains(op.scopes, "officer") {
			for r, token := range tokens {
				if got := w.do(op.method, op.url("club"), token, ""); got.Code != 403 {
					t.Errorf("%s is not for officers, and answers %d to %s", op.id, got.Code, r)
				}
			}
			continue
		}
		if op.scopes == nil {
			continue
		}
		var in []string
		for _, r := range officer.Roles() {
			w.pass(time.Hour)
			got := w.do(op.method, op.url("club"), tokens[r], "")
			if got.Code == 401 {
				t.Fatalf("%s as %s: %s", op.id, r, got.Body)
			}
			if got.Code != 403 {
				in = append(in, string(r))
			} else if !strings.Contains(got.Body.String(), "none of this token's roles") {
				t.Errorf("%s as %s: %s", op.id, r, got.Body)
			}
		}
		if len(in) == 0 {
			t.Errorf("%s: no role of officers may take it; it has no privilege in role.go", op.id)
		}
		fmt.Fprintf(&b, "%s %s\n", op.id, strings.Join(in, " "))
	}
	if *update {
		must(t, os.WriteFile(roleTable, []byte(b.String()), 0o600))
		return
	}
	want, err := os.ReadFile(roleTable)
	must(t, err)
	if string(want) != b.String() {
		t.Errorf("the table is not what happens; what happens:\n%s", b.String())
	}
}

// TestRolesKeepTheirPromise holds the table to what is said of the roles, apart from
// the privileges.
func TestRolesKeepTheirPromise(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(roleTable)
	must(t, err)
	values := []string{"access", "copy", "copy-file", "find", "standing", "consent-records", "permissions", "guardians", "read-request", "held-content", "read-document", "release-demand", "repeat-demand", "disclose", "erase", "close", "correct", "read-hold", "write-letters"}
	for line := range strings.Lines(string(raw)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		op, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		may := strings.Fields(rest)
		has := func(r officer.Role) bool { return slices.Contains(may, string(r)) }
		reads := strings.HasPrefix(op, "read-") || strings.HasSuffix(op, "s") && !strings.HasPrefix(op, "propose-")
		switch {
		case slices.Contains(values, op) && (has(officer.Engineer) || has(officer.Operator) || has(officer.Auditor)):
			t.Errorf("%s: an engineer, an operator and an auditor open nothing of people", op)
		case has(officer.Auditor) && !reads && !slices.Contains([]string{"policy", "request-queue", "evidence", "explain", "explain-rule", "incident-report"}, op):
			t.Errorf("%s: an auditor changes nothing", op)
		case strings.HasPrefix(op, "approve-") && (has(officer.Support) || has(officer.Engineer) || has(officer.Operator) || has(officer.Auditor)):
			t.Errorf("%s: approvals are of privacy officers and lawyers", op)
		}
	}
}

// TestATokenWithoutARole opens nothing as an officer's, also not one from before there
// were roles, and says what to do; by its other scopes it goes on.
func TestATokenWithoutARole(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.populate()
	for _, g := range []auth.Grant{{Name: "none", Scopes: auth.Officer}, {Name: "an app's", Scopes: auth.App, Roles: []officer.Role{officer.Support}}, {Name: "unknown", Scopes: auth.Officer, Roles: []officer.Role{"king"}}} {
		if _, _, err := w.auth.Issue(t.Context(), g); err == nil {
			t.Errorf("%s: issued", g.Name)
		}
	}
	old := w.before(t, `{"name":"old","person":"ann","scopes":2,"created":"2026-01-01T00:00:00Z"}`)
	both := w.before(t, `{"name":"old","person":"ann","scopes":3,"created":"2026-01-01T00:00:00Z"}`)
	for _, op := range operations(t, w) {
		if op.scopes == nil || !slices.Contains(op.scopes, "officer") {
			continue
		}
		if got := w.do(op.method, op.url("club"), old, ""); got.Code != 403 || !strings.Contains(got.Body.String(), "avow token create --scope officer --role") {
			t.Errorf("%s: %d %s", op.id, got.Code, got.Body)
		}
		if got := w.do(op.method, op.url("club"), both, "").Code; (got == 403) == slices.Contains(op.scopes, "app") {
			t.Errorf("%s as app and officer: %d", op.id, got)
		}
	}
}

// before puts a token into the store as it was written before there were roles.
func (w *world) before(t *testing.T, body string) string {
	t.Helper()
	secret, token, err := w.auth.Issue(t.Context(), auth.Grant{Name: body, Scopes: auth.Auditor})
	must(t, err)
	recs, err := w.store.Scan(t.Context(), 0, "auth", nil, 256)
	must(t, err)
	for _, rec := range recs {
		if fmt.Sprintf("%x", rec.Key[:8]) == token.ID {
			rec.Body = []byte(body)
			_, err := w.store.Commit(t.Context(), &gate.Change{Policy: gate.House, Put: []gate.Record{rec}})
			must(t, err)
			return secret
		}
	}
	t.Fatal("the token is not in the store")
	return ""
}

// TestOfficersGiveAReasonAndLeaveOneEntry: whatever an officer's token opens of a
// person needs a reason; on the person's trail it is one entry, of somebody who
// looked, and never one as if the person had.
func TestOfficersGiveAReasonAndLeaveOneEntry(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.populate()
	const reason = `,"reason":{"why":"complaint","text":"They wrote to us.","ticket":"T-1","role":"desk"}`
	for op, body := range map[string]string{
		"access": "", "copy": "", "standing": "", "consent-records": "", "permissions": "", "demands/notices": "",
		"find": `"datum":"email","value":"li@mail.example"`, "disclose": `"subject":"user-1024","data":["email"],"purpose":"legal-claims","recipient":"police","ground":"court-papers"`,
	} {
		if body == "" {
			body = `"subject":"user-1024"`
		}
		before := len(w.trail(t))
		if got := w.do("POST", "/v1/club/"+op, w.officer, "{"+body+"}"); got.Code != 403 || !strings.Contains(got.Body.String(), "without one of the reasons") {
			t.Errorf("%s without a reason: %d %s", op, got.Code, got.Body)
		}
		if n := len(w.trail(t)); n != before {
			t.Errorf("%s without a reason: %d entries", op, n-before)
		}
		got := w.do("POST", "/v1/club/"+op, w.officer, "{"+body+reason+"}")
		if got.Code != 200 && op != "disclose" {
			t.Errorf("%s: %d %s", op, got.Code, got.Body)
		}
		added := w.trail(t)[before:]
		if added[0] != "open complaint desk" || len(added) != 1 && op != "disclose" {
			t.Errorf("%s: the trail has %q", op, added)
		}
	}
	read := func(token, body string) string {
		t.Helper()
		got := w.do("POST", "/v1/club/access", token, body)
		return fmt.Sprint(got.Code, strings.Contains(got.Body.String(), "li@mail.example"))
	}
	if got := read(w.app, `{"subject":"user-1024"}`); got != "200 true" {
		t.Errorf("an application needs no reason: %s", got)
	}
	lawyer := w.token(auth.Grant{Name: "law", Person: "law", Scopes: auth.Officer, Roles: []officer.Role{officer.Lawyer}})
	if got := read(lawyer, `{"subject":"user-1024"`+reason+`}`); got != "403 false" {
		t.Errorf("a lawyer: %s", got)
	}
	got := w.do("POST", "/v1/club/standing", lawyer, `{"subject":"user-1024","reason":{"why":"complaint","text":"They wrote to us."}}`)
	if got.Code != 422 && got.Code != 400 || !strings.Contains(got.Body.String(), "number of a case") {
		t.Errorf("without a case: %d %s", got.Code, got.Body)
	}
}

// trail is what the person's trail says: kind, why and role.
func (w *world) trail(t *testing.T) []string {
	t.Helper()
	w.seal()
	all, _, err := w.gate.Traced(t.Context(), "club", "user-1024", 0, 500)
	must(t, err)
	var out []string
	for _, l := range slices.Backward(all) {
		out = append(out, strings.TrimSpace(fmt.Sprint(string(l.Leaf.Kind), " ", l.Leaf.Why, " ", l.Leaf.Role)))
	}
	return out
}

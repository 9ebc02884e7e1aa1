package httpapi_test

import (
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"avow.dev"
	"avow.dev/httpapi"
)

func panicking(c *httpapi.Config) {
	c.LastProof = func() (httpapi.Proof, bool) { panic(errors.New(canary)) }
}

// TestProblem: a refusal tells everything that a program and a person need.
func TestProblem(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.join("li", "li@mail.example", "13800001111")
	got := w.post("use", `{"subject":"li","data":["email","shoe-size"],"purpose":"marketing","role":"desk"}`, 403)
	if got.Header().Get("Content-Type") != "application/problem+json" {
		t.Errorf("Content-Type %q", got.Header().Get("Content-Type"))
	}
	p := decode[httpapi.Problem](t, got)
	var codes []string
	for _, r := range p.Reasons {
		codes = append(codes, r.Code)
	}
	if want := []string{"datum-undeclared", "role-not-allowed", "consent-missing"}; !slices.Equal(codes, want) {
		t.Errorf("reasons %v, want %v", codes, want)
	}
	if p.Type != "https://avow.dev/problems/datum-undeclared" || p.Status != 403 || p.Code != "refused" || p.Title == "" || p.Detail != p.Reasons[0].Sentence.En || p.Policy != w.hash() {
		t.Errorf("problem %+v", p)
	}
	want := []httpapi.Ruling{
		{Item: 0, Datum: "email", Verdict: "refuse", Reasons: []string{"role-not-allowed", "consent-missing"}, Rule: "mail-offers", Clauses: []string{}},
		{Item: 1, Verdict: "refuse", Reasons: []string{"datum-undeclared"}, Clauses: []string{}}, // what the policy does not know is not repeated
	}
	if len(p.Rulings) != 2 || !slices.EqualFunc(p.Rulings, want, func(a, b httpapi.Ruling) bool {
		return a.Item == b.Item && a.Datum == b.Datum && a.Verdict == b.Verdict && a.Rule == b.Rule && slices.Equal(a.Reasons, b.Reasons)
	}) {
		t.Errorf("rulings %+v", p.Rulings)
	}
	if p.Receipt == nil || p.Receipt.Policy != "club" || p.Receipt.Index < 1 || p.Receipt.Verdict != "refuse" || !p.Receipt.At.Equal(began) {
		t.Fatalf("receipt %+v", p.Receipt)
	}
	e := decode[httpapi.Evidence](t, w.do("GET", "/v1/club/evidence/"+itoa(p.Receipt.Index), w.auditor, ""))
	if e.ID != p.Receipt.Leaf || e.Kind != "use" || strings.Contains(string(e.Leaf), "shoe") {
		t.Errorf("evidence %+v", e)
	}
}

// TestClausesOfRefusals: from a refusal to the clause it comes from.
func TestClausesOfRefusals(t *testing.T) {
	t.Parallel()
	w := setup(t)
	p := decode[httpapi.Problem](t, w.post("use", `{"subject":"stranger","data":["phone"],"purpose":"manage-account","role":"desk"}`, 403))
	if len(p.Rulings) != 1 || p.Rulings[0].Rule != "read-account" || !slices.Equal(p.Rulings[0].Clauses, []string{"CLUB-2"}) {
		t.Errorf("rulings %+v", p.Rulings)
	}
	r := decode[httpapi.RuleExplained](t, w.do("GET", "/v1/club/explain/read-account", w.auditor, ""))
	if r.Section != "use" || r.Line == 0 || r.Sentence == nil || r.Sentence.En == "" || !han(r.Sentence.Zh) || !slices.Equal(r.Clauses, []string{"CLUB-2"}) {
		t.Errorf("rule %+v", r)
	}
}

func han(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

// TestSentences: each reason is told in both languages.
func TestSentences(t *testing.T) {
	t.Parallel()
	page := setup(t).do("GET", "/docs", "", "").Body.String()
	rows := regexp.MustCompile(`<tr id="reason-([a-z-]+)"><td><code>[a-z-]+</code></td><td>([^<]*)</td><td lang="zh">([^<]*)</td></tr>`).FindAllStringSubmatch(page, -1)
	told := map[string]bool{}
	said := map[string]string{}
	for _, row := range rows {
		code, en, zh := row[1], row[2], row[3]
		told[code] = true
		if en == "" || han(en) || !strings.HasSuffix(en, ".") || !han(zh) || !strings.HasSuffix(zh, "。") {
			t.Errorf("%s: %q, %q", code, en, zh)
		}
		if said[en] != "" || said[zh] != "" {
			t.Errorf("%s and %s are told alike", code, said[en]+said[zh])
		}
		said[en], said[zh] = code, code
	}
	for r := range avow.Reasons(1<<64 - 1).All() {
		if r.String() != "" && !told[r.String()] {
			t.Errorf("%s has no sentence", r)
		}
	}
}

// TestErrorCodes: one table between codes and statuses, both ways.
func TestErrorCodes(t *testing.T) {
	t.Parallel()
	want := map[avow.Code]int{avow.Invalid: 422, avow.Unknown: 404, avow.Conflict: 409, avow.Forbidden: 403, avow.TooLarge: 413, avow.TooMany: 429,
		avow.Unavailable: 503, avow.Gone: 410, avow.Internal: 500}
	for code, status := range want {
		if httpapi.StatusOf(code) != status || httpapi.CodeOf(status) != code {
			t.Errorf("%s: %d, %s", code, httpapi.StatusOf(code), httpapi.CodeOf(status))
		}
	}
	for status, code := range map[int]avow.Code{400: avow.Invalid, 401: avow.Forbidden, 405: avow.Invalid, 408: avow.Unavailable, 415: avow.Invalid, 418: avow.Internal} {
		if httpapi.CodeOf(status) != code {
			t.Errorf("%d: %s", status, httpapi.CodeOf(status))
		}
	}
	if httpapi.StatusOf("no such code") != 500 {
		t.Error("an unknown code is not internal")
	}
}

// TestErrors: what is wrong, where, and what to try.
func TestErrors(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.join("li", "li@mail.example", "13800001111")
	for name, c := range map[string]struct {
		op, body string
		status   int
		where    string
	}{
		"no JSON":        {"use", `{"subject":`, 400, ""},
		"no object":      {"use", `[]`, 422, ""},
		"trailing data":  {"use", `{"subject":"li","data":["email"],"purpose":"x"} x`, 400, ""},
		"missing field":  {"use", `{"subject":"li","data":["email"]}`, 422, "purpose"},
		"unknown field":  {"use", `{"subject":"li","datum":"x"}`, 422, ""},
		"twice":          {"use", `{"subject":"li","subject":"li"}`, 422, "subject"},
		"null":           {"use", `{"subject":null}`, 422, "subject"},
		"wrong type":     {"use", `{"subject":"li","data":"email"}`, 422, "data"},
		"empty list":     {"use", `{"subject":"li","data":[],"purpose":"x"}`, 422, "data"},
		"inside a list":  {"use", `{"subject":"li","data":["email",7],"purpose":"x"}`, 422, "data[1]"},
		"deep":           {"collect", `{"purpose":"x","point":"y","items":[{"datum":"email","value":[]}]}`, 422, "items[0].value"},
		"both values":    {"collect", `{"purpose":"x","point":"y","items":[{"datum":"email","value":"a","base64":"YQ=="}]}`, 422, "items[0]"},
		"bad base64":     {"collect", `{"purpose":"x","point":"y","items":[{"datum":"email","base64":"YQ"}]}`, 422, "items[0].base64"},
		"no word":        {"agreements", `{"subject":"li","choices":[{"choice":"offers","state":"maybe"}]}`, 422, "choices[0].state"},
		"says nothing":   {"agreements", `{"subject":"li"}`, 422, ""},
		"old text":       {"agreements", `{"subject":"li","accept":true,"policy_hash":"sha256:00","gesture":"accept-button"}`, 409, ""},
		"nobody":         {"access", `{"subject":"stranger"}`, 404, ""},
		"taken":          {"correct", `{"subject":"li","items":[{"datum":"location-precise","value":"1,1"}]}`, 404, ""},
		"not looked up":  {"find", `{"datum":"phone","value":"13800001111"}`, 422, ""},
		"found nobody":   {"find", `{"datum":"email","value":"wang@mail.example"}`, 404, ""},
		"no base64 find": {"find", `{"datum":"email","base64":"?"}`, 422, "base64"},
		"no time":        {"holds", `{"subject":"li","rule":"court","case":"m","statute":"s","until":"tomorrow"}`, 422, "until"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			token := w.app
			if c.op == "holds" {
				token = w.officer
			}
			got := w.do("POST", "/v1/club/"+c.op, token, c.body)
			p := decode[httpapi.Problem](t, got)
			if got.Code != c.status || int(p.Status) != c.status || p.Where != c.where {
				t.Errorf("%d at %q, want %d at %q: %s", got.Code, p.Where, c.status, c.where, got.Body)
			}
			if p.Detail == "" || p.Try == "" || p.Title == "" || p.Code != string(httpapi.CodeOf(c.status)) || p.Type != "https://avow.dev/problems/"+p.Code {
				t.Errorf("incomplete: %s", got.Body)
			}
		})
	}
}

// TestKnown: what anyone may check is all there.
func TestKnown(t *testing.T) {
	t.Parallel()
	w := setup(t)
	k := decode[httpapi.Known](t, w.do("GET", "/.well-known/avow.json", "", ""))
	if len(k.Policies) != 1 || k.LastProof == nil || k.LastProof.Proved != 3 {
		t.Fatalf("%+v", k)
	}
	p := k.Policies[0]
	if p.Hash != w.hash() || p.Log.Origin != "privacy.example/club" || p.Log.VKey != w.key.Public() || p.Rights == "" || !slices.Contains(p.Contacts, "privacy@haven.example") ||
		!slices.Equal(p.Languages, []string{"en", "zh"}) || p.Effective != "2026-01-01" {
		t.Errorf("%+v", p)
	}
	gpc := decode[map[string]any](t, w.do("GET", "/.well-known/gpc.json", "", ""))
	if !maps.Equal(gpc, map[string]any{"gpc": true, "lastUpdate": "2026-01-01"}) {
		t.Errorf("%v", gpc)
	}
}

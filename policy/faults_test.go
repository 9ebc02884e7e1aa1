package policy_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"avow.dev"
	"avow.dev/policy"
	"avow.dev/policy/syntax"
)

// clubWith returns the club's policy after replacing texts, in pairs.
func clubWith(t testing.TB, edits ...string) *syntax.File {
	t.Helper()
	src, err := os.ReadFile("../conform/decisions/club.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text := string(src)
	for i := 0; i < len(edits); i += 2 {
		if !strings.Contains(text, edits[i]) {
			t.Fatalf("the policy does not contain %q", edits[i])
		}
		text = strings.Replace(text, edits[i], edits[i+1], 1)
	}
	f, faults := syntax.Parse("club.yaml", []byte(text))
	if len(faults) > 0 {
		t.Fatal(faults.Format())
	}
	return f
}

func many(format string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

// trackers are a choice cookie of some lifetime, and a cookie that hangs on a choice.
func trackers(life string) string {
	return "cookies:\n  - {id: remembered, name: avow_choice, category: necessary, for: [support], lifetime: " + life + ", party: first}\n" +
		"  - {id: ad, name: ad, category: marketing, for: [marketing], lifetime: 1d, party: first, choice: [offers]}\naccess:\n"
}

// storage is an entry of browser storage of some lifetime, and another of some name.
func storage(life, other string) string {
	return "cookies:\n  - {id: draft, name: draft, kind: storage, category: necessary, for: [support], lifetime: " + life + ", party: first}\n" +
		"  - {id: other, name: " + other + ", kind: storage, category: necessary, for: [support], lifetime: at once, party: first}\naccess:\n"
}

func TestFaults(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		edits []string
		want  string // ids of the faults, in their order
	}{
		{"none", nil, ""},
		{"an id of an address", []string{"policy: club", "policy: invitation"}, "reserved-id"},
		{"an id that begins like an address", []string{"policy: club", "policy: invitations"}, ""},
		{"dangling datum", []string{"data: [email, phone, password]\n    at", "data: [email, fax]\n    at"}, "unknown-reference"},
		{"dangling choice", []string{"choice: [position], age: not-minor", "choice: [whereabouts]"}, "consent-without-choice unknown-reference"},
		{"unregistered clause", []string{"clause: [CLUB-2]", "clause: [CLUB-2, CLUB-9]"}, "unknown-reference"},
		{"clause dropped", []string{"    clause: [CLUB-2]\n", ""}, "clause-not-carried"},
		{"dangling source", []string{"from: [person, friends, press]", "from: [person, rumours]"}, "unknown-reference"},
		{"dangling exception", []string{"except: [share-map]", "except: [share-maps]"}, "unknown-reference"},
		{"unknown kind of data", []string{"{id: phone, type: phone}", "{id: phone, type: phone}\n  - {id: shoe-size}"}, "unknown-word"},
		{"unknown term", []string{"{id: support, term: answer-people}", "{id: support, term: dpv:Nonsense}"}, "unknown-word"},
		{"unknown permission", []string{"permission: location,", "permission: telepathy,"}, "unknown-word"},
		{"unknown fact", []string{"needs: {choice: [position], age: not-minor}", "needs: {choice: [position], facts: [luck]}"}, "unknown-fact"},
		{"no retention", []string{"  - {id: keep-crash, data: [crash-log], keep: 6mo after collected, then: erase}\n", ""}, "no-retention"},
		{"no retention for one purpose", []string{"{id: keep-account, data: [email, phone, password], keep", "{id: keep-account, data: [email, phone, password], for: [manage-account], keep"}, "no-retention no-retention no-retention"},
		{"held by the app needs no retention", []string{"{id: keep-crash, data: [crash-log], keep: 6mo after collected, then: erase}", "{id: keep-crash, data: [phone], keep: 6mo after collected, then: erase}",
			"term: avow:Diagnostics, class", "term: avow:Diagnostics, held: app, class"}, ""},
		{"consent without a choice", []string{"needs: {choice: [offers], age: adult}", "needs: {age: adult}"}, "consent-without-choice"},
		{"an opt-out is no consent", []string{"needs: {choice: [offers], age: adult}", "needs: {choice: [profile]}"}, "consent-without-choice choice-not-covering"},
		{"explicit consent on a plain choice", []string{"kind: explicit-consent\n    for: [show-map]", "kind: consent\n    for: [show-map]"}, "choice-not-explicit choice-not-explicit choice-not-explicit choice-not-explicit"},
		{"choice for another purpose", []string{"for: [marketing]\n    signal: [gpc]\n    expires: 1y", "for: [manage-account]\n    signal: [gpc]\n    expires: 1y"},
			"choice-not-covering choice-not-covering choice-not-covering choice-not-covering choice-not-covering choice-not-covering"},
		{"choice for another recipient", []string{"for: [marketing]\n    signal: [gpc]\n    expires: 1y", "for: [marketing]\n    to: [host]"}, "choice-not-covering"},
		{"choice for other data", []string{"for: [marketing]\n    signal: [gpc]\n    expires: 1y", "for: [marketing]\n    data: [phone]"}, "choice-not-covering choice-not-covering choice-not-covering"},
		{"basis the law does not know", []string{"law: [cn, eu]", "law: [cn]", "basis: legal-duty", "basis: legitimate-interest"}, "basis-not-in-law"},
		{"unknown law pack", []string{"law: [cn, eu]", "law: [cn, mars]"}, "unknown-law-pack"},
		{"no basis for personal data", []string{"basis: legal-duty", "basis: none"}, "basis-none-personal basis-none-personal"},
		{"no basis for nobody's data", []string{"basis: consent\n    needs: {choice: [send-crash]}", "basis: none"}, ""},
		{"password in clear", []string{"  - {id: hash-secret, do: hash-password, data: [password], when: ingest}\n", ""}, "password-not-hashed"},
		{"password hashed too late", []string{"data: [password], when: ingest", "data: [password], when: output"}, "password-not-hashed"},
		{"cheap password hash", []string{"access:\n", "access:\n  - {id: secret, kind: password, hash: argon2id, memory_kib: 19455, passes: 1}\n"}, "password-hash-floor password-hash-floor"},
		{"dear enough password hash", []string{"access:\n", "access:\n  - {id: secret, kind: password, hash: argon2id, memory_kib: 19456, passes: 2}\n"}, ""},
		{"not desensitised", []string{"access:\n", "protect:\n  - {id: dull, measure: [desensitise-at-collection], data: [phone, location-precise, password]}\naccess:\n"}, "not-desensitised"},
		{"not desensitised at all", []string{"access:\n", "protect:\n  - {id: dull, measure: [desensitise-at-collection]}\naccess:\n"}, "not-desensitised not-desensitised"},
		{"form that does nothing", []string{"form: [mask-mail]\n  - id: to-police", "form: [round-position]\n  - id: to-police"}, "form-not-covering"},
		{"anonymise into nothing", []string{"keep: 24h after collected, then: erase", "keep: 24h after collected, then: anonymise"}, "no-form"},
		{"one person opens to an authority", []string{"requires: [urgency], approvals: 2", "requires: [urgency], approvals: 1"}, "too-few-approvals"},
		{"bad grammar", []string{"{id: phone, type: phone}", "{id: phone, type: phone, grammar: '['}"}, "bad-grammar"},
		{"bad grammar of a cookie", []string{"access:\n", "cookies:\n  - {id: seen, name: seen, category: necessary, for: [support], lifetime: 1d, party: first, grammar: '['}\naccess:\n"}, "bad-grammar"},
		{"a no forgotten early", []string{"access:\n", trackers("180d"), "signal: [gpc]\n    expires: 1y", "signal: [gpc]\n    expires: 1y\n    re_ask: 200d"}, "forgotten-early"},
		{"a no forgotten with the visit", []string{"access:\n", trackers("at once"), "signal: [gpc]\n    expires: 1y", "signal: [gpc]\n    re_ask: 48h"}, "forgotten-early"},
		{"a yes remembered late", []string{"access:\n", trackers("400d")}, "remembered-late"},
		{"a choice remembered as it should", []string{"access:\n", trackers("1y"), "signal: [gpc]\n    expires: 1y", "signal: [gpc]\n    expires: 1y\n    re_ask: 6mo"}, ""},
		{"storage without an end", []string{"access:\n", storage("30d", "other")}, "storage-without-ages"},
		{"storage with an end", []string{"access:\n", storage("30d", "avow_ages")}, ""},
		{"storage of a visit", []string{"access:\n", storage("at once", "other")}, ""},
		{"too many choices", []string{"choices:\n", "choices:\n" + many("  - {id: c%d, name: {en: C, zh: 选}, kind: consent, for: [marketing]}\n", 4),
			"needs: {choice: [offers], age: adult}", "needs: {choice: [offers, c0, c1, c2, c3]}"}, "over-limit"},
		{"too many roles", []string{"roles:\n", "roles:\n" + many("  - {id: r%d, name: {en: R, zh: 岗}}\n", 255)}, "over-limit"},
		{"as many roles as fit", []string{"roles:\n", "roles:\n" + many("  - {id: r%d, name: {en: R, zh: 岗}}\n", 254)}, ""},
		{"too many sources", []string{"sources:\n", "sources:\n" + many("  - {id: s%d, kind: partner, needs: [provenance]}\n", 253)}, "over-limit"},
		{"two faults at once", []string{"    clause: [CLUB-2]\n", "", "requires: [urgency], approvals: 2", "requires: [urgency], approvals: 1"}, "clause-not-carried too-few-approvals"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p, faults := policy.Compile(clubWith(t, tt.edits...))
			var got []string
			for _, f := range faults {
				got = append(got, f.ID)
				if !f.Pos.IsValid() || f.What == "" || f.Why == "" || f.Try == "" || f.Line == "" {
					t.Errorf("fault leaves the reader alone: %+v", f)
				}
			}
			if strings.Join(got, " ") != tt.want {
				t.Errorf("got %v, want %s\n%s", got, tt.want, faults.Format())
			}
			if (p == nil) != (tt.want != "") {
				t.Error("a policy with faults was compiled, or one without was not")
			}
		})
	}
}

func TestLimitsAreReachable(t *testing.T) {
	t.Parallel()
	f := clubWith(t, "roles:\n", "roles:\n"+many("  - {id: r%d, name: {en: R, zh: 岗}}\n", 254),
		"by: [engine]\n    basis: consent", "by: [r253]\n    basis: consent")
	p := compile(t, f)
	s := member(p)
	chose("offers", avow.Given)(&s)
	b := p.Bind(&s, noon)
	for role, want := range map[avow.Role]string{"r253": "", "r252": "role-not-allowed", "engine": "role-not-allowed"} {
		q := policy.Query{Verb: avow.Use, Datum: "email", Purpose: "marketing", Role: role}
		if got := strings.Join(p.Decide(&q, &b).Reasons.Codes(), " "); got != want {
			t.Errorf("role %s: %q, want %q", role, got, want)
		}
	}
}

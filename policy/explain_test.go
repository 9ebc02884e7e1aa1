package policy_test

import (
	"strings"
	"testing"

	"avow.dev"
	"avow.dev/policy"
)

func TestExplain(t *testing.T) {
	t.Parallel()
	p := club(t)
	s := with(member(p), chose("offers", avow.Withdrawn))
	q := policy.Query{Verb: avow.Use, Datum: "email", Purpose: "marketing", Role: "desk"}
	e := p.Explain(&q, &s, noon)
	if e.Verdict != avow.Refuse || e.Rule != "mail-offers" || !e.Pos.IsValid() || len(e.Because) != 2 {
		t.Fatalf("%+v", e)
	}
	if got := e.Because[0]; got.Reason != avow.RoleNotAllowed || !strings.Contains(got.Missing.En, "“desk”") || !strings.Contains(got.Try.En, "engine") {
		t.Errorf("%+v", got)
	}
	if got := e.Because[1]; got.Reason != avow.ConsentWithdrawn || !strings.Contains(got.Missing.Zh, "offers") {
		t.Errorf("%+v", got)
	}
	if text := e.Text("zh-CN"); !strings.Contains(text, "拒绝") || !strings.Contains(text, "club.yaml:") {
		t.Error(text)
	}
	q.Region, q.Role = "US-CA", "engine"
	if e := p.Explain(&q, &s, noon); len(e.Because) != 3 || !strings.Contains(e.Because[0].Missing.En, "abroad") {
		t.Errorf("the region's choice is not named: %s", e.Text("en"))
	}
	q = policy.Query{Verb: avow.Share, Datum: "email", Purpose: "marketing", Recipient: "map-maker"}
	if e := p.Explain(&q, &s, noon); e.Rule != "never-sell" || len(e.Clauses) != 1 || !strings.Contains(e.Text("en"), "never-sell") {
		t.Errorf("%s", e.Text("en"))
	}
	q = policy.Query{Verb: avow.Use, Datum: "email", Purpose: "manage-account", Role: "desk"}
	if e := p.Explain(&q, &s, noon); e.Verdict != avow.Allow || len(e.Because) != 0 || !strings.Contains(e.Text("en"), "transform mask-mail") {
		t.Errorf("%s", e.Text("en"))
	}
}

func TestEveryReasonHasSentences(t *testing.T) {
	t.Parallel()
	for r := range avow.Reason(64) {
		b := policy.Telling(r)
		complete := b.Missing.En != "" && b.Missing.Zh != "" && b.Try.En != "" && b.Try.Zh != ""
		if complete != (r.String() != "") {
			t.Errorf("reason %d %q: %+v", r, r, b)
		}
		for _, s := range []string{b.Missing.En, b.Try.En} {
			if s != "" && !strings.HasSuffix(s, ".") {
				t.Errorf("reason %s: %q does not end", r, s)
			}
		}
	}
}

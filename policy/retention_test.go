package policy_test

import (
	"testing"
	"time"

	"avow.dev"
	"avow.dev/policy"
	"avow.dev/policy/syntax"
	"pgregory.net/rapid"
)

func period(t testing.TB, s string) syntax.Period {
	t.Helper()
	p, err := syntax.ParsePeriod(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestAfterFollowsTheCalendar(t *testing.T) {
	t.Parallel()
	tests := []struct{ start, period, want string }{
		{"2026-03-01T10:00:00Z", "at once", "2026-03-01T10:00:00Z"},
		{"2026-03-01T10:00:00Z", "90s", "2026-03-01T10:01:30Z"},
		{"2026-03-01T10:00:00Z", "15m", "2026-03-01T10:15:00Z"},
		{"2026-03-01T10:00:00Z", "24h", "2026-03-02T10:00:00Z"},
		{"2026-02-20T10:00:00Z", "30d", "2026-03-22T10:00:00Z"},
		{"2026-02-20T10:00:00Z", "2w", "2026-03-06T10:00:00Z"},
		{"2026-01-31T10:00:00Z", "1mo", "2026-02-28T10:00:00Z"},
		{"2028-01-31T10:00:00Z", "1mo", "2028-02-29T10:00:00Z"},
		{"2026-08-31T10:00:00Z", "6mo", "2027-02-28T10:00:00Z"},
		{"2026-10-31T10:00:00Z", "13mo", "2027-11-30T10:00:00Z"},
		{"2028-02-29T23:59:59.5Z", "1y", "2029-02-28T23:59:59.5Z"},
		{"2028-02-29T10:00:00Z", "4y", "2032-02-29T10:00:00Z"},
		{"2026-02-28T10:00:00Z", "1y", "2027-02-28T10:00:00Z"},
		{"2099-12-31T10:00:00Z", "2mo", "2100-02-28T10:00:00Z"},
		{"2026-06-05T10:00:00Z", "1wd", "2026-06-08T10:00:00Z"},
		{"2026-06-06T10:00:00Z", "5wd", "2026-06-12T10:00:00Z"},
	}
	for _, tt := range tests {
		start, err := time.Parse(time.RFC3339, tt.start)
		if err != nil {
			t.Fatal(err)
		}
		if got := policy.After(start, period(t, tt.period)).Format(time.RFC3339Nano); got != tt.want {
			t.Errorf("%s after %s is %s, want %s", tt.period, tt.start, got, tt.want)
		}
	}
}

func TestAfterIsMonotonic(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		start := time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "start"), 0).UTC()
		unit := rapid.SampledFrom([]syntax.Unit{syntax.Second, syntax.Minute, syntax.Hour, syntax.Day, syntax.Week, syntax.Month, syntax.Year, syntax.WorkingDay}).Draw(t, "unit")
		n := rapid.Int64Range(0, 500).Draw(t, "n")
		less := policy.After(start, syntax.Period{Set: true, N: n, Unit: unit})
		more := policy.After(start, syntax.Period{Set: true, N: n + 1, Unit: unit})
		if less.Before(start) || !more.After(less) {
			t.Fatalf("%d%s: %s, one more: %s", n, unit, less, more)
		}
	})
}

func TestWorkingDaysOfThePack(t *testing.T) {
	t.Parallel()
	p := club(t)
	start := time.Date(2026, 9, 30, 12, 0, 0, 0, time.UTC) // the eve of China's national holiday
	got, plain := p.After(start, period(t, "1wd")), policy.After(start, period(t, "1wd"))
	if !got.After(plain) {
		t.Errorf("one working day after %s is %s, as if there were no holiday", start, got)
	}
}

func TestRetention(t *testing.T) {
	t.Parallel()
	p := club(t)
	rules := p.Retention("email", "marketing")
	if len(rules) != 2 || rules[0].ID != "keep-account" || rules[1].ID != "keep-offers" || rules[1].After != "consent-withdrawn" || rules[1].Then != "erase" {
		t.Fatalf("%+v", rules)
	}
	if due := rules[1].Due(noon); !due.Equal(noon.AddDate(1, 0, 0)) {
		t.Errorf("due %s", due)
	}
	if by := rules[1].SweptBy(noon); !by.Equal(noon.AddDate(1, 0, 1)) {
		t.Errorf("swept by %s", by)
	}
	if r := p.Retention("email", "fun"); r != nil {
		t.Errorf("an undeclared purpose has retention %v", r)
	}
	if r, ok := p.RetainRule("keep-position"); !ok || r.Keep.String() != "24h" {
		t.Errorf("%+v", r)
	}
}

func TestAccessors(t *testing.T) {
	t.Parallel()
	p := club(t)
	d, ok := p.Datum("location-precise")
	if !ok || d.Type != "location" || !d.Many || d.Max != 4096 || d.Held != "vault" || d.Level != "loc" && d.Level != "sensitive" || len(d.Ingest) != 1 || d.Ingest[0] != "round-position" {
		t.Errorf("%+v", d)
	}
	if d, _ := p.Datum("crash-log"); d.Personal() {
		t.Errorf("%+v", d)
	}
	if _, ok := p.Datum("shoe-size"); ok {
		t.Error("an undeclared datum")
	}
	if f, ok := p.Form("mask-mail"); !ok || f.Ingest || f.Keep != 4 || f.Digits != -1 {
		t.Errorf("%+v", f)
	}
	r, ok := p.Rule("never-sell")
	if !ok || r.Section != "never" || len(r.Clauses) != 1 || r.Clauses[0] != "CLUB-4" || !r.Pos.IsValid() {
		t.Errorf("%+v", r)
	}
	if _, ok := r.Entry.(*syntax.Never); !ok {
		t.Errorf("entry %T", r.Entry)
	}
	c, ok := p.Clause("CLUB-4")
	if !ok || c.Promise != "CP-15" || len(c.Rules) != 1 || c.Rules[0] != "never-sell" {
		t.Errorf("%+v", c)
	}
	if c, ok := p.Choice("profile"); !ok || !c.OptOut() || !c.GPC {
		t.Errorf("%+v", c)
	}
	if within, id, ok := p.FreshSignIn("edit", "email"); !ok || id != "fresh" || within.String() != "10m" {
		t.Errorf("%s %s %t", within, id, ok)
	}
	if _, _, ok := p.FreshSignIn("read", "email"); ok {
		t.Error("reading needs a fresh sign-in")
	}
}

func TestAccepting(t *testing.T) {
	t.Parallel()
	p := club(t)
	s := with(member(p), func(s *avow.Standing) { s.Acceptance.Policy = "sha256:earlier" })
	q := policy.Query{Verb: avow.Use, Datum: "email", Purpose: "manage-account", Role: "desk"}
	for p, want := range map[*policy.Program]avow.Verdict{p: avow.Refuse, p.Accepting("sha256:earlier"): avow.Allow} {
		b := p.Bind(&s, noon)
		if got := p.Decide(&q, &b); got.Verdict != want {
			t.Errorf("%s %v, want %s", got.Verdict, got.Reasons.Codes(), want)
		}
	}
}

package retain_test

import (
	"testing"
	"time"

	"avow.dev"
	"avow.dev/retain"
	"pgregory.net/rapid"
)

var start = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

func days(n int) func(time.Time) time.Time {
	return func(t time.Time) time.Time { return t.AddDate(0, 0, n) }
}

func rules() []retain.Rule {
	return []retain.Rule{
		{ID: "logs", Data: []avow.Datum{"ip"}, After: retain.Collected, Due: days(30)},
		{ID: "mail-ads", Data: []avow.Datum{"email"}, Purposes: []avow.Purpose{"ads"}, After: retain.Collected, Due: days(10)},
		{ID: "mail-account", Data: []avow.Datum{"email"}, Purposes: []avow.Purpose{"account"}, After: retain.AccountClosed, Due: days(5), Then: retain.Anonymise},
		{ID: "idle", Data: []avow.Datum{"prefs"}, After: retain.LastUsed, Due: days(7)},
	}
}

func TestAHoldingEndsWithItsLastPurpose(t *testing.T) {
	t.Parallel()
	closed := start.AddDate(0, 0, 100)
	happened := func(e retain.Event) (time.Time, bool) { return closed, e == retain.AccountClosed }
	for name, c := range map[string]struct {
		h    retain.Holding
		end  time.Time
		rule avow.RuleID
	}{
		"fixed":          {retain.Holding{Datum: "ip", Grants: []retain.Grant{{"x", start}}}, start.AddDate(0, 0, 30), "logs"},
		"by event":       {retain.Holding{Datum: "email", Grants: []retain.Grant{{"account", start}}, Happened: happened}, closed.AddDate(0, 0, 5), "mail-account"},
		"last purpose":   {retain.Holding{Datum: "email", Grants: []retain.Grant{{"ads", start}, {"account", start}}, Happened: happened}, closed.AddDate(0, 0, 5), "mail-account"},
		"renewed by use": {retain.Holding{Datum: "prefs", Grants: []retain.Grant{{"x", start}}, Used: start.AddDate(0, 0, 3)}, start.AddDate(0, 0, 10), "idle"},
		"no rule at all": {retain.Holding{Datum: "unheard", Grants: []retain.Grant{{"x", start}}}, start, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := retain.Find(rules(), &c.h, time.Time{}); !got.Known || !got.At.Equal(c.end) || got.Rule != c.rule {
				t.Errorf("got %+v, want the end %v by %q", got, c.end, c.rule)
			}
		})
	}
}

func TestNoEndBeforeTheEvent(t *testing.T) {
	t.Parallel()
	h := retain.Holding{Datum: "email", Grants: []retain.Grant{{"account", start}}}
	if end := retain.Find(rules(), &h, time.Time{}); end.Known || end.Rule != "mail-account" {
		t.Errorf("got %+v", end)
	}
}

func TestAHoldingOutlivesNoGrantAndMoreGrantsNeverShorten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 5).Draw(t, "grants")
		h := retain.Holding{Datum: "ip"}
		var latest time.Time
		for i := range n {
			at := start.Add(time.Duration(rapid.Int64Range(0, 1e15).Draw(t, "at")) * time.Duration(i+1) / 5)
			h.Grants = append(h.Grants, retain.Grant{Purpose: "p", At: at})
			if due := at.AddDate(0, 0, 30); due.After(latest) {
				latest = due
			}
		}
		if end := retain.Find(rules(), &h, time.Time{}); !end.Known || !end.At.Equal(latest) {
			t.Fatalf("end %+v, want %v", end, latest)
		}
	})
}

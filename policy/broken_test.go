package policy_test

import (
	"testing"

	"avow.dev"
	"avow.dev/policy"
	"avow.dev/policy/exhaust"
)

func TestExhaustiveComparisonFindsPlantedBugs(t *testing.T) {
	t.Parallel()
	p := club(t)
	each := func(rule avow.RuleID, do func(policy.Tables, int)) func(policy.Tables) {
		return func(t policy.Tables) {
			for _, a := range t.Alternatives(rule) {
				do(t, a)
			}
		}
	}
	tests := map[string]struct {
		change func(policy.Tables)
		verb   avow.Verb // where the smallest counterexample lies; NoVerb: anywhere
	}{
		"account not needed":        {each("draw-map", func(t policy.Tables, a int) { t.FlipNeed(a, avow.NoAccount) }), avow.Use},
		"hold not looked at":        {each("to-police", func(t policy.Tables, a int) { t.FlipNeed(a, avow.OnHold) }), avow.Disclose},
		"minor let in":              {each("take-account", func(t policy.Tables, a int) { t.FlipNeed(a, avow.Minor) }), avow.Collect},
		"sampling not spaced":       {each("take-position", func(t policy.Tables, a int) { t.FlipNeed(a, avow.TooSoon) }), avow.Collect},
		"one more need":             {each("host-all", func(t policy.Tables, a int) { t.FlipNeed(a, avow.FindingMissing) }), avow.Entrust},
		"one more role":             {each("mail-offers", func(t policy.Tables, a int) { t.FlipWord(a, 4, 0) }), avow.Use},
		"one recipient less":        {each("host-all", func(t policy.Tables, a int) { t.FlipWord(a, 3, 2) }), avow.Entrust},
		"ground not looked at":      {each("to-police", func(t policy.Tables, a int) { t.FlipConstrained(a, 6) }), avow.Disclose},
		"feature looked at":         {each("read-account", func(t policy.Tables, a int) { t.FlipConstrained(a, 1) }), avow.Use},
		"another choice":            {each("mail-offers", func(t policy.Tables, a int) { t.SwapChoice(a, 2) }), avow.Use},
		"prohibition lost":          {each("share-mail", func(t policy.Tables, a int) { t.DropBan(a) }), avow.Share},
		"exceptions lost":           {policy.Tables.WidenBan, avow.NoVerb},
		"alternatives out of order": {policy.Tables.SwapFirst, avow.NoVerb},
		"sets of data lost":         {policy.Tables.DropData, avow.NoVerb},
		"obligations lost":          {policy.Tables.DropObligations, avow.NoVerb},
		"wrong base":                {policy.Tables.SwapBase, avow.NoVerb},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, x := exhaust.Check(p.Broken(tt.change), nil)
			if x == nil {
				t.Fatal("not found")
			}
			if tt.verb != avow.NoVerb && x.Query.Verb != tt.verb {
				t.Errorf("found elsewhere: %s", x)
			}
			t.Logf("size %d: %s", x.Size(), x)
		})
	}
}

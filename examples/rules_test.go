package examples_test

import (
	"slices"
	"testing"
	"time"

	"avow.dev"
	"avow.dev/notice/statements"
	"avow.dev/policy"
	"avow.dev/policy/syntax"
)

// everyFact is all that a request could show.
const everyFact = avow.Facts(1<<avow.NumFacts - 1)

var now = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)

func compile(t *testing.T, slug string) (*policy.Program, *syntax.File) {
	t.Helper()
	f, _ := load(t, slug)
	p, faults := policy.Compile(f)
	if len(faults) > 0 {
		t.Fatalf("%d faults\n%s", len(faults), faults.Format())
	}
	return p, f
}

// willing is an adult who accepted everything and agreed to everything.
func willing(p *policy.Program, f *syntax.File) *avow.Standing {
	s := &avow.Standing{
		Account:    avow.Open,
		Acceptance: avow.Acceptance{State: avow.AcceptedPolicy, Policy: p.Hash()},
		Age:        avow.KnownAdult,
	}
	for _, d := range f.Acceptance.Documents {
		s.Documents = append(s.Documents, avow.Acceptance{State: avow.AcceptedPolicy, Version: d.ID.Text + "@" + d.Version.Text})
	}
	for _, c := range f.Choices {
		s.Choices = append(s.Choices, avow.Chosen{Choice: avow.Choice(c.ID.Text), State: avow.Given, At: now})
	}
	return s
}

// reluctant is the same adult, who agreed to nothing that is asked.
func reluctant(p *policy.Program, f *syntax.File) *avow.Standing {
	s := willing(p, f)
	for i := range s.Choices {
		s.Choices[i].State = avow.Refused
	}
	return s
}

// question is a request that one rule is there to allow.
type question struct {
	rule    string
	chooses bool // hangs on a choice of the person
	q       policy.Query
}

// questions returns, for every rule, each combination of the words it lists.
func questions(f *syntax.File) []question {
	var out []question
	for i := range f.Collect {
		e := &f.Collect[i]
		from := texts(e.From, "person")
		for _, at := range e.Points {
			for _, feature := range texts(e.Features, "") {
				for _, source := range from {
					out = append(out, spread(e.ID.Text, e.Data, e.For, len(e.Needs.Choice) > 0, policy.Query{
						Verb: avow.Collect, Point: avow.Point(at.Text), Feature: avow.Feature(feature), Source: avow.Source(source),
					})...)
				}
			}
		}
	}
	for i := range f.Use {
		e := &f.Use[i]
		for _, by := range e.By {
			for _, feature := range texts(e.Feature, "") {
				out = append(out, spread(e.ID.Text, e.Data, e.For, len(e.Needs.Choice) > 0, policy.Query{
					Verb: avow.Use, Role: avow.Role(by.Text), Feature: avow.Feature(feature),
				})...)
			}
		}
	}
	for i := range f.Share {
		out = append(out, shared(&f.Share[i])...)
	}
	for i := range f.Releases {
		e := &f.Releases[i]
		for _, to := range texts(e.To, "") {
			out = append(out, spread(e.ID.Text, e.Data, e.For, false, policy.Query{Verb: avow.Release, Recipient: avow.Recipient(to)})...)
		}
	}
	return out
}

func shared(e *syntax.Share) []question {
	var out []question
	verb, _ := avow.ParseVerb(e.Verb.Text)
	for _, to := range e.To {
		for _, ground := range texts(e.Ground, "") {
			for _, source := range texts(e.Source, "") {
				out = append(out, spread(e.ID.Text, e.Data, e.For, len(e.Needs.Choice) > 0, policy.Query{
					Verb: verb, Recipient: avow.Recipient(to.Text), Ground: ground, Source: avow.Source(source),
				})...)
			}
		}
	}
	return out
}

func spread(rule string, data, purposes []syntax.Word, chooses bool, q policy.Query) []question {
	q.Facts = everyFact
	var out []question
	for _, d := range data {
		for _, p := range purposes {
			q.Datum, q.Purpose = avow.Datum(d.Text), avow.Purpose(p.Text)
			out = append(out, question{rule, chooses, q})
		}
	}
	return out
}

// texts returns the words of a list, or the one given if it is empty.
func texts(words []syntax.Word, otherwise string) []string {
	if len(words) == 0 {
		return []string{otherwise}
	}
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = w.Text
	}
	return out
}

// TestEachRuleOpens checks that no rule is dead: what the original allows, its
// rule allows to a person who agreed to all, with every condition shown.
func TestEachRuleOpens(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, slug string) {
		p, f := compile(t, slug)
		b := p.Bind(willing(p, f), now)
		for _, c := range questions(f) {
			if r := p.Decide(&c.q, &b); r.Verdict != avow.Allow {
				t.Errorf("rule %s: %s %s for %s refused: %v (by %s)", c.rule, c.q.Verb, c.q.Datum, c.q.Purpose, r.Reasons.Codes(), r.Rule)
			}
		}
	})
}

// TestChoicesClose checks that each rule that hangs on a choice closes for a
// person who refused, unless another rule allows the same without it.
func TestChoicesClose(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, slug string) {
		p, f := compile(t, slug)
		b := p.Bind(reluctant(p, f), now)
		for _, c := range questions(f) {
			r := p.Decide(&c.q, &b)
			if c.chooses && r.Verdict == avow.Allow && string(r.Rule) == c.rule {
				t.Errorf("rule %s allows %s of %s for %s against the person's choice", c.rule, c.q.Verb, c.q.Datum, c.q.Purpose)
			}
		}
	})
}

// TestStrangerGivesNothing checks that nothing at all is allowed about a person
// who accepted nothing, except to an authority and in statistics.
func TestStrangerGivesNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, slug string) {
		p, f := compile(t, slug)
		b := p.Bind(&avow.Standing{}, now)
		for _, c := range questions(f) {
			if d, _ := p.Datum(c.q.Datum); c.q.Ground != "" || c.q.Verb == avow.Release || !d.Personal() {
				continue
			}
			if r := p.Decide(&c.q, &b); r.Verdict == avow.Allow {
				t.Errorf("rule %s allows %s of %s about a stranger", r.Rule, c.q.Verb, c.q.Datum)
			}
		}
	})
}

// TestPromises checks single promises of the originals that hang on several
// rules at once.
func TestPromises(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, slug string
		q          policy.Query
		want       avow.Reason
	}{
		{"airstep collects nothing", "airstep", policy.Query{Verb: avow.Collect, Datum: "email", Purpose: "answer-people", Source: "person"}, avow.Prohibited},
		{"airstep sells nothing", "airstep", policy.Query{Verb: avow.Share, Datum: "email", Purpose: "answer-people", Recipient: "fault-partner"}, avow.Prohibited},
		{"airstep gives a fault partner no names", "airstep", policy.Query{Verb: avow.Share, Datum: "name", Purpose: "fix-faults", Recipient: "fault-partner", Source: "fault-handling"}, avow.PurposeUndeclared},
		{"astral takes no date of birth", "astral", policy.Query{Verb: avow.Collect, Datum: "birth-date", Purpose: "provide-service", Point: "at-sign-up", Source: "person"}, avow.DatumUndeclared},
		{"astral shares no phone with a widget", "astral", policy.Query{Verb: avow.Share, Datum: "phone", Purpose: "provide-service", Recipient: "widget-partner"}, avow.RecipientUndeclared},
		{"ousiqi takes an IMSI at no upgrade", "ousiqi", policy.Query{Verb: avow.Collect, Datum: "imsi", Purpose: "upgrade-apps", Point: "at-upgrade", Feature: "upgrade", Source: "device"}, avow.PurposeUndeclared},
		{"ousiqi analyses no backup", "ousiqi", policy.Query{Verb: avow.Use, Datum: "sms", Purpose: "research", Role: "researchers"}, avow.Prohibited},
		{"ousiqi writes recipients no adverts", "ousiqi", policy.Query{Verb: avow.Use, Datum: "recipient-email", Purpose: "marketing-mail", Role: "mail-service"}, avow.Prohibited},
		{"ousiqi keeps weather out of the calendar", "ousiqi", policy.Query{Verb: avow.Collect, Datum: "calendar", Purpose: "provide-service", Point: "at-function", Feature: "weather-app", Source: "device"}, avow.FeatureUndeclared},
		{"airtalk shows no phone to members", "airtalk", policy.Query{Verb: avow.Publish, Datum: "phone", Purpose: "publish-profile", Recipient: "members"}, avow.Prohibited},
		{"airtalk pays with no names", "airtalk", policy.Query{Verb: avow.Share, Datum: "name", Purpose: "pay", Recipient: "wechat-pay"}, avow.PurposeUndeclared},
		{"airtalk markets no survey", "airtalk", policy.Query{Verb: avow.Use, Datum: "survey-answer", Purpose: "marketing-mail", Role: "marketing-team"}, avow.Prohibited},
		{"airtalk gives adverts nothing", "airtalk", policy.Query{Verb: avow.Share, Datum: "email", Purpose: "ads-personalised", Recipient: "lantern-ads"}, avow.Prohibited},
		{"airtalk releases no persons", "airtalk", policy.Query{Verb: avow.Release, Datum: "email", Purpose: "release-statistics", Recipient: "statistics-partner"}, avow.Prohibited},
		{"generic transfers to no partner", "generic", policy.Query{Verb: avow.Transfer, Datum: "email", Purpose: "merge", Recipient: "service-partner"}, avow.RecipientUndeclared},
		{"generic shares usage with no affiliate", "generic", policy.Query{Verb: avow.Share, Datum: "app-usage", Purpose: "provide-service", Recipient: "plainleaf-cloud"}, avow.Prohibited},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p, f := compile(t, c.slug)
			b := p.Bind(willing(p, f), now)
			c.q.Facts = everyFact
			r := p.Decide(&c.q, &b)
			if r.Verdict == avow.Allow || !r.Reasons.Has(c.want) {
				t.Errorf("got %v with %v, want a refusal with %s", r.Verdict, r.Reasons.Codes(), c.want)
			}
		})
	}
}

// TestStatements checks that each statement is one of the catalogue.
func TestStatements(t *testing.T) {
	t.Parallel()
	known := statements.Slugs()
	each(t, func(t *testing.T, slug string) {
		f, _ := load(t, slug)
		for _, e := range f.Inform {
			if !slices.Contains(known, e.Say.Text) {
				t.Errorf("%s says %q, which is no statement", e.ID.Text, e.Say.Text)
			}
		}
	})
}

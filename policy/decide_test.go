package policy_test

import (
	"strings"
	"testing"
	"time"

	"avow.dev"
	"avow.dev/policy"
)

var noon = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

// member is somebody who has done everything the club asks for except to choose.
func member(p *policy.Program) avow.Standing {
	return avow.Standing{
		Account:    avow.Open,
		Acceptance: avow.Acceptance{State: avow.AcceptedPolicy, Policy: p.Hash(), At: noon.AddDate(0, -1, 0)},
		Documents:  []avow.Acceptance{{State: avow.AcceptedPolicy, Version: "map-terms@2"}},
		Age:        avow.KnownAdult,
	}
}

func with(s avow.Standing, change func(*avow.Standing)) avow.Standing {
	change(&s)
	return s
}

func chose(choice avow.Choice, state avow.ChoiceState) func(*avow.Standing) {
	return func(s *avow.Standing) {
		s.Choices = append(s.Choices, avow.Chosen{Choice: choice, State: state, At: noon.AddDate(0, 0, -7)})
	}
}

func facts(fs ...avow.Fact) avow.Facts {
	var set avow.Facts
	for _, f := range fs {
		set = set.With(f)
	}
	return set
}

func TestDecide(t *testing.T) {
	t.Parallel()
	p := club(t)
	base := member(p)
	yes := func(choices ...avow.Choice) avow.Standing {
		s := base
		for _, c := range choices {
			chose(c, avow.Given)(&s)
		}
		return s
	}
	signUp := policy.Query{Verb: avow.Collect, Datum: "email", Purpose: "manage-account", Point: "sign-up", Feature: "account", Source: "person"}
	read := policy.Query{Verb: avow.Use, Datum: "email", Purpose: "manage-account", Role: "desk"}
	position := policy.Query{Verb: avow.Collect, Datum: "location-precise", Purpose: "show-map", Point: "on-the-way", Feature: "maps", Source: "device",
		Facts: facts(avow.FactSpaced, avow.FactUnmetered, avow.FactDevicePermission, avow.FactInUse)}
	offer := policy.Query{Verb: avow.Use, Datum: "email", Purpose: "marketing", Role: "engine"}
	court := policy.Query{Verb: avow.Disclose, Datum: "email", Purpose: "legal-claims", Recipient: "police", Ground: "court-papers",
		Facts: facts(avow.FactInstrument, avow.FactCitation, avow.FactApproval)}
	edit := func(q policy.Query, change func(*policy.Query)) policy.Query {
		change(&q)
		return q
	}
	tests := []struct {
		name     string
		query    policy.Query
		standing avow.Standing
		want     string // reasons, or "allow"
		rule     avow.RuleID
	}{
		{"zero query", policy.Query{}, base, "datum-undeclared", ""},
		{"declared", read, base, "allow", "read-account"},
		{"a stranger signs up", signUp, with(base, func(s *avow.Standing) { s.Account = avow.NoRelation }), "allow", "take-account"},
		{"nothing is accepted", signUp, avow.Standing{}, "not-accepted", "take-account"},
		{"undeclared datum", edit(read, func(q *policy.Query) { q.Datum = "shoe-size" }), base, "datum-undeclared", ""},
		{"undeclared purpose", edit(read, func(q *policy.Query) { q.Purpose = "fun" }), base, "purpose-undeclared", ""},
		{"purpose of another rule", edit(read, func(q *policy.Query) { q.Purpose = "show-map" }), base, "purpose-undeclared", ""},
		{"verb without rule", edit(read, func(q *policy.Query) { q.Datum = "password" }), base, "verb-undeclared", ""},
		{"wrong role", edit(read, func(q *policy.Query) { q.Datum, q.Role = "phone", "engine" }), base, "role-not-allowed", "read-account"},
		{"undeclared role", edit(read, func(q *policy.Query) { q.Role = "boss" }), base, "role-not-allowed", "read-account"},
		{"no role", edit(read, func(q *policy.Query) { q.Role = "" }), base, "role-not-allowed", "read-account"},
		{"undeclared word where the rule is open", edit(read, func(q *policy.Query) { q.Feature = "dancing" }), base, "feature-undeclared", "read-account"},
		{"everything is wrong at once", edit(read, func(q *policy.Query) { q.Role = "" }),
			with(base, func(s *avow.Standing) { s.Account, s.Hold, s.Acceptance.Policy = avow.Frozen, true, "sha256:old" }),
			"role-not-allowed account-frozen acceptance-outdated on-hold", "read-account"},
		{"policy refused", read, with(base, func(s *avow.Standing) { s.Acceptance.State = avow.RefusedPolicy }), "acceptance-refused", "read-account"},
		{"no account", edit(read, func(q *policy.Query) {
			q.Datum = "location-precise"
			q.Purpose = "show-map"
			q.Role = "engine"
			q.Feature = "maps"
		}),
			with(yes("position"), func(s *avow.Standing) { s.Account = avow.NoRelation }), "no-account", "draw-map"},
		{"closing", read, with(base, func(s *avow.Standing) { s.Account = avow.Closing }), "erasure-pending", "read-account"},
		{"consent never asked", offer, base, "consent-missing", "mail-offers"},
		{"consent given", offer, yes("offers"), "allow", "mail-offers"},
		{"consent refused", offer, with(base, chose("offers", avow.Refused)), "consent-refused", "mail-offers"},
		{"consent withdrawn", offer, with(base, chose("offers", avow.Withdrawn)), "consent-withdrawn", "mail-offers"},
		{"consent expired by the record", offer, with(base, func(s *avow.Standing) {
			s.Choices = []avow.Chosen{{Choice: "offers", State: avow.Given, At: noon.AddDate(0, 0, -7), Expires: noon}}
		}), "consent-expired", "mail-offers"},
		{"consent expired by the policy's term", offer, with(base, func(s *avow.Standing) {
			s.Choices = []avow.Chosen{{Choice: "offers", State: avow.Given, At: noon.AddDate(-1, 0, 0)}}
		}), "consent-expired", "mail-offers"},
		{"one tick before the term", offer, with(base, func(s *avow.Standing) {
			s.Choices = []avow.Chosen{{Choice: "offers", State: avow.Given, At: noon.AddDate(-1, 0, 0).Add(time.Nanosecond)}}
		}), "allow", "mail-offers"},
		{"consent and a later signal", offer, with(yes("offers"), func(s *avow.Standing) { s.Signals, s.SignalAt = avow.SignalGPC, noon.AddDate(0, 0, -1) }),
			"signal-opt-out", "mail-offers"},
		{"consent later than the signal", offer, with(yes("offers"), func(s *avow.Standing) { s.Signals, s.SignalAt = avow.SignalGPC, noon.AddDate(0, 0, -8) }),
			"allow", "mail-offers"},
		{"a signal of unknown age", offer, with(yes("offers"), func(s *avow.Standing) { s.Signals = avow.SignalGPC }), "signal-opt-out", "mail-offers"},
		{"marketing to somebody of unknown age", offer, with(yes("offers"), func(s *avow.Standing) { s.Age = avow.AgeNotKnown }), "age-unknown", "mail-offers"},
		{"marketing to a minor", offer, with(yes("offers"), func(s *avow.Standing) { s.Age = avow.KnownMinor }), "minor", "mail-offers"},
		{"opt-out never asked", edit(offer, func(q *policy.Query) { q.Purpose = "support" }), base, "allow", "read-account"},
		{"position with everything", position, yes("position"), "allow", "take-position"},
		{"position without facts", edit(position, func(q *policy.Query) { q.Facts = 0 }), yes("position"),
			"too-soon metered not-in-use device-permission-denied", "take-position"},
		{"position typed in", edit(position, func(q *policy.Query) { q.Source, q.Facts = "person", facts(avow.FactSpaced, avow.FactUnmetered) }), yes("position"), "allow", "take-position"},
		{"position for a feature without permission", edit(position, func(q *policy.Query) { q.Feature = "walks" }), yes("position"), "feature-undeclared", "take-position"},
		{"feature behind a document", position, with(yes("position"), func(s *avow.Standing) { s.Documents = nil }), "not-accepted", "take-position"},
		{"older document", position, with(yes("position"), func(s *avow.Standing) {
			s.Documents = []avow.Acceptance{{State: avow.AcceptedPolicy, Version: "map-terms@1"}}
		}), "not-accepted", "take-position"},
		{"crash report without a token", policy.Query{Verb: avow.Collect, Datum: "crash-log", Purpose: "fix-faults", Point: "on-the-way", Source: "device"},
			base, "token-missing", "take-crash"},
		{"partner without provenance", policy.Query{Verb: avow.Collect, Datum: "email", Purpose: "marketing", Point: "sign-up", Source: "friends"},
			base, "provenance-missing", "take-partner"},
		{"partner with provenance is excused from consent", policy.Query{Verb: avow.Collect, Datum: "email", Purpose: "marketing", Point: "sign-up", Source: "friends", Facts: facts(avow.FactProvenance)},
			base, "allow", "take-partner"},
		{"press is not excused at collection", policy.Query{Verb: avow.Collect, Datum: "email", Purpose: "marketing", Point: "sign-up", Source: "press", Facts: facts(avow.FactCitation, avow.FactURL)},
			base, "consent-missing", "take-partner"},
		{"partner for another purpose", edit(signUp, func(q *policy.Query) { q.Source, q.Facts = "friends", facts(avow.FactProvenance) }), base, "source-undeclared", "take-account"},
		{"never sold, though a rule shares it", policy.Query{Verb: avow.Share, Datum: "email", Purpose: "marketing", Recipient: "map-maker", Facts: facts(avow.FactQualified)},
			yes("offers"), "prohibited", "never-sell"},
		{"excepted from the prohibition", policy.Query{Verb: avow.Share, Datum: "location-precise", Purpose: "show-map", Recipient: "map-maker", Facts: facts(avow.FactQualified)},
			yes("position"), "allow", "share-map"},
		{"unqualified recipient", policy.Query{Verb: avow.Share, Datum: "location-precise", Purpose: "show-map", Recipient: "map-maker"},
			yes("position"), "recipient-unqualified", "share-map"},
		{"prohibited recipient", policy.Query{Verb: avow.Entrust, Datum: "email", Purpose: "manage-account", Recipient: "ad-house"}, base, "prohibited", "never-to-ads"},
		{"prohibition that a source excepts", policy.Query{Verb: avow.Entrust, Datum: "email", Purpose: "manage-account", Recipient: "ad-house", Source: "press", Facts: facts(avow.FactCitation, avow.FactURL)},
			base, "allow", "host-all"},
		{"prohibition without a rule", policy.Query{Verb: avow.Use, Datum: "location-precise", Purpose: "marketing", Role: "engine"}, base, "purpose-undeclared prohibited", "never-market-position"},
		{"never sold, of no known datum", policy.Query{Verb: avow.Share, Datum: "shoe-size", Purpose: "fun"}, base, "datum-undeclared prohibited", "never-sell"},
		{"court with papers", court, base, "allow", "to-police"},
		{"court, by its ground", edit(court, func(q *policy.Query) { q.Ground = "court" }), base, "allow", "to-police"},
		{"court does not ask the person", court, avow.Standing{Account: avow.Closed}, "allow", "to-police"},
		{"court without papers", edit(court, func(q *policy.Query) { q.Facts = 0 }), base, "citation-missing instrument-missing approval-missing", "to-police"},
		{"court, another ground's facts", edit(court, func(q *policy.Query) { q.Ground = "danger" }), base, "urgency-missing", "to-police"},
		{"court without a ground", edit(court, func(q *policy.Query) { q.Ground = "" }), base, "ground-undeclared", "to-police"},
		{"court during a hold", court, with(base, func(s *avow.Standing) { s.Hold = true }), "on-hold", "to-police"},
		{"successor unbound", policy.Query{Verb: avow.Transfer, Datum: "email", Purpose: "manage-account", Recipient: "heir"}, base, "notice-missing successor-unbound", "hand-on"},
		{"statistics for nobody outside", policy.Query{Verb: avow.Release, Datum: "location-precise", Purpose: "show-map", Facts: facts(avow.FactApproval)}, avow.Standing{}, "allow", "count-walks"},
		{"statistics to somebody outside", policy.Query{Verb: avow.Release, Datum: "location-precise", Purpose: "show-map", Recipient: "host", Facts: facts(avow.FactApproval)},
			avow.Standing{}, "recipient-undeclared", "count-walks"},
		{"statistics of somebody on hold", policy.Query{Verb: avow.Release, Datum: "location-precise", Purpose: "show-map", Facts: facts(avow.FactApproval)}, avow.Standing{Hold: true}, "on-hold", "count-walks"},
		{"statistics to the named", policy.Query{Verb: avow.Release, Datum: "email", Purpose: "support"}, avow.Standing{}, "recipient-undeclared", "count-mails"},
		{"publish without fresh sign-in", policy.Query{Verb: avow.Publish, Datum: "location-precise", Purpose: "show-map", Recipient: "map-maker", Facts: facts(avow.FactQualified)},
			yes("position"), "fresh-sign-in-missing", "show-walk"},
		{"undeclared region", edit(read, func(q *policy.Query) { q.Region = "FR" }), base, "region-not-allowed", "read-account"},
		{"home region", edit(read, func(q *policy.Query) { q.Region = "CN" }), base, "allow", "read-account"},
		{"region of transfers only", edit(read, func(q *policy.Query) { q.Region = "US-CA" }), base, "consent-missing notice-missing", "read-account"},
		{"region of transfers, agreed and told", edit(read, func(q *policy.Query) { q.Region, q.Facts = "US-CA", facts(avow.FactNotice) }), yes("abroad"), "allow", "read-account"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := p.Bind(&tt.standing, noon)
			got := p.Decide(&tt.query, &b)
			want := strings.Fields(tt.want)
			verdict := avow.Refuse
			if tt.want == "allow" {
				want, verdict = nil, avow.Allow
			}
			if got.Verdict != verdict || strings.Join(got.Reasons.Codes(), " ") != strings.Join(want, " ") || got.Rule != tt.rule {
				t.Errorf("got %s %v by %q, want %s %v by %q", got.Verdict, got.Reasons.Codes(), got.Rule, verdict, want, tt.rule)
			}
			ids := p.Intern(&tt.query)
			if again := p.Ruling(p.DecideIDs(&ids, &b)); again.Verdict != got.Verdict || again.Reasons != got.Reasons || again.Rule != got.Rule {
				t.Errorf("interned twin differs: %+v", again)
			}
			if set := p.Allowed(&ids, &b); set.Has(tt.query.Datum) != (verdict == avow.Allow) {
				t.Errorf("Allowed has %q: %t", tt.query.Datum, set.Has(tt.query.Datum))
			}
		})
	}
}

func TestZeroValuesRefuse(t *testing.T) {
	t.Parallel()
	p := club(t)
	other := p.Accepting()
	s := member(p)
	q := policy.Query{Verb: avow.Use, Datum: "email", Purpose: "manage-account", Role: "desk"}
	b, foreign := p.Bind(&s, noon), other.Bind(&s, noon)
	ids, foreignIDs := p.Intern(&q), other.Intern(&q)
	if p.DecideIDs(&ids, &b).Verdict != avow.Allow {
		t.Fatal("the question itself is refused")
	}
	for name, o := range map[string]policy.Outcome{
		"zero bound":    p.DecideIDs(&ids, &policy.Bound{}),
		"zero ids":      p.DecideIDs(&policy.IDs{}, &b),
		"foreign bound": p.DecideIDs(&ids, &foreign),
		"foreign ids":   p.DecideIDs(&foreignIDs, &b),
		"zero outcome":  {},
	} {
		if p.Ruling(o).Verdict != avow.Refuse {
			t.Errorf("%s is allowed", name)
		}
	}
	if p.Allowed(&foreignIDs, &b).Has("email") || p.Allowed(&ids, &foreign).Has("email") {
		t.Error("Allowed mixes programs")
	}
}

func TestTermsEnd(t *testing.T) {
	t.Parallel()
	p := club(t)
	s := with(member(p), chose("position", avow.Given))
	q := policy.Query{Verb: avow.Share, Datum: "location-precise", Purpose: "show-map", Recipient: "map-maker", Facts: facts(avow.FactQualified)}
	end := time.Date(2027, 7, 1, 0, 0, 0, 0, time.UTC)
	for at, want := range map[time.Time]string{end.Add(-time.Nanosecond): "", end: "recipient-unqualified", time.Date(2025, 12, 31, 23, 59, 59, 0, time.UTC): "not-yet-effective"} {
		b := p.Bind(&s, at)
		if got := strings.Join(p.Decide(&q, &b).Reasons.Codes(), " "); got != want {
			t.Errorf("at %s: %q, want %q", at, got, want)
		}
	}
}

func TestObligations(t *testing.T) {
	t.Parallel()
	p := club(t)
	s := with(member(p), chose("position", avow.Given))
	b := p.Bind(&s, noon)
	tests := []struct {
		name  string
		query policy.Query
		want  string
	}{
		{"collect", policy.Query{Verb: avow.Collect, Datum: "password", Purpose: "manage-account", Point: "sign-up", Feature: "account", Source: "person"}, "transform=hash-secret expire=keep-account"},
		{"use", policy.Query{Verb: avow.Use, Datum: "email", Purpose: "support", Role: "desk"}, "transform=mask-mail"},
		{"use of a datum without form", policy.Query{Verb: avow.Use, Datum: "phone", Purpose: "support", Role: "desk"}, ""},
		{"tagged recipient", policy.Query{Verb: avow.Entrust, Datum: "email", Purpose: "manage-account", Recipient: "host"}, "transform=mask-mail tag=manage-account"},
		{"ground with notice after", policy.Query{Verb: avow.Disclose, Datum: "email", Purpose: "legal-claims", Recipient: "police", Ground: "court",
			Facts: facts(avow.FactInstrument, avow.FactCitation, avow.FactApproval)}, "notify-after=court-papers"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := p.Decide(&tt.query, &b)
			var got []string
			for _, o := range r.Obligations {
				got = append(got, o.Kind.String()+"="+o.Arg)
			}
			if r.Verdict != avow.Allow || strings.Join(got, " ") != tt.want {
				t.Errorf("%s %v: %v, want %s", r.Verdict, r.Reasons.Codes(), got, tt.want)
			}
		})
	}
}

func TestAuthorize(t *testing.T) {
	t.Parallel()
	p := club(t)
	s := member(p)
	b := p.Bind(&s, noon)
	req := avow.Request{Policy: "club", Verb: avow.Use, Subject: "anna", Data: []avow.Datum{"email", "phone"}, Purpose: "manage-account", Role: "desk"}
	d, granted := p.Authorize(&req, 0, &b)
	if d.Verdict != avow.Allow || !granted.Granted() || granted.Len() != 2 || granted.Subject() != "anna" || d.Policy != p.Hash() || len(d.Rulings) != 2 {
		t.Fatalf("%+v", d)
	}
	if o := granted.Obligations("email"); len(o) != 1 || o[0].Arg != "mask-mail" {
		t.Errorf("obligations %v", o)
	}
	for name, change := range map[string]func(*avow.Request){
		"one datum of two": func(r *avow.Request) { r.Data = []avow.Datum{"email", "password"} },
		"no data":          func(r *avow.Request) { r.Data = nil },
		"other policy":     func(r *avow.Request) { r.Policy = "haven" },
		"no policy":        func(r *avow.Request) { r.Policy = "" },
	} {
		r := req
		change(&r)
		if d, granted := p.Authorize(&r, 0, &b); d.Verdict != avow.Refuse || granted.Granted() || d.Reasons == 0 {
			t.Errorf("%s: %s %v, granted %t", name, d.Verdict, d.Reasons.Codes(), granted.Granted())
		}
	}
	shown := req
	shown.Verb, shown.Purpose, shown.Role, shown.Recipient, shown.Ground = avow.Disclose, "legal-claims", "", "police", "danger"
	shown.Shown.Citation = "§ 1"
	if d, _ := p.Authorize(&shown, facts(avow.FactUrgency, avow.FactApproval), &b); d.Verdict != avow.Allow {
		t.Errorf("emergency: %v", d.Reasons.Codes())
	}
	shown.Ground = "court"
	if d, _ := p.Authorize(&shown, facts(avow.FactInstrument, avow.FactApproval), &b); !d.Reasons.Has(avow.CitationMissing) {
		t.Error("a caller's own claim counts as a fact")
	}
}

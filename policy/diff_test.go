package policy_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"avow.dev"
	"avow.dev/policy"
)

var diffTests = []struct {
	name  string
	edits []string
	want  string // class section/rule, …
}{
	{"nothing", nil, ""},
	{"a comment", []string{"collect:\n", "# what we take\ncollect:\n"}, ""},
	{"another label", []string{"Offers by mail", "Offers by e-mail"}, "editorial choices/offers"},
	{"another version", []string{`version: "1.0"`, `version: "1.1"`}, "editorial policy/"},
	{"one more datum for a use", []string{"data: [email]\n    for: [marketing]\n    by: [engine]\n    basis: consent", "data: [email, phone]\n    for: [marketing]\n    by: [engine]\n    basis: consent"}, "needs-fresh-consent use/mail-offers"},
	{"one more purpose without consent", []string{"for: [manage-account, support]", "for: [manage-account, support, fix-faults]"}, "wider use/read-account"},
	{"one role less", []string{"by: [desk, engine]", "by: [desk]"}, "narrower use/read-account"},
	{"one role more", []string{"data: [phone]\n    for: [support]\n    by: [desk]", "data: [email]\n    for: [support]\n    by: [desk]"}, "wider use/keep-near"},
	{"a condition dropped", []string{"needs: {choice: [offers], age: adult}", "needs: {choice: [offers]}"}, "needs-fresh-consent use/mail-offers"},
	{"a condition added", []string{"needs: {choice: [send-crash]}", "needs: {choice: [send-crash], facts: [picked]}"}, "narrower collect/take-crash"},
	{"a new recipient", []string{"to: [host, ad-house]", "to: [host, ad-house, map-maker]"}, "new-recipient share/host-all wider share/host-all"},
	{"a recipient of other data", []string{"data: [email, phone]\n    to: [host, ad-house]", "data: [email]\n    to: [host, ad-house]"}, "narrower share/host-all"},
	{"a mask dropped", []string{"basis: contract\n    form: [mask-mail]\n  - id: tips", "basis: contract\n  - id: tips"}, "wider use/read-account"},
	{"kept longer", []string{"keep: 24h after collected", "keep: 2d after collected"}, "wider retain/keep-position"},
	{"kept shorter", []string{"keep: 6mo after collected", "keep: 90d after collected"}, "narrower retain/keep-crash"},
	{"kept as long in other words", []string{"keep: 24h after collected", "keep: 1d after collected"}, "editorial retain/keep-position"},
	{"kept by another clock", []string{"keep: 24h after collected", "keep: 24h after last-used"}, "needs-notice retain/keep-position"},
	{"hidden where it was erased", []string{"keep: 24h after collected, then: erase", "keep: 24h after collected, then: delete"}, "wider retain/keep-position"},
	{"a prohibition narrowed", []string{"verbs: [sell]", "verbs: [rent]"}, "wider never/never-sell narrower never/never-sell"},
	{"an exception more", []string{"except: [share-map]", "except: [share-map, share-mail]"}, "needs-fresh-consent share/share-mail wider never/never-sell"},
	{"an exception less", []string{"    except: [share-map]\n", ""}, "narrower never/never-sell narrower share/share-map"},
	{"consent turned into opt-out", []string{"kind: explicit-consent\n    for: [support]", "kind: opt-out\n    for: [support]"}, "wider choices/abroad"},
	{"a yes that means more", []string{"kind: explicit-consent\n    for: [show-map]", "kind: explicit-consent\n    for: [show-map, support]"}, "needs-fresh-consent choices/position"},
	{"a signal ignored", []string{"for: [support]\n    signal: [gpc]", "for: [support]"}, "wider choices/profile"},
	{"less from a recipient", []string{"requires: [terms], ", ""}, "wider recipients/map-maker"},
	{"more for a demand", []string{"requires: [urgency], approvals", "requires: [urgency, finding], approvals"}, "narrower demands/danger"},
	{"another country", []string{"{id: spare, kind: backup, region: SG}", "{id: spare, kind: backup, region: JP}"}, "needs-notice places/spare narrower places/spare"},
	{"observed only", []string{"mode: enforce", "mode: observe"}, "wider mode/"},
	{"another law", []string{"law: [cn, eu]", "law: [eu, cn, us-ca]"}, "needs-notice law/"},
	{"a rule renamed", []string{"id: draw-map", "id: paint-map"}, "editorial use/draw-map editorial use/paint-map"},
	{"another basis", []string{"basis: contract\n    form: [mask-mail]\n  - id: tips", "basis: legitimate-interest\n    form: [mask-mail]\n  - id: tips"}, "needs-notice use/read-account"},
	{"a weaker mask", []string{"when: output, keep: 4", "when: output, keep: 9"}, "needs-notice forms/mask-mail"},
	{"a new rule", []string{"  - id: tips\n", "  - {id: calls, data: [phone], for: [fix-faults], by: [desk], basis: contract}\n  - id: tips\n"}, "wider use/calls"},
	{"a rule gone", []string{"  - id: hand-on\n    verb: transfer\n    data: [email]\n    to: [heir]\n    for: [manage-account]\n    basis: contract\n", ""}, "narrower share/hand-on"},
	{"acceptance given up", []string{"required: true", "required: false"}, ""},
}

func TestDiff(t *testing.T) {
	t.Parallel()
	old := club(t)
	for _, tt := range diffTests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			changes := policy.Diff(old, compile(t, clubWith(t, tt.edits...)))
			var got []string
			for _, c := range changes {
				got = append(got, string(c.Class)+" "+c.Section+"/"+string(c.Rules[0]))
				if c.Says.En == "" || c.Says.Zh == "" || strings.Contains(c.Says.En, "%!") {
					t.Errorf("%+v", c)
				}
			}
			if tt.name == "acceptance given up" {
				widens := 0
				for _, c := range changes {
					if c.Class.Widens() {
						widens++
					}
				}
				if widens < 8 {
					t.Errorf("%d rules are wider: %v", widens, got)
				}
				return
			}
			if strings.Join(got, " ") != tt.want {
				t.Errorf("got  %s\nwant %s", strings.Join(got, " "), tt.want)
			}
		})
	}
}

// TestDiffSaysWhatItIsAbout: each difference names the kinds of data that it is about,
// or none where it is about everybody.
func TestDiffSaysWhatItIsAbout(t *testing.T) {
	t.Parallel()
	old := club(t)
	for _, tt := range []struct{ old, new, rule, want string }{
		{"keep: 6mo after collected", "keep: 90d after collected", "keep-crash", "crash-log"},
		{"for: [manage-account, support]", "for: [manage-account, support, fix-faults]", "read-account", "email phone"},
		{"kind: opt-out\n    for: [support]", "kind: consent\n    for: [support]", "profile", "email phone location-precise"},
		{"requires: [terms], ", "", "map-maker", "email location-precise"},
		{"law: [cn, eu]", "law: [eu, cn, us-ca]", "", ""},
	} {
		found := false
		for _, c := range policy.Diff(old, compile(t, clubWith(t, tt.old, tt.new))) {
			if string(c.Rules[0]) != tt.rule {
				continue
			}
			found = true
			var got []string
			for _, d := range c.Data {
				got = append(got, string(d))
			}
			if strings.Join(got, " ") != tt.want {
				t.Errorf("%s is about %q, want %q", tt.rule, got, tt.want)
			}
		}
		if !found {
			t.Errorf("%s: no difference", tt.rule)
		}
	}
}

// TestDiffMissesNothing asks both texts of every edit random questions: where
// the new text allows what the old refused, a change must say so, and likewise
// the other way round.
func TestDiffMissesNothing(t *testing.T) {
	t.Parallel()
	old := club(t)
	for _, tt := range diffTests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			fresh := compile(t, clubWith(t, tt.edits...))
			widens, narrows, moves := false, false, false
			for _, c := range policy.Diff(old, fresh) {
				widens = widens || c.Class.Widens()
				narrows = narrows || c.Class == policy.Narrower
				moves = moves || c.Section == "places"
			}
			r := rand.New(rand.NewPCG(7, 7))
			for range 6000 {
				q, s := randomQuestion(r), randomPerson(r)
				before, after := ask(old, q, s), ask(fresh, q, s)
				if after == avow.Allow && before != avow.Allow && !widens && !moves {
					t.Fatalf("now allowed, and no change says so: %+v", q)
				}
				if after != avow.Allow && before == avow.Allow && !narrows && !moves {
					t.Fatalf("no longer allowed, and no change says so: %+v", q)
				}
			}
		})
	}
}

func ask(p *policy.Program, q policy.Query, s avow.Standing) avow.Verdict {
	if s.Acceptance.State == avow.AcceptedPolicy {
		s.Acceptance.Policy = p.Hash()
	}
	b := p.Bind(&s, noon)
	return p.Decide(&q, &b).Verdict
}

func randomQuestion(r *rand.Rand) policy.Query {
	word := func(words ...string) string { return words[r.IntN(len(words))] }
	return policy.Query{
		Verb:      avow.Verb(1 + r.IntN(avow.Verbs-1)),
		Datum:     avow.Datum(word("email", "phone", "location-precise", "password", "crash-log")),
		Purpose:   avow.Purpose(word("manage-account", "support", "show-map", "marketing", "fix-faults", "legal-claims")),
		Point:     avow.Point(word("sign-up", "on-the-way")),
		Feature:   avow.Feature(word("", "account", "maps")),
		Source:    avow.Source(word("", "person", "device", "friends", "press")),
		Recipient: avow.Recipient(word("", "map-maker", "host", "police", "heir")),
		Role:      avow.Role(word("desk", "engine")),
		Region:    avow.Region(word("", "", "", "CN", "US-CA")),
		Ground:    word("", "court", "danger"),
		Facts:     avow.Facts(r.Uint32() | r.Uint32() | r.Uint32()),
	}
}

func randomPerson(r *rand.Rand) avow.Standing {
	s := avow.Standing{
		Account: avow.Open, Age: avow.KnownAdult, Acceptance: avow.Acceptance{State: avow.AcceptedPolicy},
		Documents: []avow.Acceptance{{State: avow.AcceptedPolicy, Version: "map-terms@2"}},
	}
	for _, c := range []avow.Choice{"offers", "position", "profile", "abroad"} {
		chose(c, []avow.ChoiceState{avow.Given, avow.Given, avow.NotAsked, avow.Withdrawn}[r.IntN(4)])(&s)
	}
	if r.IntN(4) == 0 {
		s.Age = avow.AgeBand(r.IntN(3))
	}
	if r.IntN(4) == 0 {
		s.Signals, s.SignalAt = avow.SignalGPC, noon
	}
	if r.IntN(4) == 0 {
		s.Acceptance.State = avow.AcceptState(r.IntN(3))
	}
	return s
}

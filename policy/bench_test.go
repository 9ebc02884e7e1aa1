package policy_test

import (
	"fmt"
	"math/bits"
	"math/rand/v2"
	"strings"
	"testing"

	"avow.dev"
	"avow.dev/policy"
	"avow.dev/policy/syntax"
)

// The benchmark policy has the size of a grown product: 16 features, 40 kinds
// of data, 12 purposes (half of them on consent), 15 recipients, 8 grounds.
const (
	benchFeatures, benchData, benchPurposes, benchRecipients, benchGrounds = 16, 40, 12, 15, 8
)

func benchPolicy(t testing.TB) *policy.Program {
	var b strings.Builder
	list := func(word string, from, to int) string {
		var w []string
		for i := from; i < to; i++ {
			w = append(w, fmt.Sprintf("%s-%d", word, i))
		}
		return "[" + strings.Join(w, ", ") + "]"
	}
	b.WriteString("avow: 1\npolicy: bench\nversion: '1'\neffective: 2026-01-01\nmode: enforce\nlanguages: [en]\nlaw: [eu]\n")
	b.WriteString("controller:\n  id: us\n  name: {en: Haven}\n  contacts:\n    - {id: mail, kind: email, value: privacy@haven.example, for: [questions]}\n  region: DE\n")
	b.WriteString("scope:\n  - {id: app, kind: app, name: {en: App}}\nacceptance: {id: accept, required: true}\nroles:\n  - {id: desk, name: {en: Desk}}\n  - {id: engine, name: {en: Engine}}\nfeatures:\n")
	for i := range benchFeatures {
		fmt.Fprintf(&b, "  - {id: feature-%d, name: {en: Feature}}\n", i)
	}
	b.WriteString("data:\n")
	for i := range benchData {
		fmt.Fprintf(&b, "  - {id: datum-%d, term: email}\n", i)
	}
	b.WriteString("purposes:\n")
	for i := range benchPurposes {
		fmt.Fprintf(&b, "  - {id: purpose-%d, term: support-people, term: pay}\n", i)
	}
	b.WriteString("choices:\n")
	for i := range benchPurposes / 2 {
		fmt.Fprintf(&b, "  - {id: choice-%d, name: {en: Choice}, kind: consent, for: [purpose-%d], signal: [gpc]}\n", i, i)
	}
	b.WriteString("use:\n")
	for i := range benchPurposes {
		basis, needs := "contract", ""
		if i < benchPurposes/2 {
			basis, needs = "consent", fmt.Sprintf(", needs: {choice: [choice-%d], age: not-minor}", i)
		}
		fmt.Fprintf(&b, "  - {id: use-%d, data: %s, for: [purpose-%d], by: [desk], feature: %s, basis: %s%s}\n", i, list("datum", i, min(benchData, i+20)), i, list("feature", i, benchFeatures), basis, needs)
		fmt.Fprintf(&b, "  - {id: use-more-%d, data: %s, for: [purpose-%d], by: [engine], basis: %s%s}\n", i, list("datum", i+10, benchData), i, basis, needs)
	}
	b.WriteString("recipients:\n")
	for i := range benchRecipients {
		fmt.Fprintf(&b, "  - {id: recipient-%d, name: {en: R}, kind: processor}\n", i)
	}
	b.WriteString("demands:\n")
	for i := range benchGrounds {
		fmt.Fprintf(&b, "  - {id: ground-%d, ground: law, requires: [citation], approvals: 2}\n", i)
	}
	b.WriteString("share:\n")
	for i := range benchPurposes {
		fmt.Fprintf(&b, "  - {id: share-%d, verb: entrust, data: %s, to: %s, for: [purpose-%d], basis: contract}\n", i, list("datum", i, benchData), list("recipient", i, benchRecipients), i)
		fmt.Fprintf(&b, "  - {id: duty-%d, verb: entrust, data: %s, to: %s, for: [purpose-%d], basis: legal-duty, ground: %s}\n", i, list("datum", 0, 10), list("recipient", 0, benchRecipients), i, list("ground", 0, benchGrounds))
	}
	f, faults := syntax.Parse("bench.yaml", []byte(strings.ReplaceAll(b.String(), "term: support-people, ", "")))
	if len(faults) > 0 {
		t.Fatal(faults.Format())
	}
	return compile(t, f)
}

const benchQuestions = 4096

func benchQuery(r *rand.Rand) policy.Query {
	q := policy.Query{
		Verb:    avow.Use,
		Datum:   avow.Datum(fmt.Sprintf("datum-%d", r.IntN(benchData))),
		Purpose: avow.Purpose(fmt.Sprintf("purpose-%d", r.IntN(benchPurposes))),
		Role:    []avow.Role{"desk", "engine"}[r.IntN(2)],
		Feature: avow.Feature(fmt.Sprintf("feature-%d", r.IntN(benchFeatures))),
	}
	if r.IntN(2) == 0 {
		q.Verb, q.Role, q.Feature = avow.Entrust, "", ""
		q.Recipient = avow.Recipient(fmt.Sprintf("recipient-%d", r.IntN(benchRecipients)))
		q.Ground = fmt.Sprintf("ground-%d", r.IntN(benchGrounds))
	}
	return q
}

func benchQuestionsOf(p *policy.Program) ([]policy.Query, []avow.Standing) {
	r := rand.New(rand.NewPCG(1, 2))
	queries, standings := make([]policy.Query, benchQuestions), make([]avow.Standing, 16)
	for i := range queries {
		queries[i] = benchQuery(r)
	}
	for i := range standings {
		standings[i] = member(p)
		for c := range benchPurposes / 2 {
			chose(avow.Choice(fmt.Sprintf("choice-%d", c)), avow.ChoiceState(r.IntN(4)))(&standings[i])
		}
	}
	return queries, standings
}

func benchSetup(b *testing.B) (*policy.Program, []policy.Query, []policy.Bound) {
	p := benchPolicy(b)
	queries, standings := benchQuestionsOf(p)
	bounds := make([]policy.Bound, len(standings))
	for i := range bounds {
		bounds[i] = p.Bind(&standings[i], noon)
	}
	b.ReportAllocs()
	b.ResetTimer()
	return p, queries, bounds
}

func BenchmarkDecideNames(b *testing.B) {
	p, queries, bounds := benchSetup(b)
	var sink avow.Reasons
	for i := 0; b.Loop(); i++ {
		sink |= p.Decide(&queries[i%benchQuestions], &bounds[i%16]).Reasons
	}
	_ = sink
}

func BenchmarkDecideIDs(b *testing.B) {
	p, queries, bounds := benchSetup(b)
	ids := make([]policy.IDs, len(queries))
	for i := range queries {
		ids[i] = p.Intern(&queries[i])
	}
	var sink avow.Reasons
	b.ResetTimer()
	for i := 0; b.Loop(); i++ {
		sink |= p.DecideIDs(&ids[i%benchQuestions], &bounds[i%16]).Reasons
	}
	_ = sink
}

func BenchmarkAllowed(b *testing.B) {
	p, queries, bounds := benchSetup(b)
	ids := make([]policy.IDs, len(queries))
	for i := range queries {
		ids[i] = p.Intern(&queries[i])
	}
	var sink policy.Data
	b.ResetTimer()
	for i := 0; b.Loop(); i++ {
		sink = p.Allowed(&ids[i%benchQuestions], &bounds[i%16])
	}
	_ = sink
}

func BenchmarkBind(b *testing.B) {
	p, _, _ := benchSetup(b)
	s := member(p)
	for c := range benchPurposes / 2 {
		chose(avow.Choice(fmt.Sprintf("choice-%d", c)), avow.Given)(&s)
	}
	for b.Loop() {
		bound := p.Bind(&s, noon)
		_ = bound
	}
}

// floor is what a programmer would write by hand for this one policy: four Go
// maps from names to numbers, a table of masks, and no generality. It gives the
// same reasons as the program, which a test holds it to.
type floor struct {
	data, purposes, wide, narrow map[string]uint8 // wide: features and recipients; narrow: roles and grounds
	cells                        [2][benchData][benchPurposes][2]floorRule
	undeclared                   [2][benchData][benchPurposes]avow.Reasons
}

type floorRule struct {
	wide, narrow uint64
	need         uint64
	shifts       uint64 // where misses of wide and narrow go
	choice       uint8
	chooses      uint64
	there        bool
}

// floorID is a question to the floor in numbers.
type floorID struct{ verb, datum, purpose, wide, narrow uint8 }

// floorStanding is what the floor wants to know of a person.
type floorStanding struct {
	holds   uint64
	choices [8]uint64
}

func numbered(word string, n int) map[string]uint8 {
	m := map[string]uint8{}
	for i := range n {
		m[fmt.Sprintf("%s-%d", word, i)] = uint8(i)
	}
	return m
}

func below(n int) uint64 { return 1<<n - 1 }

func newFloor() *floor {
	f := &floor{data: numbered("datum", benchData), purposes: numbered("purpose", benchPurposes), wide: numbered("feature", benchFeatures), narrow: numbered("ground", benchGrounds)}
	for w, i := range numbered("recipient", benchRecipients) {
		f.wide[w] = i
	}
	f.narrow["desk"], f.narrow["engine"] = 0, 1
	const person = 1<<avow.OnHold | 1<<avow.NotYetEffective | 1<<avow.ErasurePending
	const member = person | 1<<avow.NoAccount | 1<<avow.AccountClosed | 1<<avow.AccountFrozen | 1<<avow.NotAccepted | 1<<avow.AcceptanceRefused | 1<<avow.AcceptanceOutdated
	put := func(verb, d, p int, r floorRule) {
		r.there = true
		cell := &f.cells[verb][d][p]
		if cell[0].there {
			cell[1] = r
			return
		}
		cell[0], cell[1] = r, r
	}
	for p := range benchPurposes {
		use := floorRule{narrow: 1, wide: below(benchFeatures) &^ below(p), need: member, shifts: 1<<avow.FeatureUndeclared | 1<<avow.RoleNotAllowed}
		more := floorRule{narrow: 2, need: member, shifts: 1 << avow.RoleNotAllowed}
		for _, r := range []*floorRule{&use, &more} {
			if p < benchPurposes/2 {
				r.choice, r.chooses = uint8(p), ^uint64(0)
				r.need |= 1 << avow.Minor
			}
		}
		share := floorRule{wide: below(benchRecipients) &^ below(p), need: member, shifts: 1 << avow.RecipientUndeclared}
		duty := floorRule{wide: below(benchRecipients), narrow: below(benchGrounds), need: person, shifts: 1<<avow.RecipientUndeclared | 1<<avow.GroundUndeclared}
		for d := range benchData {
			if d >= p && d < p+20 {
				put(0, d, p, use)
			}
			if d >= p+10 {
				put(0, d, p, more)
			}
			if d >= p {
				put(1, d, p, share)
			}
			if d < 10 {
				put(1, d, p, duty)
			}
		}
	}
	for verb := range f.cells {
		for d := range benchData {
			f.declare(verb, d)
		}
	}
	return f
}

func (f *floor) declare(verb, d int) {
	why := avow.VerbUndeclared.Set()
	for p := range benchPurposes {
		if f.cells[verb][d][p][0].there {
			why = avow.PurposeUndeclared.Set()
		}
	}
	for p := range benchPurposes {
		f.undeclared[verb][d][p] = why
	}
}

func (f *floor) names(q *policy.Query) floorID {
	if q.Verb == avow.Use {
		return floorID{0, f.data[string(q.Datum)], f.purposes[string(q.Purpose)], f.wide[string(q.Feature)], f.narrow[string(q.Role)]}
	}
	return floorID{1, f.data[string(q.Datum)], f.purposes[string(q.Purpose)], f.wide[string(q.Recipient)], f.narrow[q.Ground]}
}

func (f *floor) decide(id floorID, s *floorStanding) avow.Reasons {
	cell := &f.cells[id.verb][id.datum][id.purpose]
	if !cell[0].there {
		return f.undeclared[id.verb][id.datum][id.purpose]
	}
	ground := -uint64(id.verb) & (1<<avow.CitationMissing | 1<<avow.ApprovalMissing)
	a, b := cell[0].against(id, s, ground), cell[1].against(id, s, ground)
	if bits.OnesCount64(b) < bits.OnesCount64(a) {
		return avow.Reasons(b)
	}
	return avow.Reasons(a)
}

func (r *floorRule) against(id floorID, s *floorStanding, need uint64) uint64 {
	wide, narrow := ^(r.wide>>id.wide)&1, ^(r.narrow>>id.narrow)&1
	outside := wide<<avow.FeatureUndeclared | wide<<avow.RecipientUndeclared | narrow<<avow.RoleNotAllowed | narrow<<avow.GroundUndeclared
	return outside&r.shifts | (r.need|need)&^s.holds | s.choices[r.choice]&r.chooses
}

func floorBind(s *avow.Standing) floorStanding {
	b := floorStanding{holds: below(32)}
	for i, c := range s.Choices {
		switch c.State {
		case avow.NotAsked:
			b.choices[i] = 1 << avow.ConsentMissing
		case avow.Refused:
			b.choices[i] = 1 << avow.ConsentRefused
		case avow.Withdrawn:
			b.choices[i] = 1 << avow.ConsentWithdrawn
		}
	}
	return b
}

func TestFloorGivesTheSameAnswers(t *testing.T) {
	t.Parallel()
	p, f := benchPolicy(t), newFloor()
	queries, standings := benchQuestionsOf(p)
	allowed := 0
	for i := range queries {
		s := &standings[i%16]
		b, fs := p.Bind(s, noon), floorBind(s)
		want, got := p.Decide(&queries[i], &b), f.decide(f.names(&queries[i]), &fs)
		if got != want.Reasons {
			t.Fatalf("%+v: floor says %v, program %v", queries[i], got.Codes(), want.Reasons.Codes())
		}
		if want.Verdict == avow.Allow {
			allowed++
		}
	}
	if allowed < benchQuestions/50 || allowed > benchQuestions*3/4 {
		t.Errorf("%d of %d allowed: not much of a mixture", allowed, benchQuestions)
	}
}

func floorSetup(b *testing.B) (*floor, []policy.Query, [16]floorStanding) {
	queries, standings := benchQuestionsOf(benchPolicy(b))
	var bound [16]floorStanding
	for i := range bound {
		bound[i] = floorBind(&standings[i])
	}
	b.ReportAllocs()
	b.ResetTimer()
	return newFloor(), queries, bound
}

func BenchmarkFloorNames(b *testing.B) {
	f, queries, bound := floorSetup(b)
	var sink avow.Reasons
	for i := 0; b.Loop(); i++ {
		sink |= f.decide(f.names(&queries[i%benchQuestions]), &bound[i%16])
	}
	_ = sink
}

func BenchmarkFloorIDs(b *testing.B) {
	f, queries, bound := floorSetup(b)
	ids := make([]floorID, len(queries))
	for i := range queries {
		ids[i] = f.names(&queries[i])
	}
	b.ResetTimer()
	var sink avow.Reasons
	for i := 0; b.Loop(); i++ {
		sink |= f.decide(ids[i%benchQuestions], &bound[i%16])
	}
	_ = sink
}

func TestDecisionsAllocateNothing(t *testing.T) {
	p := benchPolicy(t)
	s := member(p)
	q := policy.Query{Verb: avow.Entrust, Datum: "datum-3", Purpose: "purpose-2", Recipient: "recipient-9", Ground: "ground-1", Facts: facts(avow.FactCitation)}
	if n := testing.AllocsPerRun(100, func() {
		b := p.Bind(&s, noon)
		r := p.Decide(&q, &b)
		ids := p.Intern(&q)
		if r.Verdict != avow.Refuse || p.DecideIDs(&ids, &b).Reasons != r.Reasons {
			t.Error("decided otherwise")
		}
		_ = p.Allowed(&ids, &b)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

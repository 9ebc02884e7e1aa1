package bench_test

import (
	"context"
	"slices"
	"testing"

	"github.com/cedar-policy/cedar-go"
	"github.com/open-policy-agent/opa/v1/ast"

	"avow.dev"
	"avow.dev/bench/peer"
	"avow.dev/policy"
	"avow.dev/policy/reference"
)

const (
	questions = 4096
	people    = 64
	seed      = 20261121
	ousiqi    = "../examples/ousiqi/policy.yaml"
)

// trial is a policy with questions about it.
type trial struct {
	program   *policy.Program
	rules     []peer.Rule
	people    []peer.Person
	questions []peer.Question
}

func newTrial(t testing.TB) *trial {
	t.Helper()
	p := compile(t, ousiqi)
	f := p.File()
	rules, err := peer.Flatten(f)
	if err != nil {
		t.Fatal(err)
	}
	tr := &trial{program: p, rules: rules, people: peer.People(f, p.Hash(), people, seed)}
	tr.questions = peer.Questions(f, rules, tr.people, questions, seed)
	return tr
}

// contender is an engine that answers the i-th question.
type contender struct {
	name   string
	decide func(i int) (bool, error)
}

// peers sets the other engines up. Those that are asked from a Go struct build
// what they are asked with at each call.
func (tr *trial) peers(t testing.TB) []contender {
	t.Helper()
	return slices.Concat(tr.cel(t), tr.cedar(t), tr.opa(t), tr.casbin(t))
}

func (tr *trial) cel(t testing.TB) []contender {
	c, err := peer.NewCEL(tr.rules)
	must(t, err)
	vars := make([]any, questions)
	granted, facts := make([]map[string]bool, questions), make([]map[string]bool, questions)
	for i := range tr.questions {
		q := &tr.questions[i]
		vars[i], err = c.Prepare(q)
		must(t, err)
		granted[i], facts[i] = peer.Truths(q.Person.Granted), peer.Truths(q.Shown())
	}
	return []contender{
		{"cel", func(i int) (bool, error) { q := &tr.questions[i]; return c.Decide(q.Verb, q.Purpose, vars[i]) }},
		{"cel-struct", func(i int) (bool, error) {
			q := &tr.questions[i]
			return c.Decide(q.Verb, q.Purpose, c.Variables(q, granted[i], facts[i]))
		}},
	}
}

func (tr *trial) cedar(t testing.TB) []contender {
	c, err := peer.NewCedar(tr.rules, tr.people)
	must(t, err)
	requests := make([]cedar.Request, questions)
	for i := range tr.questions {
		requests[i] = c.Prepare(&tr.questions[i])
	}
	return []contender{
		{"cedar", func(i int) (bool, error) { return c.Decide(requests[i]), nil }},
		{"cedar-struct", func(i int) (bool, error) { return c.Decide(c.Prepare(&tr.questions[i])), nil }},
	}
}

func (tr *trial) opa(t testing.TB) []contender {
	o, err := peer.NewOPA(t.Context(), tr.rules)
	must(t, err)
	ctx := context.Background()
	inputs, maps := make([]ast.Value, questions), make([]map[string]any, questions)
	for i := range tr.questions {
		inputs[i], err = o.Prepare(&tr.questions[i])
		must(t, err)
		maps[i] = o.Input(&tr.questions[i])
	}
	return []contender{
		{"opa", func(i int) (bool, error) { return o.Decide(ctx, inputs[i]) }},
		{"opa-map", func(i int) (bool, error) { return o.DecideMap(ctx, maps[i]) }},
	}
}

func (tr *trial) casbin(t testing.TB) []contender {
	c, err := peer.NewCasbin(tr.rules)
	must(t, err)
	qs := make([]*peer.CasbinQuestion, questions)
	for i := range tr.questions {
		qs[i] = c.Prepare(&tr.questions[i])
	}
	return []contender{{"casbin", func(i int) (bool, error) { return c.Decide(qs[i]) }}}
}

// prepared is the trial as Avow and the floor take it: queries by name, people
// bound beforehand.
type prepared struct {
	queries []policy.Query
	bounds  []policy.Bound
	ids     []policy.IDs
	floor   *peer.Floor
	persons []peer.FloorPerson
	numbers []peer.FloorID
}

func (tr *trial) prepare() *prepared {
	p := &prepared{floor: peer.NewFloor(tr.program.File(), tr.rules)}
	for i := range tr.people {
		p.bounds = append(p.bounds, tr.program.Bind(&tr.people[i].Standing, peer.Now()))
		p.persons = append(p.persons, p.floor.Bind(&tr.people[i]))
	}
	for i := range tr.questions {
		q := tr.questions[i].Query()
		p.queries = append(p.queries, q)
		p.ids = append(p.ids, tr.program.Intern(&q))
		p.numbers = append(p.numbers, p.floor.Names(&q))
	}
	return p
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestEnginesAgree comes before every comparison of speed: Avow, the reference
// interpreter, the flat rules, the floor and all peers give one verdict on every
// question.
func TestEnginesAgree(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	p, engines := tr.prepare(), tr.peers(t)
	ref := reference.New(tr.program.File(), tr.program.Hash())
	allowed, names := 0, 0
	for i := range tr.questions {
		q := &tr.questions[i]
		want := tr.program.Decide(&p.queries[i], &p.bounds[i%people])
		yes := want.Verdict == avow.Allow
		if got := ref.Decide(reference.Question(p.queries[i]), &q.Person.Standing, peer.Now()); got.Verdict != want.Verdict || got.Reasons != want.Reasons {
			t.Fatalf("%v: reference says %v, avow %v", q, got.Reasons.Codes(), want.Reasons.Codes())
		}
		if got := tr.program.DecideIDs(&p.ids[i], &p.bounds[i%people]); got.Verdict != want.Verdict {
			t.Fatalf("%v: avow by number says %v, by name %v", q, got.Verdict, want.Verdict)
		}
		if got := tr.program.Allowed(&p.ids[i], &p.bounds[i%people]).Has(p.queries[i].Datum); got != yes {
			t.Fatalf("%v: avow for all data says %v, for one %v", q, got, yes)
		}
		if got := peer.Allows(tr.rules, q); got != yes {
			t.Fatalf("%v: flat rules say %v, avow %v", q, got, want.Reasons.Codes())
		}
		if got := p.floor.Decide(&p.numbers[i], &p.persons[i%people]); (got == 0) != yes {
			t.Fatalf("%v: floor says %v, avow %v", q, got.Codes(), want.Reasons.Codes())
		}
		for _, e := range engines {
			if got, err := e.decide(i); err != nil || got != yes {
				t.Fatalf("%v: %s says %v (%v), avow %v", q, e.name, got, err, want.Reasons.Codes())
			}
		}
		names += q.Names()
		if yes {
			allowed++
		}
	}
	t.Logf("%d rules of the policy, %d flat; %d of %d allowed; %.2f names a question", len(tr.program.Rules()), len(tr.rules), allowed, questions, float64(names)/questions)
	if allowed < questions/4 || allowed > questions*35/100 {
		t.Errorf("%d of %d allowed: not the mixture that is meant", allowed, questions)
	}
}

// BenchmarkDecide asks the same questions of all engines.
func BenchmarkDecide(b *testing.B) {
	tr := newTrial(b)
	p := tr.prepare()
	benchAvow(b, tr.program, p)
	benchFloor(b, p)
	for _, e := range tr.peers(b) {
		b.Run(e.name, func(b *testing.B) {
			defer costs(b)()
			for i := 0; b.Loop(); i++ {
				if _, err := e.decide(i % questions); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func benchAvow(b *testing.B, program *policy.Program, p *prepared) {
	var reasons avow.Reasons
	b.Run("avow", func(b *testing.B) {
		defer costs(b)()
		for i := 0; b.Loop(); i++ {
			reasons |= program.Decide(&p.queries[i%questions], &p.bounds[i%people]).Reasons
		}
	})
	b.Run("avow-ids", func(b *testing.B) {
		defer costs(b)()
		for i := 0; b.Loop(); i++ {
			reasons |= program.DecideIDs(&p.ids[i%questions], &p.bounds[i%people]).Reasons
		}
	})
	b.Run("avow-all-data", func(b *testing.B) {
		defer costs(b)()
		var data policy.Data
		for i := 0; b.Loop(); i++ {
			data = program.Allowed(&p.ids[i%questions], &p.bounds[i%people])
		}
		_ = data
	})
	_ = reasons
}

func benchFloor(b *testing.B, p *prepared) {
	var reasons avow.Reasons
	b.Run("floor", func(b *testing.B) {
		defer costs(b)()
		for i := 0; b.Loop(); i++ {
			id := p.floor.Names(&p.queries[i%questions])
			reasons |= p.floor.Decide(&id, &p.persons[i%people])
		}
	})
	b.Run("floor-ids", func(b *testing.B) {
		defer costs(b)()
		for i := 0; b.Loop(); i++ {
			reasons |= p.floor.Decide(&p.numbers[i%questions], &p.persons[i%people])
		}
	})
	_ = reasons
}

// costs reports allocations and, at the end, the processor time of an operation.
// Set-up before the call does not count.
func costs(b *testing.B) func() {
	b.Helper()
	b.ReportAllocs()
	used := processTime(b)
	return func() { b.ReportMetric(float64((processTime(b)-used).Nanoseconds())/float64(b.N), "cpu-ns/op") }
}

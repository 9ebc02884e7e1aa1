package peer

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"avow.dev"
	"avow.dev/policy"
	"avow.dev/policy/syntax"
)

// Question is one question about one person, in words.
type Question struct {
	Verb    avow.Verb
	Datum   string
	Purpose string
	Dims    [numDims]string // "" is not named
	Facts   avow.Facts
	Person  *Person
}

// Query is the question as Avow takes it.
func (q *Question) Query() policy.Query {
	return policy.Query{
		Verb: q.Verb, Datum: avow.Datum(q.Datum), Purpose: avow.Purpose(q.Purpose), Point: avow.Point(q.Dims[Point]),
		Feature: avow.Feature(q.Dims[Feature]), Source: avow.Source(q.Dims[Source]), Recipient: avow.Recipient(q.Dims[Recipient]),
		Role: avow.Role(q.Dims[Role]), Ground: q.Dims[Ground], Facts: q.Facts,
	}
}

// Names counts the words that the question names.
func (q *Question) Names() int {
	n := 2
	for _, w := range q.Dims {
		if w != "" {
			n++
		}
	}
	return n
}

// Shown returns the words of the facts that are shown.
func (q *Question) Shown() []string {
	var list []string
	for f := range avow.Fact(avow.NumFacts) {
		if q.Facts.Has(f) {
			list = append(list, f.String())
		}
	}
	return list
}

// Person is a person's standing with what the other engines see of it: the
// choices that stand in favour are worked out for them, as [policy.Program.Bind]
// does for Avow.
type Person struct {
	Number   int
	Standing avow.Standing
	Account  string
	Accepted bool
	Adult    bool
	Minor    bool
	Guardian bool
	Free     bool // no hold
	Granted  []string
}

// now is the time of all questions.
var now = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// Now returns the time of all questions.
func Now() time.Time { return now }

// People makes n people of all sorts, the same for the same seed.
func People(f *syntax.File, hash avow.Hash, n int, seed uint64) []Person {
	r := rand.New(rand.NewPCG(seed, 1))
	people := make([]Person, n)
	for i := range people {
		people[i] = person(f, hash, r)
		people[i].Number = i
	}
	return people
}

func person(f *syntax.File, hash avow.Hash, r *rand.Rand) Person {
	p := Person{}
	s := &p.Standing
	s.Account = oneOf(r, avow.Open, avow.Open, avow.Open, avow.Open, avow.Open, avow.Open, avow.NoRelation, avow.Frozen, avow.Closing, avow.Closed)
	s.Acceptance.State = avow.AcceptedPolicy
	s.Acceptance.Policy = hash
	if r.IntN(12) == 0 {
		s.Acceptance.Policy = "another text"
	}
	if r.IntN(16) == 0 {
		s.Acceptance.State = oneOf(r, avow.NeverAsked, avow.RefusedPolicy)
	}
	s.Age = oneOf(r, avow.KnownAdult, avow.KnownAdult, avow.AgeNotKnown, avow.KnownMinor)
	s.Guardian = r.IntN(2) == 0
	s.Hold = r.IntN(24) == 0
	if r.IntN(4) == 0 {
		s.Signals, s.SignalAt = avow.SignalGPC, now.Add(-time.Hour)
	}
	for _, e := range f.Choices {
		c := avow.Chosen{Choice: avow.Choice(e.ID.Text), At: now.AddDate(0, 0, -r.IntN(9))}
		c.State = oneOf(r, avow.Given, avow.Given, avow.Given, avow.NotAsked, avow.Refused, avow.Withdrawn)
		if c.State != avow.NotAsked {
			s.Choices = append(s.Choices, c)
		}
		if favours(&e, c, s) {
			p.Granted = append(p.Granted, e.ID.Text)
		}
	}
	slices.SortFunc(s.Choices, func(a, b avow.Chosen) int { return compare(a.Choice, b.Choice) })
	p.Account, p.Accepted = s.Account.String(), s.Acceptance.State == avow.AcceptedPolicy && s.Acceptance.Policy == hash
	p.Adult, p.Minor, p.Guardian, p.Free = s.Age == avow.KnownAdult, s.Age == avow.KnownMinor, s.Guardian, !s.Hold
	return p
}

func compare(a, b avow.Choice) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// favours reports whether a choice stands in favour.
func favours(e *syntax.Choice, c avow.Chosen, s *avow.Standing) bool {
	if has(e.Signal, "gpc") && s.Signals&avow.SignalGPC != 0 && (c.State != avow.Given || !c.At.After(s.SignalAt)) {
		return false
	}
	if c.State == avow.NotAsked {
		return e.Kind.Text == "opt-out" || e.Kind.Text == "per-event"
	}
	return c.State == avow.Given
}

// Questions makes n questions, the same for the same seed: a part drawn near a
// rule, the others from all words that the verb knows.
func Questions(f *syntax.File, rules []Rule, people []Person, n int, seed uint64) []Question {
	r := rand.New(rand.NewPCG(seed, 2))
	v := vocabularyOf(f)
	qs := make([]Question, n)
	for i := range qs {
		qs[i] = v.question(r, &rules[r.IntN(len(rules))])
		qs[i].Person = &people[i%len(people)]
	}
	return qs
}

type vocabulary struct {
	data, purposes []string
	dims           [numDims][]string
}

func vocabularyOf(f *syntax.File) *vocabulary {
	v := &vocabulary{}
	for _, e := range f.Data {
		v.data = append(v.data, e.ID.Text)
	}
	for _, e := range f.Purposes {
		v.purposes = append(v.purposes, e.ID.Text)
	}
	for _, e := range f.Points {
		v.dims[Point] = append(v.dims[Point], e.ID.Text)
	}
	for _, e := range f.Features {
		v.dims[Feature] = append(v.dims[Feature], e.ID.Text)
	}
	v.dims[Source] = []string{"person", "device"}
	for _, e := range f.Parties {
		v.dims[Recipient] = append(v.dims[Recipient], e.ID.Text)
	}
	for _, e := range f.Roles {
		v.dims[Role] = append(v.dims[Role], e.ID.Text)
	}
	for _, e := range f.Demands {
		v.dims[Ground] = append(v.dims[Ground], e.ID.Text)
	}
	return v
}

// asked lists the dimensions that a question with a verb names.
func asked(verb avow.Verb) []int {
	switch verb {
	case avow.Collect:
		return []int{Point, Feature, Source}
	case avow.Use:
		return []int{Role, Feature}
	case avow.Disclose:
		return []int{Recipient, Ground}
	case avow.Release:
		return nil
	}
	return []int{Recipient}
}

// Of ten words near a rule, one is a stray; three questions in twenty lie
// anywhere.
func (v *vocabulary) question(r *rand.Rand, near *Rule) Question {
	stray := 40
	if r.IntN(20) < 3 {
		stray = 1
	}
	word := func(of, all []string) string {
		if len(of) == 0 || r.IntN(stray) == 0 {
			of = all
		}
		return of[r.IntN(len(of))]
	}
	q := Question{Verb: near.Verb, Datum: word(near.Data, v.data), Purpose: word(near.Purposes, v.purposes)}
	for _, d := range asked(q.Verb) {
		q.Dims[d] = word(near.Dims[d], v.dims[d])
	}
	for f := range avow.Fact(avow.NumFacts) {
		if r.IntN(16) != 0 {
			q.Facts = q.Facts.With(f)
		}
	}
	return q
}

func oneOf[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }

// String says the question in one line.
func (q *Question) String() string {
	return fmt.Sprintf("%s %s for %s %v %v by person %d (%s)", q.Verb, q.Datum, q.Purpose, q.Dims, q.Shown(), q.Person.Number, q.Person.Account)
}

package exhaust

import (
	"fmt"
	"slices"
	"strings"

	"avow.dev"
	"avow.dev/policy"
	"avow.dev/policy/reference"
)

// productLimit is how many combinations of conditions are tried for each set of
// rules.
const productLimit = 3000

// local is the work on one cell.
type local struct {
	*checker
	name  cellName
	cell  *reference.Cell
	found *Counterexample

	wordings, decisions int
}

// situation is a world with its parts.
type situation struct {
	knocks []knock
	world  world
	bound  policy.Bound
}

func (c *checker) situation(knocks ...knock) *situation {
	s := &situation{knocks: knocks, world: worldWith(c.base, knocks)}
	s.bound = c.p.Bind(&s.world.standing, s.world.now)
	return s
}

func (c *checker) check(name cellName) *local {
	l := &local{checker: c, name: name, cell: c.ref.Cell(name.verb, avow.Datum(name.datum), avow.Purpose(name.purpose))}
	if c.stop() {
		return l
	}
	active := c.active(l.cell, name)
	knocks := l.knocks(active)
	allowing := l.words(active, knocks)
	for _, w := range allowing {
		l.pairs(w, knocks)
	}
	if len(allowing) > 0 && c.first(l.key(allowing)) {
		for _, w := range allowing {
			l.combine(w, knocks)
		}
	}
	if l.found != nil {
		l.found.shrink(c)
	}
	return l
}

// knocks lists what can go wrong in the cell.
func (l *local) knocks(active [numDims]bool) []knock {
	list := slices.Clone(l.day)
	if l.cell.Rules() == 0 {
		return list
	}
	choices := l.cell.Choices()
	for i := range l.p.File().Places {
		for _, w := range l.p.File().Places[i].Choice {
			if !slices.Contains(choices, avow.Choice(w.Text)) {
				choices = append(choices, avow.Choice(w.Text))
			}
		}
	}
	return append(append(list, choosing(l.p, choices)...), showing(l.facts(active))...)
}

// facts returns the facts that matter to some wording of the cell.
func (l *local) facts(active [numDims]bool) avow.Reasons {
	var used avow.Reasons
	for w := range l.words0(active) {
		q := l.checker.words.query(l.name.verb, l.name.datum, l.name.purpose, w)
		used |= l.cell.Needs(reference.Question(q), &l.base.standing, l.base.now)
	}
	return used
}

// words0 yields each single word of every dimension, and nothing else.
func (l *local) words0(active [numDims]bool) func(func(wording) bool) {
	return func(yield func(wording) bool) {
		if !yield(wording{}) {
			return
		}
		l.checker.words.sweep(wording{}, [numDims]bool{})(func(w wording) bool {
			return yield(w)
		})
		// A permission looks at source and feature together.
		if !active[1] || !active[2] {
			return
		}
		pairs := [numDims]bool{1: true, 2: true}
		l.checker.words.product(pairs)(yield)
	}
}

// words is step 1. It returns one wording for each rule that allows.
func (l *local) words(active [numDims]bool, knocks []knock) []wording {
	all := l.singles(knocks)
	seen := map[avow.RuleID]bool{}
	var allowing []wording
	for w := range l.checker.words.product(active) {
		rule := l.ask(w, all)
		if l.found != nil {
			return nil
		}
		if rule != "" && !seen[rule] {
			seen[rule] = true
			allowing = append(allowing, w)
		}
	}
	l.others(allowing, active, all)
	return allowing
}

// others asks the words that nothing in the cell looks at, one at a time. Where
// there are no rules, a declared and an undeclared word of each kind stand for
// the rest.
func (l *local) others(allowing []wording, active [numDims]bool, all []*situation) {
	v := &l.checker.words
	if l.cell.Rules() == 0 {
		v = &vocabulary{}
		for d, list := range l.checker.words.dims {
			v.dims[d] = list[:min(2, len(list))]
		}
		for d := range numDims {
			l.ask(l.checker.words.strange(d), all)
		}
	}
	if len(allowing) == 0 {
		allowing = []wording{{}}
	}
	for _, a := range allowing {
		for w := range v.sweep(a, active) {
			l.ask(w, all)
		}
	}
}

// ask asks one wording in the worlds that matter for it, and returns the rule
// that allows it when all is well.
func (l *local) ask(w wording, all []*situation) avow.RuleID {
	l.wordings++
	q := l.query(w)
	rule := l.compare(q, all[0])
	l.compare(q, all[1])
	singles := all[2:]
	if rule == "" && len(singles) > 0 {
		at := l.wordings % len(singles)
		singles = singles[at : at+1]
	}
	for _, s := range singles {
		l.compare(q, s)
	}
	return rule
}

// singles returns the situations of step 1: all well, all amiss, one thing amiss.
func (l *local) singles(knocks []knock) []*situation {
	list := []*situation{l.situation(), l.situation(worst(l.base, knocks)...)}
	if l.cell.Rules() == 0 {
		return list
	}
	for _, k := range knocks {
		list = append(list, l.situation(k))
	}
	return list
}

// pairs is step 2.
func (l *local) pairs(w wording, knocks []knock) {
	q := l.query(w)
	for i, a := range knocks {
		for _, b := range knocks[i+1:] {
			if a.kind != b.kind {
				l.compare(q, l.situation(a, b))
			}
		}
	}
}

// combine is step 3: every choice of at most one knock of each kind.
func (l *local) combine(w wording, knocks []knock) {
	var kinds [][]knock
	place := map[string]int{}
	for _, k := range knocks {
		i, ok := place[k.kind]
		if !ok {
			i = len(kinds)
			place[k.kind] = i
			kinds = append(kinds, nil)
		}
		kinds[i] = append(kinds[i], k)
	}
	total := 1
	for _, k := range kinds {
		total = min(total*(len(k)+1), 1<<40)
	}
	// An odd step close to the golden section visits all digits evenly.
	step := 1
	if total > productLimit {
		step = int(float64(total)*0.6180339887)/productLimit | 1
	}
	q := l.query(w)
	for i, n := 0, 0; n < min(total, productLimit); i, n = i+step, n+1 {
		l.compare(q, l.situation(pick(kinds, i)...))
	}
}

// pick reads a number as one choice from each kind.
func pick(kinds [][]knock, number int) []knock {
	var list []knock
	for _, k := range kinds {
		i := number % (len(k) + 1)
		number /= len(k) + 1
		if i > 0 {
			list = append(list, k[i-1])
		}
	}
	return list
}

func (l *local) query(w wording) policy.Query {
	return l.checker.words.query(l.name.verb, l.name.datum, l.name.purpose, w)
}

// key names the set of rules that the wordings are allowed by.
func (l *local) key(allowing []wording) string {
	var b strings.Builder
	for _, w := range allowing {
		q := l.query(w)
		q.Facts = allFacts
		bound := l.p.Bind(&l.base.standing, l.base.now)
		fmt.Fprintf(&b, "%s ", l.p.Decide(&q, &bound).Rule)
	}
	fmt.Fprint(&b, l.cell.Choices(), l.cell.Rules())
	return b.String()
}

// compare asks both, notes the first difference, and returns the rule that
// allows, if one does.
func (l *local) compare(q policy.Query, s *situation) avow.RuleID {
	l.decisions++
	if l.found != nil {
		return ""
	}
	q.Facts = s.world.facts
	got, d := differ(l.p, l.cell, &q, s)
	if d != nil {
		d.knocks = s.knocks
		l.found = d
	}
	if got.Verdict != avow.Allow {
		return ""
	}
	return got.Rule
}

// differ returns the program's answer and its difference from the reference, or
// nil.
func differ(p *policy.Program, cell *reference.Cell, q *policy.Query, s *situation) (avow.Ruling, *Counterexample) {
	ids := p.Intern(q)
	got := p.Ruling(p.DecideIDs(&ids, &s.bound))
	want := cell.Decide(reference.Question(*q), &s.world.standing, s.world.now)
	same := got.Verdict == want.Verdict && got.Reasons == want.Reasons && got.Rule == want.Rule &&
		slices.Equal(got.Obligations, want.Obligations) &&
		p.Allowed(&ids, &s.bound).Has(q.Datum) == (want.Verdict == avow.Allow)
	if same {
		return got, nil
	}
	return got, &Counterexample{Query: *q, Standing: s.world.standing, Now: s.world.now, Program: got,
		Reference: avow.Ruling{Verdict: want.Verdict, Reasons: want.Reasons, Rule: want.Rule, Obligations: want.Obligations}}
}

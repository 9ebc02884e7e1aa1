package exhaust

import (
	"runtime"
	"slices"
	"sync"

	"avow.dev"
	"avow.dev/policy"
	"avow.dev/policy/reference"
	"avow.dev/policy/syntax"
)

// Report says what was compared.
type Report struct {
	Cells     int // combinations of verb, datum and purpose, undeclared words included
	Wordings  int // combinations of all words of a question
	Decisions int // wordings under some standing, day and facts
}

// Check compares a program with the reference interpreter and returns the
// smallest question on which they part, or nil. Progress, if not nil, is told
// after each cell how many of how many are done, from one goroutine at a time.
//
// In each cell of (verb, datum, purpose) it asks
//
//  1. every combination of the words that the cell's rules, prohibitions and
//     permissions look at, and every single other word (where there are no
//     rules: one declared and the undeclared word of each kind), each in the world where
//     all is well and the one where all is amiss; those that are allowed when
//     all is well in each world where one thing is amiss too, while the others
//     take turns at these;
//  2. for each rule that can allow, one wording that it allows, with every pair
//     of things amiss;
//  3. once for each set of rules that cells share, every combination of things
//     amiss, up to productLimit of them evenly spread.
//
// Words and conditions meet in a decision only through what step 1 combines in
// full (a source that excuses from consent or stands behind a permission, the
// exceptions of prohibitions, the needs that single words bring along).
func Check(p *policy.Program, progress func(done, total int)) (Report, *Counterexample) {
	return (&checker{p: p, ref: reference.New(p.File(), p.Hash()), words: vocabularyOf(p.File()), base: well(p), day: everyday(p), seen: map[string]bool{}}).run(progress)
}

type checker struct {
	p     *policy.Program
	ref   *reference.Policy
	words vocabulary
	base  world
	day   []knock

	mu     sync.Mutex
	seen   map[string]bool // sets of rules whose conditions were combined in full
	report Report
	worst  *Counterexample
	failed int
}

type cellName struct {
	verb           avow.Verb
	datum, purpose string
}

// enough is how many cells may differ before the search for smaller
// counterexamples stops.
const enough = 64

func (c *checker) run(progress func(done, total int)) (Report, *Counterexample) {
	cells := c.cells()
	work := make(chan cellName)
	var wg sync.WaitGroup
	done := 0
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for name := range work {
				local := c.check(name)
				c.mu.Lock()
				c.add(local)
				if done++; progress != nil {
					progress(done, len(cells))
				}
				c.mu.Unlock()
			}
		})
	}
	for _, name := range cells {
		work <- name
	}
	close(work)
	wg.Wait()
	return c.report, c.worst
}

func (c *checker) add(l *local) {
	c.report.Cells++
	c.report.Wordings += l.wordings
	c.report.Decisions += l.decisions
	if l.found != nil {
		c.failed++
		if c.worst == nil || l.found.less(c.worst) {
			c.worst = l.found
		}
	}
}

func (c *checker) cells() []cellName {
	var list []cellName
	for v := range avow.Verbs {
		for _, d := range c.words.data {
			for _, p := range c.words.purposes {
				list = append(list, cellName{avow.Verb(v), d, p})
			}
		}
	}
	return list
}

// first reports whether a set of rules is seen for the first time.
func (c *checker) first(key string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.seen[key] {
		return false
	}
	c.seen[key] = true
	return true
}

func (c *checker) stop() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.failed >= enough
}

// active returns the dimensions that the rules of a cell look at, together with
// those of the prohibitions and permissions above them.
func (c *checker) active(cell *reference.Cell, name cellName) [numDims]bool {
	f := c.p.File()
	a := cell.Constrains()
	for i := range f.Never {
		e := &f.Never[i]
		if !forbids(e, name.verb) {
			continue
		}
		a[3] = a[3] || len(e.To) > 0
		for _, w := range e.Except {
			a[2] = a[2] || slices.Contains(c.words.dims[2], w.Text)
			a[6] = a[6] || slices.Contains(c.words.dims[6], w.Text)
		}
	}
	if name.verb == avow.Collect && cell.Rules() > 0 {
		for i := range f.Permissions {
			for _, w := range f.Permissions[i].Data {
				a[1] = a[1] || w.Text == name.datum
			}
		}
	}
	return a
}

// forbids reports whether a prohibition has to do with a verb.
func forbids(e *syntax.Never, verb avow.Verb) bool {
	return slices.ContainsFunc(e.Verbs, func(w syntax.Word) bool {
		v, ok := avow.ParseVerb(w.Text)
		return v == verb || !ok && verb == avow.Share
	})
}

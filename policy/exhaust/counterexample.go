package exhaust

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"avow.dev"
	"avow.dev/policy"
)

// Counterexample is a question that the compiled program and the reference
// interpreter answer differently.
type Counterexample struct {
	Query     policy.Query
	Standing  avow.Standing
	Now       time.Time
	Program   avow.Ruling
	Reference avow.Ruling

	knocks []knock
}

// Amiss lists what is not well in the standing, day and facts of the question.
func (x *Counterexample) Amiss() []string {
	var list []string
	for _, k := range x.knocks {
		list = append(list, k.name)
	}
	return list
}

// Size counts the words of the question and the things amiss.
func (x *Counterexample) Size() int {
	n := len(x.knocks)
	for _, w := range x.words() {
		if *w != "" {
			n++
		}
	}
	return n
}

// String says the question and the two answers in a few lines.
func (x *Counterexample) String() string {
	q := &x.Query
	var b strings.Builder
	fmt.Fprintf(&b, "%s %q for %q", q.Verb, q.Datum, q.Purpose)
	for i, name := range []string{"point", "feature", "source", "recipient", "role", "region", "ground"} {
		if w := *x.words()[i]; w != "" {
			fmt.Fprintf(&b, ", %s %q", name, w)
		}
	}
	if len(x.knocks) > 0 {
		fmt.Fprintf(&b, "; %s", strings.Join(x.Amiss(), ", "))
	}
	fmt.Fprintf(&b, "\n  program:   %s\n  reference: %s\n", answer(x.Program), answer(x.Reference))
	return b.String()
}

func answer(r avow.Ruling) string {
	s := fmt.Sprintf("%s %v", r.Verdict, r.Reasons.Codes())
	if r.Rule != "" {
		s += " by " + string(r.Rule)
	}
	for _, o := range r.Obligations {
		s += fmt.Sprintf(", %s %s", o.Kind, o.Arg)
	}
	return s
}

// words returns the seven words of the question as strings that can be set.
func (x *Counterexample) words() [numDims]*string {
	q := &x.Query
	return [numDims]*string{(*string)(&q.Point), (*string)(&q.Feature), (*string)(&q.Source), (*string)(&q.Recipient), (*string)(&q.Role), (*string)(&q.Region), &q.Ground}
}

func (x *Counterexample) less(y *Counterexample) bool {
	return cmp.Or(cmp.Compare(x.Size(), y.Size()), cmp.Compare(x.Query.Verb, y.Query.Verb), cmp.Compare(x.String(), y.String())) < 0
}

// shrink takes away words and things amiss as long as the answers still differ.
func (x *Counterexample) shrink(c *checker) {
	for again := true; again; {
		again = x.fewerKnocks(c) || x.fewerWords(c)
	}
}

func (x *Counterexample) fewerKnocks(c *checker) bool {
	for i := range x.knocks {
		if x.retry(c, x.Query, slices.Delete(slices.Clone(x.knocks), i, i+1)) {
			return true
		}
	}
	return false
}

func (x *Counterexample) fewerWords(c *checker) bool {
	for i := range numDims {
		y := *x
		if w := y.words()[i]; *w != "" {
			*w = ""
			if x.retry(c, y.Query, x.knocks) {
				return true
			}
		}
	}
	return false
}

// retry replaces x by a smaller question if the answers differ there too.
func (x *Counterexample) retry(c *checker, q policy.Query, knocks []knock) bool {
	s := c.situation(knocks...)
	q.Facts = s.world.facts
	_, d := differ(c.p, c.ref.Cell(q.Verb, q.Datum, q.Purpose), &q, s)
	if d == nil {
		return false
	}
	d.knocks = knocks
	*x = *d
	return true
}

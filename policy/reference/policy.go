package reference

import (
	"slices"
	"time"

	"avow.dev"
	"avow.dev/policy/syntax"
)

// Policy interprets one policy.
type Policy struct {
	file     *syntax.File
	accepted []avow.Hash
	rules    []rule // in the order of the file
}

// New returns the interpreter of a policy whose faults have been checked.
// Accepted are the hashes that a person may have accepted: the policy's own and
// those of other texts that still count.
func New(f *syntax.File, accepted ...avow.Hash) *Policy {
	p := &Policy{file: f, accepted: accepted}
	p.rules = p.allRules()
	return p
}

// Question is one question about one kind of data.
type Question struct {
	Verb      avow.Verb
	Datum     avow.Datum
	Purpose   avow.Purpose
	Point     avow.Point
	Feature   avow.Feature
	Source    avow.Source
	Recipient avow.Recipient
	Role      avow.Role
	Region    avow.Region
	Ground    string
	Facts     avow.Facts
}

// Answer is a decision.
type Answer struct {
	Verdict     avow.Verdict
	Reasons     avow.Reasons
	Rule        avow.RuleID
	Obligations []avow.Obligation
}

// Cell is what a policy says about one verb, datum and purpose.
type Cell struct {
	p       *Policy
	verb    avow.Verb
	datum   string
	purpose string
	rules   []rule
	why     avow.Reason // if there are no rules
}

// Cell gathers the rules that speak of a verb, datum and purpose.
func (p *Policy) Cell(verb avow.Verb, datum avow.Datum, purpose avow.Purpose) *Cell {
	c := &Cell{p: p, verb: verb, datum: string(datum), purpose: string(purpose)}
	if !p.declares(c.datum) {
		c.why = avow.DatumUndeclared
		return c
	}
	c.why = avow.VerbUndeclared
	for _, r := range p.rules {
		if r.verb != verb || !slices.Contains(r.data, c.datum) {
			continue
		}
		c.why = avow.PurposeUndeclared
		if slices.Contains(r.purposes, c.purpose) {
			c.rules = append(c.rules, r)
		}
	}
	return c
}

// Decide answers a question: the first rule with nothing against it allows;
// where there is none, the rule with the fewest reasons against is reported.
func (p *Policy) Decide(q Question, s *avow.Standing, now time.Time) Answer {
	return p.Cell(q.Verb, q.Datum, q.Purpose).Decide(q, s, now)
}

// Decide answers a question about the cell's verb, datum and purpose.
func (c *Cell) Decide(q Question, s *avow.Standing, now time.Time) Answer {
	if len(c.rules) == 0 {
		return c.unruled(q)
	}
	var nearest Answer
	for i, r := range c.rules {
		a := c.try(r, q, s, now)
		if a.Verdict == avow.Allow {
			return a
		}
		if i == 0 || a.Reasons.Len() < nearest.Reasons.Len() {
			nearest = a
		}
	}
	return nearest
}

// Needs returns every reason that some rule of the cell gives for a question:
// whatever could matter.
func (c *Cell) Needs(q Question, s *avow.Standing, now time.Time) avow.Reasons {
	var all avow.Reasons
	for _, r := range c.rules {
		all |= c.try(r, q, s, now).Reasons
	}
	return all
}

// Choices returns the choices that the rules of the cell need.
func (c *Cell) Choices() []avow.Choice {
	var all []avow.Choice
	for _, r := range c.rules {
		for _, ch := range r.choices {
			if !slices.Contains(all, avow.Choice(ch)) {
				all = append(all, avow.Choice(ch))
			}
		}
	}
	return all
}

// Constrains reports for each dimension of a question (point, feature, source,
// recipient, role, region, ground) whether a rule of the cell constrains it.
func (c *Cell) Constrains() [7]bool {
	var some [7]bool
	for _, r := range c.rules {
		for i, list := range [...][]string{r.points, r.features, r.sources, r.recipients, r.roles, r.regions, r.grounds} {
			some[i] = some[i] || len(list) > 0
		}
		some[3] = some[3] || r.nobody
	}
	return some
}

// Rules counts the rules that speak of the cell.
func (c *Cell) Rules() int { return len(c.rules) }

// try holds one rule against a question.
func (c *Cell) try(r rule, q Question, s *avow.Standing, now time.Time) Answer {
	reasons := reasonsOf(c.p.undeclaredWords(q))
	reasons |= reasonsOf(r.outside(q, c.rolesFor(r)))
	reasons |= reasonsOf(c.beside(q))
	reasons |= reasonsOf(c.unshown(r, q))
	reasons |= reasonsOf(c.p.brought(q, s, now))
	reasons |= reasonsOf(c.person(r, s, now))
	if !c.excused(r, q) {
		reasons |= c.p.choices(r.choices, s, now)
	}
	by := r.id
	if never := c.prohibition(r.id, q); never != "" {
		reasons |= avow.Prohibited.Set()
		by = never
	}
	if reasons == 0 {
		return Answer{Verdict: avow.Allow, Rule: avow.RuleID(r.id), Obligations: c.owed(r, q)}
	}
	return Answer{Reasons: reasons, Rule: avow.RuleID(by)}
}

// unruled answers where no rule speaks of the matter.
func (c *Cell) unruled(q Question) Answer {
	a := Answer{Reasons: c.why.Set() | reasonsOf(c.p.undeclaredWords(q))}
	if never := c.prohibition("", q); never != "" {
		a.Reasons |= avow.Prohibited.Set()
		a.Rule = avow.RuleID(never)
	}
	return a
}

func (p *Policy) declares(datum string) bool {
	return slices.ContainsFunc(p.file.Data, func(d syntax.Datum) bool { return d.ID.Text == datum })
}

func reasonsOf(list []avow.Reason) avow.Reasons {
	var set avow.Reasons
	for _, r := range list {
		set |= r.Set()
	}
	return set
}

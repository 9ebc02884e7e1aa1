package peer

import (
	"fmt"
	"strconv"

	"github.com/casbin/casbin/v2"
	"github.com/casbin/casbin/v2/model"
)

// Casbin has one line for each rule. The matcher compares the verb and leaves
// the rest to a function written in Go, over sets made beforehand.
type Casbin struct{ enforcer *casbin.Enforcer }

const casbinModel = `
[request_definition]
r = verb, question

[policy_definition]
p = verb, rule

[policy_effect]
e = some(where (p.eft == allow))

[matchers]
m = r.verb == p.verb && fits(r.question, p.rule)
`

// casbinRule is a rule with its lists as sets.
type casbinRule struct {
	rule     *Rule
	data     map[string]bool
	purposes map[string]bool
	dims     [numDims]map[string]bool
}

// CasbinQuestion is a question with the person's choices and the facts as sets.
type CasbinQuestion struct {
	*Question
	granted, facts map[string]bool
}

// NewCasbin enters the rules.
func NewCasbin(rules []Rule) (*Casbin, error) {
	m, err := model.NewModelFromString(casbinModel)
	if err != nil {
		return nil, err
	}
	e, err := casbin.NewEnforcer(m)
	if err != nil {
		return nil, err
	}
	byLine := map[string]*casbinRule{}
	for i := range rules {
		line := strconv.Itoa(i)
		byLine[line] = newCasbinRule(&rules[i])
		if _, err := e.AddPolicy(rules[i].Verb.String(), line); err != nil {
			return nil, err
		}
	}
	e.AddFunction("fits", func(args ...any) (any, error) {
		q, ok := args[0].(*CasbinQuestion)
		line, named := args[1].(string)
		if !ok || !named || len(args) != 2 {
			return nil, fmt.Errorf("fits: takes a question and a rule")
		}
		return byLine[line].fits(q), nil
	})
	return &Casbin{enforcer: e}, nil
}

func newCasbinRule(r *Rule) *casbinRule {
	c := &casbinRule{rule: r, data: Truths(r.Data), purposes: Truths(r.Purposes)}
	for d, list := range r.Dims {
		c.dims[d] = Truths(list)
	}
	return c
}

func (c *casbinRule) fits(q *CasbinQuestion) bool {
	if !c.data[q.Datum] || !c.purposes[q.Purpose] {
		return false
	}
	for d, set := range c.dims {
		if len(set) > 0 && !set[q.Dims[d]] {
			return false
		}
	}
	for _, f := range c.rule.Facts {
		if !q.facts[f] {
			return false
		}
	}
	for _, ch := range c.rule.Choices {
		if !q.granted[ch] {
			return false
		}
	}
	free := *c.rule
	free.Choices = nil
	return free.permits(q.Person)
}

// Prepare makes sets of a question's choices and facts.
func (c *Casbin) Prepare(q *Question) *CasbinQuestion {
	return &CasbinQuestion{Question: q, granted: Truths(q.Person.Granted), facts: Truths(q.Shown())}
}

// Decide answers a question.
func (c *Casbin) Decide(q *CasbinQuestion) (bool, error) {
	return c.enforcer.Enforce(q.Verb.String(), q)
}

package peer

import (
	"fmt"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"

	"avow.dev"
)

// CEL has one optimised expression for each verb and purpose, found through two
// Go maps.
type CEL struct {
	programs map[avow.Verb]map[string]cel.Program
}

// NewCEL compiles the rules.
func NewCEL(rules []Rule) (*CEL, error) {
	env, err := celEnv()
	if err != nil {
		return nil, err
	}
	texts := map[avow.Verb]map[string][]string{}
	for _, r := range rules {
		if texts[r.Verb] == nil {
			texts[r.Verb] = map[string][]string{}
		}
		for _, p := range r.Purposes {
			texts[r.Verb][p] = append(texts[r.Verb][p], r.cel())
		}
	}
	c := &CEL{programs: map[avow.Verb]map[string]cel.Program{}}
	for verb, byPurpose := range texts {
		c.programs[verb] = map[string]cel.Program{}
		for purpose, list := range byPurpose {
			c.programs[verb][purpose], err = celProgram(env, strings.Join(list, " || "))
			if err != nil {
				return nil, fmt.Errorf("%s for %s: %w", verb, purpose, err)
			}
		}
	}
	return c, nil
}

func celEnv() (*cel.Env, error) {
	opts := []cel.EnvOption{
		cel.Variable("datum", cel.StringType), cel.Variable("account", cel.StringType),
		cel.Variable("free", cel.BoolType), cel.Variable("accepted", cel.BoolType),
		cel.Variable("adult", cel.BoolType), cel.Variable("minor", cel.BoolType), cel.Variable("guardian", cel.BoolType),
		cel.Variable("granted", cel.MapType(cel.StringType, cel.BoolType)), cel.Variable("facts", cel.MapType(cel.StringType, cel.BoolType)),
	}
	for _, d := range dimNames {
		opts = append(opts, cel.Variable(d, cel.StringType))
	}
	return cel.NewEnv(opts...)
}

func celProgram(env *cel.Env, text string) (cel.Program, error) {
	ast, issues := env.Compile(text)
	if issues.Err() != nil {
		return nil, issues.Err()
	}
	return env.Program(ast, cel.EvalOptions(cel.OptOptimize))
}

// cel puts what most often fails first.
func (r *Rule) cel() string {
	terms := []string{celOneOf("datum", r.Data)}
	for d, list := range r.Dims {
		if len(list) > 0 {
			terms = append(terms, celOneOf(dimNames[d], list))
		}
	}
	for _, c := range r.Choices {
		terms = append(terms, fmt.Sprintf("%q in granted", c))
	}
	for _, f := range r.Facts {
		terms = append(terms, fmt.Sprintf("%q in facts", f))
	}
	if r.NoHold {
		terms = append(terms, "free")
	}
	switch barred := r.Account.Barred(); {
	case r.Account == OpenOnly:
		terms = append(terms, `account == "open"`)
	case len(barred) > 0:
		terms = append(terms, "!("+celOneOf("account", barred)+")")
	}
	if r.Accepted {
		terms = append(terms, "accepted")
	}
	if r.NotMinor {
		terms = append(terms, "!minor")
	}
	if r.AgeKnown {
		terms = append(terms, "(adult || minor)")
	}
	if r.Guardian {
		terms = append(terms, "(!minor || guardian)")
	}
	return "(" + strings.Join(terms, " && ") + ")"
}

func celOneOf(name string, list []string) string {
	if len(list) == 1 {
		return fmt.Sprintf("%s == %q", name, list[0])
	}
	return fmt.Sprintf("%s in [%s]", name, quoted(list))
}

func quoted(list []string) string {
	q := make([]string, len(list))
	for i, w := range list {
		q[i] = fmt.Sprintf("%q", w)
	}
	return strings.Join(q, ", ")
}

// Prepare turns a question into variables that need no conversion when they are
// read.
func (c *CEL) Prepare(q *Question) (cel.Activation, error) {
	vars := c.Variables(q, Truths(q.Person.Granted), Truths(q.Shown()))
	for name, v := range vars {
		vars[name] = types.DefaultTypeAdapter.NativeToValue(v)
	}
	return cel.NewActivation(vars)
}

// Variables lists a question's variables as they lie in Go.
func (c *CEL) Variables(q *Question, granted, facts map[string]bool) map[string]any {
	p := q.Person
	return map[string]any{
		"datum": q.Datum, "account": p.Account, "free": p.Free, "accepted": p.Accepted, "adult": p.Adult, "minor": p.Minor,
		"guardian": p.Guardian, "granted": granted, "facts": facts, "point": q.Dims[Point], "feature": q.Dims[Feature],
		"source": q.Dims[Source], "recipient": q.Dims[Recipient], "role": q.Dims[Role], "ground": q.Dims[Ground],
	}
}

// Truths turns a list into a map that says yes to its words.
func Truths(list []string) map[string]bool {
	m := make(map[string]bool, len(list))
	for _, w := range list {
		m[w] = true
	}
	return m
}

// Decide answers a question whose variables were prepared, or are a Go map.
func (c *CEL) Decide(verb avow.Verb, purpose string, vars any) (bool, error) {
	p := c.programs[verb][purpose]
	if p == nil {
		return false, nil
	}
	out, _, err := p.Eval(vars)
	if err != nil {
		return false, err
	}
	return out == types.True, nil
}

package peer

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/cedar-policy/cedar-go"
)

// Cedar has one policy for each rule. Action and data stand in the policies'
// heads, which are looked at first.
type Cedar struct {
	policies *cedar.PolicySet
	entities cedar.EntityMap
}

// NewCedar compiles the rules and enters the people.
func NewCedar(rules []Rule, people []Person) (*Cedar, error) {
	var text strings.Builder
	parents := map[string][]cedar.EntityUID{}
	for i, r := range rules {
		text.WriteString(r.cedar(i))
		for _, d := range r.Data {
			parents[d] = append(parents[d], cedarUID("Data", strconv.Itoa(i)))
		}
	}
	policies, err := cedar.NewPolicySetFromBytes("policy.cedar", []byte(text.String()))
	if err != nil {
		return nil, err
	}
	c := &Cedar{policies: policies, entities: cedar.EntityMap{}}
	for d, in := range parents {
		uid := cedarUID("Datum", d)
		c.entities[uid] = cedar.Entity{UID: uid, Parents: cedar.NewEntityUIDSet(in...)}
	}
	for i := range people {
		uid := cedarUID("Person", strconv.Itoa(people[i].Number))
		c.entities[uid] = cedar.Entity{UID: uid, Attributes: cedarPerson(&people[i])}
	}
	return c, nil
}

func cedarUID(kind, id string) cedar.EntityUID {
	return cedar.NewEntityUID(cedar.EntityType(kind), cedar.String(id))
}

func cedarPerson(p *Person) cedar.Record {
	return cedar.NewRecord(cedar.RecordMap{
		"account": cedar.String(p.Account), "free": cedar.Boolean(p.Free), "accepted": cedar.Boolean(p.Accepted), "adult": cedar.Boolean(p.Adult),
		"minor": cedar.Boolean(p.Minor), "guardian": cedar.Boolean(p.Guardian), "granted": cedarSet(p.Granted),
	})
}

func cedarSet(list []string) cedar.Set {
	values := make([]cedar.Value, len(list))
	for i, w := range list {
		values[i] = cedar.String(w)
	}
	return cedar.NewSet(values...)
}

func (r *Rule) cedar(n int) string {
	terms := []string{cedarOneOf("context.purpose", r.Purposes)}
	for d, list := range r.Dims {
		if len(list) > 0 {
			terms = append(terms, cedarOneOf("context."+dimNames[d], list))
		}
	}
	for _, c := range r.Choices {
		terms = append(terms, fmt.Sprintf("principal.granted.contains(%q)", c))
	}
	for _, f := range r.Facts {
		terms = append(terms, fmt.Sprintf("context.facts.contains(%q)", f))
	}
	if r.NoHold {
		terms = append(terms, "principal.free")
	}
	switch barred := r.Account.Barred(); {
	case r.Account == OpenOnly:
		terms = append(terms, `principal.account == "open"`)
	case len(barred) > 0:
		terms = append(terms, "!"+cedarOneOf("principal.account", barred))
	}
	if r.Accepted {
		terms = append(terms, "principal.accepted")
	}
	if r.NotMinor {
		terms = append(terms, "!principal.minor")
	}
	if r.AgeKnown {
		terms = append(terms, "(principal.adult || principal.minor)")
	}
	if r.Guardian {
		terms = append(terms, "(!principal.minor || principal.guardian)")
	}
	return fmt.Sprintf("permit (principal, action == Action::%q, resource in Data::\"%d\") when { %s };\n", r.Verb, n, strings.Join(terms, " && "))
}

// cedarOneOf compares a few words one by one: that is faster than a set, which
// is made anew for each evaluation.
func cedarOneOf(name string, list []string) string {
	terms := make([]string, len(list))
	for i, w := range list {
		terms[i] = fmt.Sprintf("%s == %q", name, w)
	}
	return "(" + strings.Join(terms, " || ") + ")"
}

// Prepare makes the request of a question.
func (c *Cedar) Prepare(q *Question) cedar.Request {
	context := cedar.RecordMap{"purpose": cedar.String(q.Purpose), "facts": cedarSet(q.Shown())}
	for d, w := range q.Dims {
		context[cedar.String(dimNames[d])] = cedar.String(w)
	}
	return cedar.Request{
		Principal: cedarUID("Person", strconv.Itoa(q.Person.Number)), Action: cedarUID("Action", q.Verb.String()),
		Resource: cedarUID("Datum", q.Datum), Context: cedar.NewRecord(context),
	}
}

// Decide answers a request.
func (c *Cedar) Decide(r cedar.Request) bool {
	ok, _ := cedar.Authorize(c.policies, c.entities, r)
	return ok == cedar.Allow
}

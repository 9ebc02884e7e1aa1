package peer

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
)

// OPA finds the rules of a verb, datum and purpose in its data, and tries each
// through a function that is indexed by the rule's name.
type OPA struct{ query rego.PreparedEvalQuery }

// NewOPA prepares the query.
func NewOPA(ctx context.Context, rules []Rule) (*OPA, error) {
	var text strings.Builder
	text.WriteString("package avow\n\ndefault allow := false\n\nallow if {\n\tsome id in data.cells[input.verb][input.datum][input.purpose]\n\tfits(id)\n}\n\n")
	cells := map[string]any{}
	for i, r := range rules {
		id := fmt.Sprintf("r%d", i)
		text.WriteString(r.rego(id))
		for _, d := range r.Data {
			for _, p := range r.Purposes {
				byPurpose := under(under(cells, r.Verb.String()), d)
				list, _ := byPurpose[p].([]any) // none yet
				byPurpose[p] = append(slices.Clip(list), id)
			}
		}
	}
	query, err := rego.New(
		rego.Query("data.avow.allow"), rego.Module("avow.rego", text.String()),
		rego.Store(inmem.NewFromObjectWithOpts(map[string]any{"cells": cells}, inmem.OptReturnASTValuesOnRead(true), inmem.OptRoundTripOnWrite(true))),
	).PrepareForEval(ctx)
	if err != nil {
		return nil, err
	}
	return &OPA{query: query}, nil
}

func under(m map[string]any, key string) map[string]any {
	if in, ok := m[key].(map[string]any); ok {
		return in
	}
	in := map[string]any{}
	m[key] = in
	return in
}

func (r *Rule) rego(id string) string {
	var terms []string
	for d, list := range r.Dims {
		if len(list) > 0 {
			terms = append(terms, regoOneOf("input."+dimNames[d], list))
		}
	}
	for _, c := range r.Choices {
		terms = append(terms, fmt.Sprintf("input.granted[%q]", c))
	}
	for _, f := range r.Facts {
		terms = append(terms, fmt.Sprintf("input.facts[%q]", f))
	}
	if r.NoHold {
		terms = append(terms, "input.free")
	}
	switch barred := r.Account.Barred(); {
	case r.Account == OpenOnly:
		terms = append(terms, `input.account == "open"`)
	case len(barred) > 0:
		terms = append(terms, "not "+regoOneOf("input.account", barred))
	}
	if r.Accepted {
		terms = append(terms, "input.accepted")
	}
	if r.NotMinor {
		terms = append(terms, "not input.minor")
	}
	if r.AgeKnown {
		terms = append(terms, "input.known_age")
	}
	if r.Guardian {
		terms = append(terms, "input.guarded")
	}
	return fmt.Sprintf("fits(%q) if {\n\t%s\n}\n\n", id, strings.Join(terms, "\n\t"))
}

func regoOneOf(name string, list []string) string {
	if len(list) == 1 {
		return fmt.Sprintf("%s == %q", name, list[0])
	}
	return fmt.Sprintf("{%s}[%s]", quoted(list), name)
}

// Input is a question as a Go value.
func (o *OPA) Input(q *Question) map[string]any {
	p := q.Person
	in := map[string]any{
		"verb": q.Verb.String(), "datum": q.Datum, "purpose": q.Purpose, "account": p.Account, "free": p.Free, "accepted": p.Accepted,
		"minor": p.Minor, "known_age": p.Adult || p.Minor, "guarded": !p.Minor || p.Guardian,
		"granted": anyTruths(p.Granted), "facts": anyTruths(q.Shown()),
	}
	for d, w := range q.Dims {
		in[dimNames[d]] = w
	}
	return in
}

func anyTruths(list []string) map[string]any {
	m := make(map[string]any, len(list))
	for _, w := range list {
		m[w] = true
	}
	return m
}

// Prepare parses a question's input.
func (o *OPA) Prepare(q *Question) (ast.Value, error) { return ast.InterfaceToValue(o.Input(q)) }

// Decide answers a question whose input was parsed.
func (o *OPA) Decide(ctx context.Context, in ast.Value) (bool, error) {
	return o.eval(ctx, rego.EvalParsedInput(in))
}

// DecideMap answers a question given as a Go map.
func (o *OPA) DecideMap(ctx context.Context, in map[string]any) (bool, error) {
	return o.eval(ctx, rego.EvalInput(in))
}

func (o *OPA) eval(ctx context.Context, in rego.EvalOption) (bool, error) {
	rs, err := o.query.Eval(ctx, in)
	return rs.Allowed(), err
}

package main

import (
	"fmt"
	"slices"
	"strings"

	"avow.dev"
	"avow.dev/policy"
)

type explainCommand struct {
	File      string   `arg:"" help:"Policy file."`
	Verb      string   `required:"" help:"What is to be done: collect, use, share, entrust, transfer, disclose, publish or release."`
	Datum     []string `required:"" help:"Kinds of data."`
	Purpose   string   `help:"Why."`
	Point     string   `help:"Where it enters."`
	Feature   string   `help:"The function of the product."`
	Source    string   `help:"Where it comes from."`
	Recipient string   `help:"Who gets it."`
	Role      string   `help:"Who uses it inside the controller."`
	Region    string   `help:"Where it goes."`
	Ground    string   `help:"Exemption or legal ground."`
	Fact      []string `help:"What has been shown, such as citation or token."`
	Standing  []string `help:"Where the person stands, such as account=open, acceptance=accepted, age=adult, choice/newsletter=given, signal=gpc, hold=yes."`
	JSON      bool     `help:"Write the result as JSON."`
}

func (*explainCommand) examples() []string {
	return []string{
		"avow explain policy.yaml --verb use --datum email --purpose manage-account --standing account=open,acceptance=accepted",
		"avow explain policy.yaml --verb share --datum email --recipient ad-network --standing choice/ads=withdrawn",
	}
}

// explained is the answer for one datum.
type explained struct {
	Datum       avow.Datum      `json:"datum"`
	Verdict     avow.Verdict    `json:"verdict"`
	Reasons     []string        `json:"reasons"`
	Rule        avow.RuleID     `json:"rule,omitempty"`
	At          string          `json:"at,omitempty"`
	Clauses     []avow.ClauseID `json:"clauses,omitempty"`
	Obligations []string        `json:"obligations,omitempty"`
}

// Run asks the policy about each datum. A refusal is an answer, not a failure.
func (k *explainCommand) Run(c *console) error {
	p, err := compileFile(k.File)
	if err != nil {
		return err
	}
	q, err := k.query()
	if err != nil {
		return err
	}
	now := c.now().UTC()
	standing, err := parseStanding(p, k.Standing, now)
	if err != nil {
		return err
	}
	bound := p.Bind(&standing, now)
	answers := make([]explained, 0, len(k.Datum))
	for _, d := range k.Datum {
		q.Datum = avow.Datum(d)
		answers = append(answers, spell(p, q.Datum, p.Decide(&q, &bound)))
	}
	if k.JSON {
		return writeJSON(c, answers)
	}
	for _, a := range answers {
		if _, err := fmt.Fprint(c.out, a.text()); err != nil {
			return err
		}
	}
	return nil
}

func (k *explainCommand) query() (policy.Query, error) {
	verb, ok := avow.ParseVerb(k.Verb)
	if !ok {
		return policy.Query{}, usage("--verb %s: the verbs are collect, use, share, entrust, transfer, disclose, publish and release", k.Verb)
	}
	q := policy.Query{Verb: verb, Purpose: avow.Purpose(k.Purpose), Point: avow.Point(k.Point), Feature: avow.Feature(k.Feature),
		Source: avow.Source(k.Source), Recipient: avow.Recipient(k.Recipient), Role: avow.Role(k.Role), Region: avow.Region(k.Region), Ground: k.Ground}
	for _, word := range k.Fact {
		f, ok := avow.ParseFact(word)
		if !ok {
			return policy.Query{}, usage("--fact %s: no such fact; the manual of the policy language lists them under needs", word)
		}
		q.Facts = q.Facts.With(f)
	}
	return q, nil
}

func spell(p *policy.Program, d avow.Datum, r avow.Ruling) explained {
	e := explained{Datum: d, Verdict: r.Verdict, Reasons: r.Reasons.Codes(), Rule: r.Rule, Clauses: slices.Clone(r.Clauses)}
	if info, ok := p.Rule(r.Rule); ok {
		e.At = fmt.Sprintf("%s:%d:%d", p.File().Name, info.Pos.Line, info.Pos.Column)
	}
	for _, o := range r.Obligations {
		e.Obligations = append(e.Obligations, strings.TrimSpace(o.Kind.String()+" "+o.Arg))
	}
	return e
}

func (e *explained) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", e.Datum, e.Verdict)
	for _, r := range e.Reasons {
		fmt.Fprintf(&b, "  because %s\n", r)
	}
	if e.Rule != "" {
		word := "by rule"
		if e.Verdict != avow.Allow {
			word = "nearest rule"
		}
		fmt.Fprintf(&b, "  %s %s (%s)", word, e.Rule, e.At)
		if len(e.Clauses) > 0 {
			fmt.Fprintf(&b, " of clause %v", e.Clauses)
		}
		b.WriteByte('\n')
	}
	for _, o := range e.Obligations {
		fmt.Fprintf(&b, "  obliges to %s\n", o)
	}
	return b.String()
}

package main

import (
	"fmt"
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
	Lang      string   `default:"en" help:"Language of the explanation, en or zh."`
	JSON      bool     `help:"Write the result as JSON."`
}

func (*explainCommand) examples() []string {
	return []string{
		"avow explain policy.yaml --verb use --datum email --purpose manage-account --standing account=open,acceptance=accepted",
		"avow explain policy.yaml --verb share --datum email --recipient ad-network --standing choice/ads=withdrawn",
	}
}

// explained is the answer for one datum, for programs.
type explained struct {
	Datum       avow.Datum      `json:"datum"`
	Verdict     avow.Verdict    `json:"verdict"`
	Rule        avow.RuleID     `json:"rule,omitempty"`
	At          string          `json:"at,omitempty"`
	Clauses     []avow.ClauseID `json:"clauses,omitempty"`
	Because     []because       `json:"because"`
	Obligations []string        `json:"obligations,omitempty"`
}

type because struct {
	Reason  avow.Reason `json:"reason"`
	Missing string      `json:"missing"`
	Try     string      `json:"try"`
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
	answers := make([]explained, 0, len(k.Datum))
	for _, d := range k.Datum {
		q.Datum = avow.Datum(d)
		e := p.Explain(&q, &standing, now)
		answers = append(answers, k.spell(&e))
		if k.JSON {
			continue
		}
		if _, err := fmt.Fprintln(c.out, strings.TrimRight(e.Text(avow.Language(k.Lang)), "\n")); err != nil {
			return err
		}
	}
	if k.JSON {
		return writeJSON(c, answers)
	}
	return nil
}

func (k *explainCommand) spell(e *policy.Explanation) explained {
	out := explained{Datum: e.Query.Datum, Verdict: e.Verdict, Rule: e.Rule, Clauses: e.Clauses, Because: []because{}}
	if e.Pos.IsValid() {
		out.At = fmt.Sprintf("%s:%d:%d", e.File, e.Pos.Line, e.Pos.Column)
	}
	for _, b := range e.Because {
		out.Because = append(out.Because, because{b.Reason, b.Missing.In(avow.Language(k.Lang)), b.Try.In(avow.Language(k.Lang))})
	}
	for _, o := range e.Owes {
		out.Obligations = append(out.Obligations, strings.TrimSpace(o.Kind.String()+" "+o.Arg))
	}
	return out
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

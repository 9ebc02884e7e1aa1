package policy

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"avow.dev"
	"avow.dev/policy/syntax"
)

// Explanation is a decision put into words. It permits nothing.
type Explanation struct {
	Query   Query
	Verdict avow.Verdict
	Rule    avow.RuleID // the deciding rule, or the one that came nearest; "" if none
	Clauses []avow.ClauseID
	File    string
	Pos     syntax.Pos
	Because []Because // for a refusal: every reason, in the fixed order
	Owes    []avow.Obligation
}

// Because is one reason of a refusal: what is missing, and what would make the
// request pass, in English and Chinese.
type Because struct {
	Reason  avow.Reason
	Missing Sentence
	Try     Sentence
}

// Sentence is one sentence in two languages.
type Sentence struct{ En, Zh string }

// In returns the sentence in a language; English unless it is Chinese.
func (s Sentence) In(lang avow.Language) string {
	if strings.HasPrefix(string(lang), "zh") {
		return s.Zh
	}
	return s.En
}

// Explain decides as [Program.Decide] does and says why, for people. It mints
// nothing.
func (p *Program) Explain(q *Query, s *avow.Standing, now time.Time) Explanation {
	b := p.Bind(s, now)
	r := p.Decide(q, &b)
	e := Explanation{Query: *q, Verdict: r.Verdict, Rule: r.Rule, Clauses: r.Clauses, File: p.file.Name, Owes: r.Obligations}
	if info, ok := p.Rule(r.Rule); ok {
		e.Pos = info.Pos
	}
	for reason := range r.Reasons.All() {
		e.Because = append(e.Because, p.because(reason, q, r.Rule, &b))
	}
	return e
}

// because fills the sentences of a reason with the words of the question and
// of the rule.
func (p *Program) because(reason avow.Reason, q *Query, rule avow.RuleID, b *Bound) Because {
	t := sentences[reason]
	words := strings.NewReplacer(
		"{datum}", string(q.Datum), "{purpose}", string(q.Purpose), "{verb}", q.Verb.String(),
		"{word}", or(wordOf(q, reason), "—"),
		"{allowed}", or(strings.Join(p.allowedBy(rule, reason), ", "), "—"),
		"{choice}", or(strings.Join(p.choicesOf(rule, q, reason, b), ", "), "—"),
		"{rule}", string(rule),
		"{effective}", p.file.Effective.String(),
		"{version}", p.Version(),
	)
	fill := func(s Sentence) Sentence { return Sentence{words.Replace(s.En), words.Replace(s.Zh)} }
	return Because{Reason: reason, Missing: fill(t.missing), Try: fill(t.try)}
}

// wordOf returns the word of a question that a reason is about.
func wordOf(q *Query, reason avow.Reason) string {
	switch reason {
	case avow.PointUndeclared:
		return string(q.Point)
	case avow.FeatureUndeclared, avow.NotInUse, avow.NotAccepted:
		return string(q.Feature)
	case avow.SourceUndeclared:
		return string(q.Source)
	case avow.RecipientUndeclared, avow.RecipientUnqualified, avow.SuccessorUnbound:
		return string(q.Recipient)
	case avow.RoleNotAllowed:
		return string(q.Role)
	case avow.RegionNotAllowed:
		return string(q.Region)
	case avow.GroundUndeclared, avow.InstrumentMissing:
		return q.Ground
	}
	return ""
}

// allowedBy returns the words that a rule lists where a request lies outside.
func (p *Program) allowedBy(rule avow.RuleID, reason avow.Reason) []string {
	dim := int(reason) - int(dimShift)
	if dim < 0 || dim >= numDims {
		return nil
	}
	n, ok := p.byID[string(rule)]
	if !ok {
		return nil
	}
	var list []string
	for i := range p.table.alternatives {
		a := &p.table.alternatives[i]
		if a.rule != n {
			continue
		}
		words := a.set(dim)
		for w := range words.all() {
			if name := p.words.dims[dim].word(int(w)); !slices.Contains(list, name) {
				list = append(list, name)
			}
		}
	}
	return list
}

// choicesOf returns the choices of a rule and of the named region that give a
// reason.
func (p *Program) choicesOf(rule avow.RuleID, q *Query, reason avow.Reason, b *Bound) []string {
	if bit(reason)&choiceMask == 0 {
		return nil
	}
	var needed []string
	if info, ok := p.Rule(rule); ok {
		needed = neededBy(info.Entry)
	}
	if q.Region != "" {
		for _, e := range placesOf(p.file, string(q.Region)) {
			needed = append(needed, syntax.Texts(e.Choice)...)
		}
	}
	return slices.DeleteFunc(needed, func(id string) bool {
		n, ok := p.words.choices.id(id)
		return !ok || uint64(b.choices[n])<<choiceShift&bit(reason) == 0
	})
}

func neededBy(entry any) []string {
	switch e := entry.(type) {
	case *syntax.Collect:
		return syntax.Texts(e.Needs.Choice)
	case *syntax.Use:
		return syntax.Texts(e.Needs.Choice)
	case *syntax.Share:
		return syntax.Texts(e.Needs.Choice)
	}
	return nil
}

// Text writes the explanation for people in a language.
func (e Explanation) Text(lang avow.Language) string {
	var b strings.Builder
	q := &e.Query
	verdict := Sentence{"refused", "拒绝"}
	if e.Verdict == avow.Allow {
		verdict = Sentence{"allowed", "允许"}
	}
	fmt.Fprintf(&b, "%s: %s %s (%s)\n", verdict.In(lang), q.Verb, q.Datum, q.Purpose)
	if e.Rule != "" {
		fmt.Fprintf(&b, "  %s: %s", Sentence{"rule", "规则"}.In(lang), e.Rule)
		if len(e.Clauses) > 0 {
			fmt.Fprintf(&b, " %v", e.Clauses)
		}
		if e.Pos.IsValid() {
			fmt.Fprintf(&b, " %s:%d:%d", e.File, e.Pos.Line, e.Pos.Column)
		}
		b.WriteByte('\n')
	}
	for _, r := range e.Because {
		fmt.Fprintf(&b, "  %s: %s %s\n", r.Reason, r.Missing.In(lang), r.Try.In(lang))
	}
	for _, o := range e.Owes {
		fmt.Fprintf(&b, "  %s %s\n", o.Kind, o.Arg)
	}
	return b.String()
}

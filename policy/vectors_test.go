package policy_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"avow.dev"
	"avow.dev/policy"
	"avow.dev/policy/reference"
	"avow.dev/policy/syntax"
)

// vector is one case of conform/decisions.
type vector struct {
	name, policy string
	now          time.Time
	standing     avow.Standing
	thisText     bool // the policy's own text is accepted
	query        policy.Query
	want         string
}

func readVectors(t testing.TB, name string) []vector {
	t.Helper()
	src, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var list []vector
	var file vector // what stays from case to case
	open := false
	for i, line := range strings.Split(string(src), "\n") {
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch word {
		case "", "#":
			open = open && word != ""
			continue
		case "policy":
			file.policy = rest
			continue
		case "now":
			file.now = at(t, rest)
			continue
		case "case":
			list = append(list, vector{name: rest, policy: file.policy, now: file.now})
			open = true
			continue
		}
		if !open {
			t.Fatalf("%s:%d: outside a case: %s", name, i+1, line)
		}
		if err := list[len(list)-1].read(t, word, strings.Fields(rest)); err != nil {
			t.Fatalf("%s:%d: %v", name, i+1, err)
		}
	}
	return list
}

func at(t testing.TB, s string) time.Time {
	t.Helper()
	when, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return when
}

func (v *vector) read(t testing.TB, word string, args []string) error {
	switch word {
	case "person":
		for _, a := range args {
			if err := v.person(t, a); err != nil {
				return err
			}
		}
	case "chose":
		states := map[string]avow.ChoiceState{"not-asked": avow.NotAsked, "given": avow.Given, "refused": avow.Refused, "withdrawn": avow.Withdrawn}
		state, ok := states[args[1]]
		if !ok {
			return fmt.Errorf("no state %q", args[1])
		}
		c := avow.Chosen{Choice: avow.Choice(args[0]), State: state, At: at(t, args[2])}
		if len(args) > 3 {
			c.Expires = at(t, args[3])
		}
		v.standing.Choices = append(v.standing.Choices, c)
	case "ask":
		return v.ask(args)
	case "allow", "refuse":
		v.want = strings.Join(append([]string{word}, args...), " ")
	default:
		return fmt.Errorf("no line begins with %q", word)
	}
	return nil
}

func (v *vector) person(t testing.TB, arg string) error {
	s := &v.standing
	key, value, _ := strings.Cut(arg, "=")
	switch key {
	case "account":
		states := map[string]avow.AccountState{"none": avow.NoRelation, "open": avow.Open, "frozen": avow.Frozen, "closing": avow.Closing, "closed": avow.Closed}
		state, ok := states[value]
		if !ok {
			return fmt.Errorf("no account state %q", value)
		}
		s.Account = state
	case "accepted":
		s.Acceptance = avow.Acceptance{State: avow.AcceptedPolicy, Policy: avow.Hash(value)}
		v.thisText = value == ""
	case "refused":
		s.Acceptance.State = avow.RefusedPolicy
	case "age":
		s.Age = map[string]avow.AgeBand{"adult": avow.KnownAdult, "minor": avow.KnownMinor}[value]
	case "guardian":
		s.Guardian = true
	case "hold":
		s.Hold = true
	case "document":
		s.Documents = append(s.Documents, avow.Acceptance{State: avow.AcceptedPolicy, Version: value})
	case "gpc":
		s.Signals = avow.SignalGPC
		if value != "" {
			s.SignalAt = at(t, value)
		}
	default:
		return fmt.Errorf("nothing about a person is called %q", key)
	}
	return nil
}

func (v *vector) ask(args []string) error {
	verb, ok := avow.ParseVerb(args[0])
	if !ok {
		return fmt.Errorf("no verb %q", args[0])
	}
	q := policy.Query{Verb: verb, Datum: avow.Datum(args[1]), Purpose: avow.Purpose(args[2])}
	for _, a := range args[3:] {
		key, value, _ := strings.Cut(a, "=")
		switch key {
		case "point":
			q.Point = avow.Point(value)
		case "feature":
			q.Feature = avow.Feature(value)
		case "source":
			q.Source = avow.Source(value)
		case "recipient":
			q.Recipient = avow.Recipient(value)
		case "role":
			q.Role = avow.Role(value)
		case "region":
			q.Region = avow.Region(value)
		case "ground":
			q.Ground = value
		case "facts":
			for f := range strings.SplitSeq(value, ",") {
				fact, ok := avow.ParseFact(f)
				if !ok {
					return fmt.Errorf("no fact %q", f)
				}
				q.Facts = q.Facts.With(fact)
			}
		default:
			return fmt.Errorf("a question has no %q", key)
		}
	}
	v.query = q
	return nil
}

// spell writes an answer as the vectors do.
func spell(verdict avow.Verdict, reasons avow.Reasons, rule avow.RuleID, owes []avow.Obligation) string {
	words := []string{verdict.String(), string(rule)}
	if rule == "" {
		words[1] = "-"
	}
	words = append(words, reasons.Codes()...)
	for _, o := range owes {
		words = append(words, o.Kind.String()+"="+o.Arg)
	}
	return strings.Join(words, " ")
}

// TestVectors asks every vector of the policy as written, re-formatted, and
// written out again from its tree, and of the reference interpreter.
func TestVectors(t *testing.T) {
	t.Parallel()
	dir := filepath.Join("..", "conform", "decisions")
	names, err := filepath.Glob(filepath.Join(dir, "*.txt"))
	if err != nil || len(names) == 0 {
		t.Fatal("no vectors", err)
	}
	programs := map[string]map[string]*policy.Program{}
	for _, name := range names {
		for _, v := range readVectors(t, name) {
			if programs[v.policy] == nil {
				programs[v.policy] = formsOf(t, filepath.Join(dir, v.policy))
			}
			t.Run(filepath.Base(name)+"/"+v.name, func(t *testing.T) {
				t.Parallel()
				for form, p := range programs[v.policy] {
					v.check(t, form, p)
				}
			})
		}
	}
}

func (v vector) check(t *testing.T, form string, p *policy.Program) {
	t.Helper()
	s := v.standing
	if v.thisText {
		s.Acceptance.Policy = p.Hash()
	}
	b := p.Bind(&s, v.now)
	r := p.Decide(&v.query, &b)
	if got := spell(r.Verdict, r.Reasons, r.Rule, r.Obligations); got != v.want {
		t.Errorf("%s: %s, want %s", form, got, v.want)
	}
	a := reference.New(p.File(), p.Hash()).Decide(reference.Question(v.query), &s, v.now)
	if got := spell(a.Verdict, a.Reasons, a.Rule, a.Obligations); got != v.want {
		t.Errorf("%s, by the reference: %s, want %s", form, got, v.want)
	}
}

func formsOf(t testing.TB, name string) map[string]*policy.Program {
	t.Helper()
	src, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	f := parse(t, name)
	encoded, err := syntax.Encode(f)
	if err != nil {
		t.Fatal(err)
	}
	formatted, err := syntax.Format(src)
	if err != nil {
		t.Fatal(err)
	}
	forms := map[string]*policy.Program{"as written": compile(t, f)}
	for form, text := range map[string][]byte{"re-formatted": formatted, "from its tree": encoded} {
		g, faults := syntax.Parse(form, text)
		if len(faults) > 0 {
			t.Fatalf("%s: %s", form, faults.Format())
		}
		if g.Hash() != f.Hash() {
			t.Errorf("%s: the hash differs", form)
		}
		forms[form] = compile(t, g)
	}
	return forms
}

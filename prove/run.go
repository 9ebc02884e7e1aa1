package prove

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"avow.dev"
	"avow.dev/policy"
	"avow.dev/policy/syntax"
)

// Options say what is proved and with what.
type Options struct {
	Policies []*policy.Program
	// Start starts the engine under proof.
	Start Start
	// Child starts one in a process of its own, which can be killed. Without it
	// the promises that only a crash can test stay unproved.
	Child Start
	// Mutate takes each proved rule out of the policy, or turns it round, and
	// demands that its probes then fail.
	Mutate bool
	// Browser is the path of a Chromium; empty looks for one on this machine. Where
	// there is none, what only a browser can show stays unproved.
	Browser string
	// Progress, if not nil, is told how far a policy's proof has come.
	Progress func(id avow.PolicyID, done, total int)
}

// Run proves policies, two at a time, and reports on them in the order given.
func Run(ctx context.Context, o Options) (*Report, error) {
	if o.Progress == nil {
		o.Progress = func(avow.PolicyID, int, int) {}
	}
	report := &Report{Policies: make([]PolicyReport, len(o.Policies))}
	if o.Mutate {
		report.Mutants = &Mutants{Survived: []Survivor{}}
	}
	open := &browsers{path: o.Browser, ctx: ctx}
	var mu sync.Mutex
	var wg sync.WaitGroup
	var failed error
	slots := make(chan struct{}, 2)
	for _, i := range longestFirst(o.Policies) {
		p := o.Policies[i]
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			r, m, err := proveOne(ctx, &o, open, p)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				failed = errors.Join(failed, fmt.Errorf("prove %s: %w", p.ID(), err))
				return
			}
			report.Policies[i] = *r
			if m != nil {
				report.Mutants.Killed += m.Killed
				report.Mutants.Survived = append(report.Mutants.Survived, m.Survived...)
			}
		})
	}
	wg.Wait()
	failed = errors.Join(failed, open.close())
	if report.Mutants != nil {
		slices.SortFunc(report.Mutants.Survived, func(a, b Survivor) int {
			return strings.Compare(a.Policy+a.Rule+a.Change, b.Policy+b.Rule+b.Change)
		})
	}
	return report, failed
}

// longestFirst returns the places of policies in the order in which they are proved:
// begun last, the longest would be at work alone when all others are done.
func longestFirst(policies []*policy.Program) []int {
	order := make([]int, len(policies))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return len(policies[b].File().Clauses) - len(policies[a].File().Clauses)
	})
	return order
}

// proveOne proves one policy on an engine of its own.
func proveOne(ctx context.Context, o *Options, open *browsers, p *policy.Program) (*PolicyReport, *Mutants, error) {
	dir, err := folder()
	if err != nil {
		return nil, nil, err
	}
	defer os.RemoveAll(dir)
	s := &stage{ctx: ctx, text: text{p.File()}, program: p, start: o.Start, child: o.Child, clock: &clock{}, people: new(atomic.Int64), log: &logBook{}, shelf: &shelf{}, browsers: open}
	s.clock.set(s.begin())
	if s.post, err = openPostbox(); err != nil {
		return nil, nil, err
	}
	defer s.post.close()
	s.setup = Setup{Post: s.post.setup(), Data: filepath.Join(dir, "data"), Keys: filepath.Join(dir, "keys"), Policies: []*policy.Program{p}, Clock: s.clock.now, Log: s.log}
	s.text.stands(&s.setup)
	if err := s.run(); err != nil {
		return nil, nil, err
	}
	defer s.end()
	defer s.closeShop()
	t := &trial{stage: s, plan: newPlan(s.text), seen: make(map[string]*result), progress: o.Progress}
	r, err := t.report()
	if err != nil || !o.Mutate {
		return r, nil, err
	}
	m, err := t.mutate(r)
	return r, m, err
}

// trial is the proof of one policy under way.
type trial struct {
	stage    *stage
	plan     *plan
	seen     map[string]*result // by entry
	progress func(avow.PolicyID, int, int)
	probes   int
}

func (t *trial) report() (*PolicyReport, error) {
	f := t.plan.text.File
	r := &PolicyReport{Policy: f.Policy.Text, Version: f.Version.Text, Hash: t.stage.hash}
	for i := range f.Clauses {
		t.progress(avow.PolicyID(r.Policy), i, len(f.Clauses))
		row, err := t.clause(&f.Clauses[i])
		if err != nil {
			return nil, err
		}
		r.Clauses = append(r.Clauses, row)
	}
	r.Probes = t.probes
	t.progress(avow.PolicyID(r.Policy), len(f.Clauses), len(f.Clauses))
	return r, nil
}

// clause plays what a clause needs and says what became of it.
func (t *trial) clause(c *syntax.Clause) (Clause, error) {
	row := Clause{ID: c.ID.Text, Promise: c.Promise.Text}
	about := promises[c.Promise.Text]
	row.Scenario = about.slug
	carriers := t.plan.carries[c.ID.Text]
	for _, e := range carriers {
		row.Rules = append(row.Rules, e.Head.ID.Text)
	}
	if len(carriers) == 0 {
		row.State, row.Expected, row.Seen = Broken, "a rule that carries the clause", "none"
		return row, nil
	}
	shown, err := t.shown(carriers)
	if err != nil {
		return row, err
	}
	if shown.mismatch != nil {
		row.State, row.Expected, row.Seen = Broken, shown.mismatch.expected, shown.mismatch.seen
		return row, nil
	}
	switch {
	case c.Promise.Text == "CP-43":
		return row, t.attest(&row, carriers)
	case c.Promise.Text == "CP-44":
		return row, t.waive(&row, carriers)
	case c.Class.Text == "D" || c.Promise.Text == "CP-42":
		row.State, row.Expected, row.Seen = Rendered, "the text in every language", "it stands there in every language"
	case about.lacks != "":
		row.State, row.Expected, row.Seen = Unproved, "a scenario that plays it", about.lacks
	default:
		return row, t.behaviour(&row, carriers)
	}
	return row, nil
}

// behaviour plays the carriers of a clause.
func (t *trial) behaviour(row *Clause, carriers []syntax.Entry) error {
	var total result
	for _, e := range carriers {
		r, err := t.entry(e)
		if err != nil {
			return err
		}
		total.merge(r)
	}
	switch {
	case total.failure != nil:
		return fmt.Errorf("%s: %s: %w", row.ID, total.broken, total.failure)
	case total.mismatch != nil:
		row.State, row.Expected, row.Seen = Broken, total.broken+": "+total.mismatch.expected, total.mismatch.seen
	case total.cannot != nil:
		row.State, row.Expected, row.Seen = Unproved, "every probe of its rules to be played", total.cannot.why
	case total.probes == 0:
		row.State, row.Expected, row.Seen = Unproved, "a probe of its behaviour", "its rules only state it; nothing plays them yet"
	default:
		row.State, row.Expected, row.Seen = Proved, "what the rules say", fmt.Sprintf("%d probes held", total.probes)
		if total.probes == 1 {
			row.Seen = "1 probe held"
		}
		if len(t.plan.text.File.Collect) == 0 && slices.Contains(aboutHeld, row.Promise) {
			row.Seen += ", vacuously: the policy takes nothing in"
		}
	}
	return nil
}

// aboutHeld are promises about data that is held. A policy that takes nothing in
// keeps them vacuously, and the report says so.
var aboutHeld = []string{"CP-12", "CP-23", "CP-25", "CP-26"}

func (r *result) merge(o *result) {
	r.probes += o.probes
	if r.mismatch == nil && o.mismatch != nil {
		r.mismatch, r.broken = o.mismatch, o.broken
	}
	if r.cannot == nil {
		r.cannot = o.cannot
	}
	if r.failure == nil && o.failure != nil {
		r.failure, r.broken = o.failure, o.broken
	}
}

// entry plays the behaviour of one entry, once.
func (t *trial) entry(e syntax.Entry) (*result, error) {
	if r := t.seen[key(e)]; r != nil {
		return r, nil
	}
	r := &result{}
	for _, p := range t.plan.entries[key(e)] {
		if err := t.stage.ctx.Err(); err != nil {
			return nil, err
		}
		t.probes++
		r.add(p, p.play(t.stage))
	}
	t.seen[key(e)] = r
	return r, nil
}

func (t *trial) shown(carriers []syntax.Entry) (*result, error) {
	r := &result{}
	for _, e := range carriers {
		p := t.plan.shown[key(e)]
		r.add(p, p.play(t.stage))
	}
	return r, r.failure
}

// attest plays the attestations of a clause. That they hold is shown; what people
// do, they attest.
func (t *trial) attest(row *Clause, carriers []syntax.Entry) error {
	row.State, row.Expected, row.Seen = Broken, "an attestation with an owner, evidence and an end that has not passed", "none"
	var names []string
	for _, e := range carriers {
		a, ok := e.Value.(*syntax.Attestation)
		if !ok {
			continue
		}
		r, err := t.entry(e)
		if err != nil {
			return err
		}
		switch {
		case r.failure != nil:
			return fmt.Errorf("%s: %s: %w", row.ID, r.broken, r.failure)
		case r.mismatch != nil:
			row.Expected, row.Seen = r.broken+": "+r.mismatch.expected, r.mismatch.seen
			return nil
		case r.cannot != nil:
			row.State, row.Seen = Unproved, r.cannot.why
			return nil
		}
		names = append(names, a.By.In("en"))
	}
	if len(names) > 0 {
		row.State, row.Seen = Attested, "attested by "+strings.Join(names, ", ")+"; the desk and the public page say until when"
	}
	return nil
}

// waive shows that a disclaimer is found as one, and that taking it out of the
// policy changes no decision: it switched nothing off.
func (t *trial) waive(row *Clause, carriers []syntax.Entry) error {
	f := t.plan.text.File.Clone()
	f.Waivers = nil
	for i := range f.Clauses {
		if f.Clauses[i].ID.Text == row.ID {
			f.Clauses = slices.Delete(f.Clauses, i, i+1)
			break
		}
	}
	row.Expected = "a disclaimer that is named as one and switches nothing off"
	named := slices.ContainsFunc(carriers, func(e syntax.Entry) bool {
		_, ok := e.Value.(*syntax.Waiver)
		return ok && slices.ContainsFunc(e.Head.Accept, func(a syntax.Accept) bool { return a.Finding.Text == "waiver" })
	})
	if !named {
		row.State, row.Seen = Broken, "it is not carried as a disclaimer whose finding is answered"
		return nil
	}
	without, faults := policy.Compile(dropClauses(f))
	if len(faults) > 0 {
		return fmt.Errorf("compile the policy without its disclaimers: %w", faults)
	}
	for _, c := range policy.Diff(t.stage.program, without) {
		if c.Section != "waivers" && c.Class != policy.Editorial {
			row.State, row.Seen = Broken, "without it the policy decides otherwise: "+c.Says.En
			return nil
		}
	}
	row.State, row.Seen = Proved, "named as a disclaimer; the policy decides the same without it"
	return nil
}

// dropClauses takes clauses out that nothing carries any more.
func dropClauses(f *syntax.File) *syntax.File {
	carried := text{f}.carriers()
	f.Clauses = slices.DeleteFunc(f.Clauses, func(c syntax.Clause) bool { return len(carried[c.ID.Text]) == 0 })
	return f
}

package prove

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"avow.dev"
	"avow.dev/policy"
	"avow.dev/policy/syntax"
)

// trial is the proof of one policy under way, on several stages at once: while a
// probe of one waits for its engine, a probe of another is at work.
type trial struct {
	plan     *plan
	stages   []*stage
	played   map[string]*result // by entry
	progress func(avow.PolicyID, int, int)
}

// proveOne proves one policy on engines of its own.
func proveOne(ctx context.Context, o *Options, open *browsers, p *policy.Program) (*PolicyReport, *Mutants, error) {
	t := &trial{plan: newPlan(text{p.File()}), progress: o.Progress}
	dir, err := folder()
	if err != nil {
		return nil, nil, err
	}
	defer os.RemoveAll(dir)
	for i := range t.plan.hands() {
		s, err := openStage(ctx, o, open, p, filepath.Join(dir, strconv.Itoa(i)))
		if err != nil {
			return nil, nil, err
		}
		defer s.close()
		t.stages = append(t.stages, s)
	}
	r, err := t.report()
	if err != nil || !o.Mutate {
		return r, nil, err
	}
	m, err := t.mutate(r)
	return r, m, err
}

// hands is how many stages a proof is worth: making one takes as long as some dozens
// of probes.
func (p *plan) hands() int {
	probes := 0
	for _, of := range p.entries {
		probes += len(of)
	}
	return min(1+probes/200, max(2, runtime.GOMAXPROCS(0)))
}

// share deals the numbers below n out to the stages, each time in the same way, and
// has work done for each. A stage stops at its first error.
func (t *trial) share(n int, work func(s *stage, i int) error) error {
	id := avow.PolicyID(t.plan.text.Policy.Text)
	var done atomic.Int64
	var wg sync.WaitGroup
	errs := make([]error, len(t.stages))
	t.progress(id, 0, n)
	for k, s := range t.stages {
		wg.Go(func() {
			for i := k; i < n && errs[k] == nil; i += len(t.stages) {
				errs[k] = work(s, i)
				t.progress(id, int(done.Add(1)), n)
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// report plays every entry that a clause hangs on, once, and says for each clause what
// became of it.
func (t *trial) report() (*PolicyReport, error) {
	f, s := t.plan.text.File, t.stages[0]
	r := &PolicyReport{Policy: f.Policy.Text, Version: f.Version.Text, Hash: s.hash}
	entries := t.plan.played()
	results := make([]*result, len(entries))
	err := t.share(len(entries), func(s *stage, i int) (err error) {
		results[i], err = s.play(t.plan.entries[entries[i]])
		return err
	})
	if err != nil {
		return nil, err
	}
	t.played = make(map[string]*result, len(entries))
	for i, key := range entries {
		t.played[key] = results[i]
		r.Probes += results[i].probes
	}
	for i := range f.Clauses {
		row, err := t.clause(s, &f.Clauses[i])
		if err != nil {
			return nil, err
		}
		r.Clauses = append(r.Clauses, row)
	}
	return r, nil
}

// played lists the keys of entries whose behaviour a clause hangs on.
func (p *plan) played() []string {
	var out []string
	seen := make(map[string]bool)
	for i := range p.text.Clauses {
		c := &p.text.Clauses[i]
		how := howProved(c)
		for _, e := range p.carries[c.ID.Text] {
			_, attests := e.Value.(*syntax.Attestation)
			if (how == byBehaviour || how == byAttestation && attests) && !seen[key(e)] {
				seen[key(e)] = true
				out = append(out, key(e))
			}
		}
	}
	return out
}

// how a clause is proved.
type how int

const (
	byBehaviour how = iota
	byAttestation
	byWaiving
	byRendering
	notYet
)

func howProved(c *syntax.Clause) how {
	switch {
	case c.Promise.Text == "CP-43":
		return byAttestation
	case c.Promise.Text == "CP-44":
		return byWaiving
	case c.Class.Text == "D" || c.Promise.Text == "CP-42":
		return byRendering
	case promises[c.Promise.Text].lacks != "":
		return notYet
	}
	return byBehaviour
}

// clause plays what a clause needs and says what became of it.
func (t *trial) clause(s *stage, c *syntax.Clause) (Clause, error) {
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
	shown, err := t.shown(s, carriers)
	if err != nil {
		return row, err
	}
	if shown.mismatch != nil {
		row.State, row.Expected, row.Seen = Broken, shown.mismatch.expected, shown.mismatch.seen
		return row, nil
	}
	switch howProved(c) {
	case byAttestation:
		return row, t.attest(&row, carriers)
	case byWaiving:
		return row, t.waive(s.program, &row, carriers)
	case byRendering:
		row.State, row.Expected, row.Seen = Rendered, "the text in every language", "it stands there in every language"
	case notYet:
		row.State, row.Expected, row.Seen = Unproved, "a scenario that plays it", about.lacks
	default:
		return row, t.behaviour(&row, carriers)
	}
	return row, nil
}

// behaviour says what came of playing the carriers of a clause.
func (t *trial) behaviour(row *Clause, carriers []syntax.Entry) error {
	var total result
	for _, e := range carriers {
		total.merge(t.played[key(e)])
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

// play plays the behaviour of one entry.
func (s *stage) play(probes []probe) (*result, error) {
	r := &result{}
	for _, p := range probes {
		if err := s.ctx.Err(); err != nil {
			return nil, err
		}
		r.add(p, p.play(s))
	}
	return r, nil
}

func (t *trial) shown(s *stage, carriers []syntax.Entry) (*result, error) {
	r := &result{}
	for _, e := range carriers {
		p := t.plan.shown[key(e)]
		r.add(p, p.play(s))
	}
	return r, r.failure
}

// attest says what came of playing the attestations of a clause. That they hold is shown; what people
// do, they attest.
func (t *trial) attest(row *Clause, carriers []syntax.Entry) error {
	row.State, row.Expected, row.Seen = Broken, "an attestation with an owner, evidence and an end that has not passed", "none"
	var names []string
	for _, e := range carriers {
		a, ok := e.Value.(*syntax.Attestation)
		if !ok {
			continue
		}
		switch r := t.played[key(e)]; {
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
func (t *trial) waive(p *policy.Program, row *Clause, carriers []syntax.Entry) error {
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
	for _, c := range policy.Diff(p, without) {
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

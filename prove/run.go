package prove

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"avow.dev"
	"avow.dev/policy"
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

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"avow.dev/policy"
	"avow.dev/prove"
)

// againstFlags lead a proof to a server that serves real people.
type againstFlags struct {
	Against   string        `placeholder:"URL" help:"Test a running server instead: somebody made up, and marked as such, tries their rights there. Nobody real is touched."`
	Schedule  time.Duration `placeholder:"1h" help:"With --against: again and again, this far apart, until told to stop."`
	ReportTo  string        `name:"report-to" placeholder:"URL" help:"Show the result of a full proof on the public page of this server. A self-test reports to the server that it tests."`
	TokenFile string        `name:"token-file" env:"AVOW_TOKEN_FILE" placeholder:"FILE" help:"File with a token of scopes app and auditor; auditor alone is enough to report."`
}

func (f *againstFlags) token() (string, error) {
	if f.TokenFile == "" {
		return "", usage("--against and --report-to need --token-file")
	}
	raw, err := os.ReadFile(f.TokenFile)
	return strings.TrimSpace(string(raw)), err
}

// shortestSchedule keeps a slip of the pen from becoming a load test.
const shortestSchedule = time.Minute

// selfTests runs self-tests once, or until told to stop. A single run ends with the
// exit code of a finding if a promise is broken.
func (f *againstFlags) selfTests(ctx context.Context, c *console, programs []*policy.Program) error {
	token, err := f.token()
	if err != nil {
		return err
	}
	if f.Schedule != 0 && f.Schedule < shortestSchedule {
		return usage("--schedule: at least %s", shortestSchedule)
	}
	for {
		kept, err := f.selfTestAll(ctx, c, programs, token)
		if f.Schedule == 0 {
			if err == nil && !kept {
				err = found()
			}
			return err
		}
		if err != nil && ctx.Err() == nil {
			c.say("%s self-test: %s", c.now().UTC().Format(time.RFC3339), err)
		}
		wait := time.NewTimer(f.Schedule)
		select {
		case <-ctx.Done():
			wait.Stop()
			return nil
		case <-wait.C:
		}
	}
}

func (f *againstFlags) selfTestAll(ctx context.Context, c *console, programs []*policy.Program, token string) (kept bool, failed error) {
	kept = true
	for _, p := range programs {
		a := prove.Against{URL: f.Against, Token: token, Policy: p, Now: c.now()}
		r, err := prove.SelfTest(ctx, a)
		if r == nil {
			failed = errors.Join(failed, fmt.Errorf("%s: %w", p.ID(), err))
			continue
		}
		broken := r.Count(prove.Broken)
		kept = kept && broken == 0
		failed = errors.Join(failed, err, r.Report(ctx, a, "self-test", nil))
		c.say("%s %s: %d questions, %d clauses kept, %d broken", c.now().UTC().Format(time.RFC3339), p.ID(), r.Probes, r.Count(prove.Proved), broken)
		for i := range r.Clauses {
			if row := &r.Clauses[i]; row.State == prove.Broken {
				c.say("  broken %s: expected %s; seen %s", row.ID, row.Expected, row.Seen)
			}
		}
	}
	return kept, failed
}

// reportFull shows the result of a full proof on a server's public page.
func (f *againstFlags) reportFull(ctx context.Context, c *console, programs []*policy.Program, r *prove.Report) error {
	if f.ReportTo == "" {
		return nil
	}
	token, err := f.token()
	if err != nil {
		return err
	}
	return report(ctx, c, f.ReportTo, token, programs, r)
}

// report shows the result of a full proof on the public pages of a server.
func report(ctx context.Context, c *console, url, token string, programs []*policy.Program, r *prove.Report) error {
	mutants := r.Mutants
	if len(programs) > 1 {
		mutants = nil // they are counted over all policies together
	}
	for i, p := range programs {
		if err := r.Policies[i].Report(ctx, prove.Against{URL: url, Token: token, Policy: p, Now: c.now()}, "full", mutants); err != nil {
			return err
		}
	}
	return nil
}

package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"time"

	"avow.dev/notice"
	"avow.dev/policy"
	"avow.dev/policy/exhaust"
	"avow.dev/policy/syntax"
	"avow.dev/policy/vet"
)

type checkCommand struct {
	Files      []string     `arg:"" name:"file" help:"Policy files."`
	JSON       bool         `xor:"form" help:"Write the result as JSON."`
	SARIF      bool         `name:"sarif" xor:"form" help:"Write findings as SARIF 2.1.0, for code hosting sites; faults go to standard error."`
	All        bool         `help:"Show answered findings too."`
	FailOn     vet.Severity `default:"warning" enum:"error,warning,notice" help:"Least severity of an open finding that fails the check: error, warning or notice."`
	Exhaustive bool         `help:"Compare the compiled policy with the reference interpreter on every question that can make a difference. May take minutes."`
	Fix        bool         `help:"Make the safe fixes in the files: those that let the policy do less, or take out what has no effect."`
}

func (*checkCommand) examples() []string {
	return []string{
		"avow check policy.yaml                  every fault and every open finding in one go",
		"avow check --sarif policy.yaml > r.sarif  for a code hosting site",
		"avow check --exhaustive policy.yaml     prove that the compiled decisions are the written ones",
	}
}

// checked is the result for one file.
type checked struct {
	File       string         `json:"file"`
	Policy     string         `json:"policy,omitempty"`
	Hash       string         `json:"hash,omitempty"`
	Faults     []syntax.Fault `json:"faults"`
	Findings   []vet.Finding  `json:"findings"`
	Exhaustive *compared      `json:"exhaustive,omitempty"`
}

// compared is what the comparison with the reference interpreter gave.
type compared struct {
	exhaust.Report
	Counterexample string `json:"counterexample,omitempty"`
}

// Run checks all files and reports everything that is wrong with any of them.
func (k *checkCommand) Run(c *console) error {
	results := make([]checked, 0, len(k.Files))
	for _, path := range k.Files {
		r, err := k.file(c, path)
		if err != nil {
			return err
		}
		results = append(results, r)
	}
	if err := k.write(c, results); err != nil {
		return err
	}
	return k.verdict(results)
}

// verdict is the exit code: faults outweigh findings.
func (k *checkCommand) verdict(results []checked) error {
	var err error
	for _, r := range results {
		if len(r.Faults) > 0 {
			return &exit{code: exitPolicy}
		}
		if k.fails(vet.Open(r.Findings)) || r.Exhaustive != nil && r.Exhaustive.Counterexample != "" {
			err = found()
		}
	}
	return err
}

// fails reports whether any finding is as grave as the severity asked for.
func (k *checkCommand) fails(open []vet.Finding) bool {
	gravity := map[vet.Severity]int{vet.Notice: 1, vet.Warning: 2, vet.Error: 3}
	for _, f := range open {
		if g, ok := gravity[f.Severity]; !ok || g >= gravity[k.FailOn] {
			return true
		}
	}
	return false
}

func (k *checkCommand) file(c *console, path string) (checked, error) {
	r := checked{File: path, Faults: []syntax.Fault{}, Findings: []vet.Finding{}}
	if k.Fix {
		if err := fixFile(c, path); err != nil {
			return r, err
		}
	}
	p, err := compileFile(path)
	if faults, ok := errors.AsType[syntax.Faults](err); ok {
		r.Faults = faults
		return r, nil
	}
	if err != nil {
		return r, err
	}
	r.Policy, r.Hash = string(p.ID()), string(p.Hash())
	if faults := notice.Faults(p.File(), c.now()); len(faults) > 0 {
		r.Faults = faults
		return r, nil
	}
	if r.Findings = vet.Check(p, c.now()); !k.All {
		r.Findings = vet.Open(r.Findings)
	}
	if k.Exhaustive {
		r.Exhaustive = compare(c, p)
	}
	return r, nil
}

func compare(c *console, p *policy.Program) *compared {
	bar := c.progress("comparing " + string(p.ID()))
	defer bar.end()
	report, wrong := exhaust.Check(p, bar.step)
	out := &compared{Report: report}
	if wrong != nil {
		out.Counterexample = wrong.String()
	}
	return out
}

// fixFile makes safe fixes until there are none. The result is written only if
// it compiles.
func fixFile(c *console, path string) error {
	src, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	text, n, err := fixed(path, src, c.now())
	if err != nil {
		return fmt.Errorf("fix %s: %w", path, err)
	}
	if n == 0 {
		return nil
	}
	c.say("%s: made %d safe fixes", path, n)
	return replaceFile(path, text)
}

// rounds bounds how often fixes are looked for again after fixes.
const rounds = 8

func fixed(path string, src []byte, now time.Time) ([]byte, int, error) {
	tidy, err := syntax.Format(src)
	formatted := err == nil && bytes.Equal(tidy, src)
	total := 0
	for range rounds {
		file, faults := syntax.Parse(path, src)
		if len(faults) > 0 {
			return src, total, nil // check reports them
		}
		edits := vet.SafeEdits(vet.CheckFile(file, now))
		if len(edits) == 0 {
			return src, total, nil
		}
		next, err := vet.Apply(src, edits)
		if err == nil && formatted {
			next, err = syntax.Format(next)
		}
		if err != nil {
			return nil, 0, err
		}
		src, total = next, total+len(edits)
	}
	return src, total, nil
}

func (k *checkCommand) write(c *console, results []checked) error {
	switch {
	case k.JSON:
		return writeJSON(c, results)
	case k.SARIF:
		var all []vet.Finding
		for _, r := range results {
			all = append(all, r.Findings...)
			if len(r.Faults) > 0 {
				c.say("%s", syntax.Faults(r.Faults).Format())
			}
		}
		return vet.WriteSARIF(c.out, all)
	}
	for i := range results {
		if err := results[i].print(c); err != nil {
			return err
		}
	}
	return nil
}

func (r *checked) print(c *console) error {
	if len(r.Faults) > 0 {
		return syntax.Faults(r.Faults).Print(c.out)
	}
	if len(r.Findings) > 0 {
		if err := vet.Print(c.out, r.Findings); err != nil {
			return err
		}
	}
	if r.Exhaustive != nil {
		if _, err := fmt.Fprintf(c.out, "%s: %s\n", r.File, r.Exhaustive); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(c.out, "%s: %s %s: no faults, %d open findings\n", r.File, r.Policy, r.Hash, len(vet.Open(r.Findings)))
	return err
}

// String says how the comparison ended.
func (x *compared) String() string {
	if x.Counterexample != "" {
		return "the compiled policy differs from the reference:\n" + x.Counterexample
	}
	return fmt.Sprintf("compiled and reference agree on %d decisions", x.Decisions)
}

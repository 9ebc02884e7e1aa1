package main

import (
	"fmt"
	"slices"

	"avow.dev"
	"avow.dev/policy"
)

type diffCommand struct {
	Old    string `arg:"" help:"The policy as it was."`
	New    string `arg:"" help:"The policy as it shall be."`
	FailOn string `default:"never" enum:"never,wider,notice,any" help:"Exit code 1 if the change is: wider (including new recipients and fresh consent), notice (that or needing notice), any, or never."`
	Lang   string `default:"en" help:"Language of the sentences, en or zh."`
	JSON   bool   `help:"Write the result as JSON."`
}

func (*diffCommand) examples() []string {
	return []string{
		"avow diff published.yaml policy.yaml                  what changes for people",
		"avow diff --fail-on wider published.yaml policy.yaml  for CI: nothing may get wider unnoticed",
	}
}

// changed is one difference, for programs.
type changed struct {
	Class   policy.ChangeClass `json:"class"`
	Section string             `json:"section"`
	Rules   []avow.RuleID      `json:"rules"`
	Says    string             `json:"says"`
}

// Run compares what two texts mean.
func (k *diffCommand) Run(c *console) error {
	before, err := compileFile(k.Old)
	if err != nil {
		return err
	}
	after, err := compileFile(k.New)
	if err != nil {
		return err
	}
	if before.ID() != after.ID() {
		return usage("%s is of the policy %s and %s of %s; only texts of one policy can be compared", k.Old, before.ID(), k.New, after.ID())
	}
	changes := policy.Diff(before, after)
	if err := k.write(c, changes); err != nil {
		return err
	}
	if slices.ContainsFunc(changes, k.fails) {
		return found()
	}
	return nil
}

func (k *diffCommand) fails(x policy.Change) bool {
	switch k.FailOn {
	case "wider":
		return x.Class.Widens()
	case "notice":
		return x.Class.Widens() || x.Class == policy.NeedsNotice
	}
	return k.FailOn == "any"
}

func (k *diffCommand) write(c *console, changes []policy.Change) error {
	if k.JSON {
		out := make([]changed, len(changes))
		for i, x := range changes {
			out[i] = changed{x.Class, x.Section, x.Rules, x.Says.In(avow.Language(k.Lang))}
		}
		return writeJSON(c, out)
	}
	if len(changes) == 0 {
		_, err := fmt.Fprintln(c.out, "no difference in meaning")
		return err
	}
	for _, x := range changes {
		if _, err := fmt.Fprintf(c.out, "%s: %s %v: %s\n", x.Class, x.Section, x.Rules, x.Says.In(avow.Language(k.Lang))); err != nil {
			return err
		}
	}
	return nil
}

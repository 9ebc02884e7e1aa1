package main

import (
	"encoding/json"
	"errors"
	"fmt"

	"avow.dev/policy/syntax"
)

type checkCommand struct {
	Files []string `arg:"" name:"file" help:"Policy files."`
	JSON  bool     `help:"Write the result as JSON."`
}

func (*checkCommand) examples() []string {
	return []string{
		"avow check policy.yaml            all faults of the file in one go",
		"avow check --json policies/*.yaml  the same, for a program",
	}
}

// checked is the result for one file.
type checked struct {
	File   string         `json:"file"`
	Policy string         `json:"policy,omitempty"`
	Hash   string         `json:"hash,omitempty"`
	Faults []syntax.Fault `json:"faults"`
}

// Run checks all files and reports everything that is wrong with any of them.
func (k *checkCommand) Run(c *console) error {
	results := make([]checked, 0, len(k.Files))
	bad := false
	for _, path := range k.Files {
		r, err := checkFile(path)
		if err != nil {
			return err
		}
		bad = bad || len(r.Faults) > 0
		results = append(results, r)
	}
	if err := k.write(c, results); err != nil {
		return err
	}
	if bad {
		return &exit{code: exitPolicy}
	}
	return nil
}

func checkFile(path string) (checked, error) {
	r := checked{File: path, Faults: []syntax.Fault{}}
	p, err := compileFile(path)
	if faults, ok := errors.AsType[syntax.Faults](err); ok {
		r.Faults = faults
		return r, nil
	}
	if err != nil {
		return r, err
	}
	r.Policy, r.Hash = string(p.ID()), string(p.Hash())
	return r, nil
}

func (k *checkCommand) write(c *console, results []checked) error {
	if k.JSON {
		return writeJSON(c, results)
	}
	for _, r := range results {
		var err error
		if len(r.Faults) > 0 {
			_, err = fmt.Fprintf(c.out, "%s\n", syntax.Faults(r.Faults).Format())
		} else {
			_, err = fmt.Fprintf(c.out, "%s: %s %s: no faults\n", r.File, r.Policy, r.Hash)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// writeJSON writes a result for programs.
func writeJSON(c *console, v any) error {
	e := json.NewEncoder(c.out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

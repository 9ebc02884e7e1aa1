package main

import (
	"errors"
	"os"

	"avow.dev/policy"
	"avow.dev/policy/syntax"
)

// compileFile reads and compiles a policy. Faults are the error.
func compileFile(path string) (*policy.Program, error) {
	src, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return policy.Read(path, src)
}

// compileFiles compiles several policies, and reports the faults of all in one
// go. Two files of one policy are an error.
func compileFiles(paths []string) ([]*policy.Program, error) {
	var programs []*policy.Program
	var faults syntax.Faults
	from := make(map[string]string)
	for _, path := range paths {
		p, err := compileFile(path)
		if more, ok := errors.AsType[syntax.Faults](err); ok {
			faults = append(faults, more...)
			continue
		}
		if err != nil {
			return nil, err
		}
		id := string(p.ID())
		if from[id] != "" {
			return nil, usage("%s and %s are both of the policy %s; serve one of them", from[id], path, id)
		}
		from[id] = path
		programs = append(programs, p)
	}
	return programs, faults.Err()
}

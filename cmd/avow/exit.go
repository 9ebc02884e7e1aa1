package main

import (
	"errors"
	"fmt"
	"strings"

	"avow.dev/policy/syntax"
)

// Exit codes. They are part of the interface: scripts and CI depend on them.
const (
	exitOK      = 0 // everything is as it should be
	exitFinding = 1 // a check found something, or a proof does not verify
	exitUsage   = 2 // the command line is wrong
	exitPolicy  = 3 // a policy file has faults
	exitStart   = 4 // the start was refused: lock, keys, schema, clock, folders
	exitTrouble = 5 // a file, the disk or the network
)

// meaning is what the help says of an exit code.
type meaning struct {
	code int
	text string
}

func exits() []meaning {
	return []meaning{
		{exitOK, "done; nothing was found"},
		{exitFinding, "a check found something, a proof does not verify, a diff is wider than allowed, or the policy refuses"},
		{exitUsage, "the command line is wrong"},
		{exitPolicy, "a policy file has faults"},
		{exitStart, "the start was refused: folder in use, wrong keys, newer schema, clock behind the log"},
		{exitTrouble, "trouble with a file, the disk or the network"},
	}
}

// exit is an error that knows its exit code.
type exit struct {
	code int
	err  error // nil: everything was said already
}

func (e *exit) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

func (e *exit) Unwrap() error { return e.err }

// found ends a command that has printed its findings.
func found() error { return &exit{code: exitFinding} }

// failed is a check that did not pass.
func failed(err error) error { return &exit{exitFinding, err} }

func usage(format string, args ...any) error { return &exit{exitUsage, fmt.Errorf(format, args...)} }

// refused is a start that did not take place.
func refused(err error) error {
	if err == nil {
		return nil
	}
	return &exit{exitStart, err}
}

// codeOf maps an error to its exit code.
func codeOf(err error) int {
	if err == nil {
		return exitOK
	}
	if e, ok := errors.AsType[*exit](err); ok {
		return e.code
	}
	if _, ok := errors.AsType[syntax.Faults](err); ok {
		return exitPolicy
	}
	return exitTrouble
}

// told is what is still to be said of an error.
func told(err error) string {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*exit](err); ok && e.err == nil {
		return ""
	}
	if faults, ok := errors.AsType[syntax.Faults](err); ok {
		return strings.TrimRight("the policy has faults\n\n"+faults.Format(), "\n")
	}
	return err.Error()
}

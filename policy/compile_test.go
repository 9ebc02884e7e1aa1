package policy_test

import (
	"os"
	"testing"

	"avow.dev/policy"
	"avow.dev/policy/syntax"
)

// parse reads a policy and fails the test on any fault.
func parse(t testing.TB, name string) *syntax.File {
	t.Helper()
	src, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	f, faults := syntax.Parse(name, src)
	if len(faults) > 0 {
		t.Fatal(faults.Format())
	}
	return f
}

func compile(t testing.TB, f *syntax.File) *policy.Program {
	t.Helper()
	p, faults := policy.Compile(f)
	if len(faults) > 0 {
		t.Fatal(faults.Format())
	}
	return p
}

func club(t testing.TB) *policy.Program {
	return compile(t, parse(t, "../conform/decisions/club.yaml"))
}

func TestCompileClub(t *testing.T) {
	t.Parallel()
	p := club(t)
	if p.ID() != "club" || p.Hash() == "" || !p.Enforces() || p.Effective().IsZero() {
		t.Errorf("compiled wrongly: %s %s", p.ID(), p.Hash())
	}
}

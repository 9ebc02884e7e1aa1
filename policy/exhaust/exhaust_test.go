package exhaust_test

import (
	"os"
	"path/filepath"
	"testing"

	"avow.dev/policy"
	"avow.dev/policy/exhaust"
	"avow.dev/policy/syntax"
)

func load(t testing.TB, name string) *policy.Program {
	t.Helper()
	src, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	f, faults := syntax.Parse(name, src)
	if len(faults) > 0 {
		t.Fatal(faults.Format())
	}
	p, faults := policy.Compile(f)
	if len(faults) > 0 {
		t.Fatal(faults.Format())
	}
	return p
}

func TestPoliciesAreCompiledAsTheyRead(t *testing.T) {
	names, err := filepath.Glob(filepath.Join("..", "..", "examples", "*", "policy.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(names, filepath.Join("..", "..", "conform", "decisions", "club.yaml")) {
		t.Run(filepath.Base(filepath.Dir(name)), func(t *testing.T) {
			p := load(t, name)
			cells, told := 0, 0
			report, x := exhaust.Check(p, func(done, total int) { cells, told = total, done })
			if x != nil {
				t.Fatalf("compiled otherwise than it reads:\n%s", x)
			}
			if report.Decisions < report.Wordings || report.Cells != cells || told != cells {
				t.Errorf("%+v, and %d of %d cells told", report, told, cells)
			}
			t.Logf("%+v", report)
		})
	}
}

package prove_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"avow.dev/policy"
	"avow.dev/policy/syntax"
	"avow.dev/prove"
	"avow.dev/prove/live"
)

// command builds the avow command, whose processes a proof can kill.
var command = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "avow-command-")
	if err != nil {
		return "", err
	}
	exe := filepath.Join(dir, "avow")
	out, err := exec.Command("go", "build", "-o", exe, "avow.dev/cmd/avow").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return exe, nil
})

func compile(t testing.TB, name string) *policy.Program {
	t.Helper()
	path := "../examples/" + name + "/policy.yaml"
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, faults := syntax.Parse(path, src)
	if len(faults) > 0 {
		t.Fatal(faults.Format())
	}
	p, faults := policy.Compile(f)
	if len(faults) > 0 {
		t.Fatal(faults.Format())
	}
	return p
}

func TestExamples(t *testing.T) {
	for _, name := range []string{"airstep", "astral", "generic", "airtalk", "ousiqi"} {
		t.Run(name, func(t *testing.T) {
			exe, err := command()
			if err != nil {
				t.Fatal(err)
			}
			child := live.Child(exe)
			r, err := prove.Run(t.Context(), prove.Options{Policies: []*policy.Program{compile(t, name)}, Start: live.Start, Child: child})
			if err != nil {
				t.Fatal(err)
			}
			p := r.Policies[0]
			t.Logf("%s: %d probes; proved %d attested %d rendered %d unproved %d broken %d", name, p.Probes, p.Count(prove.Proved), p.Count(prove.Attested), p.Count(prove.Rendered), p.Count(prove.Unproved), p.Count(prove.Broken))
			for _, c := range p.Clauses {
				if c.State == prove.Broken || c.State == prove.Unproved && os.Getenv("ALL") != "" {
					t.Log(fmt.Sprintf("%s %s %s %v: expected %s; saw %s", c.State, c.ID, c.Promise, c.Rules, c.Expected, c.Seen))
				}
			}
		})
	}
}

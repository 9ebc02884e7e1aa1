package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const output = `goos: linux
BenchmarkDecide/avow 	 100	 80.0 cpu-ns/op	 81 ns/op	 0 B/op	 0 allocs/op
BenchmarkDecide/floor 	 100	 60.0 cpu-ns/op	 61 ns/op	 0 B/op	 0 allocs/op
BenchmarkGate/register/callers=64-2   10000	 218716 ns/op	 131.7 cpu-µs/op	 4572 ops/s	 9190 p50-µs
PASS
`

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestRun(t *testing.T) {
	t.Parallel()
	one := write(t, "1", output)
	two := write(t, "2", strings.ReplaceAll(output, "80.0", "100"))
	doc := write(t, "doc", "before\n"+begin+"\nold\n"+end+"\nafter\n")
	facts := write(t, "facts", "cores: 2\n")
	if err := run([]string{"-doc", doc, "-facts", facts, one, two}, nil); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(doc)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"before\n", "\nafter\n", "Medians of 2 runs", "| cores | 2 |", "| avow | 90.0 (80.0–100) | 81.0 |", "| Gate/register/callers=64 | 4,572 (4,572–4,572) | 9,190 |",
		"| a decision by name against the floor | ≤ 1.5 | 1.50 × | met |", "| registrations per second, 64 callers | ≥ 20,000 | 4572 | **missed** |"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if strings.Contains(string(text), "old") {
		t.Error("the old block is still there")
	}
}

func TestRunRefuses(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"failed": output + "FAIL\n", "number": strings.Replace(output, "80.0", "8O", 1)} {
		if err := run([]string{write(t, name, text)}, nil); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if err := run([]string{"-doc", write(t, "doc", "no markers"), write(t, "run", output)}, nil); err == nil {
		t.Error("a document without markers was taken")
	}
	if err := run(nil, nil); err == nil {
		t.Error("no runs were taken")
	}
}

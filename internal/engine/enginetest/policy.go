package enginetest

import (
	"os"
	"strings"
	"testing"

	"avow.dev/examples"
	"avow.dev/policy"
)

// Compile compiles the text of a policy after changes: old, new, old, new. Each old
// text must stand there, and gives way once.
func Compile(t testing.TB, text string, changes ...string) *policy.Program {
	t.Helper()
	p, err := policy.Read("policy.yaml", []byte(Changed(t, text, changes...)))
	Must(t, err)
	return p
}

// Changed is a text after changes, as [Compile] makes them.
func Changed(t testing.TB, text string, changes ...string) string {
	t.Helper()
	for i := 0; i+1 < len(changes); i += 2 {
		if !strings.Contains(text, changes[i]) {
			t.Fatalf("the policy does not say %q", changes[i])
		}
		text = strings.Replace(text, changes[i], changes[i+1], 1)
	}
	return text
}

// Read is the text of a file.
func Read(t testing.TB, path string) string {
	t.Helper()
	src, err := os.ReadFile(path)
	Must(t, err)
	return string(src)
}

// Example is the text of an example policy.
func Example(t testing.TB, name string) string {
	t.Helper()
	src, err := examples.Policy(name)
	Must(t, err)
	return string(src)
}

package syntax_test

import (
	"os"
	"testing"

	"avow.dev/policy/syntax"
)

// TestRemoveEveryEntry takes each entry of a policy out of a copy: it is gone,
// everything else stays, and the original is as it was.
func TestRemoveEveryEntry(t *testing.T) {
	t.Parallel()
	src, err := os.ReadFile("../../examples/airstep/policy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	f, faults := syntax.Parse("policy.yaml", src)
	if len(faults) > 0 {
		t.Fatal(faults.Format())
	}
	count := func(f *syntax.File) (n int) {
		for range f.Entries() {
			n++
		}
		return n
	}
	all := count(f)
	for e := range f.Entries() {
		id, single := e.Head.ID.Text, e.Path == e.Section
		c := f.Clone()
		if got := c.Remove(e.Section, id); got == single {
			t.Errorf("%s %s: removed %v", e.Path, id, got)
			continue
		}
		if _, there := c.Lookup(e.Section, id); there != single {
			t.Errorf("%s %s: there %v", e.Path, id, there)
		}
		if left := count(c); !single && left != all-1 {
			t.Errorf("%s %s: %d of %d entries left", e.Path, id, left, all)
		}
		if c.Remove(e.Section, "nobody-of-this-name") {
			t.Errorf("%s: something was removed", e.Section)
		}
	}
	if count(f) != all {
		t.Error("the original was changed")
	}
}

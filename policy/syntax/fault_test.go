package syntax_test

import (
	"flag"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"avow.dev/policy/syntax"
)

// kinds lists the kinds of faults, sorted.
func kinds(fs syntax.Faults) string {
	ids := make([]string, len(fs))
	for i, f := range fs {
		ids[i] = f.ID
	}
	slices.Sort(ids)
	return strings.Join(ids, " ")
}

var update = flag.Bool("update", false, "write the golden files")

// Each file of testdata/faults is named after the kind of fault it shows; what
// is printed for it stands beside it.
func TestFaults(t *testing.T) {
	t.Parallel()
	for _, name := range glob(t, "testdata/faults/*.yaml") {
		kind := strings.TrimSuffix(filepath.Base(name), ".yaml")
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			_, faults := syntax.Parse(filepath.Base(name), read(t, name))
			if slices.Contains(syntax.Kinds(), kind) && !only(faults, kind) {
				t.Errorf("got %s, want only %s", kinds(faults), kind)
			}
			golden(t, strings.TrimSuffix(name, ".yaml")+".txt", []byte(faults.Format()))
		})
	}
}

func only(fs syntax.Faults, kind string) bool {
	return len(fs) > 0 && !slices.ContainsFunc(fs, func(f syntax.Fault) bool { return f.ID != kind })
}

func TestEveryKindOfFaultIsShown(t *testing.T) {
	t.Parallel()
	for _, kind := range syntax.Kinds() {
		if kind == "too-large" || kind == "too-many-faults" {
			continue // see TestLimits
		}
		if len(glob(t, "testdata/faults/"+kind+".yaml")) == 0 {
			t.Errorf("no file shows %s", kind)
		}
	}
}

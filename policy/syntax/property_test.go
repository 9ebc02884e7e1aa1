package syntax_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"avow.dev/policy/syntax"
)

// untidy draws a policy file that somebody edited without care: lines deleted,
// moved, indented, commented, set apart.
func untidy(seeds [][]byte) *rapid.Generator[[]byte] {
	return rapid.Custom(func(t *rapid.T) []byte {
		lines := strings.Split(string(rapid.SampledFrom(seeds).Draw(t, "seed")), "\n")
		for range rapid.IntRange(0, 8).Draw(t, "edits") {
			i := rapid.IntRange(0, len(lines)-1).Draw(t, "line")
			indent := strings.Repeat(" ", rapid.IntRange(0, 8).Draw(t, "indent"))
			switch rapid.IntRange(0, 8).Draw(t, "edit") {
			case 0, 1, 2:
				lines = insert(lines, i, indent+"# comment "+indent+"x")
			case 3:
				lines[i] += " # trailing"
			case 4:
				lines = insert(lines, i, "")
			case 5:
				lines = append(lines[:i:i], lines[i+1:]...)
				lines = append(lines, "")
			case 6:
				j := rapid.IntRange(0, len(lines)-1).Draw(t, "other")
				lines[i], lines[j] = lines[j], lines[i]
			case 7:
				lines[i] = strings.Replace(lines[i], "[", "[ # open\n"+indent+"   ", 1)
			case 8:
				lines[i] = strings.Replace(lines[i], ",", ", # comma\n"+indent+"   # own line\n"+indent+"    ", 1)
			}
		}
		return []byte(strings.Join(lines, "\n"))
	})
}

func insert(lines []string, i int, line string) []string {
	return append(lines[:i:i], append([]string{line}, lines[i:]...)...)
}

func TestFormatProperties(t *testing.T) {
	t.Parallel()
	var from [][]byte
	for _, name := range slices.Concat(glob(t, "testdata/format/*.yaml"), glob(t, "testdata/good/*.yaml"), glob(t, "testdata/examples/*.yaml")) {
		from = append(from, read(t, name))
	}
	rapid.Check(t, func(rt *rapid.T) {
		src := untidy(from).Draw(rt, "source")
		once, err := syntax.Format(src)
		if err != nil {
			if strings.Contains(err.Error(), "report this") || strings.Contains(err.Error(), "unusual") {
				rt.Fatalf("%v:\n%s", err, src)
			}
			return
		}
		twice, err := syntax.Format(once)
		if err != nil {
			rt.Fatalf("format again: %v\n%s", err, once)
		}
		if !bytes.Equal(once, twice) {
			rt.Fatalf("not idempotent:\n%s\n--- once\n%s\n--- twice\n%s", src, once, twice)
		}
		x, xf := syntax.Parse("p", src)
		y, yf := syntax.Parse("p", once)
		if x.Hash() != y.Hash() || kinds(xf) != kinds(yf) {
			rt.Fatalf("the meaning differs: %s / %s\n%s\n--- once\n%s", kinds(xf), kinds(yf), src, once)
		}
	})
}

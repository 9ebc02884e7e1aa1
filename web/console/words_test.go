package console_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// step finds what desks of the gate call a step: the first text that a call gives to what
// records it, apart from who takes it.
var (
	step  = regexp.MustCompile(`(?:\.step\(|\.add\(|\.stepStore\(|\.onFulfilment\()[^"\n]*ctx[^"\n]*"([a-z-]+)"|[^a-zA-Z]Step\{[^"\n]*"([a-z-]+)"`)
	taker = regexp.MustCompile(`Officer\{[^}]*\}`)
)

// TestEveryStepHasWords: what a desk puts down of a step is said in the officer's language.
func TestEveryStepHasWords(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../gate/*.go")
	must(t, err)
	named := make(map[string]bool)
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		raw, err := os.ReadFile(name)
		must(t, err)
		for _, found := range step.FindAllStringSubmatch(taker.ReplaceAllString(string(raw), ""), -1) {
			named[found[1]+found[2]] = true
		}
	}
	if len(named) < 30 {
		t.Fatalf("only %d steps were found: the gate is read wrongly", len(named))
	}
	for _, language := range []string{"en", "zh"} {
		words, err := os.ReadFile(filepath.Join("words", language+".txt"))
		must(t, err)
		for did := range named {
			if !strings.Contains(string(words), "\ndid."+did+" = ") {
				t.Errorf("%s has no word for the step %s", language, did)
			}
		}
	}
}

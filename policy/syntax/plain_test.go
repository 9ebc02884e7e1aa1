package syntax

import (
	"regexp"
	"testing"
)

// What may stand without quotes, said as regular expressions.
var (
	wordExpr = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9._-]*$`)
	textExpr = regexp.MustCompile(`^[\p{L}](?:[\p{L}\p{M}\p{N}\p{P}\p{S} ]*[\p{L}\p{M}\p{N}\p{P}\p{S}])?$`)
)

func FuzzPlain(f *testing.F) {
	for _, s := range []string{"", "a", "A-1._", "1a", "a b", "a ", " a", "a\n", "a\tb", "隐私 政策", "é", "a\u0301", "\u0301a", "a\u200bb", "z{", "@", "[", "`", "a\xff", "\xff", "a\u00a0b", "a\u3000", "x—y"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got, want := plainWord(s), wordExpr.MatchString(s); got != want {
			t.Errorf("plainWord(%q) = %v, want %v", s, got, want)
		}
		if got, want := plainText(s), textExpr.MatchString(s); got != want {
			t.Errorf("plainText(%q) = %v, want %v", s, got, want)
		}
	})
}

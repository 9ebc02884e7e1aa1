package password_test

import (
	"strings"
	"testing"

	"avow.dev/internal/password"
)

func TestWeak(t *testing.T) {
	t.Parallel()
	for s, weak := range map[string]bool{
		"": true, "short": true, "password": true, "PASSWORD": true, "Password1": true, "password123!": true, "12345678": true, "iloveyou": true, "football": true,
		"aaaaaaaaaaaa": true, "abcabcabcabc": true, strings.Repeat("long", 65): true, "li.ming1": true, "Li.Ming2026": true, "\xff\xfe3456789": true,
		"correct horse": false, "三国演义里的诸葛亮": false, "Tr0ub4dor&3": false, strings.Repeat("x7k", 3) + "-other": false, "li.ming and some more words": false,
	} {
		if got := password.Weak([]byte(s), []byte("li.ming@mail.example")); got != weak {
			t.Errorf("%q: %v", s, got)
		}
	}
}

func BenchmarkWeak(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		password.Weak([]byte("correct horse battery"), []byte("li@mail.example"))
	}
}

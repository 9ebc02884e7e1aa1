package spelling_test

import (
	"strings"
	"testing"

	"avow.dev/internal/spelling"
)

func TestNearest(t *testing.T) {
	t.Parallel()
	known := []string{"email", "emails", "phone", "birth-date", "姓名"}
	for name, c := range map[string]struct {
		word string
		most int
		want string
	}{
		"the word itself":      {"email", 0, "email"},
		"swap":                 {"emial", 1, "email"},
		"insertion":            {"phonne", 1, "phone"},
		"deletion":             {"phne", 1, "phone"},
		"replacement":          {"phane", 1, "phone"},
		"case":                 {"EMAIL", 0, "email"},
		"first among equals":   {"emailt", 1, "email"},
		"one character, bytes": {"姓各", 1, "姓名"},
		"too many slips":       {"fone", 1, ""},
		"enough slips":         {"fone", 2, "phone"},
		"nothing":              {"", 3, ""},
		"very long":            {strings.Repeat("email", 1000), 9999, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := spelling.Nearest(c.word, known, c.most); got != c.want {
				t.Errorf("Nearest(%q, %d) = %q, want %q", c.word, c.most, got, c.want)
			}
		})
	}
}

// Package password says which passwords are too easily guessed to protect
// anybody.
//
// It asks for length and not for kinds of characters, and refuses what many people
// choose (NIST SP 800-63B-4, section 3.1.1.2; OWASP ASVS 5.0, section 6.2). The list
// holds the 3000 most common passwords, and the 3000 most common ones that are long
// enough to be taken.
package password

import (
	_ "embed"
	"strings"
	"sync"
	"unicode/utf8"
)

// The shortest password, in characters, and the longest, in bytes: hashing a
// longer one would cost more than it protects.
const (
	Shortest = 8
	Longest  = 256
)

//go:embed common.txt
var list string

var common = sync.OnceValue(func() map[string]bool {
	words := make(map[string]bool)
	for w := range strings.Lines(list) {
		words[strings.TrimSpace(w)] = true
	}
	return words
})

// Weak reports whether a password is too short, too long, one of the common ones
// in capital or small letters, the same few characters over and over, or made of
// something that is known of the person, such as the name in their address.
func Weak(v []byte, about ...[]byte) bool {
	if !utf8.Valid(v) || utf8.RuneCount(v) < Shortest || len(v) > Longest {
		return true
	}
	s := strings.ToLower(string(v))
	return common()[s] || common()[strings.TrimRight(s, "0123456789!?.")] || repeats(s) || known(s, about)
}

// repeats reports whether a text is a short piece over and over.
func repeats(s string) bool {
	for n := 1; n <= 4 && n < len(s); n++ {
		if strings.Repeat(s[:n], len(s)/n+1)[:len(s)] == s {
			return true
		}
	}
	return false
}

// known reports whether a password is little more than a value of the person.
func known(s string, about [][]byte) bool {
	for _, a := range about {
		word, _, _ := strings.Cut(strings.ToLower(string(a)), "@")
		if len(word) >= 4 && strings.Contains(s, word) && len(s) < len(word)+Shortest {
			return true
		}
	}
	return false
}

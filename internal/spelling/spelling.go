// Package spelling finds the known word that somebody may have meant, for "did you
// mean".
package spelling

import "strings"

// longest is the most bytes of a word that is looked at; nothing longer is near anything.
const longest = 64

// Nearest returns the known word that takes the fewest slips to become word, the
// first of them among equals, or "" if none is within most slips. A slip is an
// insertion, a deletion, a replacement or a swap of neighbours (the optimal string
// alignment distance). Case does not count.
func Nearest(word string, known []string, most int) string {
	if word == "" || len(word) > longest {
		return ""
	}
	word = strings.ToLower(word)
	best, least := "", most+1
	for _, k := range known {
		if d := slips([]rune(word), []rune(strings.ToLower(k))); d < least {
			best, least = k, d
		}
	}
	return best
}

func slips(a, b []rune) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range a {
		row[0] = i + 1
		for j := range b {
			replaced := last[j]
			if a[i] != b[j] {
				replaced++
			}
			row[j+1] = min(last[j+1]+1, row[j]+1, replaced)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}

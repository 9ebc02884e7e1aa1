package vocab

import "strings"

// Nearest proposes a slug of the kind for a word that is none, for "did you
// mean": the slug with the same label in either language, or else the one at
// the smallest edit distance, at most a third of the word. "" means that
// nothing is near. Ties go to the row that stands first in its table.
func Nearest(kind Kind, word string) string {
	word = strings.ToLower(strings.TrimSpace(word))
	if word == "" || len(word) > 64 {
		return ""
	}
	terms := known().terms[kind]
	dashed := strings.NewReplacer("_", "-", " ", "-").Replace(word)
	for _, t := range terms {
		if dashed == t.Slug || word == strings.ToLower(t.En) || word == t.Zh {
			return t.Slug
		}
	}
	return closest(terms, dashed)
}

func closest(terms []Term, word string) string {
	limit := min(3, max(1, len(word)/3))
	best, slug := limit+1, ""
	for _, t := range terms {
		if d := distance(word, t.Slug, best); d < best {
			best, slug = d, t.Slug
		}
	}
	return slug
}

// distance counts the insertions, deletions, substitutions and swaps of
// neighbours between a and b. It may stop early at limit.
func distance(a, b string, limit int) int {
	if abs(len(a)-len(b)) >= limit {
		return limit
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+differ(a[i-1], b[j-1]))
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}

func differ(a, b byte) int {
	if a == b {
		return 0
	}
	return 1
}

func abs(n int) int { return max(n, -n) }

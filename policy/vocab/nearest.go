package vocab

import (
	"strings"

	"avow.dev/internal/spelling"
)

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
	slugs := make([]string, len(terms))
	dashed := strings.NewReplacer("_", "-", " ", "-").Replace(word)
	for i, t := range terms {
		slugs[i] = t.Slug
		if dashed == t.Slug || word == strings.ToLower(t.En) || word == t.Zh {
			return t.Slug
		}
	}
	return spelling.Nearest(dashed, slugs, min(3, max(1, len(dashed)/3)))
}

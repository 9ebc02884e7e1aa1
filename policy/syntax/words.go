package syntax

import "slices"

// Has reports whether a list holds a word.
func Has(words []Word, text string) bool {
	return slices.ContainsFunc(words, func(w Word) bool { return w.Text == text })
}

// Texts returns the texts of words; empty, and not nil, for none.
func Texts(words []Word) []string { return Slugs[string](words) }

// Slugs is Texts in the type of slug that the words are.
func Slugs[S ~string](words []Word) []S {
	out := make([]S, len(words))
	for i, w := range words {
		out[i] = S(w.Text)
	}
	return out
}

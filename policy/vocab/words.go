package vocab

import (
	"iter"
	"slices"
	"strings"
)

// Words is a short list of words in one string, separated by single spaces. A
// string cannot be changed by whoever receives it, so rows can be handed out
// by value. The zero Words is empty.
type Words string

// List returns the words as a new slice.
func (w Words) List() []string { return strings.Fields(string(w)) }

// All yields the words in order.
func (w Words) All() iter.Seq[string] { return strings.FieldsSeq(string(w)) }

// First returns the first word, or "" when there is none.
func (w Words) First() string {
	first, _, _ := strings.Cut(string(w), " ")
	return first
}

// Has reports whether word is one of w.
func (w Words) Has(word string) bool { return slices.Contains(w.List(), word) }

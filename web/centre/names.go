package centre

import (
	"avow.dev"
	"avow.dev/policy/syntax"
)

// names are the names of things of a section, as they stand in a sentence.
func names[S ~string](v *visit, section string, ids []S) []string {
	var out []string
	for _, id := range ids {
		out = append(out, v.text.names.Of(section, string(id)))
	}
	return out
}

// titles are the names of things that an entry of the policy lists.
func (v *visit) titles(section string, words []syntax.Word) []string {
	var out []string
	for _, w := range words {
		out = append(out, v.text.names.Title(section, w.Text))
	}
	return out
}

func (v *visit) titlesOf(purposes []avow.Purpose) []string {
	var out []string
	for _, p := range purposes {
		out = append(out, v.text.names.Title("purposes", string(p)))
	}
	return out
}

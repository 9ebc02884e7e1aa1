package console

import (
	"slices"

	"avow.dev/policy/syntax"
)

// has reports whether a list of the policy names an id.
func has(list []syntax.Word, id string) bool {
	return slices.ContainsFunc(list, func(w syntax.Word) bool { return w.Text == id })
}

// once adds the ids of a list that are not there yet.
func once(ids []string, list []syntax.Word) []string {
	for _, w := range list {
		if !slices.Contains(ids, w.Text) {
			ids = append(ids, w.Text)
		}
	}
	return ids
}

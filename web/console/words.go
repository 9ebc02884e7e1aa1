package console

import (
	"slices"

	"avow.dev/policy/syntax"
)

// once adds the ids of a list that are not there yet.
func once(ids []string, list []syntax.Word) []string {
	for _, w := range list {
		if !slices.Contains(ids, w.Text) {
			ids = append(ids, w.Text)
		}
	}
	return ids
}

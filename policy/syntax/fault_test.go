package syntax_test

import (
	"slices"
	"strings"

	"avow.dev/policy/syntax"
)

// kinds lists the kinds of faults, sorted.
func kinds(fs syntax.Faults) string {
	ids := make([]string, len(fs))
	for i, f := range fs {
		ids[i] = f.ID
	}
	slices.Sort(ids)
	return strings.Join(ids, " ")
}

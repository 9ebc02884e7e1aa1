package syntax

import "fmt"

// Rules is the namespace that the ids of all rules share.
const Rules = "rules"

// Namespace returns the namespace in which the ids of a section are unique.
// Things that rules speak of (data, purposes, points and the like) have one for
// each section, so that a datum and a permission may both be called camera. All
// other sections hold rules, and evidence names a rule by its id alone.
func Namespace(section string) string {
	switch section {
	case "clauses", "scope", "contacts", "documents", "roles", "features", "points", "data", "purposes", "choices", "recipients", "places":
		return section
	}
	return Rules
}

// ids reports ids that are given twice in one namespace.
func (b *binder) ids() {
	seen := map[[2]string]Pos{}
	note := func(section string, id Word) {
		if id.Text == "" {
			return
		}
		key := [2]string{Namespace(section), id.Text}
		first, twice := seen[key]
		if !twice {
			seen[key] = id.Pos
			return
		}
		b.fault(id.Pos, "duplicate-id", fmt.Sprintf("the id %q is given twice in %s, first in line %d", clip(id.Text), key[0], first.Line),
			"rename one of the two")
	}
	for _, c := range b.reader.file.Clauses {
		note("clauses", c.ID)
	}
	for e := range b.reader.file.Entries() {
		note(e.Section, e.Head.ID)
	}
}

package exhaust

import (
	"iter"

	"avow.dev"
	"avow.dev/policy"
	"avow.dev/policy/syntax"
)

// undeclared is a word that no policy can declare: it is no slug.
const undeclared = "no such word"

// numDims counts the words of a question beside verb, datum and purpose.
const numDims = 7

// vocabulary is the words of a policy, each list with the empty word first and
// the undeclared word last.
type vocabulary struct {
	data, purposes []string
	dims           [numDims][]string
}

func vocabularyOf(f *syntax.File) vocabulary {
	v := vocabulary{data: ids(f.Data, func(e *syntax.Datum) string { return e.ID.Text }), purposes: ids(f.Purposes, func(e *syntax.Purpose) string { return e.ID.Text })}
	v.dims = [numDims][]string{
		ids(f.Points, func(e *syntax.Point) string { return e.ID.Text }),
		ids(f.Features, func(e *syntax.Feature) string { return e.ID.Text }),
		append([]string{"", "person", "device"}, ids(f.Sources, func(e *syntax.Source) string { return e.ID.Text })[1:]...),
		ids(f.Parties, func(e *syntax.Party) string { return e.ID.Text }),
		ids(f.Roles, func(e *syntax.Role) string { return e.ID.Text }),
		regions(f),
		grounds(f),
	}
	return v
}

func ids[E any](entries []E, id func(*E) string) []string {
	out := []string{""}
	for i := range entries {
		out = append(out, id(&entries[i]))
	}
	return append(out, undeclared)
}

func regions(f *syntax.File) []string {
	out := []string{""}
	seen := map[string]bool{}
	for i := range f.Places {
		if r := f.Places[i].Region.Text; !seen[r] {
			seen[r] = true
			out = append(out, r)
		}
	}
	return append(out, undeclared)
}

// grounds lists demands by id, and by ground as well.
func grounds(f *syntax.File) []string {
	out := []string{""}
	seen := map[string]bool{}
	for i := range f.Demands {
		for _, w := range []string{f.Demands[i].ID.Text, f.Demands[i].Ground.Text} {
			if !seen[w] {
				seen[w] = true
				out = append(out, w)
			}
		}
	}
	return append(out, undeclared)
}

// wording is one choice of words, by place in the lists of a vocabulary.
type wording [numDims]int

// product yields every wording that varies in the active dimensions and names
// nothing in the others.
func (v *vocabulary) product(active [numDims]bool) iter.Seq[wording] {
	return func(yield func(wording) bool) {
		var w wording
		for {
			if !yield(w) {
				return
			}
			if !v.next(&w, active) {
				return
			}
		}
	}
}

func (v *vocabulary) next(w *wording, active [numDims]bool) bool {
	for d := range w {
		if !active[d] {
			continue
		}
		if w[d]++; w[d] < len(v.dims[d]) {
			return true
		}
		w[d] = 0
	}
	return false
}

// sweep yields the wordings that differ from w in one word.
func (v *vocabulary) sweep(w wording, active [numDims]bool) iter.Seq[wording] {
	return func(yield func(wording) bool) {
		for d := range w {
			if active[d] {
				continue
			}
			for i := range v.dims[d] {
				other := w
				other[d] = i
				if i != w[d] && !yield(other) {
					return
				}
			}
		}
	}
}

// query spells a wording out.
func (v *vocabulary) query(verb avow.Verb, datum, purpose string, w wording) policy.Query {
	return policy.Query{
		Verb: verb, Datum: avow.Datum(datum), Purpose: avow.Purpose(purpose),
		Point:     avow.Point(v.dims[0][w[0]]),
		Feature:   avow.Feature(v.dims[1][w[1]]),
		Source:    avow.Source(v.dims[2][w[2]]),
		Recipient: avow.Recipient(v.dims[3][w[3]]),
		Role:      avow.Role(v.dims[4][w[4]]),
		Region:    avow.Region(v.dims[5][w[5]]),
		Ground:    v.dims[6][w[6]],
	}
}

// strange returns the wording of the undeclared word of one dimension.
func (v *vocabulary) strange(dim int) wording {
	var w wording
	w[dim] = len(v.dims[dim]) - 1
	return w
}

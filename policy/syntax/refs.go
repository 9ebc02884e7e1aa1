package syntax

import (
	"fmt"
	"iter"
	"reflect"
)

// Ref is a word that must be the id of an entry of another section.
type Ref struct {
	Path    string // place in the tree, such as collect[2].needs.choice[0]
	From    Head   // the innermost entry that holds the word
	Section string // the section that must have the id, such as choices
	Word    Word
}

// Refs yields every reference of the policy, in the order of [File.Entries].
// Which words are references is said by the ref tags; words that may name
// entries of several sections (needs.facts, from, except, inform.for) are not
// among them.
func (f *File) Refs() iter.Seq[Ref] {
	return func(yield func(Ref) bool) {
		refs(reflect.ValueOf(f).Elem(), language(), "", Head{}, yield)
	}
}

func refs(v reflect.Value, sh *shape, path string, from Head, yield func(Ref) bool) bool {
	if sh.head {
		if h, ok := v.FieldByName("Head").Interface().(Head); ok {
			from = h
		}
	}
	for i := range sh.fields {
		fd := &sh.fields[i]
		if !fieldRefs(v.FieldByIndex(fd.index), fd, join(path, fd.key), from, yield) {
			return false
		}
	}
	return true
}

func fieldRefs(v reflect.Value, fd *field, path string, from Head, yield func(Ref) bool) bool {
	switch fd.kind {
	case kindStruct:
		return refs(v, fd.elem, path, from, yield)
	case kindStructs:
		for j := range v.Len() {
			if !refs(v.Index(j), fd.elem, fmt.Sprintf("%s[%d]", path, j), from, yield) {
				return false
			}
		}
		return true
	}
	if fd.ref == "" {
		return true
	}
	switch w := v.Interface().(type) {
	case Word:
		return w.Text == "" || yield(Ref{Path: path, From: from, Section: fd.ref, Word: w})
	case []Word:
		for j := range w {
			if !yield(Ref{Path: fmt.Sprintf("%s[%d]", path, j), From: from, Section: fd.ref, Word: w[j]}) {
				return false
			}
		}
	}
	return true
}

package syntax

import (
	"fmt"
	"iter"
	"reflect"
)

// Entry is one entry of a policy that has a [Head].
type Entry struct {
	Section string // key of the section, such as collect; contacts and documents name their list
	Path    string // place in the tree, such as collect[2]
	Head    *Head
	Value   any // pointer to the entry, such as *Collect
}

// Entries yields every entry of the policy in the order of the published text:
// section by section as [File] lists them, and within a section as written. An
// entry comes before the entries inside it. Head and Value point into the tree.
func (f *File) Entries() iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		walk(reflect.ValueOf(f).Elem(), language(), "", "", yield)
	}
}

// walk visits the entries below v and reports whether to go on.
func walk(v reflect.Value, sh *shape, section, path string, yield func(Entry) bool) bool {
	if sh.head && !yieldEntry(v, section, path, yield) {
		return false
	}
	for i := range sh.fields {
		fd := &sh.fields[i]
		if fd.elem == nil || !fd.elem.holdsHeads() {
			continue
		}
		fv, at := v.FieldByIndex(fd.index), join(path, fd.key)
		if fd.kind == kindStruct {
			if !fv.IsZero() && !walk(fv, fd.elem, fd.key, at, yield) {
				return false
			}
			continue
		}
		for j := range fv.Len() {
			if !walk(fv.Index(j), fd.elem, fd.key, fmt.Sprintf("%s[%d]", at, j), yield) {
				return false
			}
		}
	}
	return true
}

func yieldEntry(v reflect.Value, section, path string, yield func(Entry) bool) bool {
	head, ok := v.FieldByName("Head").Addr().Interface().(*Head)
	return !ok || yield(Entry{Section: section, Path: path, Head: head, Value: v.Addr().Interface()})
}

// holdsHeads reports whether the shape or one below it has a head.
func (sh *shape) holdsHeads() bool {
	if sh.head {
		return true
	}
	for i := range sh.fields {
		if e := sh.fields[i].elem; e != nil && e.holdsHeads() {
			return true
		}
	}
	return false
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// Find returns the entry with an id: the rule of that name, or else the first
// named thing. Rule ids are unique in a policy; see [File.Lookup] for the rest.
func (f *File) Find(id string) (Entry, bool) {
	var found Entry
	for e := range f.Entries() {
		if e.Head.ID.Text != id {
			continue
		}
		if Namespace(e.Section) == Rules {
			return e, true
		}
		if found.Head == nil {
			found = e
		}
	}
	return found, found.Head != nil
}

// Lookup returns the entry of a section with an id.
func (f *File) Lookup(section, id string) (Entry, bool) {
	for e := range f.Entries() {
		if e.Section == section && e.Head.ID.Text == id {
			return e, true
		}
	}
	return Entry{}, false
}

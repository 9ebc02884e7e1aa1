package syntax

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	yaml "go.yaml.in/yaml/v4"

	"avow.dev/internal/spelling"
)

// binder fills the structs of the language from YAML nodes.
type binder struct {
	*reader
	languages []string
}

// file binds the root. The languages come first, because every text in the
// file is held against them.
func (b *binder) file(root *yaml.Node) {
	if root.Kind == yaml.MappingNode {
		b.languages = languagesOf(root)
	}
	b.group(root, reflect.ValueOf(b.reader.file).Elem(), language(), "the policy")
	avow := b.reader.file.Avow
	if avow.Set && avow.N != 1 {
		b.fault(avow.Pos, "language-version", fmt.Sprintf("version %d of the policy language", avow.N), "write avow: 1")
	}
}

// languagesOf reads the languages of a file, before anything else is bound.
func languagesOf(root *yaml.Node) []string {
	for kv := range slices.Chunk(root.Content, 2) {
		if kv[0].Value != "languages" {
			continue
		}
		var langs []string
		for _, n := range items(kv[1]) {
			if n.Kind == yaml.ScalarNode && !null(n) && !slices.Contains(langs, n.Value) {
				langs = append(langs, n.Value)
			}
		}
		return langs
	}
	return nil
}

// items are the nodes of a list; a single value counts as a list of one.
func items(n *yaml.Node) []*yaml.Node {
	if n.Kind == yaml.SequenceNode {
		return n.Content
	}
	return []*yaml.Node{n}
}

// group binds a mapping to a struct.
func (b *binder) group(n *yaml.Node, v reflect.Value, sh *shape, what string) {
	if p, ok := v.FieldByName("At").Addr().Interface().(*Pos); ok {
		*p = at(n)
	}
	if n.Kind != yaml.MappingNode {
		b.fault(at(n), "wrong-shape", fmt.Sprintf("%s is %s, not a group of keys", what, kindName(n)),
			"write key: value lines; it knows "+strings.Join(sh.keys(), ", "))
		return
	}
	given := map[string]bool{}
	for kv := range slices.Chunk(n.Content, 2) {
		if b.full() {
			return
		}
		key := kv[0]
		i, known := sh.byKey[key.Value]
		switch {
		case key.Kind != yaml.ScalarNode || key.Value == "<<" || given[key.Value]:
			continue // reported by the reader
		case !known:
			b.unknownKey(key, sh, what)
			continue
		}
		given[key.Value] = true
		f := &sh.fields[i]
		b.value(kv[1], v.FieldByIndex(f.index), f)
	}
	b.missing(n, sh, given, what)
}

func (b *binder) unknownKey(key *yaml.Node, sh *shape, what string) {
	try := guess(key.Value, sh.keys(), "take it out; known here are "+strings.Join(sh.keys(), ", "))
	b.fault(at(key), "unknown-key", fmt.Sprintf("%s has no key %q", what, clip(key.Value)), try)
}

// guess asks whether a known word was meant that is near: at most one typing slip
// for each three letters, and never more than three. Where none is, it returns otherwise.
func guess(word string, known []string, otherwise string) string {
	if near := spelling.Nearest(word, known, min(3, 1+len(word)/3)); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return otherwise
}

func (b *binder) missing(n *yaml.Node, sh *shape, given map[string]bool, what string) {
	for i := range sh.fields {
		if f := &sh.fields[i]; f.need && !given[f.key] {
			b.fault(at(n), "missing-key", fmt.Sprintf("%s lacks %q", what, f.key), "add "+f.key+": "+f.doc)
		}
	}
}

// value binds one field. A fault leaves the field at what could be read.
func (b *binder) value(n *yaml.Node, v reflect.Value, f *field) {
	if n.Kind == yaml.AliasNode {
		return // reported by the reader
	}
	if null(n) {
		b.fault(at(n), "no-value", fmt.Sprintf("%q has no value", f.key), "write a value or take the key out; it holds: "+f.doc)
		return
	}
	switch p := v.Addr().Interface().(type) {
	case *Word:
		*p = b.word(n, f)
	case *[]Word:
		*p = b.words(n, f)
	case *Str:
		*p = b.str(n, f)
	case *[]Str:
		*p = b.strs(n, f)
	case *Flag:
		*p = b.flag(n, f)
	case *Num:
		*p = b.num(n, f)
	case *Date:
		*p = b.date(n, f)
	case *Text:
		*p = b.text(n, f)
	case *Period:
		*p = b.period(n, f)
	case *Keep:
		*p = b.keep(n, f)
	default:
		b.groups(n, v, f)
	}
}

// groups binds a struct or a list of structs.
func (b *binder) groups(n *yaml.Node, v reflect.Value, f *field) {
	if f.kind == kindStruct {
		b.group(n, v, f.elem, f.key)
		return
	}
	if n.Kind != yaml.SequenceNode {
		b.fault(at(n), "wrong-shape", fmt.Sprintf("%q is %s, not a list of entries", f.key, kindName(n)),
			"start each entry on its own line with - id: …")
		return
	}
	if b.empty(n, f) {
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content)))
	for i, item := range n.Content {
		if b.full() {
			return
		}
		b.group(item, v.Index(i), f.elem, entryName(item, f, i))
	}
}

// empty reports a list without items.
func (b *binder) empty(n *yaml.Node, f *field) bool {
	if len(n.Content) > 0 {
		return false
	}
	b.fault(at(n), "empty-list", fmt.Sprintf("%q is an empty list", f.key), "fill the list or take the key out")
	return true
}

// entryName names an entry in a fault.
func entryName(n *yaml.Node, f *field, i int) string {
	if n.Kind == yaml.MappingNode {
		for kv := range slices.Chunk(n.Content, 2) {
			if kv[0].Value == "id" && kv[1].Kind == yaml.ScalarNode && kv[1].Value != "" {
				return fmt.Sprintf("%s %q", f.key, clip(kv[1].Value))
			}
		}
	}
	return fmt.Sprintf("%s, entry %d,", f.key, i+1)
}

func kindName(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.Kind == yaml.MappingNode:
		return "a group of keys"
	case null(n):
		return "nothing"
	}
	return "a single value"
}

func null(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }

package syntax

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"unicode/utf8"
)

// Encode writes a tree as canonical YAML. Parsing the result gives the same
// tree, apart from places and comments. It fails only for a tree that no file
// can stand for: one with invalid UTF-8, or with a text that has both a plain
// form and forms by language.
func Encode(f *File) ([]byte, error) {
	if f == nil {
		return nil, errors.New("encode policy: no tree")
	}
	e := encoder{languages: wordTexts(f.Languages)}
	p := e.file(f)
	if e.err != nil {
		return nil, fmt.Errorf("encode policy: %w", e.err)
	}
	var out printer
	out.root(p, nil, nil)
	return out.bytes(), nil
}

// Hash returns "sha256:" and the hash of the canonical encoding of the tree.
// Comments, layout, the order of keys and the file's name do not change it.
func (f *File) Hash() string {
	e := encoder{languages: wordTexts(f.Languages)}
	var out printer
	out.root(e.file(f), nil, nil)
	sum := sha256.Sum256(out.bytes())
	return "sha256:" + hex.EncodeToString(sum[:])
}

func wordTexts(ws []Word) []string {
	out := make([]string, len(ws))
	for i, w := range ws {
		out[i] = w.Text
	}
	return out
}

// encoder turns a tree into parts.
type encoder struct {
	languages []string
	err       error // the first that was met
}

func (e *encoder) file(f *File) *part {
	p := e.group(reflect.ValueOf(f).Elem(), language())
	for _, c := range p.children {
		fd := language().field(c.key)
		c.section = fd != nil && fd.elem != nil
	}
	return p
}

// field returns the field of a key, or nil.
func (sh *shape) field(key string) *field {
	if i, ok := sh.byKey[key]; ok {
		return &sh.fields[i]
	}
	return nil
}

func (e *encoder) group(v reflect.Value, sh *shape) *part {
	p := &part{kind: group, flow: sh.brief()}
	for i := range sh.fields {
		f := &sh.fields[i]
		if val := e.value(v.FieldByIndex(f.index), f); val != nil {
			p.children = append(p.children, &child{key: f.key, val: val})
		}
	}
	return p
}

// value returns nil for what is not written in a file.
func (e *encoder) value(v reflect.Value, f *field) *part {
	switch x := v.Interface().(type) {
	case Word:
		if x.Text == "" {
			return nil
		}
		return e.text(x.Text, aWord)
	case []Word:
		return e.many(len(x), func(i int) *part { return e.text(x[i].Text, aWord) })
	case Str:
		if x.Text == "" {
			return nil
		}
		return e.text(x.Text, anyText)
	case []Str:
		return e.many(len(x), func(i int) *part { return e.text(x[i].Text, anyText) })
	case Flag:
		return set(x.Set, strconv.FormatBool(x.On))
	case Num:
		return set(x.Set, strconv.FormatInt(x.N, 10))
	case Date:
		return set(!x.IsZero(), x.String())
	case Text:
		return e.texts(x)
	case Period:
		if f.form == formSpan && x.Set && x.N == 0 {
			return set(true, "0s")
		}
		return set(x.Set, x.String())
	case Keep:
		return set(x.Period.Set, x.String())
	}
	if f.kind == kindStructs {
		return e.many(v.Len(), func(i int) *part { return e.group(v.Index(i), f.elem) })
	}
	if p := e.group(v, f.elem); len(p.children) > 0 {
		return p
	}
	return nil
}

func (e *encoder) many(n int, item func(int) *part) *part {
	if n == 0 {
		return nil
	}
	p := &part{kind: list}
	for i := range n {
		p.children = append(p.children, &child{val: item(i)})
	}
	return p
}

func set(is bool, text string) *part {
	if !is {
		return nil
	}
	return &part{text: text, style: verbatim}
}

func (e *encoder) text(s string, st style) *part {
	if !utf8.ValidString(s) && e.err == nil {
		e.err = fmt.Errorf("%q is not UTF-8", clip(s))
	}
	return &part{text: s, style: st}
}

// texts writes the languages in the order of the file, and others behind them.
func (e *encoder) texts(t Text) *part {
	if t.IsZero() {
		return nil
	}
	if s, ok := t.By[""]; ok {
		if len(t.By) > 1 && e.err == nil {
			e.err = fmt.Errorf("the text %q has a plain form and forms by language", clip(s.Text))
		}
		return e.text(s.Text, anyText)
	}
	p := &part{kind: group, flow: true}
	for _, lang := range languageOrder(t, e.languages) {
		p.children = append(p.children, &child{key: (&part{text: lang}).written(true), val: e.text(t.By[lang].Text, anyText)})
	}
	return p
}

func languageOrder(t Text, languages []string) []string {
	var langs []string
	for lang := range t.By {
		langs = append(langs, lang)
	}
	slices.SortFunc(langs, func(a, b string) int {
		return cmp.Or(cmp.Compare(rank(a, languages), rank(b, languages)), cmp.Compare(a, b))
	})
	return langs
}

// rank is the place of a word in a list, or behind all if it is not in it.
func rank(word string, in []string) int {
	if i := slices.Index(in, word); i >= 0 {
		return i
	}
	return len(in)
}

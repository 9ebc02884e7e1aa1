package syntax

import (
	"reflect"
	"slices"
	"strings"
	"sync"
)

// kind is how a field is written.
type kind uint8

const (
	kindWord kind = iota + 1
	kindWords
	kindStr
	kindStrs
	kindFlag
	kindNum
	kindDate
	kindText
	kindPeriod
	kindKeep
	kindStruct
	kindStructs
)

// shape is one struct of the language as its tags describe it.
type shape struct {
	typ    reflect.Type
	fields []field
	byKey  map[string]int
	head   bool // embeds Head
}

// field is one key of a shape.
type field struct {
	key   string
	need  bool
	of    []string
	ref   string
	form  string
	doc   string
	kind  kind
	index []int
	elem  *shape // kindStruct and kindStructs
}

// The values of the form tag.
const (
	formClause  = "clause-id"
	formPromise = "promise-id"
	formRegion  = "region"
	formTerm    = "term"
	formLive    = "live"
	formNote    = "note"
	formSpan    = "span"
)

// language returns the shape of a whole file.
var language = sync.OnceValue(func() *shape { return shapeOf(reflect.TypeFor[File]()) })

// headShape is the shape of what every entry has in common.
var headShape = sync.OnceValue(func() *shape { return shapeOf(reflect.TypeFor[Head]()) })

// shapeOf reads the tags of a struct type. The language has no recursive types.
func shapeOf(t reflect.Type) *shape {
	sh := &shape{typ: t, byKey: map[string]int{}}
	for _, sf := range reflect.VisibleFields(t) {
		if sf.Anonymous {
			sh.head = sh.head || sf.Type == reflect.TypeFor[Head]()
			continue
		}
		key := sf.Tag.Get("key")
		if key == "" || key == "-" {
			continue
		}
		sh.byKey[key] = len(sh.fields)
		sh.fields = append(sh.fields, fieldOf(sf, key))
	}
	return sh
}

func fieldOf(sf reflect.StructField, key string) field {
	f := field{
		key:   key,
		need:  sf.Tag.Get("need") == "yes",
		ref:   sf.Tag.Get("ref"),
		form:  sf.Tag.Get("form"),
		doc:   sf.Tag.Get("doc"),
		index: sf.Index,
	}
	if of := sf.Tag.Get("of"); of != "" {
		f.of = strings.Split(of, "|")
	}
	if f.ref == "clauses" {
		f.form = formClause
	}
	f.kind, f.elem = kindOf(sf.Type)
	return f
}

func kindOf(t reflect.Type) (kind, *shape) {
	switch t {
	case reflect.TypeFor[Word]():
		return kindWord, nil
	case reflect.TypeFor[[]Word]():
		return kindWords, nil
	case reflect.TypeFor[Str]():
		return kindStr, nil
	case reflect.TypeFor[[]Str]():
		return kindStrs, nil
	case reflect.TypeFor[Flag]():
		return kindFlag, nil
	case reflect.TypeFor[Num]():
		return kindNum, nil
	case reflect.TypeFor[Date]():
		return kindDate, nil
	case reflect.TypeFor[Text]():
		return kindText, nil
	case reflect.TypeFor[Period]():
		return kindPeriod, nil
	case reflect.TypeFor[Keep]():
		return kindKeep, nil
	}
	if t.Kind() == reflect.Slice {
		return kindStructs, shapeOf(t.Elem())
	}
	return kindStruct, shapeOf(t)
}

// brief reports whether a group of this shape may stand on one line: it is no
// rule and holds nothing but words.
func (sh *shape) brief() bool {
	return !sh.head && !slices.ContainsFunc(sh.fields, func(f field) bool { return f.kind != kindWord })
}

// keys lists the keys of a shape in order.
func (sh *shape) keys() []string {
	keys := make([]string, len(sh.fields))
	for i := range sh.fields {
		keys[i] = sh.fields[i].key
	}
	return keys
}

// Package strict reads JSON requests exactly as their Go type describes them,
// and never quotes what it reads.
//
// Everything that a lenient decoder lets pass is an error here: unknown fields,
// duplicate keys, null, a number where a text belongs, text after the end,
// invalid UTF-8 and half a surrogate pair. The input nests no deeper than the
// type does, so that depth needs no limit of its own.
//
// The type's tags are those from which the published schema is made, so that
// schema and check cannot differ: json (without omitempty a field is required),
// minLength and maxLength in characters, minItems and maxItems, minimum and
// maximum, enum; and lines:"yes" where a text may go over several lines.
package strict

import (
	"encoding"
	"fmt"
	"math"
	"math/bits"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// Plan decodes one type. It is immutable and safe for concurrent use.
type Plan[T any] struct {
	root object
}

// Compile makes the plan of T, which must be a struct of texts, truth values,
// whole numbers, times, lists, structs, and types that read their own text
// ([encoding.TextUnmarshaler]; they must copy what they keep, since the text
// shares memory with the body).
func Compile[T any]() (*Plan[T], error) {
	root, err := compileObject(reflect.TypeFor[T]())
	if err != nil {
		return nil, fmt.Errorf("compile decoder of %s: %w", reflect.TypeFor[T](), err)
	}
	return &Plan[T]{root}, nil
}

// Decode reads body, which must be one object and nothing else. The error is a
// *Fault. What was read before a fault stays in into.
func (p *Plan[T]) Decode(body []byte, into *T) error {
	r, err := newReader(body)
	if err != nil {
		return err
	}
	if err := p.root.read(r, reflect.ValueOf(into).Elem()); err != nil {
		return err
	}
	return r.end()
}

// node reads one value into v, which is settable and of the node's type.
type node interface {
	read(r *reader, v reflect.Value) error
}

type field struct {
	name  string
	index []int
	node  node
}

type object struct {
	fields   []field
	required uint64 // a bit for each field
}

type (
	pointer struct {
		to   node
		elem reflect.Type
	}
	list struct {
		elem     node
		min, max int
	}
	text struct {
		min, max int
		enum     []string
		lines    bool // it may go over several lines
	}
	custom struct{} // a type that reads its own text
	truth  struct{}
	whole  struct{ min, max int64 }
	moment struct{}
)

// most bounds whatever sets no limit of its own.
const most = 1 << 20

func compile(t reflect.Type, tag reflect.StructTag) (node, error) {
	if t == reflect.TypeFor[time.Time]() {
		return moment{}, nil
	}
	if reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) {
		return custom{}, nil
	}
	switch t.Kind() {
	case reflect.String:
		return text{limit(tag, "minLength", 0), limit(tag, "maxLength", most), words(tag), tag.Get("lines") == "yes"}, nil
	case reflect.Bool:
		return truth{}, nil
	case reflect.Int64:
		return whole{bound(tag, "minimum", math.MinInt64), bound(tag, "maximum", math.MaxInt64)}, nil
	case reflect.Struct:
		return compileObject(t)
	case reflect.Pointer:
		to, err := compile(t.Elem(), tag)
		return pointer{to, t.Elem()}, err
	case reflect.Slice:
		// Limits on the length of a text speak of the elements, as in the schema.
		elem, err := compile(t.Elem(), tag)
		return list{elem, limit(tag, "minItems", 0), limit(tag, "maxItems", most)}, err
	}
	return nil, fmt.Errorf("type %s is not known", t)
}

func compileObject(t reflect.Type) (object, error) {
	if t.Kind() != reflect.Struct {
		return object{}, fmt.Errorf("type %s is no struct", t)
	}
	var o object
	for _, f := range reflect.VisibleFields(t) {
		if f.Anonymous || !f.IsExported() {
			continue
		}
		name, rest, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" || name == "-" {
			return object{}, fmt.Errorf("field %s of %s has no name", f.Name, t)
		}
		n, err := compile(f.Type, f.Tag)
		if err != nil {
			return object{}, fmt.Errorf("field %s of %s: %w", f.Name, t, err)
		}
		if rest != "omitempty" && rest != "omitempty,omitzero" {
			o.required |= 1 << len(o.fields)
		}
		o.fields = append(o.fields, field{name, f.Index, n})
	}
	if len(o.fields) > 64 {
		return object{}, fmt.Errorf("type %s has more than 64 fields", t)
	}
	return o, nil
}

func limit(tag reflect.StructTag, key string, none int) int {
	n, err := strconv.Atoi(tag.Get(key))
	if err != nil {
		return none
	}
	return n
}

func bound(tag reflect.StructTag, key string, none int64) int64 {
	n, err := strconv.ParseInt(tag.Get(key), 10, 64)
	if err != nil {
		return none
	}
	return n
}

func words(tag reflect.StructTag) []string {
	if tag.Get("enum") == "" {
		return nil
	}
	return strings.Split(tag.Get("enum"), ",")
}

// missing returns the first required field that is not among seen.
func (o *object) missing(seen uint64) (string, bool) {
	lacks := o.required &^ seen
	if lacks == 0 {
		return "", false
	}
	return o.fields[bits.TrailingZeros64(lacks)].name, true
}

// find returns the number of the field called name, or -1. Fields mostly arrive
// in the order in which they are declared, so it looks at the next one first.
func (o *object) find(name []byte, next int) int {
	for i := range o.fields {
		k := (next + i) % len(o.fields)
		if o.fields[k].name == string(name) {
			return k
		}
	}
	return -1
}

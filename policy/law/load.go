package law

import (
	"embed"
	"fmt"
	"io/fs"
	"reflect"
	"slices"
	"strings"
	"sync"
)

//go:embed data
var files embed.FS

// Packs returns the ids of the embedded packs, sorted.
func Packs() []string {
	names, err := fs.Glob(files, "data/*.yaml")
	if err != nil { // only a malformed pattern fails
		return nil
	}
	for i, name := range names {
		names[i] = strings.TrimSuffix(strings.TrimPrefix(name, "data/"), ".yaml")
	}
	slices.Sort(names)
	return names
}

// Load returns an embedded pack. It is parsed once in a process; each call returns a
// pack of its own, which the caller may change.
func Load(id string) (Pack, error) {
	p, ok := packs()[id]
	if !ok {
		return Pack{}, fmt.Errorf("load law pack: no pack %q: there are %s", id, strings.Join(Packs(), ", "))
	}
	pack, err := p()
	if err != nil {
		return Pack{}, err
	}
	own := reflect.New(reflect.TypeFor[Pack]()).Elem()
	copyInto(own, reflect.ValueOf(pack))
	return own.Interface().(Pack), nil
}

// copyInto copies a value with everything that it refers to. A pack is data from a
// file: it has no unexported fields, functions or cycles.
func copyInto(to, from reflect.Value) {
	switch from.Kind() {
	case reflect.Struct:
		for i := range from.NumField() {
			copyInto(to.Field(i), from.Field(i))
		}
	case reflect.Slice:
		if from.IsNil() {
			return
		}
		to.Set(reflect.MakeSlice(from.Type(), from.Len(), from.Len()))
		for i := range from.Len() {
			copyInto(to.Index(i), from.Index(i))
		}
	case reflect.Pointer:
		if from.IsNil() {
			return
		}
		to.Set(reflect.New(from.Type().Elem()))
		copyInto(to.Elem(), from.Elem())
	case reflect.Map:
		if from.IsNil() {
			return
		}
		to.Set(reflect.MakeMapWithSize(from.Type(), from.Len()))
		for _, k := range from.MapKeys() {
			v := reflect.New(from.Type().Elem()).Elem()
			copyInto(v, from.MapIndex(k))
			to.SetMapIndex(k, v)
		}
	default:
		to.Set(from)
	}
}

// packs holds each pack, which is parsed when it is first asked for, and once.
var packs = sync.OnceValue(func() map[string]func() (Pack, error) {
	all := make(map[string]func() (Pack, error))
	for _, id := range Packs() {
		all[id] = sync.OnceValues(func() (Pack, error) { return parse(id) })
	}
	return all
})

func parse(id string) (Pack, error) {
	src, err := files.ReadFile("data/" + id + ".yaml")
	if err != nil {
		return Pack{}, fmt.Errorf("load law pack: %w", err)
	}
	p, err := Parse(id+".yaml", src)
	if err != nil {
		return Pack{}, fmt.Errorf("load law pack: %w", err)
	}
	return p, nil
}

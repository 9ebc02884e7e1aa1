package syntax

import (
	"maps"
	"reflect"
	"slices"
)

// Clone returns a deep copy of the tree. Changing the copy leaves the original
// as it is.
func (f *File) Clone() *File {
	if f == nil {
		return nil
	}
	c := *f
	separate(reflect.ValueOf(&c).Elem(), language())
	return &c
}

// separate replaces every slice and map below v by a copy.
func separate(v reflect.Value, sh *shape) {
	for i := range sh.fields {
		f := &sh.fields[i]
		switch p := v.FieldByIndex(f.index).Addr().Interface().(type) {
		case *[]Word:
			*p = slices.Clone(*p)
		case *[]Str:
			*p = slices.Clone(*p)
		case *Text:
			p.By = maps.Clone(p.By)
		default:
			separateGroups(v.FieldByIndex(f.index), f)
		}
	}
}

func separateGroups(v reflect.Value, f *field) {
	if f.kind == kindStruct {
		separate(v, f.elem)
		return
	}
	if f.kind != kindStructs || v.IsNil() {
		return
	}
	items := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
	reflect.Copy(items, v)
	v.Set(items)
	for i := range v.Len() {
		separate(v.Index(i), f.elem)
	}
}

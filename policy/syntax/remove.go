package syntax

import "reflect"

// Remove takes the entry of a section with an id out of the policy and reports
// whether there was one. What refers to it is left as it is. Entries that are
// not one of a list, such as the controller, stay.
func (f *File) Remove(section, id string) bool {
	return remove(reflect.ValueOf(f).Elem(), language(), section, id)
}

func remove(v reflect.Value, sh *shape, section, id string) bool {
	for i := range sh.fields {
		fd := &sh.fields[i]
		if fd.elem == nil || !fd.elem.holdsHeads() {
			continue
		}
		fv := v.FieldByIndex(fd.index)
		if fd.kind == kindStruct {
			if remove(fv, fd.elem, section, id) {
				return true
			}
			continue
		}
		for j := range fv.Len() {
			if fd.key == section && fd.elem.head && fv.Index(j).FieldByName("Head").Addr().Interface().(*Head).ID.Text == id {
				rest := reflect.MakeSlice(fv.Type(), 0, fv.Len()-1)
				rest = reflect.AppendSlice(rest, fv.Slice(0, j))
				fv.Set(reflect.AppendSlice(rest, fv.Slice(j+1, fv.Len())))
				return true
			}
			if remove(fv.Index(j), fd.elem, section, id) {
				return true
			}
		}
	}
	return false
}

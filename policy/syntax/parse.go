package syntax

// Parse reads a policy file. It reports every fault of the file in one go,
// ordered by place, and returns the tree as far as it could be read: a tree
// with faults is for tools that show or repair it, never for deciding.
//
// Name is used in faults only. Parse does not check whether references lead
// somewhere; see [File.Refs].
func Parse(name string, src []byte) (*File, Faults) {
	f := &File{Name: name}
	r := reader{file: f}
	root, _ := r.read(src)
	if root != nil {
		b := binder{reader: &r}
		b.file(root)
		b.ids()
	}
	r.faults.Sort()
	return f, r.faults
}

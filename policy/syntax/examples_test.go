package syntax_test

import (
	"bytes"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"avow.dev/policy/syntax"
)

// merged parses the base policy with one example merged into it: entries of
// lists are added, single groups replaced.
func merged(t *testing.T, example []byte) *syntax.File {
	t.Helper()
	base, faults := syntax.Parse("base.yaml", read(t, "testdata/examples/base.yaml"))
	if len(faults) > 0 {
		t.Fatal(faults.Format())
	}
	add, _ := syntax.Parse("example.yaml", example)
	to, from := reflect.ValueOf(base).Elem(), reflect.ValueOf(add).Elem()
	for i := range to.NumField() {
		switch f := from.Field(i); {
		case !to.Type().Field(i).IsExported():
		case f.Kind() == reflect.Slice:
			to.Field(i).Set(reflect.AppendSlice(to.Field(i), f))
		case to.Type().Field(i).Tag.Get("key") != "-" && !f.IsZero():
			to.Field(i).Set(f)
		}
	}
	text, err := syntax.Encode(base)
	if err != nil {
		t.Fatal(err)
	}
	f, faults := syntax.Parse("merged.yaml", text)
	if len(faults) > 0 {
		t.Fatal(faults.Format())
	}
	return f
}

// sections lists the keys of File that hold entries.
func sections() []string {
	var keys []string
	for f := range reflect.TypeFor[syntax.File]().Fields() {
		key, t := f.Tag.Get("key"), f.Type
		if t.Kind() == reflect.Slice {
			t = t.Elem()
		}
		if key == "" || key == "-" || t.Kind() != reflect.Struct {
			continue
		}
		if _, ok := t.FieldByName("ID"); ok {
			keys = append(keys, key)
		}
	}
	return keys
}

func TestEverySectionHasAnExample(t *testing.T) {
	t.Parallel()
	if n := len(sections()); n < 40 {
		t.Fatalf("only %d sections found", n)
	}
	for _, section := range sections() {
		t.Run(section, func(t *testing.T) {
			t.Parallel()
			src := read(t, filepath.Join("testdata", "examples", section+".yaml"))
			if !strings.HasPrefix(string(src), section+":") {
				t.Errorf("the example does not start with %s:", section)
			}
			if tidy, err := syntax.Format(src); err != nil || !bytes.Equal(tidy, src) {
				t.Errorf("the example is not formatted, %v:\n%s", err, tidy)
			}
			f := merged(t, src)
			for ref := range f.Refs() {
				if !defined(f, ref) {
					t.Errorf("%s: %q leads nowhere", ref.Path, ref.Word)
				}
			}
		})
	}
}

func defined(f *syntax.File, ref syntax.Ref) bool {
	if ref.Section == "clauses" {
		for _, c := range f.Clauses {
			if c.ID.Text == ref.Word.Text {
				return true
			}
		}
		return false
	}
	_, ok := f.Lookup(ref.Section, ref.Word.Text)
	return ok
}

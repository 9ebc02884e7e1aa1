package syntax_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"avow.dev/policy/syntax"
)

// seeds adds every policy file below testdata.
func seeds(f *testing.F) {
	f.Helper()
	for _, pattern := range []string{"testdata/good/*.yaml", "testdata/examples/base.yaml", "testdata/format/*.yaml", "testdata/faults/*.yaml"} {
		for _, name := range glob(f, pattern) {
			f.Add(read(f, name))
		}
	}
	for _, s := range []string{"", "a", "- a", "a: [b, # c\n c]\n", "a: |2\n   x\n # c\n", "a: &x 1\nb: *x", "a:\n  # c\n  - b\n# d\n", "a: 'x''y' # z\n"} {
		f.Add([]byte(s))
	}
}

func glob(tb testing.TB, pattern string) []string {
	tb.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil {
		tb.Fatal(err)
	}
	return names
}

func read(tb testing.TB, name string) []byte {
	tb.Helper()
	src, err := os.ReadFile(name)
	if err != nil {
		tb.Fatal(err)
	}
	return src
}

func FuzzParse(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, src []byte) {
		file, faults := syntax.Parse("fuzz.yaml", src)
		if file == nil {
			t.Fatal("no file")
		}
		for _, x := range faults {
			if x.ID == "" || x.What == "" || x.Why == "" || x.Try == "" {
				t.Errorf("incomplete fault: %+v", x)
			}
		}
		if faults.Format() == "" && len(faults) > 0 {
			t.Error("faults print nothing")
		}
		for range file.Refs() {
		}
		if len(faults) > 0 {
			return
		}
		text, err := syntax.Encode(file)
		if err != nil {
			t.Fatalf("encode an accepted file: %v", err)
		}
		again, faults := syntax.Parse("again.yaml", text)
		if len(faults) > 0 {
			t.Fatalf("its encoding is not accepted:\n%s\n%s", text, faults.Format())
		}
		if again.Hash() != file.Hash() {
			t.Errorf("its encoding has another hash:\n%s", text)
		}
	})
}

func FuzzFormat(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, src []byte) {
		before := bytes.Clone(src)
		once, err := syntax.Format(src)
		if !bytes.Equal(before, src) {
			t.Fatal("the source was changed")
		}
		if err != nil {
			return
		}
		twice, err := syntax.Format(once)
		if err != nil {
			t.Fatalf("format again: %v\n%s", err, once)
		}
		if !bytes.Equal(once, twice) {
			t.Fatalf("not idempotent:\n%s\nthen\n%s", once, twice)
		}
		sameMeaning(t, src, once)
	})
}

// sameMeaning parses two texts and compares their trees and kinds of faults.
func sameMeaning(t *testing.T, a, b []byte) {
	t.Helper()
	x, xf := syntax.Parse("p", a)
	y, yf := syntax.Parse("p", b)
	if x.Hash() != y.Hash() {
		t.Errorf("the trees differ:\n%s\n%s", a, b)
	}
	if got, want := kinds(yf), kinds(xf); got != want {
		t.Errorf("the faults differ: %s, want %s\n%s\n%s", got, want, a, b)
	}
}

func FuzzPeriod(f *testing.F) {
	for _, s := range []string{"90d", "at once", "1y6mo", "90", "0s", "90d after account-closed", "at once after delivered", "1wd after x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if p, err := syntax.ParsePeriod(s); err == nil {
			again, err := syntax.ParsePeriod(p.String())
			if err != nil || again != p {
				t.Errorf("%q: %v does not read back: %v, %v", s, p, again, err)
			}
		}
		if k, err := syntax.ParseKeep(s); err == nil {
			again, err := syntax.ParseKeep(k.String())
			if err != nil || again != k {
				t.Errorf("%q: %v does not read back: %v, %v", s, k, again, err)
			}
		}
		if d, err := syntax.ParseDate(s); err == nil && d.String() != s {
			t.Errorf("%q reads as %v", s, d)
		}
	})
}

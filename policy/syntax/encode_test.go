package syntax_test

import (
	"bytes"
	"testing"

	"avow.dev/policy/syntax"
)

func TestEncodeIsCanonical(t *testing.T) {
	t.Parallel()
	for _, name := range append(glob(t, "testdata/good/*.yaml"), glob(t, "testdata/examples/base.yaml")...) {
		f, faults := syntax.Parse(name, read(t, name))
		if len(faults) > 0 {
			t.Fatal(faults.Format())
		}
		text, err := syntax.Encode(f)
		if err != nil {
			t.Fatal(err)
		}
		tidy, err := syntax.Format(text)
		if err != nil || !bytes.Equal(tidy, text) {
			t.Errorf("%s: the formatter changes an encoding, %v:\n%s\nwas\n%s", name, err, tidy, text)
		}
	}
}

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

func TestEncodeRefuses(t *testing.T) {
	t.Parallel()
	both := base(t)
	both.Modelled = syntax.Text{By: map[string]syntax.Str{"": {Text: "a"}, "en": {Text: "b"}}}
	broken := base(t)
	broken.Version.Text = "\xff"
	for name, f := range map[string]*syntax.File{"nothing": nil, "two forms of a text": both, "invalid UTF-8": broken} {
		if text, err := syntax.Encode(f); err == nil || text != nil {
			t.Errorf("%s: got %q, %v", name, text, err)
		}
	}
}

func TestEncodeOfDamagedTrees(t *testing.T) {
	t.Parallel()
	f := base(t)
	f.Mode = syntax.Word{}
	f.Data = append(f.Data, syntax.Datum{})
	text, err := syntax.Encode(f)
	if err != nil {
		t.Fatal(err)
	}
	back, faults := syntax.Parse("p.yaml", text)
	if got := kinds(faults); got != "missing-key missing-key" || back.Hash() != f.Hash() {
		t.Errorf("faults %s", got)
	}
}

func TestHash(t *testing.T) {
	t.Parallel()
	src := read(t, "testdata/examples/base.yaml")
	want := base(t).Hash()
	tests := []struct {
		name, from, to string
		same           bool
	}{
		{"comment", "mode: enforce", "mode: enforce # strictly", true},
		{"layout", "languages: [en, zh]", "languages:\n- 'en'\n- zh", true},
		{"order of keys", "policy: haven\nversion: \"1.0\"", "version: \"1.0\"\npolicy: haven", true},
		{"a list of one", "[email]", "email", true},
		{"a word", "mode: enforce", "mode: observe", false},
		{"order of a list", "[en, zh]", "[zh, en]", false},
		{"a label", "Marketing", "Advertising", false},
		{"a flag", "lookup: true", "lookup: false", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			changed := bytes.Replace(src, []byte(tt.from), []byte(tt.to), 1)
			if bytes.Equal(changed, src) {
				t.Fatal("nothing was changed")
			}
			f, faults := syntax.Parse("other-name.yaml", changed)
			if len(faults) > 0 {
				t.Fatal(faults.Format())
			}
			if got := f.Hash(); (got == want) != tt.same {
				t.Errorf("hash %s, unchanged %s", got, want)
			}
		})
	}
	const frozen = "sha256:"
	if len(want) != len(frozen)+64 || want[:len(frozen)] != frozen {
		t.Errorf("hash %q", want)
	}
}

func TestCloneOfNothing(t *testing.T) {
	t.Parallel()
	var f *syntax.File
	if f.Clone() != nil {
		t.Error("a clone of nothing is something")
	}
}

func TestEncodeWritesSessionLifetimes(t *testing.T) {
	t.Parallel()
	text, err := syntax.Encode(merged(t, read(t, "testdata/examples/cookies.yaml")))
	if err != nil || !bytes.Contains(text, []byte("lifetime: 0s\n")) || !bytes.Contains(text, []byte("hide: at once\n")) {
		t.Errorf("%v\n%s", err, text)
	}
}

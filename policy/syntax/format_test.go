package syntax_test

import (
	"bytes"
	"strings"
	"testing"

	"avow.dev/policy/syntax"
)

func TestFormat(t *testing.T) {
	t.Parallel()
	for _, name := range glob(t, "testdata/format/*.yaml") {
		src := read(t, name)
		out, err := syntax.Format(src)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		golden(t, strings.TrimSuffix(name, ".yaml")+".golden", out)
		sameMeaning(t, src, out)
	}
}

func TestFormatLeavesCanonicalFiles(t *testing.T) {
	t.Parallel()
	src := read(t, "testdata/examples/base.yaml")
	if out, err := syntax.Format(src); err != nil || !bytes.Equal(out, src) {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestFormatCases(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, src, want string }{
		{"single word becomes a list", "law: cn\n", "law: [cn]\n"},
		{"date without quotes", "effective: '2026-01-01'\n", "effective: 2026-01-01\n"},
		{"text that looks like a number keeps quotes", "version: '1.0'\n", "version: \"1.0\"\n"},
		{"fault is kept", "version: 1.0\n", "version: 1.0\n"},
		{"unknown keys stay behind", "zzz: 1\nyyy: [a, {b: c}]\navow: 1\n", "avow: 1\nzzz: 1\n\nyyy:\n  - a\n  - b: c\n"},
		{"key given twice stays twice", "mode: observe\navow: 1\nmode: enforce\n", "avow: 1\nmode: observe\nmode: enforce\n"},
		{"comment in a list breaks it", "law: [cn, # home\n eu]\n", "law:\n  - cn # home\n  - eu\n"},
		{"comment without anything behind it", "law: [cn]\n# end\n", "law: [cn]\n# end\n"},
		{"hash inside of values", "modelled_on: 'a # b' # c\n", "modelled_on: \"a # b\" # c\n"},
		{"comment behind a block text", "modelled_on: | # c\n  a\n  b\n# d\n", "modelled_on: | # c\n  a\n  b\n# d\n"},
		{"comment of a dash", "data:\n- # c\n  id: a\n", "data:\n  # c\n  - id: a\n"},
		{"comments never overtake each other", "data:\n  - id: a\n    type: text\n  # one\n    # two\npurposes:\n  - id: b\n",
			"data:\n  - id: a\n    type: text\n  # one\n  # two\n\npurposes:\n  - id: b\n"},
		{"empty line above an entry is not above its keys", "data:\n  - type: text\n    id: a\n\n  - class: personal\n    id: b\n",
			"data:\n  - id: a\n    type: text\n\n  - id: b\n    class: personal\n"},
		{"comment that ends a block text", "modelled_on: |\n    a\n  # c\n", "modelled_on: |\n  a\n# c\n"},
		{"empty line behind a section", "zzz: 1\nstructure: {id: a}\n", "structure:\n  id: a\n\nzzz: 1\n"},
		{"text that YAML 1.1 takes for a switch", "modelled_on: 'yes'\n", "modelled_on: \"yes\"\n"},
		{"two spaces are not folded away", "modelled_on: " + strings.Repeat("ab  ", 40) + "c\n", "modelled_on: " + strings.Repeat("ab  ", 40) + "c\n"},
		{"long text is folded", "modelled_on: " + strings.Repeat("abc ", 30) + "d\n",
			"modelled_on: >-\n  " + strings.Repeat("abc ", 23) + "abc\n  " + strings.Repeat("abc ", 6) + "d\n"},
		{"document marks go", "---\navow: 1\n...\n", "avow: 1\n"},
		{"hidden characters stay escapes", `modelled_on: "a\u202Eb"` + "\n", `modelled_on: "a\u202Eb"` + "\n"},
		{"key that YAML 1.1 takes for a switch", "erasure: [{on: request}]\n", "erasure:\n  - on: [request]\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			out, err := syntax.Format([]byte(tt.src))
			if err != nil || string(out) != tt.want {
				t.Errorf("%v, got\n%s\nwant\n%s", err, out, tt.want)
			}
			sameMeaning(t, []byte(tt.src), []byte(tt.want))
		})
	}
}

func TestFormatRefuses(t *testing.T) {
	t.Parallel()
	for _, src := range []string{"", "# only a comment\n", "a: b: c\n", "- a\n", "a\n", "{}\n", "a: *b\n", "a: &b 1\n", "a: !b 1\n", "<<: {a: 1}\n", "a: 1\n---\nb: 1\n",
		"%YAML 1.2\n---\na: 1\n", "[a]: 1\n", "a: \xff\n", strings.Repeat("a: 1\n", 1<<18)} {
		if out, err := syntax.Format([]byte(src)); err == nil || out != nil {
			t.Errorf("%.40q: got %.40q, %v", src, out, err)
		}
	}
}

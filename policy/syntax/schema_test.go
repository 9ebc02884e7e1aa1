package syntax_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	yaml "go.yaml.in/yaml/v4"

	"avow.dev/policy/syntax"
)

// parseOnly are the kinds of faults that a JSON Schema cannot find.
var parseOnly = [...]string{
	"too-large", "not-text", "yaml", "directive", "many-documents", "alias", "anchor", "tag", "merge-key", "too-deep",
	"duplicate-key", "duplicate-id", "unknown-language", "missing-language", "placeholder", "promise-in-note",
}

func TestSchemaIsCurrent(t *testing.T) {
	t.Parallel()
	golden(t, "policy.schema.json", syntax.Schema())
}

func compiled(tb testing.TB) *jsonschema.Schema {
	tb.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(syntax.Schema()))
	if err != nil {
		tb.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	if err := c.AddResource("policy.schema.json", doc); err != nil {
		tb.Fatal(err)
	}
	s, err := c.Compile("policy.schema.json")
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

func TestSchemaAcceptsWhatParseAccepts(t *testing.T) {
	t.Parallel()
	s := compiled(t)
	for _, name := range glob(t, "testdata/good/*.yaml") {
		if err := s.Validate(asJSON(t, read(t, name))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, section := range sections() {
		text, err := syntax.Encode(merged(t, read(t, filepath.Join("testdata", "examples", section+".yaml"))))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(asJSON(t, text)); err != nil {
			t.Errorf("%s: %v", section, err)
		}
	}
}

func TestSchemaRefusesWhatItCan(t *testing.T) {
	t.Parallel()
	s := compiled(t)
	only := strings.Join(parseOnly[:], " ") + " "
	for _, name := range glob(t, "testdata/faults/*.yaml") {
		kind := strings.TrimSuffix(filepath.Base(name), ".yaml")
		if strings.Contains(only, kind+" ") || kind == "all-at-once" || kind == "control-character" || kind == "latin-1" {
			continue
		}
		if err := s.Validate(asJSON(t, read(t, name))); err == nil {
			t.Errorf("the schema accepts %s", name)
		}
	}
}

// asJSON reads YAML as an editor does.
func asJSON(tb testing.TB, src []byte) any {
	tb.Helper()
	var doc yaml.Node
	if err := yaml.Load(src, &doc, yaml.WithUniqueKeys(false)); err != nil {
		return nil
	}
	return value(tb, doc.Content[0])
}

func value(tb testing.TB, n *yaml.Node) any {
	tb.Helper()
	switch n.Kind {
	case yaml.MappingNode:
		m := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			m[n.Content[i].Value] = value(tb, n.Content[i+1])
		}
		return m
	case yaml.SequenceNode:
		list := []any{}
		for _, c := range n.Content {
			list = append(list, value(tb, c))
		}
		return list
	}
	switch n.ShortTag() {
	case "!!null":
		return nil
	case "!!bool":
		return n.Value == "true"
	case "!!int", "!!float":
		if _, err := strconv.ParseFloat(n.Value, 64); err == nil {
			return json.Number(n.Value)
		}
	}
	return n.Value
}

// golden compares with a file, or writes it when the tests run with -update.
func golden(tb testing.TB, name string, got []byte) {
	tb.Helper()
	if *update {
		if err := os.WriteFile(name, got, 0o644); err != nil {
			tb.Fatal(err)
		}
		return
	}
	if want := read(tb, name); !bytes.Equal(got, want) {
		tb.Errorf("%s is not current: run go test -update\n%s", name, got)
	}
}

package httpapi_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write openapi.json anew")

// TestOpenAPIFile: the description in the repository is the one that is served.
func TestOpenAPIFile(t *testing.T) {
	t.Parallel()
	const file = "../openapi.json"
	have := openAPI(setup(t))
	if *update {
		must(t, os.WriteFile(file, have, 0o644))
	}
	want, err := os.ReadFile(file)
	must(t, err)
	if !bytes.Equal(want, have) {
		t.Errorf("%s is not current: go test ./httpapi -run OpenAPIFile -update", file)
	}
}

// TestOpenAPIHabits: what generated clients are spared.
func TestOpenAPIHabits(t *testing.T) {
	t.Parallel()
	spec := openAPI(setup(t))
	for _, word := range []string{`"null"`, "$schema", `"additionalProperties": true`} {
		if strings.Contains(string(spec), word) {
			t.Errorf("the description has %s", word)
		}
	}
	var doc struct {
		OpenAPI string
		Paths   map[string]map[string]struct {
			Summary     string
			OperationID string
			Responses   map[string]any
		}
	}
	must(t, json.Unmarshal(spec, &doc))
	if doc.OpenAPI != "3.1.0" || len(doc.Paths) < 30 {
		t.Errorf("version %s, %d paths", doc.OpenAPI, len(doc.Paths))
	}
	for path, ops := range doc.Paths {
		for method, op := range ops {
			if op.Summary == "" || op.OperationID == "" || op.Responses["200"] == nil || op.Responses["500"] == nil {
				t.Errorf("%s %s is not described", method, path)
			}
		}
	}
}

func openAPI(w *world) []byte {
	w.t.Helper()
	text, err := w.OpenAPI()
	must(w.t, err)
	return text
}

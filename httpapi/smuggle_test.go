package httpapi_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// TestSmuggledFields puts fields that nobody described into every object of every
// example: what a caller must not decide, such as who they are, what they may do, or
// when it happened. Each is refused by name of the fault, and nothing is written.
func TestSmuggledFields(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.populate()
	tried := 0
	for _, op := range operations(t, w) {
		if op.example == "" || op.method != "POST" {
			continue
		}
		token := map[string]string{"app": w.app, "officer": w.officer, "auditor": w.auditor, "recipient": w.recipient}[op.scopes[0]]
		before := w.store.Stats().Changes
		for _, name := range []string{"sid", "verdict", "scopes", "Subject", "subject_ref", "at", "__proto__", "policy", "person"} {
			for _, body := range smuggled(t, op.example, name) {
				if tried++; tried%50 == 0 {
					w.pass(time.Minute)
				}
				got := w.do(op.method, op.url("club"), token, body)
				if got.Code != 422 || !strings.Contains(got.Body.String(), "has a field that is not known") && !strings.Contains(got.Body.String(), "twice") {
					t.Errorf("%s takes %s: %d %s", op.id, body, got.Code, got.Body)
				}
			}
		}
		if after := w.store.Stats().Changes; after != before {
			t.Errorf("%s: %d changes were written", op.id, after-before)
		}
	}
	if tried < 1000 {
		t.Errorf("only %d bodies were tried", tried)
	}
}

// smuggled returns the example with a field more, once for each object in it that has
// no field of that name.
func smuggled(t *testing.T, example, name string) []string {
	t.Helper()
	var tree any
	must(t, json.Unmarshal([]byte(example), &tree))
	var out []string
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if _, there := v[name]; !there {
				v[name] = "user-1024"
				raw, err := json.Marshal(tree)
				must(t, err)
				out = append(out, string(raw))
				delete(v, name)
			}
			for _, inner := range v {
				walk(inner)
			}
		case []any:
			for _, inner := range v {
				walk(inner)
			}
		}
	}
	walk(tree)
	return out
}

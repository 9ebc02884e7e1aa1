package httpapi_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"avow.dev/httpapi"
)

// described is an operation as the OpenAPI document tells of it.
type described struct {
	id, method, path string
	scopes           []string // nil: open
	example          string   // of the body
	once             bool
}

// url is the path with the examples of its parameters.
func (d *described) url(policy string) string {
	return strings.NewReplacer("{policy}", policy, "{index}", "0", "{rule}", "take-account", "{path}", "0/000.p/1").Replace(d.path)
}

// operations reads the OpenAPI document.
func operations(t testing.TB, w *world) []described {
	t.Helper()
	var doc struct {
		Paths map[string]map[string]struct {
			OperationID string `json:"operationId"`
			Security    []map[string][]string
			Parameters  []struct{ Name string }
			RequestBody struct {
				Content map[string]struct{ Example json.RawMessage }
			} `json:"requestBody"`
		}
	}
	must(t, json.Unmarshal(openAPI(w), &doc))
	var out []described
	for _, path := range slices.Sorted(maps.Keys(doc.Paths)) {
		for method, op := range doc.Paths[path] {
			d := described{id: op.OperationID, method: strings.ToUpper(method), path: path}
			if body, ok := op.RequestBody.Content["application/json"]; ok {
				var compact bytes.Buffer
				must(t, json.Compact(&compact, body.Example))
				d.example = compact.String()
			}
			for _, s := range op.Security {
				d.scopes = s["token"]
			}
			for _, p := range op.Parameters {
				d.once = d.once || p.Name == "Idempotency-Key"
			}
			out = append(out, d)
		}
	}
	return out
}

// populate makes the world in which the examples of the description work.
func (w *world) populate() {
	w.t.Helper()
	w.join("user-1024", "li@mail.example", "+8613800001111")
	w.post("agreements", `{"subject":"user-1024","choices":[{"choice":"position","state":"given"}]}`, 200)
	w.post("collect", `{"subject":"user-1024","purpose":"show-map","point":"on-the-way","feature":"maps","source":"device","items":[{"datum":"location-precise","value":"22.541,114.062"}]}`, 200)
	w.qualify("map-maker")
	w.seal()
}

// expectation is a line of testdata/operations.txt.
type expectation struct {
	allowed []string
	status  int
	part    string
}

func expectations(t testing.TB) map[string]expectation {
	t.Helper()
	raw, err := os.ReadFile("testdata/operations.txt")
	must(t, err)
	table := make(map[string]expectation)
	for line := range strings.Lines(string(raw)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		f := append(strings.SplitN(strings.TrimRight(line, "\n"), " ", 4), "")
		status, err := strconv.Atoi(f[2])
		if _, twice := table[f[0]]; err != nil || twice {
			t.Fatalf("testdata/operations.txt: %q is malformed, or there twice", f[0])
		}
		table[f[0]] = expectation{strings.Split(f[1], ","), status, strings.ReplaceAll(f[3], `\n`, "\n")}
	}
	return table
}

// TestOperations sends every example of the description.
func TestOperations(t *testing.T) {
	t.Parallel()
	want := expectations(t)
	for _, op := range operations(t, setup(t)) {
		t.Run(op.id, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			w.populate()
			expect, ok := want[op.id]
			if !ok {
				t.Fatal("the operation is not in testdata/operations.txt")
			}
			token := ""
			if len(op.scopes) > 0 {
				token = map[string]string{"app": w.app, "officer": w.officer, "auditor": w.auditor, "recipient": w.recipient}[op.scopes[0]]
			}
			got := w.do(op.method, op.url("club"), token, op.example)
			if got.Code != expect.status || !strings.Contains(got.Body.String(), expect.part) {
				t.Errorf("status %d, want %d with %s: %s", got.Code, expect.status, expect.part, got.Body)
			}
			hardened(t, got)
		})
	}
}

// hardened checks what every answer has in common.
func hardened(t *testing.T, r *httptest.ResponseRecorder) {
	t.Helper()
	h := r.Result().Header
	for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Strict-Transport-Security": "max-age=63072000"} {
		if h.Get(name) != want {
			t.Errorf("%s is %q", name, h.Get(name))
		}
	}
	if !strings.HasPrefix(h.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("Content-Security-Policy is %q", h.Get("Content-Security-Policy"))
	}
	if h.Get("Content-Type") == "" || h.Get("Cache-Control") == "" {
		t.Errorf("Content-Type %q, Cache-Control %q", h.Get("Content-Type"), h.Get("Cache-Control"))
	}
	if r.Code >= 300 && r.Code < 400 && r.Code != 304 {
		t.Errorf("a redirect to %q", h.Get("Location"))
	}
}

// TestPersonalAnswersAreNotKept: no cache keeps what may be personal.
func TestPersonalAnswersAreNotKept(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.populate()
	for _, op := range operations(t, w) {
		if op.scopes == nil {
			continue
		}
		if got := w.do(op.method, op.url("club"), w.officer, op.example).Header().Get("Cache-Control"); got != "no-store" {
			t.Errorf("%s: Cache-Control %q", op.id, got)
		}
	}
}

// TestGetChangesNothing: a GET leaves no evidence and no row behind.
func TestGetChangesNothing(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.populate()
	before := w.store.Stats().Changes
	for _, op := range operations(t, w) {
		if op.method != "GET" || op.id == "readyz" { // which says that it writes a record of its own
			continue
		}
		w.do("GET", op.url("club"), w.officer, "")
	}
	for _, op := range operations(t, w) { // what changes something does not answer to GET
		if op.method != "POST" || op.id == "explain" { // GET explain/{rule} is beside it
			continue
		}
		got := w.do("GET", op.url("club"), w.app, "")
		if got.Code != 405 || got.Header().Get("Allow") != "POST" {
			t.Errorf("GET %s: %d, Allow %q", op.path, got.Code, got.Header().Get("Allow"))
		}
	}
	if after := w.store.Stats().Changes; after != before {
		t.Errorf("%d changes by GET", after-before)
	}
}

func TestTextLanguages(t *testing.T) {
	t.Parallel()
	w := setup(t)
	for _, c := range []struct{ path, accept, language, part string }{
		{"/policy/club", "", "en", "Haven Walking Club"},
		{"/policy/club", "zh-CN, en;q=0.5", "zh", "海湾徒步俱乐部"},
		{"/policy/club?lang=en", "zh", "en", "Haven Walking Club"},
		{"/policy/club.md?lang=zh", "", "zh", "海湾徒步俱乐部"},
		{"/policy/club.json", "fr", "en", `"policy"`},
	} {
		got := w.do("GET", c.path, "", "", "Accept-Language", c.accept)
		if got.Code != 200 || got.Header().Get("Content-Language") != c.language || !strings.Contains(got.Body.String(), c.part) {
			t.Errorf("%s for %q: %d in %s", c.path, c.accept, got.Code, got.Header().Get("Content-Language"))
		}
		again := w.do("GET", c.path, "", "", "Accept-Language", c.accept, "If-None-Match", got.Header().Get("ETag"))
		if again.Code != 304 || again.Body.Len() != 0 {
			t.Errorf("%s: not remembered by its ETag: %d", c.path, again.Code)
		}
	}
	for path, status := range map[string]int{"/policy/club?lang=fr": 404, "/policy/club.pdf": 404, "/policy/nothing": 404} {
		if got := w.do("GET", path, "", ""); got.Code != status {
			t.Errorf("%s: %d", path, got.Code)
		}
	}
}

// TestEvidenceGrows from recorded to published, and checks offline what the door hands out.
func TestEvidenceGrows(t *testing.T) {
	t.Parallel()
	w := setup(t)
	r := decode[httpapi.Answer](t, w.join("li", "li@mail.example", "13800001111")).Receipt
	index, path := r.Index, "/v1/club/evidence/"+itoa(r.Index)
	e := decode[httpapi.Evidence](t, w.do("GET", path, w.auditor, ""))
	if e.State != "recorded" || e.Proof != "" || e.ID != r.Leaf || e.Index != index {
		t.Errorf("evidence %+v", e)
	}
	if got := w.do("GET", "/log/club/receipt/"+itoa(index), "", ""); got.Code != 404 || got.Header().Get("Retry-After") == "" {
		t.Errorf("receipt before publication: %d", got.Code)
	}
	w.seal()
	e = decode[httpapi.Evidence](t, w.do("GET", path, w.auditor, ""))
	if e.State != "published" || e.Proof != w.do("GET", "/log/club/receipt/"+itoa(index), "", "").Body.String() {
		t.Errorf("evidence %+v", e)
	}
	verify(t, w, e)
}

package httpapi_test

import (
	"encoding/json"
	"strings"
	"testing"

	"avow.dev/httpapi"
)

func FuzzCollectBody(f *testing.F) { fuzzBody(f, "collect") }

func FuzzUseBody(f *testing.F) { fuzzBody(f, "use") }

// fuzzBody sends whatever comes. The answer is never an internal error, it is
// always JSON, and it repeats no long text that was sent.
func fuzzBody(f *testing.F, id string) {
	w := setup(f)
	w.populate()
	var op described
	for _, o := range operations(f, w) {
		if o.id == id {
			op = o
		}
	}
	f.Add(op.example)
	for _, s := range []string{``, `{}`, `[]`, `null`, `{"subject":"\ud834\udd1e"}`, `{"subject":"\ud834"}`, `{"a":1e400}`, "{\"\xff\":1}", `{"items":[{"datum":"email","base64":"YQ=="}],"purpose":"manage-account","point":"sign-up"}`,
		strings.Repeat("[", 1000), `{"subject":"u","subject":"u"}`, op.example + " ", op.example + "{}", `{"provenance":{"url":"https://x.example","citation":"c"}}`, `{"agree":{"accept":true,"choices":[{"choice":"offers","state":"given"}],"signals":["gpc"]}}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, body string) {
		if body == "" {
			body = " "
		}
		got := w.do(op.method, op.url("club"), w.app, body)
		if got.Code == 500 {
			t.Fatalf("500 for %q", body)
		}
		if !json.Valid(got.Body.Bytes()) {
			t.Fatalf("no JSON for %q: %s", body, got.Body)
		}
		if got.Code == 200 {
			return
		}
		p := decode[httpapi.Problem](t, got)
		for _, text := range texts(body) {
			if strings.Contains(p.Detail+p.Where, text) {
				t.Fatalf("%q is repeated: %s", text, got.Body)
			}
		}
	})
}

// texts returns the strings of a body that no constant text holds by chance.
func texts(body string) []string {
	var out []string
	for _, s := range strings.Split(body, `"`) {
		if len(s) > 40 {
			out = append(out, s)
		}
	}
	return out
}

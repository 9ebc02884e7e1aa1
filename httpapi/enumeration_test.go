package httpapi_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
)

// shape is an answer without what differs by chance: its status, its fields with the
// lengths of their values, and the names of its headers.
func shape(t *testing.T, r *httptest.ResponseRecorder) string {
	t.Helper()
	var body map[string]any
	must(t, json.Unmarshal(r.Body.Bytes(), &body))
	var out []string
	for _, k := range slices.Sorted(maps.Keys(body)) {
		raw, err := json.Marshal(body[k])
		must(t, err)
		out = append(out, fmt.Sprintf("%s:%d", k, len(raw)))
	}
	return fmt.Sprint(r.Code, out, slices.Sorted(maps.Keys(r.Header())), r.Body.Len())
}

// TestNobodyIsToldWhoIsHere asks at every door where an address or a reference of
// somebody is sent and nobody has shown who they are: for an address that somebody has
// and for one of the same length that nobody has. Status, length and headers are the
// same, and the same number of changes is written, so that no answer can be quicker
// for having less to do.
func TestNobodyIsToldWhoIsHere(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.join("user-1", "here1@mail.example", "13800001111")
	ask := func(to string) string {
		return decode[struct{ Attempt string }](t, w.post("sign-in/codes", `{"datum":"email","address":"`+to+`"}`, 200)).Attempt
	}
	here, gone := ask("here1@mail.example"), ask("gone1@mail.example")
	for name, c := range map[string]struct{ op, here, gone string }{
		"a code by mail": {"sign-in/codes", `{"datum":"email","address":"here1@mail.example"}`, `{"datum":"email","address":"gone1@mail.example"}`},
		"an opt-out":     {"opt-outs", `{"right":"opt-out","datum":"email","address":"here1@mail.example"}`, `{"right":"opt-out","datum":"email","address":"gone1@mail.example"}`},
		"a wrong code":   {"sign-in", `{"attempt":"` + here + `","code":"no0000"}`, `{"attempt":"` + gone + `","code":"no0000"}`},
		"a wrong password": {"sign-in/password", `{"datum":"email","name":"here1@mail.example","password":"not that one"}`,
			`{"datum":"email","name":"gone1@mail.example","password":"not that one"}`},
	} {
		w.pass(time.Minute)
		before := w.store.Stats().Changes
		a := w.do("POST", "/v1/club/"+c.op, w.app, c.here)
		middle := w.store.Stats().Changes
		b := w.do("POST", "/v1/club/"+c.op, w.app, c.gone)
		after := w.store.Stats().Changes
		if a.Code == 404 || a.Code == 422 || a.Code == 400 {
			t.Errorf("%s: the question itself is wrong: %s", name, a.Body)
		}
		if shape(t, a) != shape(t, b) {
			t.Errorf("%s: somebody is told from nobody:\n%s %s\n%s %s", name, shape(t, a), a.Body, shape(t, b), b.Body)
		}
		if middle-before != after-middle {
			t.Errorf("%s: %d changes for somebody, %d for nobody", name, middle-before, after-middle)
		}
		if strings.Contains(a.Body.String()+b.Body.String(), "mail.example") {
			t.Errorf("%s: the answer repeats the address", name)
		}
	}
}

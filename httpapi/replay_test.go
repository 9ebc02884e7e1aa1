package httpapi_test

import (
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"avow.dev/httpapi"
	"avow.dev/internal/auth"
)

const key = "Idempotency-Key"

// leaves counts the evidence of the policy.
func (w *world) leaves() int64 {
	w.t.Helper()
	state, err := w.store.LogState(w.t.Context(), "club")
	must(w.t, err)
	return state.Recorded
}

// TestReplay: every operation that takes a key acts once under it.
func TestReplay(t *testing.T) {
	t.Parallel()
	bodies := map[string]string{ // where the example would not do
		"agree": `{"subject":"user-1024","choices":[{"choice":"offers","state":"given"}]}`,
	}
	for _, op := range operations(t, setup(t)) {
		if !op.once || op.id == "collect-file" { // which has a test of its own
			continue
		}
		t.Run(op.id, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			w.populate()
			w.hold("held")
			token := map[string]string{"app": w.app, "officer": w.officer, "recipient": w.recipient}[op.scopes[0]]
			body := op.example
			if b, ok := bodies[op.id]; ok {
				body = b
			}
			first := w.do(op.method, op.url("club"), token, body, key, "k1")
			after := w.leaves()
			second := w.do(op.method, op.url("club"), token, body, key, "k1")
			if w.leaves() != after {
				t.Errorf("acted %d times", w.leaves()-after+1)
			}
			if first.Code == 404 { // the example's matter does not exist here: there is nothing to do, or to do again
				if second.Code != 404 {
					t.Errorf("then %d", second.Code)
				}
				return
			}
			if first.Header().Get("Idempotency-Replayed") != "" || second.Header().Get("Idempotency-Replayed") != "true" {
				t.Errorf("marked %q, then %q", first.Header().Get("Idempotency-Replayed"), second.Header().Get("Idempotency-Replayed"))
			}
			same(t, first, second)
			other := strings.Replace(strings.Replace(body, `"subject":"`, `"subject":"other-`, 1), `"number":"`, `"number":"1`, 1)
			other = strings.Replace(other, `"envelope":"`, `"envelope":"A`, 1)
			if got := w.do(op.method, op.url("club"), token, other, key, "k1"); got.Code != 409 {
				t.Errorf("another request under the key: %d", got.Code)
			}
		})
	}
}

// hold puts somebody under a hold.
func (w *world) hold(ref string) {
	w.t.Helper()
	w.join(ref, ref+"@mail.example", "13800009999")
	body := `{"subject":"` + ref + `","rule":"court","case":"m","statute":"s","until":"2026-12-31T00:00:00Z"}`
	if got := w.do("POST", "/v1/club/holds", w.officer, body); got.Code != 200 {
		w.t.Fatalf("hold: %d %s", got.Code, got.Body)
	}
}

// same compares two answers, except for values: those are handed out once.
func same(t *testing.T, first, second *httptest.ResponseRecorder) {
	t.Helper()
	if first.Code != second.Code {
		t.Fatalf("status %d, then %d: %s", first.Code, second.Code, second.Body)
	}
	if first.Code == 403 {
		if first.Body.String() != second.Body.String() {
			t.Errorf("refused with\n%s\nthen\n%s", first.Body, second.Body)
		}
		return
	}
	a, b := decode[httpapi.Handed](t, first), decode[httpapi.Handed](t, second)
	if first.Code != 200 || a.Receipt != b.Receipt || a.Receipt.Index < 0 {
		t.Errorf("answered %d %+v, then %+v", first.Code, a.Receipt, b.Receipt)
	}
	x, y := decode[httpapi.Requested](t, first), decode[httpapi.Requested](t, second)
	if x.ID != y.ID || !x.Due.Equal(y.Due) || !x.Received.Equal(y.Received) || x.State != y.State {
		t.Errorf("took in %+v, then %+v", x, y)
	}
	if len(b.Items) != 0 {
		t.Error("values were handed out again")
	}
}

// TestReplayAtOnce: requests under one key that arrive together act once.
func TestReplayAtOnce(t *testing.T) {
	t.Parallel()
	w := setup(t)
	body := `{"subject":"li","purpose":"manage-account","point":"sign-up","feature":"account","source":"person","items":[{"datum":"phone","value":"13800001111"}],"agree":{` + w.accepting() + `}}`
	before := w.leaves()
	answers := make([]*httptest.ResponseRecorder, 16)
	var wg sync.WaitGroup
	for i := range answers {
		wg.Go(func() { answers[i] = w.do("POST", "/v1/club/collect", w.app, body, key, "together") })
	}
	wg.Wait()
	first := decode[httpapi.Answer](t, answers[0]).Receipt
	for _, a := range answers {
		if a.Code != 200 || decode[httpapi.Answer](t, a).Receipt != first {
			t.Errorf("%d %s", a.Code, a.Body)
		}
	}
	if made := w.leaves() - before; made != 3 { // accepted, age, collected
		t.Errorf("%d leaves", made)
	}
}

// TestReplayShareAtOnce: the same where no row is written, so that only the key
// keeps the requests apart.
func TestReplayShareAtOnce(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.populate()
	const body = `{"subject":"user-1024","data":["location-precise"],"purpose":"show-map","recipient":"map-maker"}`
	before := w.leaves()
	answers := make([]*httptest.ResponseRecorder, 16)
	var wg sync.WaitGroup
	for i := range answers {
		wg.Go(func() { answers[i] = w.do("POST", "/v1/club/share", w.app, body, key, "together") })
	}
	wg.Wait()
	handed := 0
	first := decode[httpapi.Handed](t, answers[0]).Receipt
	for _, a := range answers {
		got := decode[httpapi.Handed](t, a)
		if a.Code != 200 || got.Receipt != first {
			t.Errorf("%d %s", a.Code, a.Body)
		}
		handed += len(got.Items)
	}
	if made := w.leaves() - before; made != 1 || handed != 1 {
		t.Errorf("%d leaves, handed out %d times", made, handed)
	}
}

// TestReplayErase: the answer to an erasure outlives the person.
func TestReplayErase(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.populate()
	first := w.post("erase", `{"subject":"user-1024"}`, 200, key, "k")
	after := w.leaves()
	second := w.post("erase", `{"subject":"user-1024"}`, 200, key, "k")
	if second.Header().Get("Idempotency-Replayed") != "true" || w.leaves() != after {
		t.Error("acted twice")
	}
	same(t, first, second)
	w.post("erase", `{"subject":"user-1024"}`, 404, key, "another")
}

// TestReplayEnds: a key is forgotten after a day, swept or not, and keys of two
// callers are two keys.
func TestReplayEnds(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.populate()
	body := `{"subject":"user-1024","choices":[{"choice":"offers","state":"given"}]}`
	another := w.token(auth.Grant{Name: "another", Scopes: auth.App})
	replayed := func(token string) bool {
		got := w.do("POST", "/v1/club/agreements", token, body, key, "k")
		if got.Code != 200 {
			t.Fatalf("%d %s", got.Code, got.Body)
		}
		return got.Header().Get("Idempotency-Replayed") == "true"
	}
	remembered := func() int {
		recs, err := w.store.Scan(t.Context(), 0, "replay/club", nil, 100)
		must(t, err)
		return len(recs)
	}
	if replayed(w.app) || !replayed(w.app) || replayed(another) || remembered() != 2 {
		t.Error("the key is not the caller's")
	}
	w.pass(24*time.Hour - 1)
	if !replayed(w.app) {
		t.Error("forgotten within a day")
	}
	w.pass(1)
	if replayed(w.app) || !replayed(w.app) || remembered() != 2 {
		t.Error("remembered after a day")
	}
	w.pass(24 * time.Hour)
	_, err := w.gate.Sweep(t.Context())
	must(t, err)
	if n := remembered(); n != 0 {
		t.Errorf("%d left by the sweep", n)
	}
}

// TestReplayKeepsNoSecret: what is stored names neither key, caller nor request.
func TestReplayKeepsNoSecret(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.populate()
	w.post("agreements", `{"subject":"user-1024","choices":[{"choice":"offers","state":"given"}]}`, 200, key, "key-of-li@mail.example")
	recs, err := w.store.Scan(t.Context(), 0, "replay/club", nil, 100)
	must(t, err)
	for _, r := range recs {
		for _, canary := range []string{"li@mail", "user-1024", "offers", w.app} {
			if strings.Contains(string(r.Key)+string(r.Body), canary) {
				t.Errorf("holds %q", canary)
			}
		}
	}
	if len(recs) != 1 {
		t.Errorf("%d records", len(recs))
	}
}

func TestReplayKeys(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.populate()
	for k, status := range map[string]int{"": 422, strings.Repeat("k", 129): 422, strings.Repeat("k", 128): 200} {
		w.post("agreements", `{"subject":"user-1024","choices":[{"choice":"offers","state":"given"}]}`, status, key, k)
	}
}

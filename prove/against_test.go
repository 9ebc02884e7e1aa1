package prove_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"avow.dev/policy"
	"avow.dev/prove"
	"avow.dev/prove/live"
)

// served starts a server like one in production.
func served(t *testing.T, p *policy.Program) prove.Engine {
	t.Helper()
	dir := t.TempDir()
	e, err := live.Start(t.Context(), prove.Setup{Data: filepath.Join(dir, "data"), Keys: filepath.Join(dir, "keys"), Policies: []*policy.Program{p}, Clock: time.Now, Log: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close(context.WithoutCancel(t.Context())) })
	return e
}

func get(t *testing.T, url, token string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %d %v %.300s", url, resp.StatusCode, err, raw)
	}
	return string(raw)
}

// broken stands before a server and breaks one right: it answers as if it had been
// carried out.
func broken(t *testing.T, e prove.Engine, path string) *httptest.Server {
	t.Helper()
	to, err := url.Parse(e.URL())
	if err != nil {
		t.Fatal(err)
	}
	through := httputil.NewSingleHostReverseProxy(to)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if path != "" && strings.HasSuffix(r.URL.Path, path) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"receipt":{"policy":"x","index":0,"leaf":"00","at":"2026-01-01T00:00:00Z","verdict":"allow"}}`)
			return
		}
		through.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

// TestSelfTestTurnsTheSeal runs the self-test against a server that keeps every
// right, and then against one in which a right is broken.
func TestSelfTestTurnsTheSeal(t *testing.T) {
	t.Parallel()
	p := compile(t, "generic")
	e := served(t, p)
	type page struct {
		Seal     string
		Promises []struct{ Clause, State, How, By string }
		SelfTest *struct{ At time.Time } `json:"self_test"`
	}
	seal := func(at string) page {
		t.Helper()
		a := prove.Against{URL: at, Token: e.Token(), Policy: p, Now: time.Now()}
		r, err := prove.SelfTest(t.Context(), a)
		if r == nil {
			t.Fatal(err)
		}
		if err != nil && at == e.URL() {
			t.Error(err)
		}
		a.URL = e.URL()
		if err := r.Report(t.Context(), a, "self-test", nil); err != nil {
			t.Fatal(err)
		}
		var out page
		if err := json.Unmarshal([]byte(get(t, e.URL()+"/proof/generic.json", "")), &out); err != nil {
			t.Fatal(err)
		}
		if out.SelfTest == nil || out.SelfTest.At.IsZero() {
			t.Error("the page does not know of the run")
		}
		return out
	}
	if got := seal(e.URL()); got.Seal != "kept" {
		t.Fatalf("everything is kept, and the seal says %s: %+v", got.Seal, got.Promises)
	}
	if m := get(t, e.URL()+"/metrics", e.Token()); !strings.Contains(m, `avow_seal{policy="generic"} 1`) {
		t.Error("the metric does not say that the seal is whole")
	}
	for _, path := range []string{"/erase", "/correct"} {
		got := seal(broken(t, e, path).URL)
		if got.Seal != "broken" {
			t.Fatalf("%s does nothing, and the seal says %s", path, got.Seal)
		}
		if html := get(t, e.URL()+"/proof/generic", ""); !strings.Contains(html, "A promise is broken") || strings.Contains(html, "person-generic") {
			t.Errorf("the page does not say so, or says too much")
		}
		if m := get(t, e.URL()+"/metrics", e.Token()); !strings.Contains(m, `avow_seal{policy="generic"} 0`) {
			t.Error("the metric does not say so")
		}
	}
	if got := seal(e.URL()); got.Seal != "kept" {
		t.Errorf("it is mended, and the seal says %s", got.Seal)
	}
	if _, err := prove.SelfTest(t.Context(), prove.Against{URL: e.URL(), Token: e.Token(), Policy: compile(t, "astral"), Now: time.Now()}); err == nil {
		t.Error("another policy was proved")
	}
}

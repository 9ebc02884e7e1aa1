package httpapi_test

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// canary is planted where a caller may put something. It may not be seen again.
const canary = "CANARY7f3a"

// TestCanaries plants it in every field of every operation, in good and in bad
// requests, and looks for it in answers, logs, metrics and the database.
func TestCanaries(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.populate()
	for _, op := range operations(t, w) {
		w.pass(time.Hour)
		for _, token := range []string{w.app, w.officer, w.auditor, canary} {
			w.plantAround(&op, token)
		}
		if op.example == "" {
			continue
		}
		for _, body := range spoiled(t, op.example) {
			w.plant(&op, op.url("club"), w.app, body)
			w.plant(&op, op.url("club"), w.officer, body)
		}
	}
	w.unseen("the log", w.logs.String())
	w.unseen("the metrics", w.do("GET", "/metrics", w.officer, "").Body.String())
	files := 0
	must(t, filepath.WalkDir(w.dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		files++
		raw, err := os.ReadFile(path)
		w.unseen(path, string(raw))
		return err
	}))
	if files < 3 {
		t.Errorf("%d files were looked at", files)
	}
}

func (w *world) unseen(where, text string) {
	w.t.Helper()
	if i := strings.Index(strings.ToLower(text), strings.ToLower(canary)); i >= 0 {
		w.t.Errorf("%s: …%s…", where, text[max(0, i-80):min(len(text), i+80)])
	}
}

// plant sends a request and looks at the answer.
func (w *world) plant(op *described, url, token, body string, headers ...string) *httptest.ResponseRecorder {
	w.t.Helper()
	got := w.do(op.method, url, token, body, headers...)
	if got.Code == 500 {
		w.t.Errorf("%s with %s: 500", op.id, body)
	}
	if got.Code == 200 && (op.id == "access" || op.id == "copy" || op.id == "own-requests") {
		return got // it is the person's own
	}
	if got.Code == 200 && slices.Contains(deskAnswers, op.id) {
		return got // officers see what officers wrote
	}
	w.unseen(fmt.Sprintf("%s, sent %.200s, answered %d", op.id, body, got.Code), fmt.Sprint(got.Body, got.Result().Header))
	return got
}

// deskAnswers are operations whose answers hold what the controller's people wrote
// at a desk.
var deskAnswers = []string{"propose-qualification", "qualifications", "succession-binding", "receive-demand", "demands", "read-demand", "transparency", "incidents", "open-incident", "propose-hold", "holds", "openings"}

// plantAround plants in addresses and headers.
func (w *world) plantAround(op *described, token string) {
	for _, url := range []string{
		strings.NewReplacer("{policy}", canary, "{index}", canary, "{rule}", canary, "{path}", canary).Replace(op.path),
		strings.NewReplacer("{policy}", "club", "{index}", canary, "{rule}", canary, "{path}", canary+"/../"+canary).Replace(op.path),
		op.url("club") + "?subject=" + canary, op.url("club") + "?lang=" + canary, op.url("club") + "/" + canary, op.url("club") + "/../" + canary, op.url("club") + "/", "//" + canary,
	} {
		w.plant(op, url, token, op.example)
	}
	w.plant(op, op.url("club"), token, op.example, "Idempotency-Key", canary, "Accept-Language", canary, "User-Agent", canary, "X-Forwarded-For", canary,
		"If-None-Match", canary, "Cookie", "a="+canary, "Origin", "https://"+canary, "Referer", "https://"+canary, "Range", canary)
	w.plant(op, op.url("club"), token, op.example, "Content-Type", canary)
	w.plant(op, op.url("club"), token, op.example, "Content-Type", "application/json; charset="+canary)
	w.plant(op, op.url("club"), token, op.example, "Content-Encoding", canary)
	for _, method := range []string{"GET", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", canary} {
		w.plant(&described{id: op.id, method: method}, op.url("club"), token, "")
	}
}

// spoiled returns variants of a body that hold the canary.
func spoiled(t *testing.T, example string) []string {
	t.Helper()
	out := []string{canary, `"` + canary + `"`, `[` + example + `]`, example + canary, example + example, `{"` + canary + `":1}`, `{"` + canary,
		"{\"" + canary + "\xff\":1}", strings.Repeat("[", 100000) + `"` + canary + `"`, strings.Repeat(`{"a":`, 50000) + `"` + canary + `"`,
		`{"subject":"` + canary + `",` + example[1:], `{"subject":"\ud800` + canary + `"}`, strings.Replace(example, "{", `{"`+canary+`":{"`+canary+`":["`+canary+`"]},`, 1)}
	var tree any
	must(t, json.Unmarshal([]byte(example), &tree))
	for _, put := range []any{canary, strings.Repeat(canary, 500), canary + "@mail.example", map[string]any{canary: canary}, []any{canary, []any{canary}},
		json.Number("1e999999999"), json.Number("99999999999999999999999999"), 1.5, true, nil, "\u0000" + canary, "\u202e" + canary, ""} {
		each(tree, func(set func(any), old any) {
			set(put)
			raw, err := json.Marshal(tree)
			must(t, err)
			out = append(out, string(raw))
			set(old)
		})
	}
	return out
}

// each visits every place of a JSON tree.
func each(v any, visit func(set func(any), old any)) {
	switch v := v.(type) {
	case map[string]any:
		for k, old := range v {
			visit(func(x any) { v[k] = x }, old)
			each(old, visit)
		}
	case []any:
		for i, old := range v {
			visit(func(x any) { v[i] = x }, old)
			each(old, visit)
		}
	}
}

// TestPanicIsQuiet: what is panicked with, and what the request held, stays inside.
func TestPanicIsQuiet(t *testing.T) {
	t.Parallel()
	w := setup(t, panicking)
	got := w.do("GET", "/.well-known/avow.json", "", "", "User-Agent", canary)
	if got.Code != 500 || got.Header().Get("Content-Type") != "application/problem+json" {
		t.Errorf("%d %s", got.Code, got.Body)
	}
	w.unseen("the answer", got.Body.String())
	w.unseen("the log", w.logs.String())
	if log := w.logs.String(); !strings.Contains(log, `"stack":["`) || !strings.Contains(log, "httpapi_test") || !strings.Contains(log, "errorString") {
		t.Errorf("the log does not say where: %s", log)
	}
	if w.do("GET", "/healthz", "", "").Code != 200 {
		t.Error("the door is shut after a panic")
	}
}

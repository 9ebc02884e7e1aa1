package httpapi_test

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestRequests follows a question from the person to the desk and back.
func TestRequests(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.populate()
	w.post("requests", `{"subject":"user-1024","right":"ask","text":"Who receives my number?"}`, 200)
	queue := w.do("POST", "/v1/club/requests/queue", w.officer, `{}`)
	if s := queue.Body.String(); queue.Code != 200 || strings.Contains(s, "user-1024") || strings.Contains(s, "my number") {
		t.Fatalf("queue: %d %s", queue.Code, s)
	}
	var list struct{ Requests []struct{ ID string } }
	must(t, json.Unmarshal(queue.Body.Bytes(), &list))
	if len(list.Requests) != 1 {
		t.Fatalf("%d open requests, want 1", len(list.Requests))
	}
	id := list.Requests[0].ID
	if got := w.do("POST", "/v1/club/requests/read", w.officer, `{"request":"`+id+`","reason":{"why":"request","text":"It is due.","role":"desk"}}`); !strings.Contains(got.Body.String(), "Who receives my number?") {
		t.Errorf("read: %d %s", got.Code, got.Body)
	}
	if got := w.do("POST", "/v1/club/requests/answer", w.officer, `{"request":"`+id+`","text":"Nobody does."}`); got.Code != 200 {
		t.Errorf("answer: %d %s", got.Code, got.Body)
	}
	own := w.do("POST", "/v1/club/requests/list", w.app, `{"subject":"user-1024"}`)
	for _, part := range []string{`"state":"fulfilled"`, `"answer":"Nobody does."`, `"text":"Who receives my number?"`} {
		if !strings.Contains(own.Body.String(), part) {
			t.Errorf("the person's list lacks %s: %s", part, own.Body)
		}
	}
	if got := w.do("POST", "/v1/club/requests/answer", w.officer, `{"request":"`+id+`","text":"Again."}`); got.Code != 404 {
		t.Errorf("answered twice: %d", got.Code)
	}
}

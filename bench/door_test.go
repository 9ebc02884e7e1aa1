package bench_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"

	"avow.dev/internal/auth"
)

const connections = 16

// BenchmarkDoor speaks HTTP/1.1 over loopback on 16 connections. Callers and
// server share the process and its cores; the answers are read to their end.
func BenchmarkDoor(b *testing.B) {
	w, known := newWorld(b, "127.0.0.1:0"), knownPeople(b)
	first := w.populate(b, int(known))
	c := newCallers(b, w)
	b.Run("collect", func(b *testing.B) {
		measure(b, connections, func(i int64) error {
			n := first + i*7919%known
			return c.post(b.Context(), "collect", body{Subject: string(ref(n)), Purpose: "manage-account", Point: "sign-up", Feature: "account", Source: "person", Items: doorItems(n)})
		})
	})
	b.Run("use", func(b *testing.B) {
		data := make([]string, len(six))
		for i, d := range six {
			data[i] = string(d)
		}
		measure(b, connections, func(i int64) error {
			return c.post(b.Context(), "use", body{Subject: string(ref(first + i*7919%known)), Data: data, Purpose: "manage-account", Role: "desk"})
		})
	})
	b.Run("healthz", func(b *testing.B) {
		measure(b, connections, func(int64) error { return c.get(b.Context(), "/healthz") })
	})
}

// body is a request as an application writes it.
type body struct {
	Subject string     `json:"subject"`
	Purpose string     `json:"purpose"`
	Point   string     `json:"point,omitempty"`
	Feature string     `json:"feature,omitempty"`
	Source  string     `json:"source,omitempty"`
	Role    string     `json:"role,omitempty"`
	Data    []string   `json:"data,omitempty"`
	Items   []doorItem `json:"items,omitempty"`
}

type doorItem struct {
	Datum string `json:"datum"`
	Value string `json:"value"`
}

func doorItems(n int64) []doorItem {
	var list []doorItem
	for i, text := range values(n) {
		list = append(list, doorItem{string(six[i]), text})
	}
	return list
}

// callers share 16 connections.
type callers struct {
	client *http.Client
	url    string
	token  string
}

func newCallers(b *testing.B, w *world) *callers {
	b.Helper()
	token, err := w.IssueToken(b.Context(), auth.App)
	must(b, err)
	return &callers{client: &http.Client{Transport: &http.Transport{MaxConnsPerHost: connections, MaxIdleConnsPerHost: connections}}, url: w.URL(), token: token}
}

func (c *callers) post(ctx context.Context, op string, in body) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url+"/v1/club/"+op, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	return c.do(req)
}

func (c *callers) get(ctx context.Context, path string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url+path, nil)
	if err != nil {
		return err
	}
	return c.do(req)
}

func (c *callers) do(req *http.Request) error {
	req.Header.Set("Authorization", "Bearer "+c.token)
	resp, err := c.client.Do(req)
	if err != nil {
		return err
	}
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", resp.Status, answer)
	}
	return resp.Body.Close()
}

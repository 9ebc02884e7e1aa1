package httpapi_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"avow.dev/httpapi"
)

// Run with: go test ./httpapi -run '^$' -bench Door -benchtime 2s -cpuprofile cpu.prof
//
// Each request is durable and leaves evidence before it is answered. There is no
// network, so that the difference to the gate's own benchmark is what the door
// costs.
func BenchmarkDoor(b *testing.B) {
	w := setup(b, func(c *httpapi.Config) { c.Log, c.Limits.PerSecond = slog.New(slog.DiscardHandler), 1e9 })
	const people = 1000
	for n := range people {
		w.join(fmt.Sprintf("p%d", n), fmt.Sprintf("p%d@mail.example", n), fmt.Sprintf("1380000%04d", n))
	}
	for name, body := range map[string]func(int64) string{
		"collect": func(n int64) string {
			return fmt.Sprintf(`{"subject":"p%d","purpose":"manage-account","point":"sign-up","feature":"account","source":"person","items":[{"datum":"phone","value":"1390000%04d"}]}`, n%people, n%people)
		},
		"use": func(n int64) string {
			return fmt.Sprintf(`{"subject":"p%d","data":["email","phone"],"purpose":"manage-account","role":"desk"}`, n%people)
		},
		"refused": func(n int64) string {
			return fmt.Sprintf(`{"subject":"p%d","data":["email"],"purpose":"marketing","role":"desk"}`, n%people)
		},
	} {
		op := name
		if op == "refused" {
			op = "use"
		}
		b.Run(name, func(b *testing.B) {
			var next atomic.Int64
			b.ReportAllocs()
			b.SetParallelism(32)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					r := httptest.NewRequest("POST", "/v1/club/"+op, strings.NewReader(body(next.Add(1))))
					r.Header.Set("Content-Type", "application/json")
					r.Header.Set("Authorization", "Bearer "+w.app)
					out := &sink{h: http.Header{}}
					w.ServeHTTP(out, r)
					if out.status != 0 && out.status != 200 && name != "refused" {
						b.Errorf("status %d", out.status)
						return
					}
				}
			})
		})
	}
	b.Run("alone", func(b *testing.B) { // the door without the gate: a body that is turned away at its last byte
		b.ReportAllocs()
		for b.Loop() {
			r := httptest.NewRequest("POST", "/v1/club/use", strings.NewReader(`{"subject":"p1","data":["email","phone"],"purpose":"manage-account","role":"desk"`))
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Authorization", "Bearer "+w.app)
			w.ServeHTTP(&sink{h: http.Header{}}, r)
		}
	})
}

// sink is a writer that keeps nothing.
type sink struct {
	h      http.Header
	status int
}

func (s *sink) Header() http.Header         { return s.h }
func (s *sink) WriteHeader(status int)      { s.status = status }
func (s *sink) Write(p []byte) (int, error) { return io.Discard.Write(p) }

// BenchmarkWire is the same over 16 connections, with the generator on the same
// machine.
func BenchmarkWire(b *testing.B) {
	w := setup(b, func(c *httpapi.Config) { c.Log, c.Limits.PerSecond = slog.New(slog.DiscardHandler), 1e9 })
	const people = 1000
	for n := range people {
		w.join(fmt.Sprintf("p%d", n), fmt.Sprintf("p%d@mail.example", n), fmt.Sprintf("1380000%04d", n))
	}
	ctx, cancel := context.WithCancel(b.Context())
	url, closed := w.serving(ctx)
	b.Cleanup(func() {
		cancel()
		must(b, <-closed)
	})
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16, MaxConnsPerHost: 16}}
	for op, body := range map[string]string{
		"collect": `{"subject":"p%d","purpose":"manage-account","point":"sign-up","feature":"account","source":"person","items":[{"datum":"phone","value":"1390000111"}]}`,
		"use":     `{"subject":"p%d","data":["email","phone"],"purpose":"manage-account","role":"desk"}`,
	} {
		b.Run(op, func(b *testing.B) {
			var next atomic.Int64
			b.SetParallelism(16 / runtime.GOMAXPROCS(0))
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					r, err := http.NewRequestWithContext(b.Context(), "POST", url+"/v1/club/"+op, strings.NewReader(fmt.Sprintf(body, next.Add(1)%people)))
					if err != nil {
						b.Error(err)
						return
					}
					r.Header.Set("Content-Type", "application/json")
					r.Header.Set("Authorization", "Bearer "+w.app)
					got, err := client.Do(r)
					if err != nil {
						b.Error(err)
						return
					}
					_, err = io.Copy(io.Discard, got.Body)
					if err = errors.Join(err, got.Body.Close()); err != nil || got.StatusCode != 200 {
						b.Error(got.StatusCode, err)
						return
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "requests/s")
		})
	}
}

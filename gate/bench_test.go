package gate_test

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"avow.dev"
	"avow.dev/gate"
)

// Run with: go test ./gate -run '^$' -bench Gate -benchtime 3s
//
// Each operation is durable and leaves evidence before it is answered.
func BenchmarkGate(b *testing.B) {
	for _, callers := range []int{1, 64} {
		b.Run(fmt.Sprintf("register/callers=%d", callers), func(b *testing.B) { benchRegister(b, callers) })
		b.Run(fmt.Sprintf("collect/callers=%d", callers), func(b *testing.B) { benchKnown(b, callers, collectSix) })
		b.Run(fmt.Sprintf("use/callers=%d", callers), func(b *testing.B) { benchKnown(b, callers, useSix) })
		b.Run(fmt.Sprintf("erase/callers=%d", callers), func(b *testing.B) { benchErase(b, callers) })
	}
}

const people = 20000

var six = []avow.Datum{"email", "phone", "name", "language", "country", "device-model"}

func items(n int64) []gate.Item {
	return []gate.Item{item("email", fmt.Sprintf("person%d@mail.example", n)), item("phone", fmt.Sprintf("+86139%08d", n)),
		item("name", "欧阳小明"), item("language", "zh"), item("country", "CN"), item("device-model", "Model 9 Pro")}
}

func ref(n int64) avow.SubjectRef { return avow.SubjectRef(fmt.Sprintf("user-%d", n)) }

func (w *world) register(n int64) error {
	_, err := w.Collect(w.t.Context(), &gate.Collecting{
		Request: avow.Request{Policy: "club", Subject: ref(n), Purpose: "manage-account", Point: "sign-up", Feature: "account", Source: "person"},
		Items:   items(n), Agree: w.accept(),
	})
	return err
}

func collectSix(w *world, n int64) error {
	_, err := w.Collect(w.t.Context(), &gate.Collecting{
		Request: avow.Request{Policy: "club", Subject: ref(n), Purpose: "manage-account", Point: "sign-up", Feature: "account", Source: "person"},
		Items:   items(n),
	})
	return err
}

func useSix(w *world, n int64) error {
	_, err := w.Use(w.t.Context(), &avow.Request{Policy: "club", Subject: ref(n), Data: six, Purpose: "manage-account", Role: "desk"})
	return err
}

func benchRegister(b *testing.B, callers int) {
	w := setupWith(b, "testdata/six.yaml")
	spread(b, callers, w.register)
}

func benchKnown(b *testing.B, callers int, op func(*world, int64) error) {
	w := setupWith(b, "testdata/six.yaml")
	w.populate(people)
	spread(b, callers, func(n int64) error { return op(w, n*7919%people) })
}

func benchErase(b *testing.B, callers int) {
	w := setupWith(b, "testdata/six.yaml")
	w.populate(int64(b.N))
	spread(b, callers, func(n int64) error {
		_, err := w.Erase(b.Context(), "club", ref(n))
		return err
	})
}

func (w *world) populate(n int64) {
	w.t.Helper()
	var next atomic.Int64
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < n; i = next.Add(1) - 1 {
				if err := w.register(i); err != nil {
					w.t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

// spread runs op b.N times from so many goroutines.
func spread(b *testing.B, callers int, op func(int64) error) {
	b.Helper()
	var next atomic.Int64
	var wg sync.WaitGroup
	waits := make([][]time.Duration, callers)
	b.ReportAllocs()
	b.ResetTimer()
	for c := range callers {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(b.N); i = next.Add(1) - 1 {
				start := time.Now()
				if err := op(i); err != nil {
					b.Error(err)
					return
				}
				waits[c] = append(waits[c], time.Since(start))
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	all := slices.Concat(waits...)
	slices.Sort(all)
	if len(all) > 0 {
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "ops/s")
		b.ReportMetric(float64(all[len(all)/2].Microseconds()), "p50-µs")
		b.ReportMetric(float64(all[len(all)*99/100].Microseconds()), "p99-µs")
	}
}

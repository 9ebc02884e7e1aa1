package engine_test

import "testing"

// BenchmarkStart is a restart with a door: what an operator waits for.
func BenchmarkStart(b *testing.B) {
	w := newWorld(b)
	w.close(w.first())
	cfg := w.config()
	cfg.Listen = "127.0.0.1:0"
	b.ReportAllocs()
	for b.Loop() {
		w.close(w.open(cfg))
	}
}

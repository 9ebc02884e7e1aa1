package bench_test

import (
	"fmt"
	"os"
	"strconv"
	"testing"
)

// knownPeople is how many people are registered beforehand: AVOW_BENCH_PEOPLE,
// or 20,000.
func knownPeople(b *testing.B) int64 {
	b.Helper()
	text := os.Getenv("AVOW_BENCH_PEOPLE")
	if text == "" {
		return 20_000
	}
	n, err := strconv.ParseInt(text, 10, 32)
	must(b, err)
	return n
}

// BenchmarkGate measures the gate with store, keys, evidence and sealer: every
// operation is durable, and its evidence with it, before it is answered.
func BenchmarkGate(b *testing.B) {
	w, known := newWorld(b, ""), knownPeople(b)
	first := w.populate(b, int(known))
	for _, callers := range []int{64, 1} {
		name := func(op string) string { return fmt.Sprintf("%s/callers=%d", op, callers) }
		b.Run(name("register"), func(b *testing.B) {
			from := w.next.Add(int64(b.N)) - int64(b.N)
			measure(b, callers, func(i int64) error { return w.register(b.Context(), from+i) })
		})
		b.Run(name("collect"), func(b *testing.B) {
			measure(b, callers, func(i int64) error { _, err := w.collect(b.Context(), first+i*7919%known); return err })
		})
		b.Run(name("use"), func(b *testing.B) {
			measure(b, callers, func(i int64) error { return w.use(b.Context(), first+i*7919%known) })
		})
		b.Run(name("erase"), func(b *testing.B) {
			from := w.populate(b, b.N)
			measure(b, callers, func(i int64) error { _, err := w.Gate().Erase(b.Context(), "club", ref(from+i)); return err })
		})
	}
	benchObvious(b, known)
}

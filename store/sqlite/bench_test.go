package sqlite_test

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	mathrand "math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"avow.dev/gate"
	"avow.dev/store/sqlite"
)

const (
	rowBytes  = 900
	leafBytes = 500
	policy    = "bench"
)

// people is how many rows the store holds before a benchmark: AVOW_BENCH_ROWS,
// or 100,000.
func people(b *testing.B) int {
	text := os.Getenv("AVOW_BENCH_ROWS")
	if text == "" {
		return 100_000
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		b.Fatal(err)
	}
	return n
}

func benchTag(sid, i int64) (t gate.Tag) {
	binary.BigEndian.PutUint64(t[:], mix(uint64(sid*8+i)))
	binary.BigEndian.PutUint64(t[8:], mix(^uint64(sid*8+i)))
	return t
}

// mix is the finaliser of splitmix64: tags that are random and can be computed.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// load is a store under test with what the callers write.
type load struct {
	s          *sqlite.Store
	body, leaf []byte
}

func (l *load) register(ctx context.Context) error {
	sid, err := l.s.NextSubject(ctx, 0)
	if err != nil {
		return err
	}
	c := gate.Change{
		Policy: policy,
		Insert: &gate.Row{SID: sid, Policy: policy, Version: 1, Due: 500_000 + sid/1000, Body: l.body},
		Leaves: []gate.Leaf{{SID: sid, Body: l.leaf}},
	}
	for i := range int64(3) {
		c.AddTags = append(c.AddTags, gate.TagEntry{Tag: benchTag(sid, i), SID: sid})
	}
	_, err = l.s.Commit(ctx, &c)
	return err
}

func (l *load) collect(ctx context.Context, sid int64) error {
	for {
		row, found, err := l.s.Lookup(ctx, policy, benchTag(sid, 0))
		if err != nil || !found {
			return fmt.Errorf("person %d: %v, %w", sid, found, err)
		}
		row.Version++
		row.Body = l.body
		_, err = l.s.Commit(ctx, &gate.Change{Policy: policy, Update: &row, Leaves: []gate.Leaf{{SID: sid, Body: l.leaf}}})
		if err != gate.ErrChanged {
			return err
		}
	}
}

func (l *load) use(ctx context.Context, sid int64) error {
	for {
		row, found, err := l.s.Lookup(ctx, policy, benchTag(sid, 0))
		if err != nil || !found {
			return fmt.Errorf("person %d: %v, %w", sid, found, err)
		}
		_, err = l.s.Commit(ctx, &gate.Change{Policy: policy, Unchanged: &row, Leaves: []gate.Leaf{{SID: sid, Body: l.leaf}}})
		if err != gate.ErrChanged {
			return err
		}
	}
}

// sealer seals what is recorded every 200 ms until stop is closed, as a
// running server does.
func (l *load) sealer(ctx context.Context, stop <-chan struct{}) error {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return nil
		case <-tick.C:
		}
		state, err := l.s.LogState(ctx, policy)
		if err != nil {
			return err
		}
		seal := &gate.Seal{From: state.Sealed, Size: state.Recorded, Checkpoint: l.leaf[:200]}
		if _, err := l.s.Commit(ctx, &gate.Change{Policy: policy, Seal: seal}); err != nil {
			return err
		}
	}
}

func filled(b *testing.B, n int) *load {
	s, err := sqlite.Open(b.Context(), sqlite.Config{Dir: benchDir(b)})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := s.Close(); err != nil {
			b.Error(err)
		}
	})
	l := &load{s: s, body: noise(b, rowBytes), leaf: noise(b, leafBytes)}
	var wg sync.WaitGroup
	for range 128 {
		wg.Go(func() {
			for range n / 128 {
				if err := l.register(context.Background()); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	return l
}

// benchDir is on the disk of the working folder: temporary folders may be in
// memory.
func benchDir(b *testing.B) string {
	dir, err := os.MkdirTemp(os.Getenv("AVOW_BENCH_DIR"), "avow-bench-")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			b.Error(err)
		}
	})
	return dir
}

func noise(b *testing.B, n int) []byte {
	p := make([]byte, n)
	if _, err := rand.Read(p); err != nil {
		b.Fatal(err)
	}
	return p
}

// together runs op from 64 goroutines and reports the rate and the quantiles.
func together(b *testing.B, l *load, op func(ctx context.Context, dice *mathrand.Rand) error) {
	const callers = 64
	stop, sealed := make(chan struct{}), make(chan error, 1)
	go func() { sealed <- l.sealer(context.Background(), stop) }()
	var seeds atomic.Uint64
	var mu sync.Mutex
	var times []time.Duration
	before := l.s.Stats()
	b.SetParallelism(callers / runtime.GOMAXPROCS(0))
	b.ResetTimer()
	start, used := time.Now(), cpu(b)
	b.RunParallel(func(pb *testing.PB) {
		dice := mathrand.New(mathrand.NewPCG(seeds.Add(1), 7))
		var own []time.Duration
		for pb.Next() {
			began := time.Now()
			if err := op(context.Background(), dice); err != nil {
				b.Error(err)
				return
			}
			own = append(own, time.Since(began))
		}
		mu.Lock()
		defer mu.Unlock()
		times = append(times, own...)
	})
	took := time.Since(start)
	b.ReportMetric(float64((cpu(b)-used).Nanoseconds())/1e3/float64(len(times)), "cpu-µs/change")
	b.StopTimer()
	close(stop)
	if err := <-sealed; err != nil {
		b.Error(err)
	}
	after := l.s.Stats()
	report(b, times, took)
	b.ReportMetric(float64(after.Changes-before.Changes)/float64(after.Groups-before.Groups), "changes/group")
}

func report(b *testing.B, times []time.Duration, took time.Duration) {
	slices.Sort(times)
	at := func(q float64) float64 { return float64(times[int(q*float64(len(times)-1))].Microseconds()) }
	b.ReportMetric(float64(len(times))/took.Seconds(), "changes/s")
	b.ReportMetric(at(0.5), "p50-µs")
	b.ReportMetric(at(0.99), "p99-µs")
	b.ReportMetric(at(1), "max-µs")
}

func BenchmarkRegister(b *testing.B) {
	l := filled(b, people(b))
	together(b, l, func(ctx context.Context, _ *mathrand.Rand) error { return l.register(ctx) })
}

func BenchmarkCollect(b *testing.B) {
	n := people(b)
	l := filled(b, n)
	together(b, l, func(ctx context.Context, dice *mathrand.Rand) error {
		return l.collect(ctx, 1+dice.Int64N(int64(n/128*128)))
	})
}

func BenchmarkUse(b *testing.B) {
	n := people(b)
	l := filled(b, n)
	together(b, l, func(ctx context.Context, dice *mathrand.Rand) error {
		return l.use(ctx, 1+dice.Int64N(int64(n/128*128)))
	})
}

// BenchmarkAlone is one caller that uses and waits.
func BenchmarkAlone(b *testing.B) {
	l := filled(b, 10_000)
	var times []time.Duration
	start := time.Now()
	for b.Loop() {
		began := time.Now()
		if err := l.use(b.Context(), 1+mathrand.Int64N(9_000)); err != nil {
			b.Fatal(err)
		}
		times = append(times, time.Since(began))
	}
	report(b, times, time.Since(start))
}

// BenchmarkFloor is what the disk allows one caller: 4 KiB overwritten and
// flushed.
func BenchmarkFloor(b *testing.B) {
	f, err := os.Create(filepath.Join(benchDir(b), "floor"))
	if err != nil {
		b.Fatal(err)
	}
	page := noise(b, 4096)
	for i := range int64(256) {
		if _, err := f.WriteAt(page, i*4096); err != nil {
			b.Fatal(err)
		}
	}
	var times []time.Duration
	start := time.Now()
	for i := int64(0); b.Loop(); i++ {
		began := time.Now()
		if _, err := f.WriteAt(page, i%256*4096); err != nil {
			b.Fatal(err)
		}
		if err := flush(f); err != nil {
			b.Fatal(err)
		}
		times = append(times, time.Since(began))
	}
	report(b, times, time.Since(start))
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
}

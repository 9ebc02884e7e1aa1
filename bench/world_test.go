package bench_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/engine"
	"avow.dev/policy"
	"avow.dev/policy/syntax"
	"avow.dev/vault"
)

// world is a whole engine as it is served, with a policy of six data of which
// people are found by two.
type world struct {
	*engine.Engine
	program *policy.Program
	next    atomic.Int64 // people that were registered
}

const sixPolicy = "../gate/testdata/six.yaml"

var six = []avow.Datum{"email", "phone", "name", "language", "country", "device-model"}

func compile(t testing.TB, path string) *policy.Program {
	t.Helper()
	src, err := os.ReadFile(path)
	must(t, err)
	f, faults := syntax.Parse(path, src)
	if len(faults) > 0 {
		t.Fatal(faults.Format())
	}
	p, faults := policy.Compile(f)
	if len(faults) > 0 {
		t.Fatal(faults.Format())
	}
	return p
}

// served sets the runtime up as a process that serves has it, until the end of b. Package
// testing sets the processors anew for each benchmark, those below another one included.
func served(b *testing.B) {
	b.Helper()
	before := runtime.GOMAXPROCS(0)
	engine.Tune()
	b.Cleanup(func() { runtime.GOMAXPROCS(before) })
}

// newWorld starts an engine on an empty folder. listen may be empty.
func newWorld(b *testing.B, listen string) *world {
	b.Helper()
	served(b)
	dir := benchDir(b)
	key := filepath.Join(dir, "root.key")
	must(b, vault.CreateRootFile(key))
	root, err := vault.OpenRootFile(key)
	must(b, err)
	w := &world{program: compile(b, sixPolicy)}
	w.Engine, err = engine.Open(b.Context(), engine.Config{
		Data: filepath.Join(dir, "data"), Root: root, Policies: []*policy.Program{w.program}, Create: true, Clock: time.Now, Listen: listen,
	})
	must(b, err)
	b.Cleanup(func() { must(b, w.Close(context.Background())) })
	return w
}

// benchDir is a folder on the disk that is measured: that of AVOW_BENCH_DIR, or
// of temporary files.
func benchDir(b *testing.B) string {
	b.Helper()
	dir, err := os.MkdirTemp(os.Getenv("AVOW_BENCH_DIR"), "avow-bench-")
	must(b, err)
	b.Cleanup(func() { must(b, os.RemoveAll(dir)) })
	return dir
}

func ref(n int64) avow.SubjectRef { return avow.SubjectRef("user-" + strconv.FormatInt(n, 10)) }

// values are the six values of a person, about 90 bytes.
func values(n int64) [6]string {
	number := strconv.FormatInt(1e8+n, 10)
	return [6]string{"person" + number + "@mail.example", "+86139" + number[1:], "欧阳小明", "zh", "CN", "Model 9 Pro"}
}

func items(n int64) []gate.Item {
	list := make([]gate.Item, len(six))
	for i, v := range values(n) {
		list[i] = gate.Item{Datum: six[i], Value: gate.NewValue([]byte(v))}
	}
	return list
}

// register signs a new person up: acceptance of the policy and six data.
func (w *world) register(ctx context.Context, n int64) error {
	_, err := w.Gate().Collect(ctx, &gate.Collecting{
		Request: avow.Request{Policy: "club", Subject: ref(n), Purpose: "manage-account", Point: "sign-up", Feature: "account", Source: "person"},
		Items:   items(n),
		Agree:   &gate.Agreement{Policy: w.program.Hash(), Accept: true, Gesture: "accept-button", Language: "en", Age: avow.KnownAdult},
	})
	return err
}

// collect takes six data of a known person in again.
func (w *world) collect(ctx context.Context, n int64) (avow.Receipt, error) {
	return w.Gate().Collect(ctx, &gate.Collecting{
		Request: avow.Request{Policy: "club", Subject: ref(n), Purpose: "manage-account", Point: "sign-up", Feature: "account", Source: "person"},
		Items:   items(n),
	})
}

// use reads six data of a known person.
func (w *world) use(ctx context.Context, n int64) error {
	shown, err := w.Gate().Use(ctx, &avow.Request{Policy: "club", Subject: ref(n), Data: six, Purpose: "manage-account", Role: "desk"})
	if err == nil && len(shown.Items) != len(six) {
		return fmt.Errorf("%d data shown, %d asked for", len(shown.Items), len(six))
	}
	return err
}

// populate registers n further people and returns the number of the first.
func (w *world) populate(b *testing.B, n int) int64 {
	b.Helper()
	first := w.next.Add(int64(n)) - int64(n)
	together(b, 64, n, func(i int64) error { return w.register(b.Context(), first+i) })
	return first
}

// together runs op n times from so many goroutines and returns how long each
// run took, sorted.
func together(b *testing.B, callers, n int, op func(i int64) error) []time.Duration {
	b.Helper()
	var next atomic.Int64
	var wg sync.WaitGroup
	waits := make([][]time.Duration, callers)
	for c := range callers {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
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
	all := slices.Concat(waits...)
	slices.Sort(all)
	return all
}

// measure runs op b.N times from so many goroutines and reports rate and
// quantiles.
func measure(b *testing.B, callers int, op func(i int64) error) {
	b.Helper()
	served(b)
	b.ReportAllocs()
	b.ResetTimer()
	used := processTime(b)
	waits := together(b, callers, b.N, op)
	b.StopTimer()
	b.ReportMetric(float64((processTime(b)-used).Nanoseconds())/1e3/float64(b.N), "cpu-µs/op")
	b.ReportMetric(peakMemory(b), "peak-MiB")
	report(b, waits)
}

func report(b *testing.B, waits []time.Duration) {
	b.Helper()
	if len(waits) == 0 {
		return
	}
	at := func(q float64) float64 {
		return float64(waits[int(q*float64(len(waits)-1))].Nanoseconds()) / 1e3
	}
	b.ReportMetric(float64(len(waits))/b.Elapsed().Seconds(), "ops/s")
	b.ReportMetric(at(0.5), "p50-µs")
	b.ReportMetric(at(0.99), "p99-µs")
}

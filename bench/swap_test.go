package bench_test

import (
	"bytes"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"avow.dev"
	"avow.dev/bench/peer"
	"avow.dev/policy"
	"avow.dev/policy/syntax"
)

// exchange is two texts of one policy that take turns in force. What people
// accepted was the first.
type exchange struct {
	inForce  atomic.Pointer[policy.Program]
	queries  []policy.Query
	programs [2]*policy.Program
	bounds   [2][]policy.Bound
	answers  [2][]avow.Reasons
}

func newExchange(t testing.TB) *exchange {
	t.Helper()
	tr := newTrial(t)
	p := tr.prepare()
	x := &exchange{queries: p.queries, programs: [2]*policy.Program{tr.program, otherText(t)}}
	for n, program := range x.programs {
		for i := range tr.people {
			x.bounds[n] = append(x.bounds[n], program.Bind(&tr.people[i].Standing, peer.Now()))
		}
		for i := range x.queries {
			x.answers[n] = append(x.answers[n], program.Decide(&x.queries[i], &x.bounds[n][i%people]).Reasons)
		}
	}
	x.inForce.Swap(x.programs[0])
	return x
}

func otherText(t testing.TB) *policy.Program {
	t.Helper()
	src, err := os.ReadFile(ousiqi)
	must(t, err)
	changed := bytes.Replace(src, []byte(`version: "1.0"`), []byte(`version: "1.1"`), 1)
	f, faults := syntax.Parse(ousiqi, changed)
	if len(faults) > 0 {
		t.Fatal(faults.Format())
	}
	p, faults := policy.Compile(f)
	if len(faults) > 0 {
		t.Fatal(faults.Format())
	}
	return p
}

// ask answers the i-th question under whichever text is in force, and reports
// whether that text's answer came.
func (x *exchange) ask(i int) bool {
	p := x.inForce.Load()
	n := 0
	if p == x.programs[1] {
		n = 1
	}
	return p.Decide(&x.queries[i%questions], &x.bounds[n][i%people]).Reasons == x.answers[n][i%questions]
}

// swapping exchanges the texts without a pause until the returned function is
// called, which says how often.
func (x *exchange) swapping() func() int64 {
	var stop atomic.Bool
	var swaps int64
	var wg sync.WaitGroup
	wg.Go(func() {
		for ; !stop.Load(); swaps++ {
			x.inForce.Swap(x.programs[(swaps+1)%2])
			runtime.Gosched()
		}
	})
	return func() int64 {
		stop.Store(true)
		wg.Wait()
		return swaps
	}
}

func TestSwapUnderLoad(t *testing.T) {
	t.Parallel()
	x := newExchange(t)
	differ := 0
	for i := range x.answers[0] {
		if x.answers[0][i] != x.answers[1][i] {
			differ++
		}
	}
	if differ < questions/10 {
		t.Fatalf("the two texts differ on %d questions only", differ)
	}
	var swaps atomic.Int64
	var wg sync.WaitGroup
	const enough = 1000
	wg.Go(func() {
		for swaps.Load() < enough {
			x.inForce.Swap(x.programs[(swaps.Add(1))%2])
			runtime.Gosched()
		}
	})
	for range 4 {
		wg.Go(func() {
			for i := 0; i < questions || swaps.Load() < enough; i++ {
				if !x.ask(i) {
					t.Errorf("question %d got the answer of neither text", i%questions)
					return
				}
			}
		})
	}
	wg.Wait()
}

// BenchmarkSwap decides by name on one core and on two, and on two while the
// policy is exchanged without a pause.
func BenchmarkSwap(b *testing.B) {
	x := newExchange(b)
	b.Run("steady/cores=1", func(b *testing.B) { x.run(b, 1) })
	b.Run("steady/cores=2", func(b *testing.B) { x.run(b, 2) })
	b.Run("swapped/cores=2", func(b *testing.B) {
		stop := x.swapping()
		x.run(b, 2)
		b.ReportMetric(float64(stop())/b.Elapsed().Seconds(), "swaps/s")
	})
}

func (x *exchange) run(b *testing.B, cores int) {
	b.Helper()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(cores))
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for i := 0; pb.Next(); i++ {
			if !x.ask(i) {
				b.Error("the answer of neither text")
				return
			}
		}
	})
}

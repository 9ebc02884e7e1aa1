package bench_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"avow.dev"
)

// BenchmarkSeal/publish is the time from the answer to a durable operation to
// the signed checkpoint that covers its evidence, while 64 other callers take
// data in; publish-idle is the same with nobody else there, some time after the
// last operation.
func BenchmarkSeal(b *testing.B) {
	w, known := newWorld(b, ""), knownPeople(b)
	first := w.populate(b, int(known))
	b.Run("publish", func(b *testing.B) {
		served(b)
		ctx, stop := context.WithCancel(b.Context())
		var load sync.WaitGroup
		var others atomic.Int64
		for range 64 {
			load.Go(func() {
				for ctx.Err() == nil {
					// The last operation of each is cut short by the end.
					if _, err := w.collect(ctx, first+others.Add(1)*7919%known); err == nil {
						continue
					} else if ctx.Err() == nil {
						b.Error(err)
						return
					}
				}
			})
		}
		w.published(b, first, known, 0)
		stop()
		load.Wait()
	})
	b.Run("publish-idle", func(b *testing.B) {
		served(b)
		w.published(b, first, known, 5*time.Millisecond)
	})
}

func (w *world) published(b *testing.B, first, known int64, pause time.Duration) {
	b.Helper()
	var waits []time.Duration
	b.ResetTimer()
	for i := range int64(b.N) {
		time.Sleep(pause)
		r, err := w.collect(b.Context(), first+i%known)
		must(b, err)
		start := time.Now()
		must(b, w.await(b.Context(), r))
		waits = append(waits, time.Since(start))
	}
	b.StopTimer()
	report(b, sorted(waits))
}

// await looks every 50 microseconds whether a leaf is published.
func (w *world) await(ctx context.Context, r avow.Receipt) error {
	for began := time.Now(); time.Since(began) < time.Minute; time.Sleep(50 * time.Microsecond) {
		state, err := w.Store().LogState(ctx, "club")
		if err != nil || state.Sealed > r.Index && len(state.Checkpoint) > 0 {
			return err
		}
	}
	return fmt.Errorf("leaf %d is not published after a minute", r.Index)
}

func sorted(waits []time.Duration) []time.Duration {
	slices.Sort(waits)
	return waits
}

package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"avow.dev/gate"
	"avow.dev/store/sqlite"
)

// broken fails one step, once, when it is armed.
type broken struct {
	step  int
	ran   bool // after the step took effect
	err   error
	armed atomic.Bool
	fired atomic.Bool
}

func (b *broken) fail(step int, ran bool) error {
	if step == b.step && ran == b.ran && b.armed.CompareAndSwap(true, false) {
		b.fired.Store(true)
		return b.err
	}
	return nil
}

// each step of a change fails once, before and after it took effect, with the
// disk full and with the disk broken.
func TestEveryStepFails(t *testing.T) {
	t.Parallel()
	for step := range sqlite.Steps {
		for _, ran := range []bool{false, true} {
			for name, err := range map[string]error{"full": sqlite.ErrFullDisk, "broken": sqlite.ErrBrokenDisk} {
				if step == sqlite.StepCommit && ran && name == "full" {
					continue // SQLite does not say full of a commit that took effect
				}
				t.Run(fmt.Sprintf("step %d ran %v disk %s", step, ran, name), func(t *testing.T) {
					t.Parallel()
					failStep(t, &broken{step: step, ran: ran, err: err})
				})
			}
		}
	}
}

func failStep(t *testing.T, b *broken) {
	cfg := sqlite.Config{Dir: t.TempDir()}
	s, err := sqlite.OpenFaulty(cfg, b.fail)
	if err != nil {
		t.Fatal(err)
	}
	first, second := full(1), full(2)
	if _, err := s.Commit(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	b.armed.Store(true)
	_, err = s.Commit(t.Context(), second)
	if b.fired.Load() == (err == nil) {
		t.Fatalf("fault fired: %v, error %v", b.fired.Load(), err)
	}
	failed := err != nil
	_, next := s.Commit(t.Context(), whole(3))
	if stopped := errors.Is(next, sqlite.ErrStopped); next != nil && !stopped {
		t.Fatalf("next change: %v", next)
	} else if stopped && !failed {
		t.Fatal("stopped without a failure")
	}
	closeStore(t, s)

	s = open(t, cfg)
	defer closeStore(t, s)
	sound(t, s)
	for sid, want := range map[int64]error{1: nil, 2: err, 3: next} {
		n, err := traces(t.Context(), s, sid)
		if err != nil || (n != 0 && n != allTraces) {
			t.Fatalf("person %d: %d places, error %v", sid, n, err)
		}
		// A commit that took effect and reported a failure may be there, and so
		// may one whose flush failed: nobody was told that it is.
		unknown := sid == 2 && (b.step == sqlite.StepCommit && b.ran || b.step == sqlite.StepFlush)
		if !unknown && (n == allTraces) != (want == nil) {
			t.Fatalf("person %d: %d places after error %v", sid, n, want)
		}
	}
	if _, err := s.Commit(t.Context(), whole(4)); err != nil {
		t.Fatalf("after opening again: %v", err)
	}
}

// full is a change that goes through every step.
func full(sid int64) *gate.Change {
	c := whole(sid)
	c.Purge, c.PurgeLimit = sid-1, 100
	if sid == 1 {
		c.Purge = 0
	}
	if sid == 2 {
		c.Purge = 50
		c.Put = append(c.Put, gate.Record{SID: 9, Kind: "x", Key: []byte("x")})
	} else {
		c.Put = append(c.Put, gate.Record{SID: 50, Kind: "x", Key: []byte("x")})
	}
	c.Seal = &gate.Seal{From: sid - 1, Size: sid, Checkpoint: []byte("c")}
	return c
}

// TestFullFile lets the file grow no further, as a full disk would: the changes
// that find no room fail and say why, and go on when there is room again.
func TestFullFile(t *testing.T) {
	t.Parallel()
	cfg := sqlite.Config{Dir: t.TempDir(), RecentEntries: 200}
	s := open(t, cfg)
	if err := s.LimitPages(150); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	stored := map[int64]bool{}
	write := func(from, to int64) (failures []error) {
		var wg sync.WaitGroup
		for sid := from; sid < to; sid++ {
			wg.Go(func() {
				c := whole(sid)
				c.Insert.Body = make([]byte, 900)
				_, err := s.Commit(context.Background(), c)
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					failures = append(failures, err)
				}
				stored[sid] = err == nil
			})
		}
		wg.Wait()
		return failures
	}
	failures := write(1, 1000)
	if len(failures) == 0 || len(failures) == 999 {
		t.Fatalf("%d of 999 changes failed", len(failures))
	}
	for _, err := range failures {
		says(t, err, sqlite.ErrFull, "free some space")
	}
	if err := s.LimitPages(1 << 20); err != nil {
		t.Fatal(err)
	}
	if failures := write(1000, 1100); len(failures) > 0 {
		t.Fatalf("with room again: %v", failures[0])
	}
	for range 2 {
		for sid, want := range stored {
			if n, err := traces(t.Context(), s, sid); err != nil || (n == allTraces) != want || (n != 0) != want {
				t.Fatalf("person %d: stored %v, %d places, error %v", sid, want, n, err)
			}
		}
		sound(t, s)
		closeStore(t, s)
		s = open(t, cfg)
	}
	closeStore(t, s)
}

// TestFailureIsAlone: a write that fails in a group of many is the failure of
// one; the others are tried again and stored.
func TestFailureIsAlone(t *testing.T) {
	t.Parallel()
	var left atomic.Int64
	cfg := sqlite.Config{Dir: t.TempDir()}
	s, err := sqlite.OpenFaulty(cfg, func(step int, ran bool) error {
		// SQLite does not say full of a commit that took effect, nor of a flush.
		possible := step != sqlite.StepCommit && step != sqlite.StepFlush
		if ran && possible && left.Load() > 0 && left.Add(-1) == 0 {
			return sqlite.ErrFullDisk
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	const callers, each = 32, 20
	var failed atomic.Int64
	var wg sync.WaitGroup
	left.Store(1000)
	for i := range callers {
		wg.Go(func() {
			for n := range each {
				sid := int64(1 + i*each + n)
				_, err := s.Commit(context.Background(), whole(sid))
				switch {
				case errors.Is(err, sqlite.ErrFull):
					failed.Add(1)
				case err != nil:
					t.Errorf("person %d: %v", sid, err)
				}
				if n, e := traces(context.Background(), s, sid); e != nil || (n == allTraces) != (err == nil) {
					t.Errorf("person %d: %d places after error %v, %v", sid, n, err, e)
				}
			}
		})
	}
	wg.Wait()
	if failed.Load() > 1 {
		t.Errorf("one fault failed %d callers", failed.Load())
	}
	sound(t, s)
	closeStore(t, s)
}

// TestWithdrawn: a caller whose context ends while its change waits gets it
// back undone.
func TestWithdrawn(t *testing.T) {
	t.Parallel()
	enter, leave := make(chan struct{}), make(chan struct{})
	var once sync.Once
	s, err := sqlite.OpenFaulty(sqlite.Config{Dir: t.TempDir()}, func(step int, ran bool) error {
		if step == sqlite.StepCommit && !ran {
			once.Do(func() { close(enter); <-leave })
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	defer closeStore(t, s)
	answer := make(chan error, 1)
	taken, endTaken := context.WithCancel(t.Context())
	go func() {
		_, err := s.Commit(taken, whole(1))
		answer <- err
	}()
	<-enter // the first change is being committed
	endTaken()
	waiting, endWaiting := context.WithCancel(t.Context())
	go func() {
		for s.Stats().Waiting == 0 {
			runtime.Gosched()
		}
		endWaiting()
	}()
	if _, err := s.Commit(waiting, whole(2)); !errors.Is(err, context.Canceled) {
		t.Errorf("waiting change: %v, want canceled", err)
	}
	close(leave)
	if err := <-answer; err != nil {
		t.Errorf("change that was taken: %v, want its outcome", err)
	}
	if _, err := s.Commit(t.Context(), whole(3)); err != nil {
		t.Fatal(err)
	}
	for sid, want := range map[int64]int{1: allTraces, 2: 0, 3: allTraces} {
		if n, err := traces(t.Context(), s, sid); err != nil || n != want {
			t.Errorf("person %d: %d places, error %v, want %d", sid, n, err, want)
		}
	}
}

package sqlite_test

import (
	"bytes"
	"context"
	"errors"
	"runtime"
	"slices"
	"testing"
	"time"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/store/sqlite"
)

// held is a store whose flushes wait to be let through.
func held(t *testing.T) (s *sqlite.Store, entered chan struct{}, let chan error) {
	t.Helper()
	entered, let = make(chan struct{}, 100), make(chan error)
	on := make(chan struct{})
	s, err := sqlite.OpenFaulty(sqlite.Config{Dir: t.TempDir()}, func(step int, ran bool) error {
		select {
		case <-on:
		default:
			return nil
		}
		if step != sqlite.StepFlush || ran {
			return nil
		}
		entered <- struct{}{}
		return <-let
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Commit(t.Context(), whole(1)); err != nil {
		t.Fatal(err)
	}
	close(on)
	return s, entered, let
}

// expired is a context of which nothing is left.
func expired(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	t.Cleanup(cancel)
	return ctx
}

// What is committed and not yet flushed is answered to nobody: not to its caller,
// and to no reader.
func TestNobodyIsAnsweredBeforeTheFlush(t *testing.T) {
	t.Parallel()
	s, entered, let := held(t)
	answered := make(chan error, 1)
	go func() {
		_, err := s.Commit(context.Background(), whole(2))
		answered <- err
	}()
	<-entered
	reads := map[string]func(context.Context) error{
		"load":   func(ctx context.Context) error { _, _, err := s.Load(ctx, 2); return err },
		"lookup": func(ctx context.Context) error { _, _, err := s.Lookup(ctx, policy, benchTag(2, 0)); return err },
		"get": func(ctx context.Context) error {
			_, _, err := s.Get(ctx, 2, "k", []byte{0, 0, 0, 0, 0, 0, 0, 2})
			return err
		},
		"scan": func(ctx context.Context) error { _, err := s.Scan(ctx, 2, "k", nil, 9); return err },
		"log":  func(ctx context.Context) error { _, err := s.LogState(ctx, policy); return err },
	}
	for name, read := range reads {
		if err := read(expired(t)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s before the flush: %v", name, err)
		}
	}
	if _, _, err := s.Load(t.Context(), 1); err != nil {
		t.Errorf("somebody else: %v", err)
	}
	select {
	case err := <-answered:
		t.Errorf("answered before the flush: %v", err)
	default:
	}
	let <- nil
	if err := <-answered; err != nil {
		t.Fatal(err)
	}
	for name, read := range reads {
		if err := read(t.Context()); err != nil {
			t.Errorf("%s after the flush: %v", name, err)
		}
	}
	close(let)
	closeStore(t, s)
}

// A group is written while the one before is flushed, and a flush that fails
// fails both, and everything after.
func TestAFlushThatFails(t *testing.T) {
	t.Parallel()
	s, entered, let := held(t)
	defer closeStore(t, s)
	answered := make(chan error, 2)
	commit := func(sid int64) {
		_, err := s.Commit(context.Background(), whole(sid))
		answered <- err
	}
	go commit(2)
	<-entered
	go commit(3)
	let <- sqlite.ErrBrokenDisk
	for range 2 {
		if err := <-answered; !errors.Is(err, sqlite.ErrStopped) {
			t.Errorf("got %v", err)
		}
	}
	if _, _, err := s.Load(t.Context(), 2); !errors.Is(err, sqlite.ErrStopped) {
		t.Errorf("what was not flushed is shown: %v", err)
	}
	if _, err := s.Commit(t.Context(), whole(4)); !errors.Is(err, sqlite.ErrStopped) {
		t.Errorf("got %v", err)
	}
}

// Leaves of several changes and logs come back one by one, in any part.
func TestLeavesOfAGroup(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, sqlite.Config{Dir: dir})
	const callers = 40
	done := make(chan error, callers)
	for i := range callers {
		go func() {
			c := &gate.Change{Policy: "even"}
			if i%2 == 1 {
				c.Policy = "odd"
			}
			for n := range i % 4 {
				c.Leaves = append(c.Leaves, gate.Leaf{Body: []byte{byte(i), byte(n)}})
			}
			first, err := s.Commit(context.Background(), c)
			for n := range i % 4 {
				got, e := s.Leaves(context.Background(), c.Policy, first+int64(n), first+int64(n)+1)
				if e != nil || len(got) != 1 || string(got[0]) != string([]byte{byte(i), byte(n)}) {
					err = errors.Join(err, e, errors.New("another leaf"))
				}
			}
			done <- err
		}()
	}
	for range callers {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	closeStore(t, s)
	s = open(t, sqlite.Config{Dir: dir})
	defer closeStore(t, s)
	sound(t, s)
	for policy, want := range map[string]int{"even": 20, "odd": 40} {
		state, err := s.LogState(t.Context(), avow.PolicyID(policy))
		if err != nil || int(state.Recorded) != want {
			t.Fatalf("%s: %d leaves, want %d: %v", policy, state.Recorded, want, err)
		}
		for from := range int64(want) {
			for to := from; to <= int64(want); to++ {
				got, err := s.Leaves(t.Context(), avow.PolicyID(policy), from, to)
				if err != nil || int64(len(got)) != to-from {
					t.Fatalf("%s %d to %d: %d leaves, %v", policy, from, to, len(got), err)
				}
			}
		}
	}
}

// Of many who wait, half make a group: while it is flushed the other half is written,
// and those who were answered come back.
func TestAGroupIsHalfOfThoseWhoAreThere(t *testing.T) {
	t.Parallel()
	s, entered, let := held(t)
	defer closeStore(t, s)
	const callers = 40
	answered := make(chan error, callers+1)
	commit := func(sid int64) {
		_, err := s.Commit(context.Background(), whole(sid))
		answered <- err
	}
	go commit(2)
	<-entered
	for i := range int64(callers) {
		go commit(3 + i)
	}
	until := func(waiting int) {
		for sqlite.Waiting(s) != waiting {
			runtime.Gosched()
		}
	}
	until(callers)
	for i, group := range []int{1, callers / 2, callers / 2} {
		if i > 0 {
			until(0) // the second half is being written already
		}
		let <- nil
		for range group {
			if err := <-answered; err != nil {
				t.Fatal(err)
			}
		}
		select {
		case <-answered:
			t.Errorf("more than %d were answered by one flush", group)
		default:
		}
	}
	close(let)
}

// What is read from memory, and what is older and read from the file, are the leaves
// that were written.
func TestLeavesOfALongLog(t *testing.T) {
	t.Parallel()
	s := open(t, sqlite.Config{Dir: t.TempDir()})
	defer closeStore(t, s)
	const leaves, each = 60, 50 << 10 // more than is kept in memory
	want := make([][]byte, leaves)
	for i := 0; i < leaves; i += 2 {
		want[i], want[i+1] = bytes.Repeat([]byte{byte(i)}, each), bytes.Repeat([]byte{byte(i + 1)}, each)
		if _, err := s.Commit(t.Context(), &gate.Change{Policy: policy, Leaves: []gate.Leaf{{Body: want[i]}, {Body: want[i+1]}}}); err != nil {
			t.Fatal(err)
		}
	}
	for from := range leaves + 1 {
		for to := from; to <= leaves; to += 7 {
			got, err := s.Leaves(t.Context(), policy, int64(from), int64(to))
			if err != nil || !slices.EqualFunc(got, want[from:to], bytes.Equal) {
				t.Fatalf("%d to %d: %d leaves, not those that were written: %v", from, to, len(got), err)
			}
		}
	}
}

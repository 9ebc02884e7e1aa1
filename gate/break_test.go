package gate_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/gate"
)

// breaking is a store whose n-th commit fails, with or without having taken
// effect, and which is dead from then on.
type breaking struct {
	gate.Store
	mu     sync.Mutex
	left   int
	effect bool
	armed  bool
	dead   bool
}

var errDisk = errors.New("the disk is gone")

func (b *breaking) failAt(n int, effect bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.left, b.effect, b.armed, b.dead = n, effect, true, false
}

func (b *breaking) Commit(ctx context.Context, c *gate.Change) (int64, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.dead {
		return 0, errDisk
	}
	if b.left--; b.armed && b.left == 0 {
		b.dead = true
		if b.effect {
			if _, err := b.Store.Commit(ctx, c); err != nil {
				return 0, err
			}
		}
		return 0, errDisk
	}
	return b.Store.Commit(ctx, c)
}

// life is what one person does, each act answered or not.
func (w *world) life() (done []string) {
	ctx := context.Background()
	for _, act := range []struct {
		name string
		do   func() error
	}{
		{"join", func() error {
			return w.joinHouse("li", item("email", "li@mail.example"), item("name", "Li"), item("phone", "13800001111"))
		}},
		{"give", func() error {
			_, err := w.Agree(ctx, "club", "li", &gate.Agreement{Choices: []gate.ChoiceEvent{{Choice: "offers", State: avow.Given}}})
			return err
		}},
		{"steps", func() error {
			_, err := w.Collect(ctx, &gate.Collecting{Request: avow.Request{Policy: "club", Subject: "li", Purpose: "show-walks", Point: "profile-page", Feature: "walks", Source: "device"},
				Items: []gate.Item{item("steps", "12")}})
			return err
		}},
		{"ask", func() error {
			_, _, err := w.Ask(ctx, "club", "li", &gate.Asking{Right: "ask", Text: gate.NewValue([]byte("why?"))})
			return err
		}},
		{"withdraw", func() error {
			_, err := w.Agree(ctx, "club", "li", &gate.Agreement{Choices: []gate.ChoiceEvent{{Choice: "offers", State: avow.Withdrawn}}})
			return err
		}},
		{"forget", func() error { _, err := w.EraseData(ctx, "club", "li", []avow.Datum{"phone"}); return err }},
		{"erase", func() error { _, err := w.Erase(ctx, "club", "li"); return err }},
	} {
		w.pass(time.Second)
		if act.do() == nil {
			done = append(done, act.name)
		}
	}
	return done
}

// Whichever commit fails, and whether or not it took effect: after a restart every
// act that was answered is there, nothing is there by half, and every erasure that
// was intended is complete.
func TestEveryCommitFailsOnce(t *testing.T) {
	t.Parallel()
	for _, effect := range []bool{false, true} {
		for n := 1; n <= 18; n++ {
			t.Run(fmt.Sprintf("commit %d, effect %t", n, effect), func(t *testing.T) {
				t.Parallel()
				broken := &breaking{}
				w := setupProgram(t, house(t))
				w.wrap = func(s gate.Store) gate.Store { broken.Store = s; return broken }
				w.restart()
				broken.failAt(n, effect)
				done := w.life()
				w.wrap = nil
				w.restart()
				w.survives(done)
			})
		}
	}
}

func (w *world) survives(done []string) {
	w.t.Helper()
	acts := make(map[string]bool)
	for _, d := range done {
		acts[d] = true
	}
	intended, completed := make(map[[16]byte]bool), make(map[[16]byte]bool)
	for _, l := range w.leaves() {
		if l.Kind == evidence.EraseIntended {
			intended[l.ID] = true
		}
		if l.Kind == evidence.EraseDone {
			completed[l.Done] = true
		}
	}
	for id := range intended {
		if !completed[id] {
			w.t.Errorf("after %v: an erasure was intended and not completed", done)
		}
	}
	c, err := w.Access(context.Background(), "club", "li")
	if avow.CodeOf(err) == avow.Unknown && err != nil {
		if acts["join"] && len(intended) == 0 {
			w.t.Errorf("after %v: the person is gone", done)
		}
		return
	}
	must(w.t, err)
	if acts["erase"] {
		w.t.Errorf("after %v: the person is still there", done)
	}
	held := make(map[avow.Datum]int)
	for _, h := range c.Held {
		held[h.Datum]++
		if h.Value.Len() == 0 {
			w.t.Errorf("after %v: %s has no value", done, h.Datum)
		}
	}
	if held["email"] != 1 || held["name"] != 1 || acts["forget"] && held["phone"] != 0 || acts["steps"] && held["steps"] != 1 || acts["ask"] && len(c.Requests) != 1 {
		w.t.Errorf("after %v: held %v, %d requests", done, held, len(c.Requests))
	}
	if choice, _ := c.Standing.Choice("offers"); acts["withdraw"] && choice.State != avow.Withdrawn || acts["give"] && choice.State == avow.NotAsked {
		w.t.Errorf("after %v: offers %s", done, choice.State)
	}
}

// Whichever commit of a waiting erasure fails, and whether or not it took effect: once
// the person is gone, whoever asked is led to the certificate.
func TestNoCrashLosesACertificate(t *testing.T) {
	t.Parallel()
	for _, effect := range []bool{false, true} {
		for n := 1; n <= 4; n++ {
			t.Run(fmt.Sprintf("commit %d, effect %t", n, effect), func(t *testing.T) {
				t.Parallel()
				broken := &breaking{}
				w := setupProgram(t, house(t, "live: at once,", "live: 30d, undo: 7d,"))
				w.wrap = func(s gate.Store) gate.Store { broken.Store = s; return broken }
				w.restart()
				must(t, w.joinHouse("li", item("name", "Li")))
				d, _, err := w.EraseLater(t.Context(), "club", "li")
				must(t, err)
				w.pass(8 * 24 * time.Hour)
				broken.failAt(n, effect)
				_, _ = w.Sweep(t.Context()) // it is cut short somewhere
				w.wrap = nil
				w.restart()
				w.sweep()
				if _, err := w.Holdings(t.Context(), "club", "li"); avow.CodeOf(err) != avow.Unknown {
					t.Fatalf("still known: %v", err)
				}
				index, done, err := w.Erased(t.Context(), "club", d.Leaf)
				must(t, err)
				if l := w.leafAt(index); !done || l.Kind != evidence.EraseDone {
					t.Errorf("whoever asked finds no certificate: %v, %s", done, l.Kind)
				}
			})
		}
	}
}

// An erasure that fails half-way is finished by the sweep of the same gate.
func TestTheSweepFinishesErasures(t *testing.T) {
	t.Parallel()
	broken := &breaking{}
	w := setupProgram(t, house(t))
	w.wrap = func(s gate.Store) gate.Store { broken.Store = s; return broken }
	w.restart()
	must(t, w.joinHouse("li", item("email", "li@mail.example")))
	broken.failAt(3, false) // the office comes first
	_, err := w.Erase(t.Context(), "club", "li")
	w.wants(err, "error internal")
	broken.failAt(1<<30, false)
	_, err = w.Use(t.Context(), &avow.Request{Policy: "club", Subject: "li", Data: []avow.Datum{"email"}, Purpose: "manage-account", Role: "desk"})
	w.wants(err, "error gone")
	w.sweep()
	if w.count(evidence.EraseDone) != 1 {
		t.Error("not completed")
	}
	must(t, w.joinHouse("li", item("email", "li@mail.example")))
}

package gate_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"avow.dev"
	"avow.dev/gate"
)

// halted is a store that holds up the first turn that asks it for a token: it has read the
// policy by then, and decides by it when it goes on.
type halted struct {
	gate.Store
	once          sync.Once
	reached, goOn chan bool
}

func (h *halted) Get(ctx context.Context, sid int64, kind string, key []byte) (gate.Record, bool, error) {
	if kind == "token" {
		h.once.Do(func() {
			close(h.reached)
			<-h.goOn
		})
	}
	return h.Store.Get(ctx, sid, kind, key)
}

// TestNoDecisionByATextOfBefore: once a text is recorded as the one in force, nothing is
// recorded that another one decided, whenever the request began.
func TestNoDecisionByATextOfBefore(t *testing.T) {
	t.Parallel()
	w := setupProgram(t, changeable(t, narrow, wide))
	must(t, w.joinHouse("li", item("name", "Li"), item("phone", "+8613800001111")))
	h := &halted{reached: make(chan bool), goOn: make(chan bool)}
	w.wrap = func(s gate.Store) gate.Store { h.Store = s; return h }
	w.restart()
	next := changeable(t)
	used := make(chan error, 1)
	go func() {
		_, err := w.Use(t.Context(), &avow.Request{Policy: "club", Subject: "li", Data: []avow.Datum{"phone"}, Purpose: "tips", Role: "desk", Shown: avow.Provenance{Token: "none"}})
		used <- err
	}()
	<-h.reached
	must(t, w.Replace(t.Context(), next))
	close(h.goOn)
	if err := <-used; !isRefusal(err) {
		t.Errorf("used under a text that was not in force any more: %v", err)
	}
	if l := w.last(); l.Hash != next.Hash() || l.Verdict != avow.Refuse {
		t.Errorf("the evidence says %s under %s, and %s was in force", l.Verdict, l.Hash, next.Hash())
	}
}

func isRefusal(err error) bool {
	_, ok := errors.AsType[*avow.Refusal](err)
	return ok
}

package policy_test

import (
	"sync"
	"sync/atomic"
	"testing"

	"avow.dev"
	"avow.dev/policy"
)

func TestProgramsTakeTurnsUnderLoad(t *testing.T) {
	t.Parallel()
	open := club(t)
	shut := compile(t, clubWith(t, "    by: [desk, engine]\n", "    by: [engine]\n"))
	q := policy.Query{Verb: avow.Use, Datum: "email", Purpose: "manage-account", Role: "desk"}
	want := map[avow.Hash]avow.Verdict{open.Hash(): avow.Allow, shut.Hash(): avow.Refuse}

	var h atomic.Pointer[policy.Program]
	h.Store(open)
	var wg sync.WaitGroup
	var stop atomic.Bool
	var asked atomic.Int64
	for range 4 {
		wg.Go(func() {
			for !stop.Load() {
				p := h.Load()
				s := member(p)
				b := p.Bind(&s, noon)
				if got := p.Decide(&q, &b); got.Verdict != want[p.Hash()] {
					t.Errorf("under %s: %s %v", p.Hash(), got.Verdict, got.Reasons.Codes())
					return
				}
				asked.Add(1)
			}
		})
	}
	for i := 0; i < 2000 || asked.Load() < 2000; i++ {
		h.Store([...]*policy.Program{shut, open}[i%2])
	}
	stop.Store(true)
	wg.Wait()
}

package gate

import (
	"context"
	"fmt"
	"time"

	"avow.dev"
	"avow.dev/evidence"
)

// maxBack is how far the clock may stand behind the newest evidence of a policy.
const maxBack = time.Hour

// time returns the instant that a request of this policy is decided at: the
// clock's, or that of the newest evidence if the clock has gone back a little, so
// that time stands still until the clock has caught up. Evidence is therefore
// never earlier than evidence that was recorded before its request began.
//
// A clock that has gone back far decides nothing if the gate insists on a steady
// clock: what is over would come back. Otherwise it is believed to have been wrong
// before.
func (s *served) time(clock time.Time) (time.Time, error) {
	newest := time.Unix(0, s.newest.Load()).UTC()
	switch {
	case !clock.Before(newest):
		return clock, nil
	case !clock.Add(maxBack).Before(newest):
		return newest, nil
	case !s.steady:
		s.newest.Store(clock.UnixNano())
		return clock, nil
	}
	return time.Time{}, &avow.Error{Code: avow.Unavailable, Message: "the clock stands far behind the newest evidence, so nothing is decided by it",
		Try: "set the clock of the server right"}
}

// recorded notes the time of evidence that was committed, or may have been.
func (s *served) recorded(at time.Time, err error) {
	if err != nil {
		return
	}
	for n := at.UnixNano(); ; {
		have := s.newest.Load()
		if n <= have || s.newest.CompareAndSwap(have, n) {
			return
		}
	}
}

// readClock takes the time of the newest evidence in the log, unless the clock
// stands far behind it. Whoever restarts a gate with such a clock has set it
// right, and the log was written under a wrong one.
func (g *Gate) readClock(ctx context.Context, s *served) error {
	state, err := g.store.LogState(ctx, s.id)
	if err != nil || state.Recorded == 0 {
		return err
	}
	bodies, err := g.store.Leaves(ctx, s.id, state.Recorded-1, state.Recorded)
	if err != nil || len(bodies) != 1 {
		return fmt.Errorf("read the newest evidence: %w", err)
	}
	l, err := evidence.Parse(bodies[0])
	if err != nil {
		return fmt.Errorf("read the newest evidence: %w", err)
	}
	if !g.Now().Add(maxBack).Before(l.At) {
		s.recorded(l.At, nil)
	}
	return nil
}

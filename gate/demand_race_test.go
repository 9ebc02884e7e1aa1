package gate_test

import (
	"context"
	"testing"

	"avow.dev"
	"avow.dev/gate"
)

// between is a store that lets something happen once, after a turn has read and decided
// and before it commits.
type between struct {
	gate.Store
	act func()
}

func (b *between) Commit(ctx context.Context, c *gate.Change) (int64, error) {
	if act := b.act; act != nil {
		b.act = nil
		act()
	}
	return b.Store.Commit(ctx, c)
}

// TestReleaseHoldsForWhatItRead: what happens to one of the people after their data was
// read and before the release is recorded counts: nobody is handed out who was erased, put
// under a hold, or corrected meanwhile.
func TestReleaseHoldsForWhatItRead(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		act  func(*world) error
		want string
	}{
		"erased": {func(w *world) error {
			_, err := w.Erase(t.Context(), "club", "wang")
			return err
		}, "li email=li@mail.example; li name=Name of li"},
		"corrected": {func(w *world) error {
			_, err := w.Correct(t.Context(), "club", "wang", []gate.Item{item("name", "Wang")})
			return err
		}, "li email=li@mail.example; li name=Name of li; wang email=wang@mail.example; wang name=Wang"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setupDemands(t)
			b := &between{}
			w.wrap = func(s gate.Store) gate.Store { b.Store = s; return b }
			w.restart()
			s := scoping()
			s.People = []avow.SubjectRef{"li", "wang"}
			m, err := w.demand(order(), s, true)
			must(t, err)
			m, err = w.approve(m, bo, cleo)
			must(t, err)
			b.act = func() { must(t, c.act(w)) }
			_, p, err := w.ReleaseDemand(t.Context(), "club", m.ID, ann, forDemand)
			must(t, err)
			if got := handedOut(p); got != c.want {
				t.Errorf("handed out %s, want %s", got, c.want)
			}
		})
	}
}

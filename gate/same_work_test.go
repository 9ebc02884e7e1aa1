package gate_test

import (
	"testing"

	"avow.dev"
	"avow.dev/gate"
)

// worked counts, of a world that is set up, what a call asks of the store.
func worked(t *testing.T, w *world) *counted {
	t.Helper()
	c := &counted{}
	w.stop()
	w.wrap = func(s gate.Store) gate.Store { c.Store = s; return c }
	w.start()
	w.AnswersAt("https://privacy.example")
	return c
}

// TestEveryAddressCostsTheSame: each way in which a stranger types an address does for one
// that is known here just what it does for one that is not: so many questions to the store,
// so many records and leaves in so many changes, messages in the outbox among them, and the
// same answer. Counted, and not timed. The forms and operations that lead here are listed by
// the tests of their packages.
func TestEveryAddressCostsTheSame(t *testing.T) {
	t.Parallel()
	const known, unknown = "li@mail.example", "stranger@mail.example"
	for name, door := range map[string]func(*testing.T) (*counted, func(to string) error){
		"a code": func(t *testing.T) (*counted, func(string) error) {
			s := setupSignIn(t)
			return s.count, func(to string) error { return s.ask(gate.NewBrowser(), to) }
		},
		"a wrong code": func(t *testing.T) (*counted, func(string) error) {
			s := setupSignIn(t)
			return s.count, func(to string) error {
				browser := gate.NewBrowser()
				must(t, s.ask(browser, to))
				s.count.work()
				_, _, err := s.try(browser, "not it")
				return err
			}
		},
		"a code for an account": func(t *testing.T) (*counted, func(string) error) {
			s := setupSignIn(t)
			return s.count, func(to string) error {
				return s.AskCode(t.Context(), "club", &gate.CodeAsking{To: item("email", to), Browser: gate.NewBrowser(), Network: "203.0.113.9", Join: true})
			}
		},
		"a password": func(t *testing.T) (*counted, func(string) error) {
			s := setupSignIn(t)
			return s.count, func(to string) error {
				_, _, err := s.password(to, "not the password")
				return err
			}
		},
		"leaving an address alone": func(t *testing.T) (*counted, func(string) error) {
			w := mailbox(t)
			c := worked(t, w)
			return c, func(to string) error { return w.optOut(to, "203.0.113.9") }
		},
		"limiting by an address": func(t *testing.T) (*counted, func(string) error) {
			w := mailbox(t)
			c := worked(t, w)
			return c, func(to string) error {
				_, err := w.OptOut(t.Context(), "club", &gate.OptingOut{To: item("email", to), Right: "limit"})
				return err
			}
		},
		"a guardian's code": func(t *testing.T) (*counted, func(string) error) {
			n := newNursery(t)
			c := worked(t, n.world)
			n.box.quiet = true // the outbox is filled beside the answer
			n.child("mo")
			must(t, n.ask("mo", known))
			return c, func(to string) error { return n.code(gate.NewBrowser(), to) }
		},
		"a guardian's wrong code": func(t *testing.T) (*counted, func(string) error) {
			n := newNursery(t)
			c := worked(t, n.world)
			n.box.quiet = true
			n.child("mo")
			must(t, n.ask("mo", known))
			return c, func(to string) error {
				browser := gate.NewBrowser()
				must(t, n.code(browser, to))
				c.work()
				_, err := n.try(browser, "not it")
				return err
			}
		},
		"naming a guardian": func(t *testing.T) (*counted, func(string) error) {
			n := newNursery(t)
			c := worked(t, n.world)
			n.gives("li", "sign-up", "notices", item("email", known)) // somebody else's here
			for _, ref := range []avow.SubjectRef{"mo", "yu"} {
				n.child(ref)
			}
			of := map[string]avow.SubjectRef{known: "mo", unknown: "yu"}
			return c, func(to string) error { return n.ask(of[to], to) }
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			count, ask := door(t)
			var work [2][7]int64
			var said [2]string
			for i, to := range []string{known, unknown} {
				count.work()
				said[i] = codes(ask(to))
				work[i] = count.work()
			}
			if work[0] != work[1] || said[0] != said[1] {
				t.Errorf("known: %v, %s; unknown: %v, %s", work[0], said[0], work[1], said[1])
			}
			if work[0] == [7]int64{} {
				t.Error("nothing was counted")
			}
		})
	}
}

package gate_test

import (
	"testing"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/gate"
)

func (w *world) at(t time.Time) { w.now.Store(t.UnixNano()) }

// The clock stands still while a request waits for the person, and goes on where it
// stood.
func TestPause(t *testing.T) {
	t.Parallel()
	w := withRights(t)
	a, err := w.ask("erase")
	must(t, err)
	w.pass(24 * time.Hour)
	paused, _, err := w.PauseRequest(t.Context(), "club", a.ID, "desk", gate.ForClarification, text("all of it?"))
	if must(t, err); paused.Waits != gate.ForClarification || !paused.Due.Equal(a.Due) {
		t.Fatalf("%+v", paused)
	}
	_, _, err = w.PauseRequest(t.Context(), "club", a.ID, "desk", gate.ForClarification, text("all of it?"))
	w.wants(err, "error conflict")
	w.pass(20 * 24 * time.Hour)
	if n := w.sweep(); n.Overdue != 0 {
		t.Error("overdue while it waited for the person")
	}
	again, _, err := w.WriteMessage(t.Context(), "club", "li", a.ID, text("all of it."))
	if must(t, err); again.Waits != "" || !again.Due.Equal(a.Due.Add(20*24*time.Hour)) {
		t.Errorf("%+v", again)
	}
	w.at(again.Due.Add(-time.Nanosecond))
	if n := w.sweep(); n.Overdue != 0 {
		t.Error("overdue too early")
	}
	w.at(again.Due)
	if n := w.sweep(); n.Overdue != 1 || w.last().Kind != evidence.Overdue || w.last().Verdict != avow.Refuse {
		t.Errorf("%+v", n)
	}
	_, _, err = w.PauseRequest(t.Context(), "club", a.ID, "desk", gate.ForClarification, text("sure?"))
	w.wants(err, "error conflict")
}

// Nobody waits for ever: what is not clear is answered as it is, and a request of
// somebody who does not show who they are expires.
func TestOutwaited(t *testing.T) {
	t.Parallel()
	for what, want := range map[gate.Waiting]gate.AskState{gate.ForIdentity: gate.AskExpired, gate.ForClarification: gate.AskInProgress} {
		t.Run(string(what), func(t *testing.T) {
			t.Parallel()
			w := withRights(t)
			a, err := w.ask("erase")
			must(t, err)
			paused, _, err := w.PauseRequest(t.Context(), "club", a.ID, "desk", what, text("?"))
			must(t, err)
			w.at(paused.Until.Add(-time.Nanosecond))
			w.sweep()
			if mine, _, _ := w.Requests(t.Context(), "club", "li"); mine[0].Waits != what {
				t.Errorf("%+v", mine[0])
			}
			w.at(paused.Until)
			w.sweep()
			mine, _, err := w.Requests(t.Context(), "club", "li")
			if must(t, err); mine[0].State != want || mine[0].Waits != "" {
				t.Errorf("%+v", mine[0])
			}
			if queue, err := w.Queue(t.Context(), "club", "", 9); err != nil || (len(queue) == 0) != (want == gate.AskExpired) {
				t.Errorf("%+v %v", queue, err)
			}
		})
	}
}

// The answer is put off once, in time, with a notice, and only where the law says
// so: the house is under the law of China, which does not, and of the EU.
func TestExtension(t *testing.T) {
	t.Parallel()
	w := withRights(t)
	a, err := w.ask("erase")
	must(t, err)
	_, _, err = w.ExtendRequest(t.Context(), "club", a.ID, "desk", text("it is much"))
	w.wants(err, "error conflict")

	w = setupProgram(t, house(t, "\n  - {id: to-see, right: access, how: [api]}", hasRights, "law: [cn, eu]", "law: [eu]"))
	must(t, w.joinHouse("li", item("name", "Li")))
	a, err = w.ask("erase")
	must(t, err)
	_, _, err = w.ExtendRequest(t.Context(), "club", a.ID, "desk", gate.Value{})
	w.wants(err, "error invalid")
	later, _, err := w.ExtendRequest(t.Context(), "club", a.ID, "desk", text("it is much"))
	if must(t, err); !later.Extended || !later.Due.Equal(a.Due.AddDate(0, 2, 0)) || w.last().Kind != evidence.AskExtended {
		t.Errorf("%+v", later)
	}
	thread, _, err := w.Messages(t.Context(), "club", "li", a.ID)
	if must(t, err); len(thread) != 1 || string(thread[0].Text.Expose()) != "it is much" {
		t.Error("the person was not told")
	}
	_, _, err = w.ExtendRequest(t.Context(), "club", a.ID, "desk", text("more"))
	w.wants(err, "error conflict")
	w.at(a.Due)
	if n := w.sweep(); n.Overdue != 0 {
		t.Error("overdue though extended")
	}
	b, err := w.ask("erase", saying("late"))
	must(t, err)
	w.at(b.Due)
	_, _, err = w.ExtendRequest(t.Context(), "club", b.ID, "desk", text("too late"))
	w.wants(err, "error conflict")
}

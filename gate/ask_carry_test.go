package gate_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/gate"
)

// hasRights is the house with rights of every kind.
const hasRights = `
  - {id: to-see, right: access, how: [api]}
  - {id: to-erase, right: erase, how: [api], within: 10d, fee: free, refuse_only_for: [repetitive, legal-hold, identity-unverified, excessive], evidence: true, complaint_route: true, effect: on-review}
  - {id: to-freeze, right: restrict, how: [api]}
  - {id: to-object, right: object, how: [api]}
  - {id: to-correct, right: correct, how: [api]}
  - {id: to-delete, right: delete, how: [api]}`

func withRights(t *testing.T) *world {
	t.Helper()
	w := setupProgram(t, house(t, "\n  - {id: to-see, right: access, how: [api]}", hasRights))
	must(t, w.joinHouse("li", item("name", "Li"), item("phone", "13800001111")))
	return w
}

func (w *world) ask(right string, more ...func(*gate.Asking)) (gate.Ask, error) {
	w.t.Helper()
	w.pass(time.Second)
	asking := &gate.Asking{Right: right}
	for _, m := range more {
		m(asking)
	}
	a, _, err := w.Ask(w.t.Context(), "club", "li", asking)
	return a, err
}

func saying(s string) func(*gate.Asking) {
	return func(a *gate.Asking) { a.Text = text(s) }
}

// What rules can carry out is carried out at once, with the request on record.
func TestCarriedOutAtOnce(t *testing.T) {
	t.Parallel()
	data := func(d ...avow.Datum) func(*gate.Asking) { return func(a *gate.Asking) { a.Data = d } }
	value := func(items ...gate.Item) func(*gate.Asking) { return func(a *gate.Asking) { a.Items = items } }
	for _, c := range []struct {
		right string
		more  []func(*gate.Asking)
		leaf  evidence.Kind
		holds func(*world) bool
	}{
		{"access", nil, evidence.Asked, func(w *world) bool { return len(w.has("li", "phone")) == 1 }},
		{"explain", nil, evidence.Asked, func(w *world) bool { return true }},
		{"correct", []func(*gate.Asking){value(item("name", "Lee"))}, evidence.Corrected, func(w *world) bool { return w.has("li", "name")[0] == "Lee" }},
		{"delete", []func(*gate.Asking){data("phone"), saying("not that number")}, evidence.EraseDone, func(w *world) bool { return len(w.has("li", "phone")) == 0 && len(w.has("li", "name")) == 1 }},
		{"delete", nil, evidence.EraseDone, func(w *world) bool { return len(w.has("li", "name")) == 0 }},
		{"withdraw", nil, evidence.Withdrawn, func(w *world) bool { return w.chosen("offers") == avow.Withdrawn }},
		{"object", nil, evidence.Refused, func(w *world) bool {
			return w.chosen("tailored") == avow.Refused || w.chosen("tailored") == avow.Withdrawn
		}},
		{"opt-out", nil, "", func(w *world) bool { return w.chosen("tailored") == avow.Withdrawn }},
		{"withdraw", []func(*gate.Asking){func(a *gate.Asking) { a.Choices = []avow.Choice{"tailored"} }}, "", func(w *world) bool {
			return w.chosen("tailored") == avow.Withdrawn && w.chosen("offers") == avow.Given
		}},
		{"take-down", nil, evidence.Unpublished, func(w *world) bool { return true }},
		{"close-account", nil, evidence.Closed, func(w *world) bool { _, err := w.read("li", "name"); return err != nil }},
	} {
		t.Run(c.right, func(t *testing.T) {
			t.Parallel()
			w := withRights(t)
			w.say("li", "offers", avow.Given)
			a, err := w.ask(c.right, c.more...)
			must(t, err)
			if a.State != gate.AskFulfilled || a.Closed.IsZero() {
				t.Errorf("%+v", a)
			}
			if !c.holds(w) {
				t.Error("it was not carried out")
			}
			if queue, err := w.Queue(t.Context(), "club", "", 9); err != nil || len(queue) != 0 {
				t.Errorf("%d wait %v", len(queue), err)
			}
			if w.count(evidence.Asked) != 1 || c.leaf != "" && c.leaf != evidence.Refused && w.count(c.leaf) == 0 {
				t.Errorf("no leaf of %s", c.leaf)
			}
			mine, _, err := w.Requests(t.Context(), "club", "li")
			if c.right == "delete" && len(c.more) == 0 {
				w.wants(err, "error unknown")
				return
			}
			if must(t, err); len(mine) != 1 || mine[0].State != gate.AskFulfilled || mine[0].ID != a.ID {
				t.Errorf("%+v", mine)
			}
		})
	}
}

func (w *world) chosen(c avow.Choice) avow.ChoiceState {
	w.t.Helper()
	s, err := w.Standing(w.t.Context(), "club", "li")
	must(w.t, err)
	chosen, _ := s.Choice(c)
	return chosen.State
}

// What the policy has reviewed waits, and is carried out when it is granted.
func TestReviewed(t *testing.T) {
	t.Parallel()
	w := withRights(t)
	a, err := w.ask("erase", func(a *gate.Asking) { a.Data = []avow.Datum{"phone"} })
	must(t, err)
	if a.State != gate.AskOpen || len(w.has("li", "phone")) != 1 {
		t.Fatalf("%+v", a)
	}
	again, err := w.ask("erase", func(a *gate.Asking) { a.Data = []avow.Datum{"phone"} })
	if must(t, err); !again.Again || again.ID != a.ID || !again.Due.Equal(a.Due) || w.last().Kind != evidence.AskedAgain {
		t.Errorf("%+v", again)
	}
	other, err := w.ask("erase", func(a *gate.Asking) { a.Data = []avow.Datum{"name"} })
	if must(t, err); other.Again || other.ID == a.ID {
		t.Errorf("%+v", other)
	}
	_, _, err = w.SendMessage(t.Context(), "club", a.ID, "desk", text("we look at it"))
	must(t, err)
	_, err = w.AnswerRequest(t.Context(), &gate.Answering{Policy: "club", Request: a.ID, By: "desk", Text: text("It is gone.")})
	must(t, err)
	if len(w.has("li", "phone")) != 0 || len(w.has("li", "name")) != 1 {
		t.Error("granted and not carried out")
	}
	mine, _, err := w.Requests(t.Context(), "club", "li")
	if must(t, err); len(mine) != 2 || mine[0].State != gate.AskFulfilled || string(mine[0].Answer.Expose()) != "It is gone." || mine[1].State != gate.AskOpen {
		t.Errorf("%+v", mine)
	}
	thread, _, err := w.Messages(t.Context(), "club", "li", a.ID)
	if must(t, err); len(thread) != 1 || string(thread[0].Text.Expose()) != "we look at it" || thread[0].Role != "desk" {
		t.Errorf("the thread did not move to the new key: %+v", thread)
	}
	w.pass(time.Second)
	whole, err := w.ask("erase")
	must(t, err)
	_, err = w.AnswerRequest(t.Context(), &gate.Answering{Policy: "club", Request: whole.ID, Text: text("Goodbye.")})
	must(t, err)
	_, _, err = w.Requests(t.Context(), "club", "li")
	w.wants(err, "error unknown")
	if queue, err := w.Queue(t.Context(), "club", "", 9); err != nil || len(queue) != 0 {
		t.Errorf("%d wait %v", len(queue), err)
	}
}

// A refusal needs a reason of the closed list that holds, and evidence.
func TestRefusals(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		reason, proof, want string
		before              func(*world, string)
	}{
		{"excessive", "", "error invalid", nil},
		{"excessive", "the tenth of today", "allow", nil},
		{"impossible", "there is no such phone", "error invalid", nil},
		{"because", "x", "error invalid", nil},
		{"repetitive", "he asked before", "error conflict", nil},
		{"legal-hold", "court", "error conflict", nil},
		{"legal-hold", "court", "allow", func(w *world, _ string) {
			err := w.hold("li", "suit", "m", w.clock().Add(time.Hour))
			must(w.t, err)
		}},
		{"identity-unverified", "did not answer", "error conflict", nil},
		{"identity-unverified", "did not answer", "allow", func(w *world, id string) {
			_, _, err := w.PauseRequest(w.t.Context(), "club", id, "desk", gate.ForIdentity, text("who are you?"))
			must(w.t, err)
		}},
		{"identity-unverified", "did not answer", "error conflict", func(w *world, id string) {
			_, _, err := w.PauseRequest(w.t.Context(), "club", id, "desk", gate.ForIdentity, text("who are you?"))
			must(w.t, err)
			_, _, err = w.Verified(w.t.Context(), "club", "li", id)
			must(w.t, err)
		}},
	} {
		t.Run(c.reason+" "+c.want, func(t *testing.T) {
			t.Parallel()
			w := withRights(t)
			a, err := w.ask("erase")
			must(t, err)
			if c.before != nil {
				c.before(w, a.ID)
			}
			_, err = w.AnswerRequest(t.Context(), &gate.Answering{Policy: "club", Request: a.ID, By: "desk", Text: text("No."), Refuse: c.reason, Proof: text(c.proof)})
			w.wants(err, c.want)
			mine, _, err := w.Requests(t.Context(), "club", "li")
			must(t, err)
			if denied := mine[0].State == gate.AskDenied; denied != (c.want == "allow") {
				t.Errorf("%v", mine[0].State)
			}
			if l := w.leaves(); c.want == "allow" && (mine[0].Reason != c.reason || string(mine[0].Proof.Expose()) != c.proof || l[len(l)-2].Role != "desk") {
				t.Errorf("%+v %+v", mine[0], l[len(l)-2])
			}
		})
	}
}

// The second request for the same is known as that.
func TestRepetition(t *testing.T) {
	t.Parallel()
	w := withRights(t)
	refuse := func(id string) error {
		_, err := w.AnswerRequest(t.Context(), &gate.Answering{Policy: "club", Request: id, Text: text("No."), Refuse: "repetitive", Proof: text("see above")})
		return err
	}
	first, err := w.ask("erase", saying("all of it"))
	must(t, err)
	w.wants(refuse(first.ID), "error conflict")
	_, err = w.AnswerRequest(t.Context(), &gate.Answering{Policy: "club", Request: first.ID, Text: text("No."), Refuse: "excessive", Proof: text("x")})
	must(t, err)
	other, err := w.ask("erase", saying("all of them"))
	must(t, err)
	w.wants(refuse(other.ID), "error conflict")
	second, err := w.ask("erase", saying("all of it"))
	must(t, err)
	if second.Earlier != 1 || second.Again {
		t.Errorf("%+v", second)
	}
	must(t, refuse(second.ID))
	w.pass(366 * 24 * time.Hour)
	if third, err := w.ask("erase", saying("all of it")); err != nil || third.Earlier != 0 {
		t.Errorf("%+v %v", third, err)
	}
}

// A restriction keeps everything and lets nothing be used, until it is lifted. It
// outlives an older backup.
func TestRestriction(t *testing.T) {
	t.Parallel()
	w := withRights(t)
	_, err := w.read("li", "name")
	must(t, err)
	a, err := w.ask("restrict")
	must(t, err)
	_, err = w.read("li", "name", "phone")
	w.wants(err, "restricted")
	w.restart()
	_, err = w.read("li", "name")
	w.wants(err, "restricted")
	if len(w.has("li", "name")) != 1 {
		t.Error("the person does not see it any more")
	}
	_, _, err = w.RevokeRequest(t.Context(), "club", "li", a.ID)
	must(t, err)
	_, err = w.read("li", "name")
	must(t, err)
	_, _, err = w.RevokeRequest(t.Context(), "club", "li", a.ID)
	w.wants(err, "error conflict")
	if w.count(evidence.Restricted) != 1 || w.count(evidence.Unrestricted) != 1 || w.count(evidence.AskRevoked) != 1 {
		t.Error("evidence is missing")
	}
}

func TestHeldRequests(t *testing.T) {
	t.Parallel()
	w := withRights(t)
	err := w.hold("li", "suit", "m", w.clock().Add(time.Hour))
	must(t, err)
	a, err := w.ask("delete")
	must(t, err)
	if a.State != gate.AskDenied || a.Reason != "legal-hold" || w.last().Reasons != avow.OnHold.Set() || len(w.has("li", "name")) != 1 {
		t.Errorf("%+v", a)
	}
}

// Another's request cannot be reached, whoever asks.
func TestRequestsOfOthers(t *testing.T) {
	t.Parallel()
	w := withRights(t)
	must(t, w.joinHouse("wu", item("name", "Wu")))
	a, err := w.ask("complain", saying("You call at night."))
	must(t, err)
	_, _, err = w.WriteMessage(t.Context(), "club", "wu", a.ID, text("me too"))
	w.wants(err, "error unknown")
	_, _, err = w.RevokeRequest(t.Context(), "club", "wu", a.ID)
	w.wants(err, "error unknown")
	_, _, err = w.Verified(t.Context(), "club", "wu", a.ID)
	w.wants(err, "error unknown")
	if list, _, err := w.Messages(t.Context(), "club", "wu", a.ID); err != nil || len(list) != 0 {
		t.Errorf("%+v %v", list, err)
	}
	for _, right := range []string{"access", "erase", "restrict", "correct"} {
		_, _, err := w.Ask(t.Context(), "club", "nobody", &gate.Asking{Right: right, Items: []gate.Item{item("name", "x")}})
		w.wants(err, "error unknown")
	}
}

// TestThread writes to and fro, and finds none of it in clear.
func TestThread(t *testing.T) {
	t.Parallel()
	w := withRights(t)
	a, err := w.ask("complain", saying("You call at night."))
	must(t, err)
	for i := range 3 {
		w.pass(time.Second)
		_, _, err = w.SendMessage(t.Context(), "club", a.ID, "desk", text(fmt.Sprint("which night? ", i)))
		must(t, err)
		w.pass(time.Second)
		_, _, err = w.WriteMessage(t.Context(), "club", "li", a.ID, text(fmt.Sprint("that night ", i)))
		must(t, err)
	}
	read, thread, _, err := w.ReadRequest(t.Context(), "club", a.ID, desk, forRequest)
	must(t, err)
	if read.State != gate.AskInProgress || len(thread) != 6 || thread[0].From != gate.FromController || thread[5].From != gate.FromPerson || string(thread[5].Text.Expose()) != "that night 2" {
		t.Errorf("%v %+v", read.State, thread)
	}
	_, _, err = w.SendMessage(t.Context(), "club", a.ID, "desk", text(strings.Repeat("x", 1<<17)))
	w.wants(err, "error invalid")
	_, _, err = w.RevokeRequest(t.Context(), "club", "li", a.ID)
	must(t, err)
	_, _, err = w.WriteMessage(t.Context(), "club", "li", a.ID, text("late"))
	w.wants(err, "error conflict")
	_, _, err = w.SendMessage(t.Context(), "club", a.ID, "desk", text("late"))
	w.wants(err, "error unknown")
}

package gate_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/gate"
	"avow.dev/policy"
)

func text(s string) gate.Value { return gate.NewValue([]byte(s)) }

func TestAskAndAnswer(t *testing.T) {
	t.Parallel()
	w := setupProgram(t, house(t))
	w.play("accept")
	asked, r, err := w.Ask(t.Context(), "club", them, &gate.Asking{Right: "ask", Text: text("Why do you need my phone number?")})
	must(t, err)
	if !asked.Due.Equal(began.AddDate(0, 0, 3)) || r.Index < 0 {
		t.Errorf("due %s", asked.Due)
	}
	if l := w.last(); l.Kind != evidence.Asked || fmt.Sprint(l.Rules) != "[to-ask]" || l.Commitment == [32]byte{} {
		t.Errorf("leaf %+v", l)
	}
	w.pass(time.Second)
	complaint, _, err := w.Ask(t.Context(), "club", "stranger", &gate.Asking{Right: "complain", Text: text("You wrote to me.")})
	must(t, err)
	if complaint.Due.Equal(asked.Due) || complaint.Due.After(began.AddDate(0, 0, 31)) {
		t.Errorf("the law packs' clock: due %s", complaint.Due)
	}
	queue, err := w.Queue(t.Context(), "club", "", 10)
	must(t, err)
	if len(queue) != 2 || queue[0].ID != asked.ID || queue[1].Subject != "stranger" || queue[0].Text.Len() != 0 {
		t.Fatalf("%+v", queue)
	}
	page, err := w.Queue(t.Context(), "club", asked.ID, 10)
	if must(t, err); len(page) != 1 || page[0].ID != complaint.ID {
		t.Errorf("second page %+v", page)
	}
	read, _, _, err := w.ReadRequest(t.Context(), "club", complaint.ID, desk, forRequest)
	if must(t, err); string(read.Text.Expose()) != "You wrote to me." || w.last().Kind != evidence.AskRead || w.last().Role != "desk" {
		t.Errorf("%+v", read)
	}
	_, err = w.AnswerRequest(t.Context(), &gate.Answering{Policy: "club", Request: asked.ID, Text: text("no"), Refuse: "repetitive"})
	w.wants(err, "error invalid") // the policy lets nobody refuse a question
	_, err = w.AnswerRequest(t.Context(), &gate.Answering{Policy: "club", Request: asked.ID})
	w.wants(err, "error invalid")
	_, err = w.EraseData(t.Context(), "club", them, []avow.Datum{"email"})
	must(t, err)
	_, err = w.AnswerRequest(t.Context(), &gate.Answering{Policy: "club", Request: asked.ID, Text: text("For nothing; it is gone.")})
	must(t, err)
	_, err = w.AnswerRequest(t.Context(), &gate.Answering{Policy: "club", Request: asked.ID, Text: text("again")})
	w.wants(err, "error unknown")
	_, err = w.AnswerRequest(t.Context(), &gate.Answering{Policy: "club", Request: complaint.ID, Text: text("Asked before."), Refuse: "excessive"})
	must(t, err)
	if l := w.last(); l.Kind != evidence.Answered || l.Verdict != avow.Refuse || l.Detail == [32]byte{} {
		t.Errorf("leaf %+v", l)
	}
	mine, _, err := w.Requests(t.Context(), "club", "stranger")
	must(t, err)
	if len(mine) != 1 || mine[0].State != gate.AskDenied || mine[0].Reason != "excessive" || string(mine[0].Answer.Expose()) != "Asked before." {
		t.Errorf("%+v", mine)
	}
	if queue, err = w.Queue(t.Context(), "club", "", 10); err != nil || len(queue) != 0 {
		t.Errorf("%d left %v", len(queue), err)
	}
	// A stranger is forgotten a year after the answer; a member is not.
	w.now.Store(w.clock().AddDate(1, 0, 0).Add(-time.Nanosecond).UnixNano())
	if n := w.sweep(); n.Erased != 0 {
		t.Errorf("swept %+v", n)
	}
	w.pass(time.Nanosecond)
	if n := w.sweep(); n.Erased != 1 {
		t.Errorf("swept %+v", n)
	}
	_, _, err = w.Requests(t.Context(), "club", "stranger")
	w.wants(err, "error unknown")
	_, _, err = w.Requests(t.Context(), "club", them)
	must(t, err)
}

// What a person wrote moves with them to a new key, and goes with them.
func TestRequestsAreErased(t *testing.T) {
	t.Parallel()
	w := setupProgram(t, house(t))
	must(t, w.joinHouse("li", item("name", "Li"), item("phone", "13800001111")))
	_, _, err := w.Ask(t.Context(), "club", "li", &gate.Asking{Right: "complain", Text: text("I object.")})
	must(t, err)
	_, err = w.EraseData(t.Context(), "club", "li", []avow.Datum{"phone"})
	must(t, err)
	mine, _, err := w.Requests(t.Context(), "club", "li")
	if must(t, err); len(mine) != 1 || string(mine[0].Text.Expose()) != "I object." {
		t.Fatalf("%+v", mine)
	}
	_, err = w.Erase(t.Context(), "club", "li")
	must(t, err)
	if queue, err := w.Queue(t.Context(), "club", "", 10); err != nil || len(queue) != 0 {
		t.Errorf("%d left %v", len(queue), err)
	}
	_, err = w.AnswerRequest(t.Context(), &gate.Answering{Policy: "club", Request: mine[0].ID, Text: text("x")})
	w.wants(err, "error unknown")
}

func TestOverdueOnce(t *testing.T) {
	t.Parallel()
	w := setupProgram(t, house(t))
	asked, _, err := w.Ask(t.Context(), "club", "li", &gate.Asking{Right: "ask", Text: text("Why?")})
	must(t, err)
	w.now.Store(asked.Due.Add(-time.Nanosecond).UnixNano())
	if n := w.sweep(); n.Overdue != 0 {
		t.Errorf("%+v", n)
	}
	w.now.Store(asked.Due.UnixNano())
	if n := w.sweep(); n.Overdue != 1 {
		t.Errorf("%+v", n)
	}
	w.restart()
	w.pass(time.Hour)
	if n := w.sweep(); n.Overdue != 0 || w.count(evidence.Overdue) != 1 {
		t.Errorf("%+v, %d leaves", n, w.count(evidence.Overdue))
	}
	queue, err := w.Queue(t.Context(), "club", "", 10)
	if must(t, err); len(queue) != 1 || !queue[0].Overdue {
		t.Errorf("%+v", queue)
	}
	if l := w.leaves()[len(w.leaves())-1]; l.Verdict != avow.Refuse || l.Commitment == [32]byte{} || fmt.Sprint(l.Rules) != "[to-ask]" {
		t.Errorf("%+v", l)
	}
}

func TestAskRefusesNonsense(t *testing.T) {
	t.Parallel()
	w := setupProgram(t, house(t))
	for right, s := range map[string]string{"correct": "x", "": "x", "portability": "x", "ask": "", "complain": strings.Repeat("x", 1<<17)} {
		_, _, err := w.Ask(t.Context(), "club", "li", &gate.Asking{Right: right, Text: text(s)})
		w.wants(err, "error invalid")
	}
	_, _, err := w.Ask(t.Context(), "club", "", &gate.Asking{Right: "ask", Text: text("x")})
	w.wants(err, "error invalid")
	for i := range 32 {
		_, _, err := w.Ask(t.Context(), "club", "li", &gate.Asking{Right: "ask", Text: text(fmt.Sprint(i))})
		must(t, err)
	}
	_, _, err = w.Ask(t.Context(), "club", "li", &gate.Asking{Right: "ask", Text: text("x")})
	w.wants(err, "error too-many")
	for _, id := range []string{"", "zz", strings.Repeat("0", 32)} {
		_, _, _, err := w.ReadRequest(t.Context(), "club", id, desk, forRequest)
		w.wants(err, "error unknown")
	}
}

func TestExplain(t *testing.T) {
	t.Parallel()
	w := setupProgram(t, house(t))
	w.play("accept · give offers · withdraw offers@1h")
	q := policy.Query{Verb: avow.Use, Datum: "email", Purpose: "marketing", Role: "desk"}
	e, err := w.Explain(t.Context(), "club", them, &q)
	must(t, err)
	if e.Verdict != avow.Refuse || len(e.Because) != 1 || e.Because[0].Reason != avow.ConsentWithdrawn {
		t.Errorf("%+v", e)
	}
	if e, err = w.Explain(t.Context(), "club", "nobody", &q); err != nil || len(e.Because) < 2 {
		t.Errorf("%+v %v", e, err)
	}
}

package gate_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"avow.dev"
	"avow.dev/gate"
)

// concerned has those counted whom a change concerns.
func (w *world) concerned(matter string) *gate.Concerned {
	w.t.Helper()
	_, err := w.CountChange(w.t.Context(), "club", matter, ann)
	must(w.t, err)
	_, err = w.Count(w.t.Context())
	must(w.t, err)
	m, err := w.Change(w.t.Context(), "club", matter)
	if must(w.t, err); m.Body.Concerns == nil {
		w.t.Fatal("counted, and the paper says nothing")
	}
	return m.Body.Concerns
}

func concernOf(t *testing.T, c *gate.Concerned, rule avow.RuleID) gate.Concern {
	t.Helper()
	for _, by := range c.By {
		if by.Rules[0] == rule && by.Class.Widens() {
			return by
		}
	}
	t.Fatalf("nothing wider by %s in %+v", rule, c.By)
	return gate.Concern{}
}

// TestWhomAChangeConcerns follows the figures of a change: of whom data is held that it
// is about, who would have to agree afresh, and, once it was announced and came into
// force, who saw it, agreed, and stays with the old text.
func TestWhomAChangeConcerns(t *testing.T) {
	t.Parallel()
	w := setupProgram(t, changeable(t))
	ctx := t.Context()
	for ref, phone := range map[avow.SubjectRef]string{"agrees": "13800001111", "stays": "13800002222", "silent": "13800003333", "no-phone": ""} {
		must(t, w.joinHouse(ref, item("name", "Li")))
		if phone == "" {
			continue
		}
		_, err := w.Collect(ctx, &gate.Collecting{Request: avow.Request{Policy: "club", Subject: ref, Purpose: "manage-account", Point: "profile-page", Feature: "account", Source: "person"},
			Items: []gate.Item{item("phone", phone)}})
		must(t, err)
	}
	synthetic := w.accept()
	synthetic.Synthetic = true
	_, err := w.Agree(ctx, "club", "robot", synthetic)
	must(t, err)

	text := changeableText(t, `version: "1.0"`, `version: "2.0"`, narrow, wide)
	m := w.announced(text, began.AddDate(0, 0, 30))
	if _, err := w.Count(ctx); err != nil { // checking it began a count
		t.Fatal(err)
	}
	m, err = w.Change(ctx, "club", m.ID)
	must(t, err)
	c := m.Body.Concerns
	if c == nil || c.People != 4 || c.Asked != 4 || c.Agreed != 0 || c.Kept != 0 || c.Unseen != 4 {
		t.Fatalf("a change on its way: %+v", c)
	}
	if by := concernOf(t, c, "give-tips"); by.People != 3 || by.Asked != 3 || by.Agreed != 0 || by.Unseen != 3 || len(by.Data) != 1 || by.Data[0] != "phone" {
		t.Errorf("more with the phone number: %+v", by)
	}
	for _, by := range c.By {
		if !by.Class.Widens() && by.Asked != 0 {
			t.Errorf("nothing wider, and people are asked: %+v", by)
		}
	}

	_, _, err = w.ChangesAhead(ctx, "club", "agrees")
	must(t, err)
	if c = w.concerned(m.ID); c.Unseen != 3 || concernOf(t, c, "give-tips").Unseen != 2 {
		t.Errorf("one saw it: %+v", c)
	}
	w.at(began.AddDate(0, 0, 30))
	w.sweep()
	next, err := w.Program("club")
	must(t, err)
	_, err = w.Agree(ctx, "club", "agrees", &gate.Agreement{Policy: next.Hash(), Accept: true, Gesture: "accept-button"})
	must(t, err)
	_, err = w.KeepVersion(ctx, "club", "stays", next.Hash())
	must(t, err)
	if c = w.concerned(m.ID); c.People != 4 || c.Asked != 3 || c.Agreed != 1 || c.Kept != 1 || c.Unseen != 2 {
		t.Errorf("in force: %+v", c)
	}
	if by := concernOf(t, c, "give-tips"); by.People != 3 || by.Asked != 2 || by.Agreed != 1 || by.Unseen != 1 {
		t.Errorf("in force, by rule: %+v", by)
	}
	raw, err := json.Marshal(c)
	if must(t, err); strings.Contains(string(raw), "agrees") || strings.Contains(string(raw), "138") {
		t.Errorf("figures that name somebody: %s", raw)
	}
	n := 0
	if m, err = w.Change(ctx, "club", m.ID); err != nil {
		t.Fatal(err)
	}
	for _, s := range m.Steps {
		if s.Did == "counted" {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d counts stand in its history", n)
	}
}

// TestACountGoesOn stops a count in the middle and opens the house again: nobody is
// counted twice, and nobody is left out.
func TestACountGoesOn(t *testing.T) {
	t.Parallel()
	w := setupProgram(t, changeable(t))
	stop, cancel := context.WithCancel(t.Context())
	w.wrap = func(s gate.Store) gate.Store { return &stopping{Store: s, after: 550, stop: cancel} }
	const people = 560 // two pages
	for i := range people {
		_, err := w.Agree(t.Context(), "club", avow.SubjectRef(fmt.Sprintf("person-%d", i)), w.accept())
		must(t, err)
	}
	w.restart()
	must(t, w.BeginCensus(t.Context(), "club", ann))
	if _, err := w.Count(stop); !errors.Is(err, context.Canceled) && avow.CodeOf(err) != avow.Unavailable && avow.CodeOf(err) != avow.Internal {
		t.Fatalf("stopped: %v", err)
	}
	if _, ok, err := w.LastCensus(t.Context(), "club"); ok || err != nil {
		t.Fatalf("half a census is kept: %v", err)
	}
	w.wrap = nil
	w.restart()
	c, under, err := w.CensusUnderWay(t.Context(), "club")
	n, of := c.Looked()
	if must(t, err); !under || n != 512 || of < people {
		t.Fatalf("under way: %v, %d of %d", under, n, of)
	}
	if looked, err := w.Count(t.Context()); err != nil || looked != of-512 {
		t.Errorf("%d were looked at again, %v", looked, err)
	}
	if last, ok, err := w.LastCensus(t.Context(), "club"); err != nil || !ok || last.People != people {
		t.Errorf("%d people, %v %v", last.People, ok, err)
	}
}

// stopping is a store that has its caller stopped once so many people were read.
type stopping struct {
	gate.Store
	after int
	stop  context.CancelFunc
}

func (s *stopping) Load(ctx context.Context, sid int64) (gate.Row, bool, error) {
	if s.after--; s.after == 0 {
		s.stop()
	}
	if err := ctx.Err(); err != nil {
		return gate.Row{}, false, err
	}
	return s.Store.Load(ctx, sid)
}

// TestACountBeginsAnew: what was counted for one text says nothing about another.
func TestACountBeginsAnew(t *testing.T) {
	t.Parallel()
	w := setupProgram(t, changeable(t))
	ctx := t.Context()
	must(t, w.joinHouse("li", item("name", "Li")))
	m, _, err := w.ProposeChange(ctx, "club", ann, changeableText(t, `version: "1.0"`, `version: "2.0"`, narrow, wide), "law")
	must(t, err)
	m, _, err = w.CheckChange(ctx, "club", m.ID, ann)
	must(t, err)
	if c, under, err := w.ChangeCountUnderWay(ctx, "club", m.ID); err != nil || !under || c.Next != 1 {
		t.Errorf("checked, and nobody counts: %v %v", under, err)
	}
	m, _, err = w.RedraftChange(ctx, "club", m.ID, ann, changeableText(t, `version: "1.0"`, `version: "3.0"`), "law")
	must(t, err)
	if c := w.concerned(m.ID); c.People != 1 || c.Asked != 0 {
		t.Errorf("of another draft: %+v", c)
	}
	if m, _, err = w.RedraftChange(ctx, "club", m.ID, ann, changeableText(t, `version: "1.0"`, `version: "3.1"`), "law"); err != nil || m.Body.Concerns != nil {
		t.Errorf("figures of another draft: %+v %v", m.Body.Concerns, err)
	}
	_, err = w.CountChange(ctx, "club", m.ID, ann)
	must(t, err)
	_, _, err = w.WithdrawChange(ctx, "club", m.ID, ann)
	must(t, err)
	_, err = w.Count(ctx)
	must(t, err)
	if _, under, err := w.ChangeCountUnderWay(ctx, "club", m.ID); err != nil || under {
		t.Errorf("given up, and somebody counts: %v", err)
	}
	_, err = w.CountChange(ctx, "club", m.ID, ann)
	w.wants(err, "error conflict")
	_, err = w.CountChange(ctx, "club", "00", ann)
	w.wants(err, "error unknown")
	_, err = w.CountChange(ctx, "club", m.ID, gate.Officer{})
	if err == nil {
		t.Error("nobody counts")
	}
}

package gate_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"avow.dev"
	"avow.dev/envelope"
	"avow.dev/evidence"
	"avow.dev/gate"
)

// li is who was handed over to the host, by a name that stands nowhere else.
const li = "li-of-the-tests"

// handedOver is somebody whose address the host has got, with a webhook on file or
// without; the policy has the application keep something too.
func handedOver(t testing.TB, hooked bool, changes ...string) (w *world, given [16]byte) {
	t.Helper()
	w = setupProgram(t, house(t, changes...))
	given = w.handOver(hooked)
	return w, given
}

func (w *world) handOver(hooked bool) (given [16]byte) {
	w.t.Helper()
	must(w.t, w.joinHouse(li, item("email", "li@mail.example"), item("phone", "13800001111"), item("name", "Li")))
	if hooked {
		q := w.paperOf("host", "assessment")
		q.Hook = endpoint
		w.qualify(q)
	}
	shown, err := w.Entrust(w.t.Context(), &avow.Request{Policy: "club", Subject: li, Data: []avow.Datum{"email"}, Purpose: "manage-account", Recipient: "host"})
	must(w.t, err)
	return shown.Receipt.Leaf
}

func (w *world) fulfilled() gate.Fulfilment {
	w.t.Helper()
	all, err := w.Fulfilments(w.t.Context(), "club", "", 10, false)
	if must(w.t, err); len(all) == 0 {
		w.t.Fatal("no fulfilment")
	}
	return all[len(all)-1]
}

// stand says how each store stands.
func stand(m *gate.Fulfilment) string {
	var all []string
	for _, s := range m.Body.Steps {
		one := s.Store
		if s.Recipient != "" {
			one = string(s.Recipient)
		}
		one += " " + s.State
		if s.Why != "" {
			one += " " + s.Why
		}
		all = append(all, one)
	}
	return m.State + ": " + strings.Join(all, " · ")
}

func number(m *gate.Fulfilment, store string) int {
	return slices.IndexFunc(m.Body.Steps, func(s gate.StoreStep) bool { return s.Store == store })
}

// TestErasureIsToldOn: a recipient learns by its webhook what it has to erase, by the ids
// that it got with the data, and the application by its list. When both know, nothing is
// left that says whom it was about.
func TestErasureIsToldOn(t *testing.T) {
	t.Parallel()
	w, given := handedOver(t, true)
	receipt, err := w.Erase(t.Context(), "club", li)
	must(t, err)
	m := w.fulfilled()
	if got := stand(&m); got != "open: records done · files not-needed nothing-held · key done · backups done unreadable · app waiting · host waiting" {
		t.Fatal(got)
	}
	if said := fmt.Sprintf("%+v", m); strings.Contains(said, li) || strings.Contains(said, hex.EncodeToString(given[:])) {
		t.Errorf("a list says whom it is about: %s", said)
	}
	done := w.leafAt(receipt.Index)
	if m.Body.Leaf != done.Done || m.Body.Done != receipt.Leaf {
		t.Errorf("it rests on %x, and the erasure on %x", m.Body.Leaf, done.Done)
	}
	if index, err := w.CertificateIndex(t.Context(), "club", &m); err != nil || index != receipt.Index {
		t.Errorf("the certificate is at %d, not %d: %v", receipt.Index, index, err)
	}

	d := w.next()
	if d == nil || d.Channel != gate.ByWebhook || string(d.To.Expose()) != endpoint || len(d.Secret) != 32 {
		t.Fatalf("%+v", d)
	}
	told, err := envelope.ReadTelling(d.Payload)
	must(t, err)
	if told.Type != envelope.ToldErased || told.Recipient != "host" || told.Policy != "club" || !slices.Equal(told.Data, []avow.Datum{"email"}) || len(told.HandOvers) != 1 || told.HandOvers[0] != given || told.Leaf != m.Body.Leaf {
		t.Errorf("%+v", told)
	}
	if bytes.Contains(d.Payload, []byte(li)) || bytes.Contains(d.Payload, []byte("mail.example")) {
		t.Errorf("it says who it was: %s", d.Payload)
	}
	w.settle(d, gate.Sent)
	if l := w.last(); l.Kind != evidence.ToldOn || l.Recipient != "host" || l.Verdict != avow.Allow || l.Done != m.Body.Leaf || l.Commitment != [32]byte{} {
		t.Errorf("the evidence: %+v", l)
	}

	steps, err := w.AppSteps(t.Context(), "club", "", 10)
	if must(t, err); len(steps) != 1 || steps[0].Subject != li || steps[0].Right != "erase" || !slices.Equal(steps[0].Data, []avow.Datum{"shoe"}) || steps[0].ID != m.ID {
		t.Fatalf("%+v", steps)
	}
	for range 2 { // an answer that was lost is sent again
		_, err = w.AnswerAppStep(t.Context(), "club", m.ID, gate.AppDone, "app")
		must(t, err)
	}
	if _, err := w.AnswerAppStep(t.Context(), "club", m.ID, gate.AppTroubled, "app"); avow.CodeOf(err) != avow.Conflict {
		t.Errorf("answered otherwise: %v", err)
	}
	m = w.fulfilled()
	if got := stand(&m); got != "done: records done · files not-needed nothing-held · key done · backups done unreadable · app done · host done" || m.Body.Finished.IsZero() {
		t.Error(got)
	}
	full, err := w.OpenFulfilment(t.Context(), "club", m.ID, ann, why(gate.WhyRequest))
	must(t, err)
	if said := fmt.Sprintf("%+v", full); strings.Contains(said, li) || strings.Contains(said, hex.EncodeToString(given[:])) {
		t.Errorf("it still says whom it was about: %s", said)
	}
	if steps, err := w.AppSteps(t.Context(), "club", "", 10); err != nil || len(steps) != 0 || w.next() != nil {
		t.Errorf("%+v, %v", steps, err)
	}
	w.pass(366 * 24 * time.Hour)
	w.sweep()
	if all, err := w.Fulfilments(t.Context(), "club", "", 10, false); err != nil || len(all) != 0 {
		t.Errorf("after a year: %+v, %v", all, err)
	}
}

func why(word string) *gate.Look { return &gate.Look{Why: word, Text: "to see to it"} }

// TestOnlyWhoReceivedIsTold: of one kind of data those are told who got that kind, of
// whoever an authority is nobody, and nobody of what was refused.
func TestOnlyWhoReceivedIsTold(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		do   func(*world) error
		want string
	}{
		{"a kind that the host got", func(w *world) error {
			_, err := w.EraseData(w.t.Context(), "club", li, []avow.Datum{"email"})
			return err
		}, "open: records done · files done · key done · backups done unreadable · app not-needed nothing-held · host waiting"},
		{"a kind that nobody got", func(w *world) error {
			_, err := w.EraseData(w.t.Context(), "club", li, []avow.Datum{"phone"})
			return err
		}, "done: records done · files done · key done · backups done unreadable · app not-needed nothing-held · recipient not-needed nobody-received"},
		{"a kind that the application keeps", func(w *world) error {
			_, err := w.EraseData(w.t.Context(), "club", li, []avow.Datum{"shoe"})
			return err
		}, "open: records done · files done · key done · backups done unreadable · app waiting · recipient not-needed nobody-received"},
		{"corrected", func(w *world) error {
			_, err := w.Correct(w.t.Context(), "club", li, []gate.Item{item("email", "wei@mail.example")})
			return err
		}, "open: records done · backups not-needed kept-in-backups · app not-needed nothing-held · host waiting"},
		{"restricted", func(w *world) error {
			_, _, err := w.Ask(w.t.Context(), "club", li, &gate.Asking{Right: "restrict"})
			return err
		}, "open: records done · backups not-needed noted · app waiting · host waiting"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w, given := handedOver(t, true)
			must(t, c.do(w))
			m := w.fulfilled()
			if got := stand(&m); got != c.want {
				t.Fatalf("got  %s\nwant %s", got, c.want)
			}
			own, err := w.OwnFulfilments(t.Context(), "club", li)
			if must(t, err); len(own) != 1 || own[0].ID != m.ID {
				t.Fatalf("the person sees %+v", own)
			}
			n := number(&m, gate.StoreRecipient)
			if m.Body.Steps[n].State != gate.StepWaiting {
				if w.next() != nil {
					t.Error("somebody is told")
				}
				return
			}
			d := w.next()
			told, err := envelope.ReadTelling(d.Payload)
			if must(t, err); len(told.HandOvers) != 1 || told.HandOvers[0] != given {
				t.Errorf("%+v", told)
			}
			w.settle(d, gate.Sent)
			// The person reads it among what was done with their data.
			traced, _, err := w.Traced(t.Context(), "club", li, 0, 1)
			if must(t, err); len(traced) != 1 || traced[0].Leaf.Kind != evidence.ToldOn || traced[0].Leaf.Recipient != "host" {
				t.Errorf("%+v", traced)
			}
		})
	}
}

// TestTellingFails: a webhook that is down is tried for three days, then it is a matter of
// an officer, who tries it again or tells by hand.
func TestTellingFails(t *testing.T) {
	t.Parallel()
	w, given := handedOver(t, true)
	_, err := w.Erase(t.Context(), "club", li)
	must(t, err)
	m := w.fulfilled()
	n := number(&m, gate.StoreRecipient)
	if _, _, err := w.RetryStep(t.Context(), "club", m.ID, n, ann); avow.CodeOf(err) != avow.Conflict {
		t.Errorf("while it waits: %v", err)
	}
	by := &gate.ToldByHand{On: w.clock(), Channel: "phone"}
	if _, _, err := w.TellByHand(t.Context(), "club", m.ID, n, ann, by); avow.CodeOf(err) != avow.Conflict {
		t.Errorf("by hand while it waits: %v", err)
	}
	tried := 0
	for range 2 * gate.MostTries {
		d := w.next()
		if d != nil {
			tried++
			w.settle(d, gate.Later)
		}
		w.pass(7 * time.Hour)
	}
	m = w.fulfilled()
	s := m.Body.Steps[n]
	if s.State != gate.StepFailed || s.Why != "unreachable" || tried == 0 || s.Leaf == [16]byte{} {
		t.Fatalf("after %d tries: %+v", tried, s)
	}
	if l := w.last(); l.Kind != evidence.ToldOn || l.Verdict != avow.Refuse || l.ID != s.Leaf {
		t.Errorf("the evidence: %+v", l)
	}
	m, _, err = w.RetryStep(t.Context(), "club", m.ID, n, ann)
	if must(t, err); m.Body.Steps[n].State != gate.StepWaiting || m.Body.Steps[n].Way != "webhook" {
		t.Fatalf("%+v", m.Body.Steps[n])
	}
	d := w.next()
	told, err := envelope.ReadTelling(d.Payload)
	if must(t, err); told.HandOvers[0] != given {
		t.Errorf("%+v", told)
	}
	w.settle(d, gate.Dead)
	if m = w.fulfilled(); m.Body.Steps[n].Why != "gone" {
		t.Errorf("%+v", m.Body.Steps[n])
	}
	for _, bad := range []gate.ToldByHand{{Channel: "phone"}, {On: w.clock().Add(time.Hour), Channel: "phone"}, {On: w.clock(), Channel: "pigeon"}, {On: w.clock(), Channel: "phone", Answer: strings.Repeat("x", 1001)}} {
		if _, _, err := w.TellByHand(t.Context(), "club", m.ID, n, ann, &bad); avow.CodeOf(err) != avow.Invalid {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	by.On = w.clock()
	m, _, err = w.TellByHand(t.Context(), "club", m.ID, n, ann, by)
	must(t, err)
	if s := m.Body.Steps[n]; s.State != gate.StepDone || s.ByHand == nil || s.ByHand.By.Person != ann.Person || w.last().Verdict != avow.Allow {
		t.Errorf("%+v", s)
	}
	by.Answer = "done on the 3rd"
	if m, _, err = w.TellByHand(t.Context(), "club", m.ID, n, bo, by); err != nil || m.Body.Steps[n].ByHand.Answer == "" {
		t.Errorf("their answer: %+v, %v", m.Body.Steps[n], err)
	}
}

// TestTellingByHand: without a webhook an officer opens whom it is about, which leaves
// evidence, until everybody was told.
func TestTellingByHand(t *testing.T) {
	t.Parallel()
	w, given := handedOver(t, false)
	_, err := w.Erase(t.Context(), "club", li)
	must(t, err)
	m := w.fulfilled()
	n, app := number(&m, gate.StoreRecipient), number(&m, gate.StoreApp)
	if m.Body.Steps[n].Way != "hand" || m.Body.Steps[n].Why != "no-webhook" || w.next() != nil {
		t.Fatalf("%+v", m.Body.Steps[n])
	}
	if _, _, err := w.RetryStep(t.Context(), "club", m.ID, n, ann); avow.CodeOf(err) != avow.Conflict {
		t.Errorf("without a webhook: %v", err)
	}
	if _, err := w.OpenFulfilment(t.Context(), "club", m.ID, ann, nil); avow.CodeOf(err) != avow.Forbidden {
		t.Errorf("without a reason: %v", err)
	}
	full, err := w.OpenFulfilment(t.Context(), "club", m.ID, ann, why(gate.WhyRequest))
	must(t, err)
	if full.Body.Ref != li || len(full.Body.Steps[n].HandOvers) != 1 || full.Body.Steps[n].HandOvers[0].ID != hex.EncodeToString(given[:]) || w.last().Kind != evidence.OpeningStep {
		t.Errorf("%+v", full.Body)
	}
	m, _, err = w.TellByHand(t.Context(), "club", m.ID, n, ann, &gate.ToldByHand{On: w.clock(), Channel: "mail"})
	must(t, err)
	if full, err = w.OpenFulfilment(t.Context(), "club", m.ID, ann, why(gate.WhyRequest)); err != nil || len(full.Body.Steps[n].HandOvers) != 0 || full.Body.Ref != li {
		t.Errorf("while the application waits: %+v, %v", full.Body, err)
	}
	_, err = w.AnswerAppStep(t.Context(), "club", m.ID, gate.AppKeeps, "app")
	must(t, err)
	if m = w.fulfilled(); m.State != "open" || m.Body.Steps[app].State != gate.StepFailed || m.Body.Steps[app].Why != gate.AppKeeps {
		t.Errorf("%s", stand(&m))
	}
	m, _, err = w.RetryStep(t.Context(), "club", m.ID, app, bo)
	must(t, err)
	if steps, err := w.AppSteps(t.Context(), "club", "", 10); err != nil || len(steps) != 1 || steps[0].Subject != li {
		t.Errorf("%+v, %v", steps, err)
	}
	_, err = w.AnswerAppStep(t.Context(), "club", m.ID, gate.AppNothing, "app")
	must(t, err)
	if m = w.fulfilled(); m.State != "done" {
		t.Error(stand(&m))
	}
}

// TestNobodyActs: whom it is about is not kept for ever, also if nobody does anything.
func TestNobodyActs(t *testing.T) {
	t.Parallel()
	w, _ := handedOver(t, false)
	_, err := w.Erase(t.Context(), "club", li)
	must(t, err)
	w.pass(366 * 24 * time.Hour)
	w.sweep()
	m := w.fulfilled()
	if got := stand(&m); got != "open: records done · files not-needed nothing-held · key done · backups done unreadable · app failed too-late · host failed too-late" {
		t.Error(got)
	}
	full, err := w.OpenFulfilment(t.Context(), "club", m.ID, ann, why(gate.WhyRequest))
	if must(t, err); full.Body.Ref != "" {
		t.Errorf("%+v", full.Body)
	}
	n := number(&m, gate.StoreRecipient)
	if _, _, err := w.RetryStep(t.Context(), "club", m.ID, n, ann); avow.CodeOf(err) != avow.Conflict {
		t.Errorf("tried again: %v", err)
	}
}

// TestBackupsAge: backups are done when the last is gone in which it stands.
func TestBackupsAge(t *testing.T) {
	t.Parallel()
	w := setupConfig(t, house(t), gate.Config{BackupsKept: 30 * 24 * time.Hour})
	w.handOver(true)
	_, err := w.Correct(t.Context(), "club", li, []gate.Item{item("email", "wei@mail.example")})
	must(t, err)
	w.settle(w.next(), gate.Sent)
	m := w.fulfilled()
	n := number(&m, gate.StoreBackups)
	if s := m.Body.Steps[n]; m.State != "done" || s.State != gate.StepWaiting || !s.Until.Equal(w.clock().Add(30*24*time.Hour)) {
		t.Fatalf("%s: %+v", m.State, s)
	}
	w.pass(30*24*time.Hour - time.Second)
	w.sweep()
	if m = w.fulfilled(); m.Body.Steps[n].State != gate.StepWaiting {
		t.Errorf("too early: %+v", m.Body.Steps[n])
	}
	w.pass(time.Second)
	w.sweep()
	if m = w.fulfilled(); m.Body.Steps[n].State != gate.StepDone || m.Body.Steps[n].Leaf == [16]byte{} {
		t.Errorf("%+v", m.Body.Steps[n])
	}
}

// TestTellingAtRest: nothing of whom it is about stands in clear.
func TestTellingAtRest(t *testing.T) {
	t.Parallel()
	w, _ := handedOver(t, true)
	_, err := w.Erase(t.Context(), "club", li)
	must(t, err)
	must(t, w.store.Close())
	err = filepath.WalkDir(w.dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		if bytes.Contains(raw, []byte(li)) {
			t.Errorf("%s names the person", filepath.Base(path))
		}
		return err
	})
	must(t, err)
}

// TestEveryCommitOfATellingFailsOnce: whichever write fails, and whether or not it took
// effect, after a restart the recipient is told and the application asked.
func TestEveryCommitOfATellingFailsOnce(t *testing.T) {
	t.Parallel()
	for what, act := range map[string]func(*world) error{
		"erase": func(w *world) error { _, err := w.Erase(w.t.Context(), "club", li); return err },
		"erase-data": func(w *world) error {
			_, err := w.EraseData(w.t.Context(), "club", li, []avow.Datum{"email", "shoe"})
			return err
		},
		"restrict": func(w *world) error {
			_, _, err := w.Ask(w.t.Context(), "club", li, &gate.Asking{Right: "restrict"})
			return err
		},
	} {
		for _, effect := range []bool{false, true} {
			for n := 1; n <= 7; n++ {
				t.Run(fmt.Sprintf("%s, commit %d, effect %t", what, n, effect), func(t *testing.T) {
					t.Parallel()
					broken := &breaking{}
					w := setupProgram(t, house(t))
					w.wrap = func(s gate.Store) gate.Store { broken.Store = s; return broken }
					w.restart()
					given := w.handOver(true)
					broken.failAt(n, effect)
					failed := act(w)
					for range 3 { // deliver, as far as it goes
						if due, err := w.DueMessages(t.Context(), "club", 10); err == nil && len(due) > 0 {
							if d, err := w.TakeMessage(t.Context(), due[0]); err == nil && d != nil {
								_ = w.SettleMessage(t.Context(), d, gate.Sent)
							}
						}
					}
					w.wrap = nil
					w.restart()
					w.sweep()
					all, err := w.Fulfilments(t.Context(), "club", "", 10, false)
					must(t, err)
					if len(all) == 0 {
						if failed == nil || w.count(evidence.EraseIntended)+w.count(evidence.Restricted) > 0 {
							t.Fatalf("it was done (%v), and nobody is told", failed)
						}
						return
					}
					w.pass(time.Hour) // a lease of before is over
					if d := w.next(); d != nil {
						told, err := envelope.ReadTelling(d.Payload)
						if must(t, err); len(told.HandOvers) != 1 || told.HandOvers[0] != given {
							t.Errorf("%+v", told)
						}
						w.settle(d, gate.Sent)
					}
					if steps, err := w.AppSteps(t.Context(), "club", "", 10); err != nil || len(steps) != 1 || steps[0].Subject != li {
						t.Errorf("%+v, %v", steps, err)
					}
					_, err = w.AnswerAppStep(t.Context(), "club", all[0].ID, gate.AppDone, "app")
					must(t, err)
					if m := w.fulfilled(); m.State != "done" || len(all) != 1 || w.count(evidence.ToldOn) == 0 {
						t.Errorf("%d: %s", len(all), stand(&m))
					}
				})
			}
		}
	}
}

package gate_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"golang.org/x/mod/sumdb/note"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/gate"
	"avow.dev/ledger"
)

// successor is a company with keys of its own.
type successor struct {
	id     *age.X25519Identity
	key    ledger.Key
	signer note.Signer
}

func newSuccessor(t testing.TB) *successor {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	must(t, err)
	key, err := ledger.NewKey(rand.Reader, "acme.example")
	must(t, err)
	signer, err := key.Signer()
	must(t, err)
	return &successor{id, key, signer}
}

// takes is the succession of a successor that signed a text.
func (c *successor) takes(t testing.TB, w *world, h avow.Hash) *gate.Succeeding {
	t.Helper()
	s := &gate.Succeeding{Rule: "sold", Case: "sale", Recipient: "heir", Name: "Acme Ltd", Document: strings.Repeat("ad", 32), Key: c.id.Recipient().String(), Signer: c.key.Public(),
		Notice: strings.Repeat("ae", 32), Told: w.clock().Add(-time.Hour)}
	signed, err := note.Sign(&note.Note{Text: gate.Binding("club", h, s)}, c.signer)
	must(t, err)
	s.Signed = string(signed)
	return s
}

func (w *world) agreed(s *gate.Succeeding) gate.Succession {
	w.t.Helper()
	m, _, err := w.ProposeSuccession(w.t.Context(), "club", ann, s)
	must(w.t, err)
	what, err := m.Body.Digest()
	must(w.t, err)
	for _, by := range []gate.Officer{bo, cleo} {
		m, _, err = w.ApproveSuccession(w.t.Context(), "club", m.ID, by, what)
		must(w.t, err)
	}
	if m.State != "approved" {
		w.t.Fatalf("after two approvals: %s", m.State)
	}
	return m
}

// openPage reads what only the successor can.
func (c *successor) openPage(t testing.TB, sealed []byte) (all []gate.Heir) {
	t.Helper()
	r, err := age.Decrypt(bytes.NewReader(sealed), c.id)
	must(t, err)
	raw, err := io.ReadAll(r)
	must(t, err)
	for line := range strings.Lines(string(raw)) {
		var h gate.Heir
		must(t, json.Unmarshal([]byte(line), &h))
		all = append(all, h)
	}
	return all
}

func saleWorld(t testing.TB) *world {
	t.Helper()
	raw, err := os.ReadFile("testdata/club.yaml")
	must(t, err)
	w := setupProgram(t, compileText(t, bytes.Replace(raw, []byte("requires: [same-policy, notice]}"), []byte("requires: [same-policy, notice], else: consents-reset}"), 1)))
	for i, name := range []avow.SubjectRef{"li", "wang", "zhao"} {
		w.join(name, string(name)+"@mail.example", fmt.Sprintf("1380000%04d", i))
		_, err := w.Agree(t.Context(), "club", name, &gate.Agreement{Choices: []gate.ChoiceEvent{{Choice: "offers", State: avow.Given}}})
		must(t, err)
	}
	return w
}

func (w *world) transferMail(ref avow.SubjectRef) error {
	_, err := w.Transfer(w.t.Context(), &avow.Request{Policy: "club", Subject: ref, Data: []avow.Datum{"email"}, Purpose: "manage-account", Recipient: "heir"})
	return err
}

func TestABoundSuccessorGetsEverybodySealed(t *testing.T) {
	t.Parallel()
	w := saleWorld(t)
	c := newSuccessor(t)
	wants(t, w.transferMail("li"), avow.SuccessorUnbound, avow.NoticeMissing)
	m := w.agreed(c.takes(t, w, w.program.Hash()))
	must(t, w.transferMail("li"))
	_, err := w.Erase(t.Context(), "club", "zhao")
	must(t, err)

	out, err := w.MoveOn(t.Context(), "club", m.ID, ann, false)
	must(t, err)
	if bytes.Contains(out.Sealed, []byte("li@mail.example")) || out.Succession.State != "done" || out.Succession.Body.Moving.People != 2 {
		t.Fatalf("%s, %d people", out.Succession.State, out.Succession.Body.Moving.People)
	}
	heirs := c.openPage(t, out.Sealed)
	if len(heirs) != 2 || heirs[0].Subject != "li" || heirs[0].Hash != w.program.Hash() || heirs[0].Items[0].Value != "li@mail.example" || heirs[0].Choices[0].State != "given" {
		t.Errorf("%+v", heirs)
	}
	if l := w.leafAt(out.Receipt.Index); l.Kind != evidence.SuccessionStep || l.Count != 2 || l.Detail != out.Succession.Body.Moving.Chain {
		t.Errorf("evidence of the whole: %+v", l)
	}
	moved := 0
	for i := range out.Receipt.Index {
		if l := w.leafAt(i); l.Kind == evidence.Moved && l.Verdict == avow.Allow && l.Hash == w.program.Hash() {
			moved++
		}
	}
	if moved != 3 { // li alone, and then li and wang
		t.Errorf("%d leaves of people", moved)
	}
	wants(t, w.transferMail("li"), avow.SuccessorUnbound, avow.NoticeMissing) // the way closed behind it
	if _, err := w.MoveOn(t.Context(), "club", m.ID, ann, false); avow.CodeOf(err) != avow.Conflict {
		t.Errorf("moved on after the end: %v", err)
	}
}

func TestAPolicyChangeEndsABinding(t *testing.T) {
	t.Parallel()
	w := saleWorld(t)
	c := newSuccessor(t)
	m := w.agreed(c.takes(t, w, w.program.Hash()))
	must(t, w.Replace(t.Context(), compile(t, "testdata/club.yaml")))
	if _, err := w.MoveOn(t.Context(), "club", m.ID, ann, false); avow.CodeOf(err) != avow.Conflict {
		t.Errorf("moved under another text: %v", err)
	}
	p, err := w.Program("club")
	must(t, err)
	_, err = w.Agree(t.Context(), "club", "li", &gate.Agreement{Policy: p.Hash(), Accept: true, Gesture: "accept-button"})
	must(t, err)
	wants(t, w.transferMail("li"), avow.SuccessorUnbound, avow.NoticeMissing)
}

func TestUnboundSuccessorsHaveEveryYesTakenOut(t *testing.T) {
	t.Parallel()
	w := saleWorld(t)
	s := newSuccessor(t).takes(t, w, w.program.Hash())
	s.Key, s.Signer, s.Signed = "", "", ""
	m := w.agreed(s)
	wants(t, w.transferMail("li"), avow.SuccessorUnbound, avow.NoticeMissing)
	out, err := w.MoveOn(t.Context(), "club", m.ID, bo, false)
	must(t, err)
	if len(out.Sealed) != 0 || out.Succession.Body.Moving.People != 3 {
		t.Errorf("%d bytes left, %d people", len(out.Sealed), out.Succession.Body.Moving.People)
	}
	for _, ref := range []avow.SubjectRef{"li", "wang", "zhao"} {
		st, err := w.Standing(t.Context(), "club", ref)
		must(t, err)
		if c, _ := st.Choice("offers"); c.State != avow.NotAsked {
			t.Errorf("%s: %s", ref, c.State)
		}
	}
}

func TestSuccessionsAreApprovedByTwoOthers(t *testing.T) {
	t.Parallel()
	w := saleWorld(t)
	c := newSuccessor(t)
	m, _, err := w.ProposeSuccession(t.Context(), "club", ann, c.takes(t, w, w.program.Hash()))
	must(t, err)
	what, err := m.Body.Digest()
	must(t, err)
	approve := func(by gate.Officer, what [32]byte, want avow.Code) {
		t.Helper()
		if _, _, err := w.ApproveSuccession(t.Context(), "club", m.ID, by, what); want == "" && err != nil || want != "" && avow.CodeOf(err) != want {
			t.Errorf("%+v: %v, want %q", by, err, want)
		}
		wants(t, w.transferMail("li"), avow.SuccessorUnbound, avow.NoticeMissing)
		if _, err := w.MoveOn(t.Context(), "club", m.ID, bo, false); avow.CodeOf(err) != avow.Conflict {
			t.Errorf("moved: %v", err)
		}
	}
	approve(ann, what, avow.Forbidden)
	approve(ann2, what, avow.Forbidden)
	approve(gate.Officer{}, what, avow.Forbidden)
	approve(bo, [32]byte{1}, avow.Conflict)
	approve(bo, what, "")
	approve(bo, what, avow.Conflict)
	approve(gate.Officer{Person: "bo", Via: "token-8"}, what, avow.Conflict)
	_, _, err = w.WithdrawSuccession(t.Context(), "club", m.ID, bo)
	must(t, err)
	approve(cleo, what, avow.Conflict)
}

func TestSuccessorsThatAreNotBound(t *testing.T) {
	t.Parallel()
	w := saleWorld(t)
	c, other := newSuccessor(t), newSuccessor(t)
	for name, change := range map[string]func(*gate.Succeeding){
		"another text":     func(s *gate.Succeeding) { *s = *c.takes(t, w, avow.Hash("sha256:"+strings.Repeat("00", 32))) },
		"another signer":   func(s *gate.Succeeding) { s.Signer = other.key.Public() },
		"another name":     func(s *gate.Succeeding) { s.Name = "Evil Ltd" },
		"another key":      func(s *gate.Succeeding) { s.Key = other.id.Recipient().String() },
		"no key":           func(s *gate.Succeeding) { s.Key = "age1nothing" },
		"an altered note":  func(s *gate.Succeeding) { s.Signed = strings.Replace(s.Signed, "Acme", "Akme", 1) },
		"two lines":        func(s *gate.Succeeding) { s.Name = "Acme\nkey: x" },
		"another case":     func(s *gate.Succeeding) { s.Case = "merger" },
		"another rule":     func(s *gate.Succeeding) { s.Rule = "share-map" },
		"not a successor":  func(s *gate.Succeeding) { s.Recipient = "host" },
		"nobody told":      func(s *gate.Succeeding) { s.Told = time.Time{} },
		"to be told":       func(s *gate.Succeeding) { s.Told = w.clock().Add(time.Hour) },
		"told in no words": func(s *gate.Succeeding) { s.Notice = "" },
		"no deed":          func(s *gate.Succeeding) { s.Document = "" },
	} {
		s := c.takes(t, w, w.program.Hash())
		change(s)
		if _, _, err := w.ProposeSuccession(t.Context(), "club", ann, s); avow.CodeOf(err) != avow.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAPageIsRepeatedAndResumed(t *testing.T) {
	t.Parallel()
	w := saleWorld(t)
	for i := range 260 { // more than a page
		w.join(avow.SubjectRef(fmt.Sprintf("person-%d", i)), fmt.Sprintf("p%d@mail.example", i), fmt.Sprintf("1390000%04d", i))
	}
	c := newSuccessor(t)
	m := w.agreed(c.takes(t, w, w.program.Hash()))
	first, err := w.MoveOn(t.Context(), "club", m.ID, ann, false)
	must(t, err)
	w.restart()
	again, err := w.MoveOn(t.Context(), "club", m.ID, bo, true)
	must(t, err)
	a, b := c.openPage(t, first.Sealed), c.openPage(t, again.Sealed)
	if len(a) == 0 || len(a) != len(b) || a[0].Subject != b[0].Subject || again.Succession.Body.Moving != first.Succession.Body.Moving {
		t.Fatalf("%d and %d people", len(a), len(b))
	}
	seen := len(a)
	for out := first; out.Succession.State != "done"; {
		out, err = w.MoveOn(t.Context(), "club", m.ID, ann, false)
		must(t, err)
		if len(out.Sealed) > 0 {
			seen += len(c.openPage(t, out.Sealed))
		}
		first = out
	}
	if seen != 263 || first.Succession.Body.Moving.People != 263 {
		t.Errorf("%d people handed over, %d counted", seen, first.Succession.Body.Moving.People)
	}
}

package gate_test

import (
	"bytes"
	"encoding/binary"
	"testing"

	"avow.dev"
	"avow.dev/gate"
)

// parts takes a row apart: the beginning up to the sealed standing, and the rest.
func parts(t *testing.T, row gate.Row) (head, rest []byte) {
	t.Helper()
	at := 0
	number := func() uint64 {
		n, k := binary.Uvarint(row.Body[at:])
		if k <= 0 {
			t.Fatal("the row is malformed")
		}
		at += k
		return n
	}
	number() // the format
	number() // the key
	at += int(number())
	return row.Body[:at], row.Body[at:]
}

// TestNoPartOfARowIsOlder: whoever can write the database cannot put one value of a person
// back, or bring back what is hidden, or take away when something was collected; the row
// as a whole they can, and the log tells that.
func TestNoPartOfARowIsOlder(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.join("li", "li@mail.example", "+8613800001111")
	before, ok, err := w.store.Load(t.Context(), 1)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	_, err = w.CorrectAs(t.Context(), "club", "li", []gate.Item{item("phone", "+8613800002222")}, gate.Proven{Officer: true})
	must(t, err)
	now, _, err := w.store.Load(t.Context(), 1)
	must(t, err)
	head, rest := parts(t, now)
	_, older := parts(t, before)
	dropped := rest[:len(rest)-1] // the count of requests
	for name, with := range map[string][]byte{"an older value": older, "cut": dropped, "longer": append(bytes.Clone(rest), 0), "another word": bytes.Replace(bytes.Clone(rest), []byte("sign-up"), []byte("sign-in"), 1), "another person's word": bytes.Replace(bytes.Clone(rest), []byte("phone"), []byte("email"), 1)} {
		if bytes.Equal(with, rest) {
			continue // the word does not stand there
		}
		spoilt := now
		spoilt.Body = append(bytes.Clone(head), with...)
		replaced(t, w, spoilt)
		if _, err := w.read("li", "phone"); err == nil || avow.CodeOf(err) != avow.Internal {
			t.Errorf("%s: %v", name, err)
		}
		replaced(t, w, now)
		if _, err := w.read("li", "phone"); err != nil {
			t.Fatalf("the row itself: %v", err)
		}
	}
}

// replaced puts a row in place of the stored one, with its very version, as a hand does
// that writes the file.
func replaced(t *testing.T, w *world, row gate.Row) {
	t.Helper()
	stored, _, err := w.store.Load(t.Context(), row.SID)
	must(t, err)
	_, err = w.store.Commit(t.Context(), &gate.Change{Policy: "club", Drop: &stored})
	must(t, err)
	_, err = w.store.Commit(t.Context(), &gate.Change{Policy: "club", Insert: &row})
	must(t, err)
}

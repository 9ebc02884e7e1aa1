package gate_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/gate"
	"avow.dev/vault"
)

// Erasing single data moves everything else to a new key and destroys the old one,
// so that no backup gives the erased values back.
func TestEraseDataChangesTheKey(t *testing.T) {
	t.Parallel()
	w := setupProgram(t, house(t, ", every: 5m", ""))
	must(t, w.joinHouse("li", item("email", "li@mail.example"), item("phone", "13800001111"), item("name", "Li")))
	for i := range 300 { // more than one page of items
		w.pass(time.Second)
		if i%100 == 0 {
			w.say("li", "offers", avow.Given)
		}
		_, err := w.Collect(t.Context(), &gate.Collecting{Request: avow.Request{Policy: "club", Subject: "li", Purpose: "show-walks", Point: "profile-page", Feature: "walks", Source: "device"},
			Items: []gate.Item{item("steps", fmt.Sprint(i))}})
		must(t, err)
	}
	_, err := w.EraseData(t.Context(), "club", "li", []avow.Datum{"phone", "password"})
	must(t, err)
	if _, err := w.keys.Key(1); !errors.Is(err, vault.ErrErased) {
		t.Errorf("the old key: %v", err)
	}
	if _, err := w.keys.Key(2); err != nil {
		t.Errorf("the new key: %v", err)
	}
	c, err := w.Access(t.Context(), "club", "li")
	must(t, err)
	held := make(map[avow.Datum]int)
	for _, h := range c.Held {
		held[h.Datum]++
	}
	if held["email"] != 1 || held["name"] != 1 || held["phone"] != 0 || held["steps"] != 300 || len(c.Events) != 3 {
		t.Errorf("held %v, %d events", held, len(c.Events))
	}
	intended := w.leaves()[len(w.leaves())-3]
	done := w.leaves()[len(w.leaves())-2]
	if intended.Kind != evidence.EraseIntended || intended.Count != 1 || done.Kind != evidence.EraseDone || done.Done != intended.ID {
		t.Errorf("evidence %+v, %+v", intended, done)
	}
	// Nothing to erase is no error, and costs no key.
	before, err := w.keys.Settle(0)
	must(t, err)
	_, err = w.EraseData(t.Context(), "club", "li", []avow.Datum{"phone"})
	must(t, err)
	next, err := w.keys.Take(t.Context())
	must(t, err)
	if next.SID() != before+1 {
		t.Errorf("%d keys for nothing", next.SID()-before-1)
	}
	w.keys.GiveBack(next)
	w.restart()
	if got := w.has("li", "steps"); len(got) != 300 {
		t.Errorf("%d samples after a restart", len(got))
	}
}

// The sweep destroys the key under which what is over was sealed.
func TestExpiryChangesTheKey(t *testing.T) {
	t.Parallel()
	w := setupProgram(t, house(t))
	w.play("accept · collect steps=12 show-walks profile-page walks · collect name=Li manage-account sign-up account · sweep@25h · holds steps · holds name Li")
	if _, err := w.keys.Key(1); !errors.Is(err, vault.ErrErased) {
		t.Errorf("the old key: %v", err)
	}
}

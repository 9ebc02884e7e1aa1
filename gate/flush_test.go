package gate_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/disk"
	"avow.dev/internal/engine/journal"
)

// An erasure takes the same flushes whatever the person holds: the intention, the
// key, the completion, one after the other, and the note in the journal beside the
// key. The test runs alone, since it counts the flushes of the whole process.
func TestErasureFlushes(t *testing.T) {
	notes, err := journal.Open(filepath.Join(t.TempDir(), "journal"))
	must(t, err)
	t.Cleanup(func() { must(t, notes.Close()) })
	w := setupConfig(t, house(t, ", every: 5m", ""), gate.Config{Journal: notes})
	must(t, w.joinHouse("first", item("email", "first@mail.example")))
	_, err = w.Erase(t.Context(), "club", "first") // which opens the office too
	must(t, err)
	for person, samples := range map[avow.SubjectRef]int{"few": 0, "many": 300} {
		must(t, w.joinHouse(person, item("email", string(person)+"@mail.example")))
		for n := range samples {
			_, err := w.Collect(t.Context(), &gate.Collecting{Request: avow.Request{Policy: "club", Subject: person, Purpose: "show-walks", Point: "profile-page", Feature: "walks", Source: "device"},
				Items: []gate.Item{item("steps", fmt.Sprint(n))}})
			must(t, err)
		}
		before := disk.Flushes()
		_, err := w.Erase(t.Context(), "club", person)
		must(t, err)
		if got := disk.Flushes() - before; got != 4 {
			t.Errorf("%s: %d flushes, want 3 one after the other and 1 beside", person, got)
		}
	}
}

// A registration waits for one flush, that of the store: its key was made ahead, with
// those of others. Runs alone, like the test above.
func TestRegistrationFlushes(t *testing.T) {
	w := setupProgram(t, house(t))
	join := func(n int) {
		t.Helper()
		must(t, w.joinHouse(avow.SubjectRef(fmt.Sprint("person ", n)), item("email", fmt.Sprint(n, "@mail.example"))))
	}
	join(0) // which has the first keys made
	for n := 1; n < 4; n++ {
		before := disk.Flushes()
		join(n)
		if got := disk.Flushes() - before; got != 1 {
			t.Errorf("person %d: %d flushes, want that of the store", n, got)
		}
	}
	// Over many people the keys add next to nothing.
	const people = 200
	before := disk.Flushes()
	for n := 4; n < 4+people; n++ {
		join(n)
	}
	if got := disk.Flushes() - before; got > people+6 { // 16, 32, 64, 128 and 128 keys, and room
		t.Errorf("%d flushes for %d people", got, people)
	}
}

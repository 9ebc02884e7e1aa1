package gate_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/vault"
)

// unlucky is a store whose commits of people fail again and again: without effect, after
// they took effect, as if somebody had been faster, as if a value were taken, and because the
// caller gives up while it commits.
type unlucky struct {
	gate.Store
	calm  atomic.Bool
	count atomic.Int64
}

type cancelKey struct{}

func (u *unlucky) Commit(ctx context.Context, c *gate.Change) (int64, error) {
	if u.calm.Load() || c.Insert == nil && c.Update == nil {
		return u.Store.Commit(ctx, c)
	}
	switch u.count.Add(1) % 12 {
	case 1:
		return 0, errDisk
	case 3:
		if _, err := u.Store.Commit(ctx, c); err != nil {
			return 0, err
		}
		return 0, errDisk
	case 5:
		return 0, gate.ErrChanged
	case 7:
		return 0, gate.ErrTaken
	case 9:
		if cancel, ok := ctx.Value(cancelKey{}).(context.CancelFunc); ok {
			cancel()
		}
	}
	return u.Store.Commit(ctx, c)
}

// slots are the numbers of the keys of all people, by number of the person. No two may
// have one.
func (w *world) slots() map[int64]uint64 {
	w.t.Helper()
	end, err := w.store.NextSubject(context.Background(), 0)
	must(w.t, err)
	out, owner := map[int64]uint64{}, map[uint64]int64{}
	for sid := int64(1); sid < end; sid++ {
		row, ok, err := w.store.Load(context.Background(), sid)
		must(w.t, err)
		if !ok {
			continue
		}
		_, n := binary.Uvarint(row.Body) // the format
		slot, m := binary.Uvarint(row.Body[n:])
		if m <= 0 || slot == 0 {
			w.t.Fatalf("person %d has no key", sid)
		}
		if other, two := owner[slot]; two {
			w.t.Errorf("people %d and %d have key %d", other, sid, slot)
		}
		out[sid], owner[slot] = slot, sid
	}
	return out
}

// Property: whatever becomes of a registration, no two people ever have one key. Erasing
// half of them leaves the others open.
func TestNoTwoPeopleHaveOneKey(t *testing.T) {
	t.Parallel()
	w := setupProgram(t, house(t))
	u := &unlucky{}
	w.wrap = func(s gate.Store) gate.Store { u.Store = s; return u }
	w.journalled() // what is said is written there before it is committed
	const callers, each = 8, 24
	var all sync.WaitGroup
	var joined sync.Map
	for c := range callers {
		all.Go(func() {
			for i := range each {
				ctx, cancel := context.WithCancel(t.Context())
				ctx = context.WithValue(ctx, cancelKey{}, cancel)
				own := avow.SubjectRef(fmt.Sprint("own ", c, " ", i))
				mail := fmt.Sprint(c, "-", i, "@mail.example")
				req := avow.Request{Policy: "club", Subject: own, Purpose: "manage-account", Point: "sign-up", Feature: "account", Source: "person"}
				agree := w.accept()
				var err error
				switch i % 6 {
				case 0: // refused, after their choices were sealed
					req.Purpose = "show-walks"
					agree.Choices = []gate.ChoiceEvent{{Choice: "offers", State: avow.Given}}
					_, err = w.Collect(ctx, &gate.Collecting{Request: req, Items: []gate.Item{item("email", mail)}, Agree: agree})
					if err == nil {
						t.Error("let in")
					}
				case 1: // everybody at once
					req.Subject = avow.SubjectRef(fmt.Sprint("all ", i))
					_, err = w.Collect(ctx, &gate.Collecting{Request: req, Items: []gate.Item{item("name", "Li")}, Agree: agree})
				case 2: // with a no, which goes into the journal
					agree.Choices = []gate.ChoiceEvent{{Choice: "offers", State: avow.Refused}}
					_, err = w.Collect(ctx, &gate.Collecting{Request: req, Items: []gate.Item{item("email", mail)}, Agree: agree})
				case 3: // a file comes before anything is committed
					_, err = w.CollectFile(ctx, &gate.CollectingFile{Request: req, Datum: "paper", Content: bytes.NewReader([]byte("content")), ContentType: "application/pdf", Agree: agree})
				case 4: // and some of what was said goes, so that the rest gets another key
					_, err = w.Collect(ctx, &gate.Collecting{Request: req, Items: []gate.Item{item("email", mail), item("phone", fmt.Sprintf("138%08d", c*each+i/12))}, Agree: agree})
					if err == nil {
						_, err = w.EraseData(ctx, "club", own, []avow.Datum{"phone"})
					}
				default: // the caller gives up at some time
					if i%12 == 5 {
						go cancel()
					}
					_, err = w.Collect(ctx, &gate.Collecting{Request: req, Items: []gate.Item{item("email", mail)}, Agree: agree})
				}
				cancel()
				if err == nil {
					joined.Store(req.Subject, true)
				}
			}
		})
	}
	all.Wait()
	u.calm.Store(true)
	w.slots()
	w.restart()
	before := w.slots()
	if len(before) < callers {
		t.Fatalf("only %d people came", len(before))
	}
	n, erased := 0, map[avow.SubjectRef]bool{}
	joined.Range(func(ref, _ any) bool {
		if n++; n%2 == 0 {
			_, err := w.Erase(t.Context(), "club", ref.(avow.SubjectRef))
			must(t, err)
			erased[ref.(avow.SubjectRef)] = true
		}
		return true
	})
	joined.Range(func(ref, _ any) bool {
		_, err := w.Access(t.Context(), "club", ref.(avow.SubjectRef))
		if erased[ref.(avow.SubjectRef)] != (avow.CodeOf(err) == avow.Unknown && err != nil) {
			t.Errorf("%s, erased %v: %v", ref, erased[ref.(avow.SubjectRef)], err)
		}
		return true
	})
	done, err := w.Reconcile(t.Context(), "club", gate.Reconciling{})
	if err != nil || done.Erased != 0 || done.Lost != 0 {
		t.Errorf("%+v, %v", done, err)
	}
	// Who comes now gets a key that nobody has.
	for i := range 20 {
		must(t, w.joinHouse(avow.SubjectRef(fmt.Sprint("late ", i)), item("name", "Li")))
	}
	w.slots()
}

// Whoever is refused, or gives up, uses up no key, however often they come.
func TestRefusedStrangerUsesUpNoKey(t *testing.T) {
	t.Parallel()
	w := setupProgram(t, house(t))
	before, err := w.keys.Settle(0)
	must(t, err)
	for i := range 300 {
		agree := w.accept()
		agree.Choices = []gate.ChoiceEvent{{Choice: "offers", State: avow.Given}}
		_, err := w.Collect(t.Context(), &gate.Collecting{
			Request: avow.Request{Policy: "club", Subject: avow.SubjectRef(fmt.Sprint("stranger ", i)), Purpose: "show-walks", Point: "sign-up", Feature: "account", Source: "person"},
			Items:   []gate.Item{item("email", "li@mail.example")}, Agree: agree,
		})
		if !isRefusal(err) {
			t.Fatal(err)
		}
	}
	must(t, w.joinHouse("li", item("name", "Li")))
	for sid, slot := range w.slots() {
		if slot != before+1 {
			t.Errorf("person %d has key %d after %d", sid, slot, before)
		}
	}
}

// A commit of which nobody knows whether it took effect keeps its key: the next person
// gets another one.
func TestDoubtfulRegistrationKeepsItsKey(t *testing.T) {
	t.Parallel()
	for _, effect := range []bool{false, true} {
		w := setupProgram(t, house(t))
		b := &breaking{}
		w.wrap = func(s gate.Store) gate.Store { b.Store = s; return b }
		w.restart()
		b.failAt(1, effect)
		if err := w.joinHouse("li", item("name", "Li")); err == nil {
			t.Fatal("a failed commit was no error")
		}
		b.failAt(0, false)
		must(t, w.joinHouse("wu", item("name", "Wu")))
		want := 1
		if effect {
			want = 2
		}
		if got := w.slots(); len(got) != want {
			t.Errorf("effect %v: %d people", effect, len(got))
		}
		_, err := w.Erase(t.Context(), "club", "wu")
		must(t, err)
		if effect && len(w.has("li", "name")) != 1 {
			t.Error("one person's erasure took another's data")
		}
	}
}

// Keys that are made ahead are no strays, and those of people who come meanwhile neither.
func TestReconcileKnowsKeysMadeAhead(t *testing.T) {
	t.Parallel()
	w := setupProgram(t, house(t))
	must(t, w.joinHouse("li", item("name", "Li")))
	done, err := w.Reconcile(t.Context(), "club", gate.Reconciling{DestroyStrays: true})
	if err != nil || done.Strays != 0 || done.People != 1 {
		t.Errorf("%+v, %v", done, err)
	}
	stray, err := w.keys.Take(t.Context())
	must(t, err)
	must(t, w.joinHouse("wu", item("name", "Wu")))
	done, err = w.Reconcile(t.Context(), "club", gate.Reconciling{DestroyStrays: true})
	if err != nil || done.Strays != 1 || done.People != 2 {
		t.Errorf("%+v, %v", done, err)
	}
	if _, err := w.keys.Key(stray.SID()); !errors.Is(err, vault.ErrErased) {
		t.Errorf("the stray key: %v", err)
	}
	must(t, w.joinHouse("ma", item("name", "Ma")))
	w.slots()
	for _, ref := range []avow.SubjectRef{"li", "wu", "ma"} {
		if len(w.has(ref, "name")) != 1 {
			t.Errorf("%s is gone", ref)
		}
	}
}

// An object is written before its person is committed: its key is not given to somebody
// else, also if nothing came of the person.
func TestFileOfNobodyKeepsItsKey(t *testing.T) {
	t.Parallel()
	w := setupProgram(t, house(t))
	before, err := w.keys.Settle(0)
	must(t, err)
	_, err = w.CollectFile(t.Context(), &gate.CollectingFile{
		Request: avow.Request{Policy: "club", Subject: "li", Purpose: "manage-account", Point: "profile-page", Feature: "account", Source: "person"},
		Datum:   "paper", Content: bytes.NewReader([]byte("content")), ContentType: "application/pdf", Agree: w.accept(), SHA256: [32]byte{1},
	})
	w.wants(err, "value-malformed")
	must(t, w.joinHouse("wu", item("name", "Wu")))
	for sid, slot := range w.slots() {
		if slot != before+2 {
			t.Errorf("person %d has key %d after %d", sid, slot, before)
		}
	}
}

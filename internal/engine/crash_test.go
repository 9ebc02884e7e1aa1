package engine_test

import (
	"context"
	"errors"
	"iter"
	"path/filepath"
	"testing"
	"time"

	"avow.dev"
	"avow.dev/gate"
	"avow.dev/internal/engine/journal"
	"avow.dev/store/sqlite"
	"avow.dev/vault"
)

// broken is a store whose commits fail, and a journal whose notes fail, when told.
type broken struct {
	gate.Store
	gate.Journal
	commits, notes bool
}

var errBroken = errors.New("broken on purpose")

func (b *broken) Commit(ctx context.Context, c *gate.Change) (int64, error) {
	if b.commits {
		return 0, errBroken
	}
	return b.Store.Commit(ctx, c)
}

func (b *broken) Append(ctx context.Context, notes ...gate.Note) (uint64, error) {
	if b.notes {
		return 0, errBroken
	}
	return b.Journal.Append(ctx, notes...)
}

func (b *broken) Since(p avow.PolicyID, n uint64) iter.Seq2[gate.Note, error] {
	return b.Journal.Since(p, n)
}

// parts are what an engine is made of, so that single steps can be made to fail.
type parts struct {
	*gate.Gate
	*broken
	close func()
}

func (w *world) parts() parts {
	w.Helper()
	store, err := sqlite.Open(w.Context(), sqlite.Config{Dir: w.data})
	must(w, err)
	ring, err := vault.Open(w.Context(), w.keys, w.root)
	must(w, err)
	v, err := ring.Vault(w.Context(), "club", vault.Options{})
	must(w, err)
	notes, err := journal.Open(filepath.Join(w.keys, "journal.log"))
	must(w, err)
	b := &broken{Store: store, Journal: notes}
	g, err := gate.Open(gate.Config{Store: b, Clock: w.clock, Journal: b})
	must(w, err)
	must(w, g.Serve(w.Context(), w.program, v))
	return parts{g, b, func() { must(w, errors.Join(store.Close(), v.Close(), notes.Close(), ring.Close())) }}
}

func withdraw() *gate.Agreement {
	return &gate.Agreement{Choices: []gate.ChoiceEvent{{Choice: "offers", State: avow.Withdrawn}}}
}

// prepared is a world in which wu has said yes to offers.
func prepared(t *testing.T) *world {
	w := newWorld(t)
	e := w.first()
	w.join(e, "wu", "wu@mail.example", "13800000002")
	w.choose(e, "wu", "offers", avow.Given)
	w.close(e)
	return w
}

// A crash between note and commit: the no was not confirmed, and holds all the same.
func TestACrashAfterTheNote(t *testing.T) {
	t.Parallel()
	w := prepared(t)
	p := w.parts()
	p.commits = true
	if _, err := p.Agree(t.Context(), "club", "wu", withdraw()); !errors.Is(err, errBroken) {
		t.Fatalf("got %v", err)
	}
	p.close()
	e := w.open(w.config())
	defer w.close(e)
	if c, _ := w.standingOf(e, "wu").Choice("offers"); c.State != avow.Withdrawn {
		t.Errorf("after the start: %v", c.State)
	}
}

// The note of a no that was not confirmed does not undo the yes that followed.
func TestANoteThatIsOutOfDate(t *testing.T) {
	t.Parallel()
	w := prepared(t)
	p := w.parts()
	p.commits = true
	if _, err := p.Agree(t.Context(), "club", "wu", withdraw()); !errors.Is(err, errBroken) {
		t.Fatalf("got %v", err)
	}
	p.commits = false
	w.pass(time.Minute)
	_, err := p.Agree(t.Context(), "club", "wu", &gate.Agreement{Choices: []gate.ChoiceEvent{{Choice: "offers", State: avow.Given}}})
	must(t, err)
	p.close()
	e := w.open(w.config())
	defer w.close(e)
	if c, _ := w.standingOf(e, "wu").Choice("offers"); c.State != avow.Given {
		t.Errorf("after the start: %v", c.State)
	}
}

// The data keeps up with the journal, so that an ordinary start has nothing to do.
func TestTheDataKnowsTheJournal(t *testing.T) {
	t.Parallel()
	w := prepared(t)
	p := w.parts()
	_, err := p.Agree(t.Context(), "club", "wu", withdraw())
	must(t, err)
	n, err := gate.JournalPosition(t.Context(), p.broken.Store, "club")
	must(t, err)
	if n != 1 || p.Last("club") != 1 {
		t.Errorf("the data knows %d notes of %d", n, p.Last("club"))
	}
	must(t, eraseOf(p, w, "wu"))
	n, err = gate.JournalPosition(t.Context(), p.broken.Store, "club")
	must(t, err)
	if n != 2 || p.Last("club") != 2 {
		t.Errorf("the data knows %d notes of %d", n, p.Last("club"))
	}
	p.close()
}

func eraseOf(p parts, w *world, ref avow.SubjectRef) error {
	_, err := p.Erase(w.Context(), "club", ref)
	return err
}

// Keys of another ring are noticed by their mark alone, before there is anybody or
// anything signed.
func TestTheMarkOfTheKeys(t *testing.T) {
	t.Parallel()
	w, other := newWorld(t), newWorld(t)
	other.root = w.root
	for _, each := range []*world{w, other} {
		must(t, vault.Init(t.Context(), each.keys, w.root, began))
		ring, err := vault.Open(t.Context(), each.keys, w.root)
		must(t, err)
		must(t, errors.Join(ring.AddPolicy(t.Context(), "club", began), ring.Close()))
	}
	w.parts().close()
	store, err := sqlite.Open(t.Context(), sqlite.Config{Dir: w.data})
	must(t, err)
	ring, err := vault.Open(t.Context(), other.keys, w.root)
	must(t, err)
	v, err := ring.Vault(t.Context(), "club", vault.Options{})
	must(t, err)
	g, err := gate.Open(gate.Config{Store: store, Clock: w.clock})
	must(t, err)
	if err := g.Serve(t.Context(), w.program, v); !errors.Is(err, gate.ErrKeys) {
		t.Errorf("got %v", err)
	}
	must(t, errors.Join(store.Close(), v.Close(), ring.Close()))
}

// Without the note of a withdrawal nothing is done, and the caller knows. Without that
// of an erasure the key is gone all the same, nobody is told that the person is
// erased, and the start finishes it.
func TestANoteThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	w := prepared(t)
	p := w.parts()
	p.notes = true
	_, err := p.Agree(t.Context(), "club", "wu", withdraw())
	if avow.CodeOf(err) != avow.Unavailable {
		t.Errorf("got %v", err)
	}
	if _, err := p.Erase(t.Context(), "club", "wu"); err == nil {
		t.Error("erased without a note")
	}
	if s, err := p.Standing(t.Context(), "club", "wu"); avow.CodeOf(err) != avow.Gone {
		t.Errorf("the intention is forgotten: %v %v", s.Account, err)
	}
	p.close()
	e := w.open(w.config()) // which finishes the erasure
	defer w.close(e)
	if s := w.standing(e, "wu"); s.Account != avow.NoRelation {
		t.Errorf("after the start: %v", s.Account)
	}
}

// A crash after the key is gone and before it is recorded: the start finishes it.
func TestACrashAfterTheKeyWasDestroyed(t *testing.T) {
	t.Parallel()
	w := prepared(t)
	p := w.parts()
	// The office is opened, the erasure is intended, and the third commit is its completion.
	p.broken.Store = &onlySome{Store: p.broken.Store, left: 2}
	if _, err := p.Erase(t.Context(), "club", "wu"); !errors.Is(err, errBroken) {
		t.Fatalf("got %v", err)
	}
	p.close()
	e := w.open(w.config())
	defer w.close(e)
	if s := w.standing(e, "wu"); s.Account != avow.NoRelation {
		t.Errorf("after the start: %v", s.Account)
	}
}

// onlySome lets some commits through.
type onlySome struct {
	gate.Store
	left int
}

func (o *onlySome) Commit(ctx context.Context, c *gate.Change) (int64, error) {
	if o.left == 0 {
		return 0, errBroken
	}
	o.left--
	return o.Store.Commit(ctx, c)
}

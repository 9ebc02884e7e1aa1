package engine_test

import (
	"context"
	"errors"
	"iter"
	"path/filepath"
	"testing"

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

// Without the note nothing is done, and the caller knows.
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
	if s, err := p.Standing(t.Context(), "club", "wu"); err != nil || s.Account != avow.Closing {
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
	// The second commit of an erasure is its completion.
	p.broken.Store = &onlyFirst{Store: p.broken.Store}
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

// onlyFirst lets one commit through.
type onlyFirst struct {
	gate.Store
	done bool
}

func (o *onlyFirst) Commit(ctx context.Context, c *gate.Change) (int64, error) {
	if o.done {
		return 0, errBroken
	}
	o.done = true
	return o.Store.Commit(ctx, c)
}

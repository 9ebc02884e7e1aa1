package gate

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/vault"
)

// Journal remembers, beside the keys and away from the data, what must hold
// whichever backup of the data is put back: every no that a person said, every
// hold, every key destroyed. These are rare; everything else may be lost with the
// data it is about.
//
// The order is: the note is durable, then the change is committed, then the caller
// is answered. A crash in between leaves a note of something that was asked and
// not confirmed; it is carried out at the next start, which errs on the side of
// the person. The other order could lose a no that was confirmed.
type Journal interface {
	// Append numbers the notes, writes them, and returns the number of the last
	// when they are durable.
	Append(ctx context.Context, notes ...Note) (uint64, error)
	// Since yields the notes of a policy with numbers above n, ascending.
	Since(policy avow.PolicyID, n uint64) iter.Seq2[Note, error]
	// Last returns the number of a policy's last note, 0 if it has none.
	Last(policy avow.PolicyID) uint64

	// Old returns which notes of each policy stand at the beginning that were written
	// before a time, and Prune forgets them.
	Old(before time.Time) (map[avow.PolicyID]OldNotes, error)
	Prune(before time.Time) error
	// Forgotten returns the number of a policy's last note that was forgotten, 0 if
	// none was.
	Forgotten(policy avow.PolicyID) uint64
}

// Note is one entry of a journal. What was said is sealed under the person's key,
// so that an erasure takes it too.
type Note struct {
	Number uint64
	At     time.Time
	Policy avow.PolicyID
	SID    int64  // the person's number
	Slot   uint64 // the number of their key
	Sealed []byte // empty: the key is being destroyed
}

// OldNotes says how many notes of a policy are old, and the number of the last.
type OldNotes struct {
	Count int64
	Last  uint64
}

var (
	// ErrKeys: the keys at hand were not made for this data.
	ErrKeys = errors.New("these keys do not belong to this data")
	// ErrForgotten: the data is so old that the journal has forgotten what was said since.
	ErrForgotten = errors.New("the data is older than any backup that was to be kept")
	// ErrJournal: the journal ends before the data does.
	ErrJournal = errors.New("the keys folder is older than the data")
)

// saying is what a note seals.
type saying uint64

const (
	saidChoice saying = iota + 1
	saidDecline
	saidSignal
	saidClosed
	saidHold
	saidRelease
	saidRestrict
	saidUnrestrict
	saidUnqualified
	saidLeaving
	saidStaying
	saidGuardianNo
	saidNoPasskey
	saidNoPermission
)

// journalDatum is the name under which notes are sealed; no datum of a policy can
// be called so.
const journalDatum = "\x00journal"

// positionKind is the kind of record (of nobody) that says how much of the
// journal this data has taken in, by policy.
const positionKind = "journal"

func positionAt(id avow.PolicyID, n uint64) Record {
	return Record{Kind: positionKind, Key: []byte(id), Body: binary.BigEndian.AppendUint64(nil, n)}
}

// JournalPosition returns the number of the last note of a policy that the data
// has taken in.
func JournalPosition(ctx context.Context, s Store, id avow.PolicyID) (uint64, error) {
	rec, _, err := s.Get(ctx, 0, positionKind, []byte(id))
	if err != nil || len(rec.Body) != 8 {
		return 0, err
	}
	return binary.BigEndian.Uint64(rec.Body), nil
}

// SkipNotes has data that is older than the journal's first note go on without those
// that are forgotten, if somebody has decided so.
func SkipNotes(ctx context.Context, s Committer, id avow.PolicyID, to uint64) error {
	_, err := s.Commit(ctx, &Change{Policy: id, Put: []Record{positionAt(id, to)}})
	return err
}

// pruneEvery is how much too old the first note may be, so that the journal is not
// written anew all the time.
const pruneEvery = 24 * time.Hour

// pruneJournal forgets the notes that only a backup would need that is older than any
// that is kept. The evidence comes first.
func (g *Gate) pruneJournal(ctx context.Context) error {
	if g.journal == nil || g.backupsKept <= 0 {
		return nil
	}
	before := g.Now().Add(-g.backupsKept)
	due, err := g.journal.Old(before.Add(-pruneEvery))
	if err != nil || len(due) == 0 {
		return err
	}
	old, err := g.journal.Old(before)
	if err != nil {
		return err
	}
	for id, notes := range old {
		have, err := JournalPosition(ctx, g.store, id)
		if _, unserved := g.of(id); err != nil || unserved != nil || have < notes.Last {
			return err // the data here needs them first
		}
	}
	for id, notes := range old {
		if err := g.leave(ctx, id, evidence.JournalPruned, notes.Count); err != nil {
			return err
		}
	}
	return g.journal.Prune(before)
}

// say remembers something for the journal, until the turn is finished.
func (t *turn) say(what saying, fill func(*writer)) {
	w := &writer{}
	w.uint(uint64(what))
	if fill != nil {
		fill(w)
	}
	t.said = append(t.said, w.b)
}

// journal writes what the person said, before it is committed.
func (t *turn) journal() error {
	j := t.gate.journal
	if j == nil || len(t.said) == 0 || !t.who.known() {
		return nil
	}
	notes := make([]Note, len(t.said))
	for i, raw := range t.said {
		sealed, err := t.who.seal(journalDatum, uint64(t.now.UnixNano()), raw)
		if err != nil {
			return fmt.Errorf("seal journal note: %w", err)
		}
		notes[i] = Note{At: t.now, Policy: t.id, SID: t.who.row.SID, Slot: t.who.body.slot, Sealed: sealed}
	}
	n, err := j.Append(t.ctx, notes...)
	if err != nil {
		return fmt.Errorf("write journal: %w", err)
	}
	t.change.Put = append(t.change.Put, positionAt(t.id, n))
	return nil
}

// destroy destroys keys, and notes beside it that it does: the note serves whoever has
// to go on with an older copy of the keys. Neither has to wait for the other's
// flush. The intention stands already, and until both are durable nobody is told that
// they are: a crash that leaves one of them has both done again at the next start.
func (s *served) destroy(ctx context.Context, g *Gate, c *Change, slots ...uint64) error {
	noted := make(chan error, 1)
	go func() { noted <- s.destroying(ctx, g, c, slots...) }()
	err := s.keys.Destroy(slots...)
	if errors.Is(err, vault.ErrErased) || errors.Is(err, vault.ErrNoKey) {
		err = nil
	}
	if err != nil {
		err = internal("a key could not be destroyed; that is finished by the next sweep or start", err)
	}
	return errors.Join(<-noted, err)
}

// destroying writes that keys are being destroyed.
func (s *served) destroying(ctx context.Context, g *Gate, c *Change, slots ...uint64) error {
	if g.journal == nil || len(slots) == 0 {
		return nil
	}
	notes := make([]Note, len(slots))
	for i, slot := range slots {
		notes[i] = Note{At: g.Now(), Policy: s.id, Slot: slot}
	}
	n, err := g.journal.Append(ctx, notes...)
	if err != nil {
		return internal("the destruction of a key could not be noted, so it waits for the next start", err)
	}
	c.Put = append(c.Put, positionAt(s.id, n))
	return nil
}

// catchUp carries out what the journal knows and this data does not, which is
// nothing unless an older backup was put back or a crash came in between.
func (g *Gate) catchUp(ctx context.Context, s *served) error {
	if g.journal == nil {
		return nil
	}
	have, err := JournalPosition(ctx, g.store, s.id)
	if err != nil {
		return err
	}
	last := g.journal.Last(s.id)
	switch {
	case have == last:
		return nil
	case have < g.journal.Forgotten(s.id):
		return fmt.Errorf("%w: the data knows %d journal notes, and those up to %d are forgotten; put a younger backup back", ErrForgotten, have, g.journal.Forgotten(s.id))
	case have > last:
		return fmt.Errorf("%w: the data knows %d journal notes and the journal ends at %d; put the current keys folder back, or restore with --journal", ErrJournal, have, last)
	}
	destroyed := false
	for note, err := range g.journal.Since(s.id, have) {
		if err == nil {
			err = g.carryOut(ctx, s, &note)
		}
		if err != nil {
			return fmt.Errorf("journal note %d: %w", note.Number, err)
		}
		destroyed = destroyed || len(note.Sealed) == 0
	}
	if destroyed { // the rows of older data may still name such keys
		done, err := g.reconcile(ctx, s, Reconciling{})
		s.dropped.Store(int64(done.Erased))
		if err != nil && !errors.Is(err, ErrLost) {
			return err
		}
	}
	_, err = g.commit(ctx, &Change{Policy: s.id, Put: []Record{positionAt(s.id, last)}})
	return err
}

// carryOut carries out one note. The key's number tells whether the person is the
// same: numbers of people may be used again after older data was put back,
// numbers of keys never.
func (g *Gate) carryOut(ctx context.Context, s *served, n *Note) error {
	if len(n.Sealed) == 0 {
		err := s.keys.Destroy(n.Slot)
		if errors.Is(err, vault.ErrErased) || errors.Is(err, vault.ErrNoKey) {
			return nil
		}
		return err
	}
	row, ok, err := g.store.Load(ctx, n.SID)
	if err != nil || !ok || row.Policy != s.id {
		return err
	}
	b, err := decodeBody(row.Body, nil)
	if err != nil || b.slot != n.Slot {
		return err
	}
	p, err := s.open(row)
	if errors.Is(err, vault.ErrErased) {
		return nil // their row goes when the people are gone through
	}
	if err != nil {
		return err
	}
	raw, err := p.unseal(journalDatum, uint64(n.At.UnixNano()), n.Sealed)
	if err != nil {
		return fmt.Errorf("open: %w", err)
	}
	return g.sayAgain(ctx, s, p, raw)
}

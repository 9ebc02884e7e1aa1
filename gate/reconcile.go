package gate

import (
	"context"
	"crypto/hmac"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/vault"
)

// keysKind is the kind of record (of nobody) that tells whether the keys at hand
// are those of this data.
const keysKind = "keys"

// ErrLost: people in the data have no key in the keys folder.
var ErrLost = errors.New("keys are missing")

// strangers is how many people are looked for to try the keys on.
const strangers = 256

// checkKeys makes sure that the keys are those of this data, before anything is
// written or destroyed under them: by a keyed mark, and by opening one person.
func (g *Gate) checkKeys(ctx context.Context, s *served) error {
	mark, err := s.tag("\x00keys", nil)
	if err != nil {
		return err
	}
	rec, marked, err := g.store.Get(ctx, 0, keysKind, []byte(s.id))
	if err != nil {
		return err
	}
	if marked && !hmac.Equal(rec.Body, mark[:]) {
		return fmt.Errorf("%w: they were made for another keyring", ErrKeys)
	}
	if err := g.tryKeys(ctx, s); err != nil || marked {
		return err
	}
	_, err = g.commit(ctx, &Change{Policy: s.id, Put: []Record{{Kind: keysKind, Key: []byte(s.id), Body: mark[:]}}})
	return err
}

// tryKeys opens the first person who can be opened. Somebody whose key was
// destroyed says nothing: their row is gone through when data is restored.
func (g *Gate) tryKeys(ctx context.Context, s *served) error {
	for sid := int64(1); sid <= strangers; sid++ {
		row, ok, err := g.store.Load(ctx, sid)
		if err != nil {
			return err
		}
		if !ok || row.Policy != s.id {
			continue
		}
		_, err = s.open(row)
		if errors.Is(err, vault.ErrErased) || errors.Is(err, vault.ErrNoKey) {
			continue
		}
		if err != nil {
			return fmt.Errorf("%w: a stored person does not open: %w", ErrKeys, err)
		}
		return nil
	}
	return nil
}

// Reconciling says how data and keys that come from different moments are to be
// brought together.
type Reconciling struct {
	// DropLost gives up people whose keys the keys folder never had: they came
	// after the copy of the keys that is used.
	DropLost bool
	// DestroyStrays destroys keys that nobody in the data has: they are of people
	// erased after the copy of the keys was made. Only for keys older than the data.
	DestroyStrays bool
	// Progress, if not nil, hears how many person numbers were gone through.
	Progress func(done, total int64)
}

// Reconciled says what was done.
type Reconciled struct {
	People int // whose rows open
	Erased int // rows dropped because the key had been destroyed, also since the policy was served
	Lost   int // rows whose key is not there; dropped if asked for
	Strays int // keys destroyed that nobody had
}

// Reconcile goes through all people of a policy after data or keys were restored.
// An erasure holds whichever backup is put back, because a destroyed key stays
// destroyed: what is left of such people is dropped, with evidence.
func (g *Gate) Reconcile(ctx context.Context, id avow.PolicyID, how Reconciling) (Reconciled, error) {
	s, err := g.of(id)
	if err != nil {
		return Reconciled{}, err
	}
	done, err := g.reconcile(ctx, s, how)
	done.Erased += int(s.dropped.Swap(0))
	return done, err
}

func (g *Gate) reconcile(ctx context.Context, s *served, how Reconciling) (Reconciled, error) {
	var found reconciling
	last, err := s.keys.Settle(0) // so that none up to here is made ahead
	if err != nil {
		return found.done, err
	}
	end, err := g.store.NextSubject(ctx, 0)
	if err != nil {
		return found.done, err
	}
	found.used = make(map[uint64]bool)
	for sid := int64(1); sid < end; sid++ {
		if how.Progress != nil && sid%1024 == 0 {
			how.Progress(sid, end-1)
		}
		if err := found.look(ctx, g, s, sid); err != nil {
			return found.done, err
		}
	}
	// Only now may new keys be made: for the office, to which an erasure is a matter.
	// None takes the number that a lost person's row names.
	if _, err := s.keys.Settle(found.named); err != nil {
		return found.done, err
	}
	if err := g.dropFound(ctx, s, &found, how.DropLost); err != nil {
		return found.done, err
	}
	if !how.DestroyStrays {
		return found.done, nil
	}
	found.done.Strays, err = s.destroyStrays(found.used, last)
	return found.done, err
}

// dropFound drops who has no key, the lost first: the office may be among them.
func (g *Gate) dropFound(ctx context.Context, s *served, found *reconciling, lost bool) error {
	found.done.Lost = len(found.lost)
	for _, sid := range found.lost {
		if !lost {
			break
		}
		if err := g.dropPerson(ctx, s, sid, nil); err != nil {
			return err
		}
	}
	for _, sid := range found.erased {
		if err := g.dropErased(ctx, s, sid); err != nil {
			return err
		}
		found.done.Erased++
	}
	if found.done.Lost > 0 && !lost {
		return fmt.Errorf("%w: of %d people", ErrLost, found.done.Lost)
	}
	return nil
}

// reconciling is what was found among the people.
type reconciling struct {
	done   Reconciled
	used   map[uint64]bool // keys that somebody has
	erased []int64         // people whose key was destroyed
	lost   []int64         // people whose key is not there
	named  uint64          // the highest key number that a lost person's row names
}

// look looks at one person.
func (r *reconciling) look(ctx context.Context, g *Gate, s *served, sid int64) error {
	row, ok, err := g.store.Load(ctx, sid)
	if err != nil || !ok || row.Policy != s.id {
		return err
	}
	p, err := s.open(row)
	switch {
	case err == nil:
		if !p.isOffice() {
			r.done.People++
		}
		r.used[p.body.slot] = true
	case errors.Is(err, vault.ErrErased):
		r.erased = append(r.erased, sid)
	case errors.Is(err, vault.ErrNoKey):
		r.lost = append(r.lost, sid)
		b, err := decodeBody(row.Body, nil)
		if err != nil {
			return err
		}
		r.named = max(r.named, b.slot)
	default:
		return fmt.Errorf("%w: person number %d does not open: %w", ErrKeys, sid, err)
	}
	return nil
}

// Rotated leaves evidence that a policy has a new key, under which so many keys of
// people were wrapped.
func (g *Gate) Rotated(ctx context.Context, id avow.PolicyID, slots int64) error {
	return g.leave(ctx, id, evidence.KeyRotate, slots)
}

func (g *Gate) leave(ctx context.Context, id avow.PolicyID, kind evidence.Kind, count int64) error {
	s, err := g.of(id)
	if err != nil {
		return err
	}
	l := evidence.Leaf{ID: newID(), At: g.Now(), Kind: kind, Policy: s.id, Hash: s.inForce.Load().program.Hash(), Verdict: avow.Allow, Count: count}
	_, err = g.commit(ctx, &Change{Policy: id, Leaves: []Leaf{{Body: l.Append(nil)}}})
	return err
}

// dropErased takes away what older data still has of somebody who was erased. Who had
// been told of it is not known any more: everybody who received their data is told again.
func (g *Gate) dropErased(ctx context.Context, s *served, sid int64) error {
	f := Fulfilling{Right: "erase", SID: sid}
	t := g.officeTurn(ctx, s, &person{}, g.Now())
	got, err := t.received(&f, sid)
	if err != nil {
		return err
	}
	if len(got) == 0 && t.atTheApp(&f).State == StepNotNeeded {
		return g.dropPerson(ctx, s, sid, nil)
	}
	if err := g.openOffice(ctx, s); err != nil {
		return err
	}
	office, err := g.office(ctx, s)
	if err != nil {
		return err
	}
	return g.dropPerson(ctx, s, sid, func(c *Change, done [16]byte) error {
		key := newMatterKey(g.Now())
		f.Leaf = done
		m := Fulfilment{ID: hex.EncodeToString(key), State: "begun", Opened: g.Now(), Body: f}
		c.Put = append(c.Put, Record{Kind: fulfilmentOf(s.id), Key: done[:], Body: key})
		return g.reachErased(ctx, s, office, c, &m, done)
	})
}

// dropPerson takes away what is left of somebody whose key is gone. also, if not nil,
// adds what is done elsewhere for it.
func (g *Gate) dropPerson(ctx context.Context, s *served, sid int64, also func(*Change, [16]byte) error) error {
	l := evidence.Leaf{ID: newID(), At: g.Now(), Kind: evidence.EraseDone, Policy: s.id, Hash: s.inForce.Load().program.Hash(), Verdict: avow.Allow}
	s.inForce.Load().citing("erasure")(&l)
	c := Change{Policy: s.id, Purge: sid, PurgeLimit: purgeStep, Leaves: []Leaf{{Body: l.Append(nil)}},
		Put: []Record{{Kind: rubbleKind, Key: binary.BigEndian.AppendUint64(nil, uint64(sid))}}}
	if err := errors.Join(g.dropRow(ctx, &c, sid), g.certify(ctx, &c, sid, l.ID)); err != nil {
		return err
	}
	if also != nil {
		if err := also(&c, l.ID); err != nil {
			return err
		}
	}
	_, err := g.commit(ctx, &c)
	return err
}

// destroyStrays destroys every key up to number last that is not used.
func (s *served) destroyStrays(used map[uint64]bool, last uint64) (int, error) {
	n := 0
	for slot := uint64(1); slot <= last; slot++ {
		if used[slot] {
			continue
		}
		if _, err := s.keys.Key(slot); errors.Is(err, vault.ErrErased) || errors.Is(err, vault.ErrNoKey) {
			continue
		}
		if err := s.keys.Destroy(slot); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

package gate

import (
	"context"
	"encoding/binary"
	"strings"

	"avow.dev"
	"avow.dev/evidence"
)

// retiringKind is the kind of record (of nobody) that names keys to destroy.
func retiringKind(id avow.PolicyID) string { return "retiring/" + string(id) }

// rekey lets act remove data from a person; if it says so, everything that remains
// is sealed under a new key, and the old one destroyed. It takes three flushes, like an erasure,
// and is finished after a crash like one: the intention to destroy the old key
// is committed together with the row under the new key.
func (g *Gate) rekey(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef, act func(*turn) error) (avow.Receipt, error) {
	t, err := g.take(ctx, id, ref, func(t *turn) error {
		if err := act(t); err != nil || !t.resealed {
			return err
		}
		return t.reseal()
	})
	if err != nil {
		return avow.Receipt{}, err
	}
	if !t.resealed {
		g.followUp(ctx, t)
		return t.receipt(), nil
	}
	if err := g.retire(context.WithoutCancel(ctx), t.served); err != nil {
		return t.receipt(), err
	}
	g.followUp(ctx, t)
	return t.receipt(), nil
}

// reseal moves the person to a new key.
func (t *turn) reseal() error {
	if err := t.newKey(); err != nil {
		return err
	}
	old := person{row: t.who.row, body: body{slot: t.who.body.slot}, key: t.who.key}
	oldSlot := t.who.body.slot
	t.who.key, t.who.body.slot = t.made.key, t.made.key.SID()
	for i := range t.who.body.cells {
		c := &t.who.body.cells[i]
		if err := t.carryCell(&old, c); err != nil {
			return err
		}
	}
	if err := t.dropPackages(&old); err != nil {
		return err
	}
	if err := t.carryRecords(&old); err != nil {
		return err
	}
	leaf := t.entries[len(t.entries)-1].leaf.ID
	t.change.Put = append(t.change.Put, Record{Kind: retiringKind(t.id), Key: binary.BigEndian.AppendUint64(nil, oldSlot), Body: leaf[:]})
	return nil
}

// carryCell carries a cell over, and the object that it names.
func (t *turn) carryCell(old *person, c *cell) error {
	if err := t.carry(old, c.datum, c.version, &c.sealed); err != nil || !c.isFile() {
		return err
	}
	return t.carryFile(old, c)
}

// carry opens bytes under the old key and seals them under the new one.
func (t *turn) carry(old *person, name avow.Datum, version uint64, sealed *[]byte) error {
	plain, err := old.unseal(name, version, *sealed)
	if err != nil {
		return internal("a value could not be opened for its new key", err)
	}
	*sealed, err = t.who.seal(name, version, plain)
	clear(plain)
	if err != nil {
		return internal("a value could not be sealed under its new key", err)
	}
	return nil
}

// carryRecords carries everything sealed that lies beside the row over, except
// what the turn deletes.
func (t *turn) carryRecords(old *person) error {
	gone := make(map[string]bool, len(t.change.Delete))
	for _, rec := range t.change.Delete {
		gone[rec.Kind+"\x00"+string(rec.Key)] = true
	}
	return t.eachRecord(func(rec Record) error {
		if gone[rec.Kind+"\x00"+string(rec.Key)] {
			return nil
		}
		switch {
		case rec.Kind == eventKind:
			if err := t.carry(old, eventKind, keyVersion(rec.Key), &rec.Body); err != nil {
				return err
			}
		case rec.Kind == holdKind:
			if err := t.carry(old, holdKind, keyVersion(rec.Key), &rec.Body); err != nil {
				return err
			}
		case rec.Kind == askKind:
			if err := t.carryAsk(old, &rec); err != nil {
				return err
			}
		case rec.Kind == postKind:
			if err := t.carryPost(old, &rec); err != nil {
				return err
			}
		case rec.Kind == heldKind:
			if err := t.carry(old, heldKind, keyVersion(rec.Key), &rec.Body); err != nil {
				return err
			}
		case rec.Kind == demandNoticeKind:
			if err := t.carry(old, demandNoticeKind, keyVersion(rec.Key), &rec.Body); err != nil {
				return err
			}
		case rec.Kind == messageKind:
			if err := t.carry(old, messageKind, keyVersion(rec.Key[askKeySize-8:]), &rec.Body); err != nil {
				return err
			}
		case rec.Kind == guardianKind:
			if err := t.carry(old, guardianKind, keyVersion(rec.Key), &rec.Body); err != nil {
				return err
			}
		case rec.Kind == permissionKind:
			if err := t.carryPermission(old, &rec); err != nil {
				return err
			}
		case rec.Kind == passkeyKind:
			if err := t.carryPasskey(old, &rec); err != nil {
				return err
			}
		case strings.HasPrefix(rec.Kind, itemPrefix):
			c, err := decodeItem(rec)
			if err != nil {
				return err
			}
			if err := t.carryCell(old, &c); err != nil {
				return err
			}
			rec.Body = c.item()
		default:
			return nil
		}
		t.change.Put = append(t.change.Put, rec)
		return nil
	})
}

// eachRecord visits every record beside the person's row.
func (t *turn) eachRecord(visit func(Record) error) error {
	kinds := []string{eventKind, askKind, messageKind, holdKind, postKind, permissionKind, demandNoticeKind, guardianKind, passkeyKind, heldKind}
	for i := range t.who.body.series {
		kinds = append(kinds, itemKind(t.who.body.series[i].datum))
	}
	for _, kind := range kinds {
		var after []byte
		for {
			recs, err := t.gate.store.Scan(t.ctx, t.who.row.SID, kind, after, scanPage)
			if err != nil {
				return internal("the person's records could not be read", err)
			}
			for _, rec := range recs {
				if err := visit(rec); err != nil {
					return err
				}
				after = rec.Key
			}
			if len(recs) < scanPage {
				break
			}
		}
	}
	return nil
}

// retire destroys every key whose destruction is intended, and records it.
func (g *Gate) retire(ctx context.Context, s *served) error {
	s.retiring.Lock()
	defer s.retiring.Unlock()
	for {
		recs, err := g.store.Scan(ctx, 0, retiringKind(s.id), nil, scanPage)
		if err != nil {
			return internal("retired keys could not be listed", err)
		}
		if len(recs) == 0 {
			return nil
		}
		if err := g.retireSome(ctx, s, recs); err != nil {
			s.stalled.Store(true)
			return err
		}
	}
}

func (g *Gate) retireSome(ctx context.Context, s *served, recs []Record) error {
	now, err := s.time(g.Now())
	if err != nil {
		return err
	}
	c := Change{Policy: s.id, Delete: recs}
	slots := make([]uint64, 0, len(recs))
	for _, rec := range recs {
		if len(rec.Key) != 8 {
			return internal("the note of a retired key is malformed", errBody)
		}
		slots = append(slots, binary.BigEndian.Uint64(rec.Key))
		l := evidence.Leaf{ID: newID(), At: now, Kind: evidence.EraseDone, Policy: s.id, Hash: s.inForce.Load().program.Hash(), Verdict: avow.Allow}
		copy(l.Done[:], rec.Body)
		c.Leaves = append(c.Leaves, Leaf{Body: l.Append(nil)})
	}
	if err := s.destroy(ctx, g, &c, slots...); err != nil {
		return err
	}
	_, err = g.commit(ctx, &c)
	s.recorded(now, err)
	if err != nil {
		return internal("the destruction of an old key could not be recorded; it is recorded by the next sweep", err)
	}
	return nil
}

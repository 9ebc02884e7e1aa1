package gate

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"

	"avow.dev/policy/syntax"
)

// Each row stands in the queue of the sweep under the hour in which it was last found
// to be due. Where another text of the policy has other clocks, that hour is no longer
// right, and everybody is looked at once.

// duesKind is the kind of record (of nobody) that says by which clocks rows were queued.
const duesKind = "dues"

// clocksFormat changes with what the gate itself makes of a policy's clocks.
const clocksFormat = 1

// clocks is a digest of all that the end of something that is held depends on.
func clocksOf(f *force) [sha256.Size]byte {
	var b strings.Builder
	put := func(parts ...any) { fmt.Fprintln(&b, parts...) }
	period := func(p syntax.Period) string { return fmt.Sprint(p.N, p.Unit) }
	file := f.program.File()
	put(clocksFormat, syntax.Texts(file.Law), f.program.Effective(), f.program.Enforces())
	for i := range file.Retain {
		e := &file.Retain[i]
		put("retain", syntax.Texts(e.Data), syntax.Texts(e.For), period(e.Keep.Period), e.Keep.After.Text)
	}
	for i := range file.Choices {
		e := &file.Choices[i]
		put("choice", e.ID.Text, syntax.Texts(e.For), syntax.Texts(e.Data), period(e.Expires))
	}
	_, all := f.program.Erasure("account-closed")
	life, known := f.program.Remembers()
	put("closing", all, "visitors", known, period(life))
	return sha256.Sum256([]byte(b.String()))
}

// queueEverybody does so for each policy. One whose people cannot be queued keeps no
// other from it.
func (g *Gate) queueEverybody(ctx context.Context, total *Swept) error {
	var failed error
	for _, id := range g.Policies() {
		if s, err := g.of(id); err == nil {
			failed = errors.Join(failed, g.queueAnew(ctx, s, total))
		}
	}
	return failed
}

// queueAnew looks at everybody whose policy has other clocks than when they were last
// queued. A crash on the way has it begin again.
func (g *Gate) queueAnew(ctx context.Context, s *served, total *Swept) error {
	f := s.inForce.Load()
	now := clocksOf(f)
	mark := Record{Kind: duesKind, Key: []byte(s.id), Body: now[:]}
	have, ok, err := g.store.Get(ctx, 0, mark.Kind, mark.Key)
	if err != nil {
		return internal("it could not be read by which clocks people are queued", err)
	}
	if ok && bytes.Equal(have.Body, mark.Body) {
		return nil
	}
	end, err := g.store.NextSubject(ctx, 0)
	if err != nil {
		return internal("the people could not be counted", err)
	}
	var failed error
	for sid := int64(1); sid < end; sid++ {
		if err := ready(ctx); err != nil {
			return err
		}
		if err := g.queueOne(ctx, s, f, sid, total); err != nil {
			failed = cmp.Or(failed, err)
		}
	}
	if failed != nil {
		return failed
	}
	if _, err := g.commit(ctx, &Change{Policy: s.id, Put: []Record{mark}}); err != nil {
		return internal("it could not be recorded by which clocks people are queued", err)
	}
	return nil
}

// queueOne sweeps one person whose row is not queued under the hour that is right now,
// which queues it there. The items of a series have hours of their own, which only the
// sweep looks at.
func (g *Gate) queueOne(ctx context.Context, s *served, f *force, sid int64, total *Swept) error {
	row, ok, err := g.store.Load(ctx, sid)
	if err != nil {
		return internal("the person's record could not be read", err)
	}
	if !ok || row.Policy != s.id {
		return nil
	}
	p, err := s.open(row)
	if err != nil || len(p.body.series) == 0 && p.due(f) == row.Due {
		return nil // a row that does not open is a matter of the sweep that finds it due
	}
	if err := g.sweepPerson(ctx, sid, total); err != nil {
		total.Failed++
		return err
	}
	return nil
}

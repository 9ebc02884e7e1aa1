package gate

import (
	"context"
	"encoding/hex"
	"errors"
	"slices"
	"time"

	"avow.dev"
	"avow.dev/envelope"
	"avow.dev/evidence"
)

// Who has the data is read from the evidence: each hand-over left a leaf on the person's
// trail. It is read after the change that carries the request out is committed, so that
// nothing that left before is missed; what is decided later is decided by what holds then.
// Of an erasure it is read before the trail goes, in the change that completes it.

// reached is one recipient, and what they got.
type reached struct {
	to    avow.Recipient
	data  []avow.Datum
	given []HandedOver
}

// handOvers are the kinds of leaves by which data went to a recipient.
var handOvers = []evidence.Kind{evidence.Shared, evidence.Entrusted, evidence.Moved, evidence.Disclosed}

// mayTell reports whether a recipient is told what happened to data. Authorities are no
// recipients in what they look into (GDPR art. 4(9)), and what is published has no one
// reader.
func (f *force) mayTell(r avow.Recipient) bool {
	for i := range f.program.File().Parties {
		p := &f.program.File().Parties[i]
		if p.ID.Text == string(r) {
			return !slices.Contains([]string{"court", "police", "authority", "regulator", "members", "public"}, p.Kind.Text)
		}
	}
	return r != "" && r != evidence.Undeclared // a policy of before named it
}

// received reads from a person's trail who was handed data that a fulfilment is about.
func (t *turn) received(f *Fulfilling, sid int64) ([]reached, error) {
	if sid == 0 {
		return nil, nil
	}
	trail, err := t.gate.trail(t.ctx, sid)
	if err != nil {
		return nil, err
	}
	var out []reached
	for traced, err := range t.gate.leaves(t.ctx, t.id, trail) {
		if err != nil {
			return nil, err
		}
		l := &traced.Leaf
		if !slices.Contains(handOvers, l.Kind) || l.Verdict != avow.Allow && !l.Observe || !t.force.mayTell(l.Recipient) || !slices.ContainsFunc(l.Data, f.wants) {
			continue
		}
		i := slices.IndexFunc(out, func(r reached) bool { return r.to == l.Recipient && len(r.given) < envelope.MostTold })
		if i < 0 {
			i, out = len(out), append(out, reached{to: l.Recipient})
		}
		out[i].given = append(out[i].given, HandedOver{hex.EncodeToString(l.ID[:]), l.At})
		for _, d := range l.Data {
			if f.wants(d) {
				out[i].data = once(out[i].data, d)
			}
		}
	}
	return out, nil
}

// reachFor says what has to be done where, and sends off what can be sent. The turn is one
// of the office.
func (t *turn) reachFor(m *Fulfilment) error {
	f := &m.Body
	got, err := t.received(f, f.SID)
	if err != nil {
		return err
	}
	f.Steps = append(f.Steps, StoreStep{Store: StoreRecords, State: StepDone, At: t.now})
	if f.Right == "erase" {
		f.Steps = append(f.Steps, StoreStep{Store: StoreFiles, State: StepWaiting, At: t.now}, StoreStep{Store: StoreKey, State: StepWaiting, At: t.now})
	}
	f.Steps = append(f.Steps, t.inBackups(f), t.atTheApp(f))
	for i := range got {
		s := StoreStep{Store: StoreRecipient, Recipient: got[i].to, State: StepWaiting, Data: got[i].data, HandOvers: got[i].given, Count: len(got[i].given), At: t.now}
		f.Steps = append(f.Steps, s)
		if err := t.tellOn(m, len(f.Steps)-1); err != nil {
			return err
		}
	}
	if len(got) == 0 {
		f.Steps = append(f.Steps, StoreStep{Store: StoreRecipient, State: StepNotNeeded, Why: "nobody-received", At: t.now})
	}
	return nil
}

// inBackups says what backups still hold.
func (t *turn) inBackups(f *Fulfilling) StoreStep {
	s := StoreStep{Store: StoreBackups, State: StepNotNeeded, At: t.now}
	switch {
	case f.Right == "restrict" || f.Right == "lift": // noted beside the keys, where each restoring looks
		s.Why = "noted"
		return s
	case f.Right == "erase":
		s.State, s.Why = StepDone, "unreadable"
	default:
		s.Why = "kept-in-backups"
	}
	if kept := t.gate.backupsKept; kept > 0 {
		s.State, s.Until = StepWaiting, t.now.Add(kept)
	}
	return s
}

// atTheApp says what the application has to do with what it keeps itself.
func (t *turn) atTheApp(f *Fulfilling) StoreStep {
	s := StoreStep{Store: StoreApp, State: StepNotNeeded, Why: "nothing-held", At: t.now}
	for _, d := range t.program.Data() {
		if d.Held == "app" && f.wants(d.Slug) {
			s.State, s.Why, s.Data = StepWaiting, "", append(s.Data, d.Slug)
		}
	}
	if s.State == StepWaiting && f.Ref == "" {
		s.State, s.Why = StepFailed, "restored"
	}
	return s
}

// officeTurn is a turn of the office whose change somebody else commits.
func (g *Gate) officeTurn(ctx context.Context, s *served, office *person, now time.Time) *turn {
	t := &turn{served: s, ctx: ctx, gate: g, force: s.inForce.Load(), now: now, ref: office.state.ref, who: office, change: Change{Policy: s.id}, made: &newcomer{}}
	t.program = t.force.program
	return t
}

// followErasure adds to the completion of an erasure what is done about the data
// elsewhere. intended is the evidence of the intention. Nobody works on a fulfilment
// that has only begun, so that it needs no look at what others do at the office.
func (g *Gate) followErasure(ctx context.Context, s *served, c *Change, intended, done [16]byte) (string, error) {
	rec, ok, err := g.store.Get(ctx, 0, fulfilmentOf(s.id), intended[:])
	if err != nil {
		return "", internal("the fulfilment could not be found", err)
	}
	if !ok {
		return "", nil
	}
	office, err := g.office(ctx, s)
	if err != nil {
		return "", err
	}
	m, err := fulfilments.get(ctx, g, office, rec.Body)
	if avow.CodeOf(err) == avow.Unknown { // the office lost its key; an erasure waits for nothing
		return "", nil
	}
	if err != nil {
		return "", err
	}
	if m.State != "begun" {
		return m.ID, nil
	}
	return m.ID, g.reachErased(ctx, s, office, c, &m, done)
}

// reachErased does so for a fulfilment that was opened, or is opened with that.
func (g *Gate) reachErased(ctx context.Context, s *served, office *person, c *Change, m *Fulfilment, done [16]byte) error {
	now, err := s.time(g.Now())
	if err != nil {
		return err
	}
	key, err := matterKey(m.ID)
	if err != nil {
		return err
	}
	state, err := g.store.LogState(ctx, s.id)
	if err != nil {
		return internal("the log could not be read", err)
	}
	t := g.officeTurn(ctx, s, office, now)
	if err := t.reachFor(m); err != nil {
		return err
	}
	m.Body.step(StoreKey).is(StepDone, "", now)
	if !hasFiles(c.Put, s.id) {
		m.Body.step(StoreFiles).is(StepNotNeeded, "nothing-held", now)
	}
	for i := range m.Body.Steps {
		if st := &m.Body.Steps[i]; st.Store == StoreKey || st.Store == StoreRecords {
			st.Leaf = done
		}
	}
	m.Body.Done, m.Body.Index, m.Body.SID = done, state.Recorded, 0
	tidyFulfilment(m, now)
	m.Steps = append(m.Steps, Step{now, engineItself, "reached", m.State})
	t.noteFulfilment(m)
	if err := t.fileFulfilment(office, key, m); err != nil {
		return err
	}
	c.Put, c.PutNew, c.Delete = append(c.Put, t.change.Put...), append(c.PutNew, t.change.PutNew...), append(c.Delete, t.change.Delete...)
	for i := range t.entries {
		c.Leaves = append(c.Leaves, Leaf{Body: t.entries[i].leaf.Append(nil)})
	}
	return nil
}

// hasFiles reports whether a change leaves files to be deleted.
func hasFiles(put []Record, id avow.PolicyID) bool {
	return slices.ContainsFunc(put, func(r Record) bool { return r.Kind == fileKind(id) })
}

// noteFulfilment leaves evidence of how many have to be told.
func (t *turn) noteFulfilment(m *Fulfilment) {
	n := int64(0)
	for i := range m.Body.Steps {
		if s := &m.Body.Steps[i]; (s.Store == StoreRecipient || s.Store == StoreApp) && s.State != StepNotNeeded {
			n++
		}
	}
	if n > 0 {
		t.noteOf(m, evidence.FulfilmentStep, func(l *evidence.Leaf) { l.Count = n })
	}
}

// noteOf leaves evidence of something about the person whom a fulfilment is about, on
// their trail as long as they are there.
func (t *turn) noteOf(m *Fulfilment, kind evidence.Kind, fill func(*evidence.Leaf)) {
	t.note(kind, func(l *evidence.Leaf) {
		t.force.citing(rightOf(m.Body.Right))(l)
		l.Done = m.Body.Leaf
		fill(l)
	})
	e := &t.entries[len(t.entries)-1]
	e.about = &person{}
	if m.Body.SID == 0 {
		return
	}
	row, ok, err := t.gate.store.Load(t.ctx, m.Body.SID)
	if err != nil || !ok || row.Policy != t.id {
		return
	}
	if p, err := t.open(row); err == nil {
		e.about = p
	}
}

// rightOf is what the evidence cites.
func rightOf(right string) string {
	switch right {
	case "erase":
		return "erasure"
	case "lift":
		return "right/restrict"
	}
	return "right/" + right
}

// followUp says who has to be told of what a turn has done. What was done stands
// whatever becomes of that: the sweep goes on with it.
func (g *Gate) followUp(ctx context.Context, t *turn) {
	if t.followed == "" || t.intended != nil {
		return
	}
	if err := g.reachOut(context.WithoutCancel(ctx), t.served, t.followed); err != nil {
		g.troubled("recipients could not be told yet", err)
	}
}

// reachOut says who has to be told, after the change is committed. What cannot be done
// now is done by the sweep.
func (g *Gate) reachOut(ctx context.Context, s *served, matter string) error {
	return g.onFulfilment(ctx, s, matter, "reached", func(t *turn, m *Fulfilment) (bool, error) {
		if m.State != "begun" || m.Body.whole() {
			return false, nil
		}
		if err := t.reachFor(m); err != nil {
			return false, err
		}
		if _, err := t.byItself(m); err != nil {
			return false, err
		}
		t.noteFulfilment(m)
		return true, nil
	})
}

// onFulfilment is a step that the engine takes by itself, with evidence only if act
// leaves some. act reports whether it changed anything.
func (g *Gate) onFulfilment(ctx context.Context, s *served, matter, did string, act func(*turn, *Fulfilment) (bool, error)) error {
	key, err := matterKey(matter)
	if err != nil {
		return err
	}
	_, err = g.takeOffice(repeatable(ctx), s.id, func(t *turn) error {
		m, err := fulfilments.get(t.ctx, t.gate, t.who, key)
		if avow.CodeOf(err) == avow.Unknown {
			return errNothing // it was forgotten meanwhile
		}
		if err != nil {
			return err
		}
		changed, err := act(t, &m)
		if err == nil && !changed {
			err = errNothing
		}
		if err != nil {
			return err
		}
		return t.writeFulfilment(&m, did)
	})
	if errors.Is(err, errNothing) {
		return nil
	}
	return err
}

// errNothing ends a turn that would change nothing.
var errNothing = errors.New("nothing has changed")

package gate

import (
	"context"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/policy"
	"avow.dev/retain"
)

// Copy is everything that is held of one person, for that person.
type Copy struct {
	Receipt  avow.Receipt
	Subject  avow.SubjectRef
	Standing avow.Standing
	Opened   time.Time
	Held     []Held
	Events   []Event
	Trail    []int64 // indexes of the leaves about the person: who looked, who got it
}

// Held is one thing that is held, with why and until when.
type Held struct {
	Datum    avow.Datum
	Value    Value
	Rule     avow.RuleID // under which it was collected
	Source   avow.Source
	Purposes []avow.Purpose
	At       time.Time // when it was collected last
	Until    time.Time // zero: the clock has not started
	UntilBy  avow.RuleID
	Public   bool
	Hidden   bool // deleted, not yet erased; the value is withheld
	Secret   bool // a password hash: it is said that it is held, and not shown
}

// Access says what is held of a person, with the values. It asks for no basis
// and cannot be refused: it is the person's own right. Whoever calls it must
// have made sure who is asking.
func (g *Gate) Access(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef) (*Copy, error) {
	return g.copyOf(ctx, id, ref, evidence.Accessed)
}

// Copy is Access in order to take the data elsewhere; the evidence says so.
func (g *Gate) Copy(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef) (*Copy, error) {
	return g.copyOf(ctx, id, ref, evidence.Copied)
}

func (g *Gate) copyOf(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef, kind evidence.Kind) (*Copy, error) {
	var out *Copy
	t, err := g.take(repeatable(ctx), id, ref, func(t *turn) error {
		if err := t.mustBeKnown(); err != nil {
			return err
		}
		t.note(kind, func(l *evidence.Leaf) { t.force.citing("right/access")(l) })
		var err error
		out, err = t.copy()
		return err
	})
	if err != nil {
		return nil, err
	}
	out.Receipt = t.receipt()
	out.Trail, err = g.trail(ctx, t.who.row.SID)
	return out, err
}

func (g *Gate) trail(ctx context.Context, sid int64) ([]int64, error) {
	var all []int64
	after := int64(-1)
	for {
		page, err := g.store.Trail(ctx, sid, after, scanPage)
		if err != nil {
			return nil, internal("the trail could not be read", err)
		}
		all = append(all, page...)
		if len(page) < scanPage {
			return all, nil
		}
		after = page[len(page)-1]
	}
}

func (t *turn) copy() (*Copy, error) {
	st := &t.who.state
	out := &Copy{Subject: st.ref, Standing: st.Standing, Opened: st.opened}
	for i := range t.who.body.cells {
		if err := t.copyCell(out, &t.who.body.cells[i]); err != nil {
			return nil, err
		}
	}
	for _, d := range t.force.many {
		if err := t.eachItem(d, func(_ Record, c *cell) error { return t.copyCell(out, c) }); err != nil {
			return nil, err
		}
	}
	var err error
	out.Events, err = t.events()
	return out, err
}

func (t *turn) copyCell(out *Copy, c *cell) error {
	h := t.who.holding(c)
	end := retain.Find(t.force.retention, &h, t.program.Effective())
	held := Held{Datum: c.datum, Rule: c.rule, Source: c.source, Until: end.At, UntilBy: end.Rule, Public: c.public, Hidden: c.hidden}
	for _, g := range c.grants {
		held.Purposes = append(held.Purposes, g.purpose)
		if g.at.After(held.At) {
			held.At = g.at
		}
	}
	if info, ok := t.program.Datum(c.datum); ok {
		held.Secret = info.Type == "password"
	}
	if !held.Secret {
		v, ok, err := t.openCell(c)
		if err != nil {
			return err
		}
		if !ok && !c.hidden { // its time is over: it is as good as gone
			return nil
		}
		held.Value = v
	}
	out.Held = append(out.Held, held)
	return nil
}

// events reads the person's consent history.
func (t *turn) events() ([]Event, error) {
	var all []Event
	var after []byte
	for {
		recs, err := t.gate.store.Scan(t.ctx, t.who.row.SID, eventKind, after, scanPage)
		if err != nil {
			return nil, internal("the consent history could not be read", err)
		}
		for _, rec := range recs {
			raw, err := t.who.unseal(eventKind, keyVersion(rec.Key), rec.Body)
			if err != nil {
				return nil, internal("the consent history could not be opened", err)
			}
			e, err := decodeEvent(raw)
			if err != nil {
				return nil, internal("the consent history is malformed", err)
			}
			all = append(all, e)
			after = rec.Key
		}
		if len(recs) < scanPage {
			return all, nil
		}
	}
}

// Correct replaces values that are held, in the form that they were collected
// in. It needs no purpose and no consent, and takes in nothing new: what is not
// held cannot be corrected.
func (g *Gate) Correct(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef, items []Item) (avow.Receipt, error) {
	t, err := g.take(ctx, id, ref, func(t *turn) error {
		if err := t.mustBeKnown(); err != nil {
			return err
		}
		if t.who.state.Hold {
			t.note(evidence.Corrected, func(l *evidence.Leaf) { l.Verdict, l.Reasons = avow.Refuse, avow.OnHold.Set() })
			return &avow.Refusal{Decision: avow.Decision{Reasons: avow.OnHold.Set(), Policy: t.program.Hash()}}
		}
		t.note(evidence.Corrected, func(l *evidence.Leaf) {
			for i := range items {
				l.Data = append(l.Data, known(t.force.words.data, items[i].Datum))
			}
			t.force.citing("right/correct")(l)
		})
		for i := range items {
			if err := t.correctOne(&items[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return avow.Receipt{}, err
	}
	return t.receipt(), nil
}

func (t *turn) correctOne(item *Item) error {
	c := t.who.body.cell(item.Datum)
	info, ok := t.program.Datum(item.Datum)
	if c == nil || c.hidden || !ok {
		return &avow.Error{Code: avow.Unknown, Message: "nothing of this kind is held that could be corrected", Try: "ask for what is held first"}
	}
	if !fits(&info, item.Value.Expose()) {
		return &avow.Error{Code: avow.Invalid, Message: "the value does not fit its datum", Try: "send the value in the shape that the policy declares"}
	}
	v, some, err := t.reduce(item.Datum, item.Value, ingest(&info), "")
	if err != nil || !some {
		return &avow.Error{Code: avow.Invalid, Message: "the value cannot be brought into the form that the policy demands", Try: "send the value in the shape that the policy declares", Cause: err}
	}
	defer v.Wipe()
	if info.Lookup {
		if err := t.findBy(&info, item.Value); err != nil {
			return err
		}
	}
	c.version++
	t.touched = true
	sealed, err := t.who.seal(c.datum, c.version, v.Expose())
	if err != nil {
		return internal("the value could not be sealed", err)
	}
	c.sealed = sealed
	return nil
}

// ingest returns the forms that a datum is brought into before it is stored.
func ingest(info *policy.DatumInfo) []avow.Obligation {
	out := make([]avow.Obligation, len(info.Ingest))
	for i, id := range info.Ingest {
		out[i] = avow.Obligation{Kind: avow.Transform, Arg: id}
	}
	return out
}

// Find returns the reference of the person who has this value of a looked-up
// datum, for an application that knows the value and not the person.
func (g *Gate) Find(ctx context.Context, id avow.PolicyID, item Item) (avow.SubjectRef, error) {
	s, err := g.of(id)
	if err != nil {
		return "", err
	}
	info, ok := s.inForce.Load().program.Datum(item.Datum)
	if !ok || !info.Lookup {
		return "", &avow.Error{Code: avow.Invalid, Message: "people are not found by this datum", Try: "use a datum that the policy marks with lookup"}
	}
	tag, err := s.tagOf(&info, item.Value.Expose())
	if err != nil {
		return "", &avow.Error{Code: avow.Invalid, Message: "the value does not fit its datum", Try: "send the value in the shape that the policy declares", Cause: err}
	}
	row, ok, err := g.store.Lookup(ctx, id, tag)
	if err != nil {
		return "", internal("the index could not be read", err)
	}
	if !ok {
		return "", &avow.Error{Code: avow.Unknown, Message: "nobody is found by this value", Try: "check the value"}
	}
	p, err := s.open(row)
	if err != nil {
		return "", internal("the person's record could not be opened", err)
	}
	return p.state.ref, nil
}

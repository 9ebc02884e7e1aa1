package gate

import (
	"context"
	"slices"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/policy"
)

// Copy is everything that is held of one person, for that person.
type Copy struct {
	Receipt  avow.Receipt
	Subject  avow.SubjectRef
	Standing avow.Standing
	Opened   time.Time
	Held     []Held
	Events   []Event
	Requests []Ask
	Passkeys []Passkey
	Trail    []int64 // indexes of the leaves about the person: who looked, who got it

	slot uint64 // number of the key that it was read under
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
	Public   bool             // published, to Audience
	Audience []avow.Recipient // to whom
	File     *File            // a large value: what to open it by, in place of Value
	Hidden   bool             // deleted, not yet erased; the value is withheld
	Secret   bool             // a password hash: it is said that it is held, and not shown
	Hash     string           // for a password: how it is hashed, such as "argon2id m=19456 t=2"
}

// Access says what is held of a person, with the values. It asks for no basis
// and cannot be refused: it is the person's own right. Whoever calls it must
// have made sure who is asking.
func (g *Gate) Access(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef) (*Copy, error) {
	return g.copyOf(ctx, id, ref, evidence.Accessed, nil, nil)
}

// AccessTo is Access to single kinds of data; nothing else is opened.
func (g *Gate) AccessTo(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef, data ...avow.Datum) (*Copy, error) {
	if len(data) == 0 || len(data) > mostData {
		return nil, &avow.Error{Code: avow.Invalid, Message: "no data is named, or too much at once", Try: "name 1 to 256 kinds of data"}
	}
	return g.copyOf(ctx, id, ref, evidence.Accessed, data, nil)
}

// Copy is Access in order to take the data elsewhere; the evidence says so. Where the
// policy has copies reviewed, there is none but on a request; see [Gate.PreviewCopy].
func (g *Gate) Copy(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef) (*Copy, error) {
	return g.copyOf(ctx, id, ref, evidence.Copied, nil, nil)
}

// copyOf opens what is held: of only the kinds of data that are named, or of all;
// for the person, or for whoever says says.
func (g *Gate) copyOf(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef, kind evidence.Kind, only []avow.Datum, says because) (*Copy, error) {
	var out *Copy
	t, err := g.take(repeatable(ctx), id, ref, func(t *turn) error {
		if err := t.mustBeKnown(); err != nil {
			return err
		}
		right := "right/access"
		if kind == evidence.Copied {
			right = "right/copy"
			if t.reviewed("copy") {
				return &avow.Error{Code: avow.Conflict, Message: "the policy has people look at a copy before it goes out", Try: "make a request for a copy; it waits for the person once enough people agree to it"}
			}
		}
		t.opened(kind, right, says, func(l *evidence.Leaf) {
			for _, d := range only {
				l.Data = append(l.Data, known(t.force.words.data, d))
			}
		})
		if says == nil {
			t.sawPerson()
		}
		if out != nil {
			out.wipe() // of an attempt that came to nothing
		}
		var err error
		out, err = t.copy(only)
		return err
	})
	if err != nil {
		if out != nil {
			out.wipe()
		}
		return nil, err
	}
	out.Receipt = t.receipt()
	out.Trail, err = g.trail(ctx, t.who.row.SID)
	return out, err
}

func (c *Copy) wipe() {
	for i := range c.Held {
		c.Held[i].Value.Wipe()
	}
	for i := range c.Requests {
		c.Requests[i].wipe()
	}
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

func (t *turn) copy(only []avow.Datum) (*Copy, error) {
	st := &t.who.state
	out := &Copy{Subject: st.ref, Standing: st.Standing, Opened: st.opened, slot: t.who.body.slot}
	asked := func(d avow.Datum) bool { return len(only) == 0 || slices.Contains(only, d) }
	for i := range t.who.body.cells {
		if !asked(t.who.body.cells[i].datum) {
			continue
		}
		if err := t.copyCell(out, &t.who.body.cells[i]); err != nil {
			return out, err
		}
	}
	for i := range t.who.body.series {
		s := &t.who.body.series[i]
		if !asked(s.datum) {
			continue
		}
		err := t.eachItem(s.datum, func(_ Record, c *cell) error {
			c.audience = s.audience
			return t.copyCell(out, c)
		})
		if err != nil {
			return out, err
		}
	}
	var err error
	if out.Events, err = t.events(); err != nil {
		return out, err
	}
	if out.Requests, err = t.allAsks(); err != nil {
		return out, err
	}
	if len(only) == 0 {
		out.Passkeys, err = t.toldPasskeys()
	}
	return out, err
}

func (t *turn) copyCell(out *Copy, c *cell) error {
	held := t.held(c, t.who.end(t.force, c))
	if c.isFile() && !c.hidden {
		if t.over(c) {
			return nil
		}
		f, err := t.fileOf(c)
		if err != nil {
			return err
		}
		held.File = &f
	} else if held.Secret {
		held.Hash = t.howHashed(c)
	} else {
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
	return g.CorrectAs(ctx, id, ref, items, Proven{})
}

// CorrectAs is Correct with what supports that the person is there, where the
// policy asks for a fresh sign-in before an edit.
func (g *Gate) CorrectAs(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef, items []Item, proof Proven) (avow.Receipt, error) {
	if len(items) == 0 || len(items) > mostData {
		return avow.Receipt{}, &avow.Error{Code: avow.Invalid, Message: "nothing to correct, or too much at once", Try: "send 1 to 256 items"}
	}
	t, err := g.take(ctx, id, ref, func(t *turn) error {
		if err := t.mustBeKnown(); err != nil {
			return err
		}
		if t.who.state.Hold {
			return t.refuseHeld(evidence.Corrected)
		}
		if err := t.mayEdit(dataIn(items), &proof); err != nil {
			return err
		}
		return t.correct(items)
	})
	if err != nil {
		return avow.Receipt{}, err
	}
	g.followUp(ctx, t)
	return t.receipt(), nil
}

func (t *turn) correct(items []Item) error {
	t.note(evidence.Corrected, func(l *evidence.Leaf) {
		for i := range items {
			l.Data = append(l.Data, known(t.force.words.data, items[i].Datum))
		}
		t.force.citing("right/correct")(l)
	})
	if err := t.follow("correct", dataIn(items)); err != nil {
		return err
	}
	t.sawPerson()
	for i := range items {
		if err := t.correctOne(&items[i]); err != nil {
			return err
		}
	}
	return nil
}

func dataIn(items []Item) []avow.Datum {
	data := make([]avow.Datum, len(items))
	for i := range items {
		data[i] = items[i].Datum
	}
	return data
}

func (t *turn) correctOne(item *Item) error {
	c := t.who.body.cell(item.Datum)
	info, ok := t.program.Datum(item.Datum)
	if c == nil || c.hidden || c.isFile() || !ok || t.over(c) {
		return &avow.Error{Code: avow.Unknown, Message: "nothing of this kind is held that could be corrected", Try: "ask for what is held first"}
	}
	if !fits(&info, item.Value.Expose()) || t.weak(&info, item.Value, nil) || !info.Personal() && identifies(item.Value.Expose()) {
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
	return t.sealCell(c, v.Expose())
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
	p, err := g.whoHas(ctx, id, item)
	if err != nil {
		return "", err
	}
	return p.state.ref, g.found(ctx, id, p.state.ref, item.Datum, nil)
}

// whoHas finds somebody, and leaves no evidence of it.
func (g *Gate) whoHas(ctx context.Context, id avow.PolicyID, item Item) (*person, error) {
	s, err := g.of(id)
	if err != nil {
		return nil, err
	}
	info, ok := s.inForce.Load().program.Datum(item.Datum)
	if !ok || !info.Lookup {
		return nil, &avow.Error{Code: avow.Invalid, Message: "people are not found by this datum", Try: "use a datum that the policy marks with lookup"}
	}
	tag, err := s.tagOf(&info, item.Value.Expose())
	if err != nil {
		return nil, &avow.Error{Code: avow.Invalid, Message: "the value does not fit its datum", Try: "send the value in the shape that the policy declares", Cause: err}
	}
	row, ok, err := g.store.Lookup(ctx, id, tag)
	if err != nil {
		return nil, internal("the index could not be read", err)
	}
	if !ok {
		return nil, &avow.Error{Code: avow.Unknown, Message: "nobody is found by this value", Try: "check the value"}
	}
	p, err := s.open(row)
	if err != nil {
		return nil, unreadable(err)
	}
	if !p.shows(s.inForce.Load(), info.Slug, g.Now()) {
		return nil, &avow.Error{Code: avow.Unknown, Message: "nobody is found by this value", Try: "check the value"}
	}
	return p, nil
}

// found leaves evidence that somebody was looked for by a value and found: it
// turns a value into a reference, which is a look at the person.
func (g *Gate) found(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef, by avow.Datum, says because) error {
	_, err := g.take(ctx, id, ref, func(t *turn) error {
		if err := t.mustBeKnown(); err != nil {
			return err
		}
		t.opened(evidence.Found, "", says, func(l *evidence.Leaf) { l.Data = []avow.Datum{by} })
		return nil
	})
	return err
}

// shows reports whether a datum of the person may still be looked at: what waits
// to be erased finds nobody any more.
func (p *person) shows(f *force, d avow.Datum, now time.Time) bool {
	if c := p.body.cell(d); c != nil {
		_, over := p.over(f, c, now)
		return !c.hidden && !over
	}
	return p.body.of(d) != nil && p.state.Account != avow.Closing
}

// sawPerson notes that the person was there, where a retention clock starts from
// it. A day is enough, and spares a write at every look.
func (t *turn) sawPerson() {
	if day := t.now.Truncate(24 * time.Hour); t.force.seen && t.who.state.seen.Before(day) {
		t.who.state.seen, t.touched = day, true
	}
}

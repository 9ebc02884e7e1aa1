package gate

import (
	"context"
	"slices"
	"time"

	"avow.dev"
	"avow.dev/evidence"
)

// A release is one answer to one request, and may break off on the way. The same can be
// handed out again to the same authority, under the same approval and while the paper
// holds: it is read and decided anew, and must come out with the very digest that stands in
// the evidence. Nothing else goes out that way.

const (
	// RepeatLife is for how long after a release it can be handed out again.
	RepeatLife = 72 * time.Hour
	// MostRepeats is how often.
	MostRepeats = 3
)

// Repeated is one time that a release was handed out again.
type Repeated struct {
	At   time.Time `json:"at"`
	Leaf [16]byte  `json:"leaf"`
}

// Repeatable reports whether a release can be handed out again by its state and its age.
// Whether it still comes out the same, and may, shows when it is.
func Repeatable(m *Demand, now time.Time) bool {
	d := &m.Body
	return m.State == "released" && d.Recalled.IsZero() && now.Before(d.ReleasedAt.Add(RepeatLife)) && len(d.Repeats) < MostRepeats
}

// RepeatRelease hands out again what a demand got, named by the digest of it, and leaves
// evidence of that. What was changed, erased or put under a hold since has another digest,
// and needs a new demand.
func (g *Gate) RepeatRelease(ctx context.Context, id avow.PolicyID, matter string, by Officer, o *Look, what [32]byte) (Demand, *Handed, error) {
	if err := o.check(); err != nil {
		return Demand{}, nil, err
	}
	out := &Handed{}
	m, r, err := demands.step(repeatable(ctx), g, id, matter, by, "handed-out-again", func(t *turn, m *Demand) error {
		out.Wipe()
		*out = Handed{}
		if err := t.mayRepeat(m, what); err != nil {
			return err
		}
		return t.repeatRelease(m, by, o, out)
	})
	if err != nil {
		out.Wipe()
		return Demand{}, nil, err
	}
	out.Receipt = r
	return m, out, nil
}

func (t *turn) mayRepeat(m *Demand, what [32]byte) error {
	d := &m.Body
	switch {
	case m.State != "released":
		return notNow("only what was released is handed out again; the demand is " + m.State)
	case !d.Recalled.IsZero():
		return notNow("its authority took it back")
	case what != d.Digest:
		return &avow.Error{Code: avow.Conflict, Message: "this is not what was released", Try: "name the package as the demand shows it"}
	case !t.now.Before(d.ReleasedAt.Add(RepeatLife)):
		return notNow("what was released three days ago or longer is asked for by a new demand")
	case len(d.Repeats) >= MostRepeats:
		return notNow("it was handed out again three times")
	}
	_, err := t.mayRelease(m)
	return err
}

func (t *turn) repeatRelease(m *Demand, by Officer, o *Look, out *Handed) error {
	d := &m.Body
	looked, err := t.file(by, o, opensDemand, m.ID, 0)
	if err != nil {
		return err
	}
	for _, sid := range d.Scope.People {
		if !slices.Contains(d.People, sid) && !slices.Contains(d.Nothing, sid) {
			continue // nothing might be given of them then
		}
		given, err := t.give(sid, d, demandFacts, d.Gag.After(t.now))
		if err != nil {
			return err
		}
		if given != nil {
			out.People = append(out.People, *given)
		}
	}
	if digestGiven(d.Salt, out.People) != d.Digest {
		return &avow.Error{Code: avow.Conflict, Message: "what is held is not what was released any more, so nothing was handed out", Try: "have the authority ask by a new demand"}
	}
	t.saysWhy(o, looked)
	out.Left = d.Left
	t.noteDemand(evidence.DemandRepeated, d, func(l *evidence.Leaf) {
		l.Data, l.Purpose, l.Count, l.Detail, l.Done, l.Why = d.Scope.Data, d.Scope.Purpose, int64(len(d.People)), d.Digest, d.Leaf, o.Why
		d.Repeats = append(d.Repeats, Repeated{t.now, l.ID})
	})
	return nil
}

// RecallDemand puts down that an authority took a demand back after it was released:
// nothing is handed out again.
func (g *Gate) RecallDemand(ctx context.Context, id avow.PolicyID, matter string, by Officer, why string) (Demand, avow.Receipt, error) {
	return demands.step(ctx, g, id, matter, by, "recalled", func(t *turn, m *Demand) error {
		if m.State != "released" || !m.Body.Recalled.IsZero() {
			return notNow("only a demand that was released is taken back so, and once")
		}
		m.Body.Recalled, m.Body.Why = t.now, why
		return t.mayDemand(&m.Body)
	})
}

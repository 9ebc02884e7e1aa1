package gate

import (
	"context"
	"encoding/hex"
	"slices"

	"avow.dev"
)

// opensFulfilment is what an officer opens who has to tell somebody by hand.
const opensFulfilment = "fulfilment"

// unnamed is a fulfilment that does not say whom it is about.
func unnamed(m Fulfilment) Fulfilment {
	f := &m.Body
	f.Ref, f.SID, f.Slot = "", 0, 0
	f.Steps = slices.Clone(f.Steps)
	for i := range f.Steps {
		f.Steps[i].HandOvers = nil
	}
	return m
}

// Fulfilments lists what was carried out and is being carried out, those begun first
// first: at most limit, after a given one ("" for all), only open ones if so wished.
func (g *Gate) Fulfilments(ctx context.Context, id avow.PolicyID, after string, limit int, open bool) ([]Fulfilment, error) {
	all, err := fulfilments.list(ctx, g, id, after, limit, func(m *Fulfilment) bool { return !open || m.State != "done" })
	for i := range all {
		all[i] = unnamed(all[i])
	}
	return all, err
}

// ReadFulfilment returns a fulfilment as it stands. It says of nobody whom it is about.
func (g *Gate) ReadFulfilment(ctx context.Context, id avow.PolicyID, matter string) (Fulfilment, error) {
	m, err := fulfilments.read(ctx, g, id, matter)
	return unnamed(m), err
}

// OpenFulfilment returns it with whom it is about, as far as somebody still needs to
// know, for an officer who says why.
func (g *Gate) OpenFulfilment(ctx context.Context, id avow.PolicyID, matter string, by Officer, o *Look) (Fulfilment, error) {
	m, err := fulfilments.read(ctx, g, id, matter)
	if err != nil {
		return Fulfilment{}, err
	}
	if _, err := g.opens(ctx, id, by, o, opensFulfilment, matter, m.Body.SID); err != nil {
		return Fulfilment{}, err
	}
	m.Body.SID, m.Body.Slot = 0, 0
	return m, nil
}

// FulfilmentOf returns what became of what a leaf says was decided upon, such as the
// intention that the completion of an erasure names; false if there is none or it is
// forgotten.
func (g *Gate) FulfilmentOf(ctx context.Context, id avow.PolicyID, leaf [16]byte) (Fulfilment, bool, error) {
	if _, err := g.of(id); err != nil {
		return Fulfilment{}, false, err
	}
	rec, ok, err := g.store.Get(ctx, 0, fulfilmentOf(id), leaf[:])
	if err != nil {
		return Fulfilment{}, false, internal("the fulfilment could not be found", err)
	}
	if !ok {
		return Fulfilment{}, false, nil
	}
	m, err := g.ReadFulfilment(ctx, id, hex.EncodeToString(rec.Body))
	if avow.CodeOf(err) == avow.Unknown {
		return Fulfilment{}, false, nil
	}
	return m, err == nil, err
}

// OwnFulfilments returns what became of what a person asked for, the newest first: who
// had their data and was told of it, and when (GDPR art. 19). It opens nothing of theirs.
func (g *Gate) OwnFulfilments(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef) ([]Fulfilment, error) {
	t, err := g.look(ctx, id, ref)
	if err != nil {
		return nil, err
	}
	recs, err := g.scanAll(ctx, t.who.row.SID, ownFulfilment)
	if err != nil {
		return nil, err
	}
	var out []Fulfilment
	for _, rec := range slices.Backward(recs) {
		m, err := g.ReadFulfilment(ctx, id, hex.EncodeToString(rec.Key))
		if avow.CodeOf(err) == avow.Unknown {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, nil
}

// ToldKey is what opens to whoever has it who was told of an erasure, by the evidence that
// it was asked for or decided upon. The person gets it before they go, in an address: a
// certificate's number alone can be guessed, and says nothing of that.
func (g *Gate) ToldKey(id avow.PolicyID, leaf [16]byte) (string, error) {
	s, err := g.of(id)
	if err != nil {
		return "", err
	}
	tag, err := s.tag("\x00told", leaf[:])
	if err != nil {
		return "", internal("an address could not be made", err)
	}
	return hex.EncodeToString(tag[:]), nil
}

// CertificateIndex returns where the evidence stands in the log that an erasure is
// complete.
func (g *Gate) CertificateIndex(ctx context.Context, id avow.PolicyID, m *Fulfilment) (int64, error) {
	if m.Body.Done == ([16]byte{}) {
		return 0, &avow.Error{Code: avow.Unknown, Message: "the erasure is not complete", Try: "look at its steps"}
	}
	return g.leafFrom(ctx, id, m.Body.Index, m.Body.Done)
}

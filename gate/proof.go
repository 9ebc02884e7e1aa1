package gate

import (
	"context"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/ledger"
)

// Evidence is one leaf with the proof that it stands in the published log.
type Evidence struct {
	Index int64
	Body  []byte
	Leaf  evidence.Leaf
	// Receipt is nil as long as the leaf is recorded and not yet published.
	Receipt *ledger.Receipt
}

// proofTiles is how many tiles a prover keeps in memory.
const proofTiles = 64

// Evidence returns a leaf of a policy's log and, once it is published, its
// receipt, which anyone can check offline.
func (g *Gate) Evidence(ctx context.Context, id avow.PolicyID, index int64) (Evidence, error) {
	if _, err := g.of(id); err != nil {
		return Evidence{}, err
	}
	state, err := g.store.LogState(ctx, id)
	if err != nil {
		return Evidence{}, internal("the log's state could not be read", err)
	}
	if index < 0 || index >= state.Recorded {
		return Evidence{}, &avow.Error{Code: avow.Unknown, Message: "the log has no such leaf", Try: "ask for an index below the log's size"}
	}
	bodies, err := g.store.Leaves(ctx, id, index, index+1)
	if err != nil || len(bodies) != 1 {
		return Evidence{}, internal("the leaf could not be read", err)
	}
	out := Evidence{Index: index, Body: bodies[0]}
	if out.Leaf, err = evidence.Parse(bodies[0]); err != nil {
		return Evidence{}, internal("the leaf is malformed", err)
	}
	if index < state.Sealed {
		r, err := ledger.NewProver(LogOf(g.store, id), proofTiles).Receipt(ctx, state.Checkpoint, index)
		if err != nil {
			return Evidence{}, internal("the leaf's proof could not be made", err)
		}
		r.Extra = bodies[0]
		out.Receipt = &r
	}
	return out, nil
}

// Opening is what opens the commitment of a leaf about a person, so that they
// can show what it was about. It is known to whoever holds the person's key and
// to nobody after the person is erased.
type Opening struct {
	Salt, Pseudonym [32]byte
}

// Opening returns the opening of a leaf about a person.
func (g *Gate) Opening(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef, leaf [16]byte) (Opening, error) {
	s, err := g.of(id)
	if err != nil {
		return Opening{}, err
	}
	p, err := g.find(ctx, s, ref)
	if err != nil {
		return Opening{}, internal("the person's record could not be read", err)
	}
	if !p.known() {
		return Opening{}, &avow.Error{Code: avow.Unknown, Message: "nobody is known by this reference", Try: "check the reference; an erased person is unknown too"}
	}
	return Opening{p.salt(leaf), p.pseudonym()}, nil
}

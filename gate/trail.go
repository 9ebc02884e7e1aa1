package gate

import (
	"context"

	"avow.dev"
	"avow.dev/evidence"
)

// Traced is a leaf about a person, with its place in the log.
type Traced struct {
	Index int64
	Leaf  evidence.Leaf
}

// Traced returns the leaves about a person, the newest first: who looked, who got
// it, what they themselves said. It begins before an index (0: at the newest) and
// returns at most limit, and whether there are older ones. It is read from the log
// and opens nothing, so that it leaves no leaf of its own.
func (g *Gate) Traced(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef, before int64, limit int) ([]Traced, bool, error) {
	t, err := g.look(ctx, id, ref)
	if err != nil {
		return nil, false, err
	}
	all, err := g.trail(ctx, t.who.row.SID)
	if err != nil {
		return nil, false, err
	}
	end := len(all)
	for before > 0 && end > 0 && all[end-1] >= before {
		end--
	}
	first := max(0, end-limit)
	out := make([]Traced, 0, end-first)
	for i := end - 1; i >= first; i-- {
		bodies, err := g.store.Leaves(ctx, id, all[i], all[i]+1)
		if err != nil || len(bodies) != 1 {
			return nil, false, internal("a leaf could not be read", err)
		}
		l, err := evidence.Parse(bodies[0])
		if err != nil {
			return nil, false, internal("a leaf is malformed", err)
		}
		out = append(out, Traced{all[i], l})
	}
	return out, first > 0, nil
}

package gate

import (
	"context"
	"iter"
	"slices"

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
	for leaf, err := range g.leaves(ctx, id, all[first:end]) {
		if err != nil {
			return nil, false, err
		}
		out = append(out, leaf)
	}
	slices.Reverse(out)
	return out, first > 0, nil
}

// mostBetween is how many leaves about others are read in between rather than to read
// again.
const mostBetween = 8

// leaves reads the leaves with the given indexes, which ascend. It ends with the first
// error.
func (g *Gate) leaves(ctx context.Context, id avow.PolicyID, indexes []int64) iter.Seq2[Traced, error] {
	return func(yield func(Traced, error) bool) {
		for len(indexes) > 0 {
			n, first := 1, indexes[0]
			for n < len(indexes) && indexes[n]-indexes[n-1] <= mostBetween && indexes[n]-first < scanPage {
				n++
			}
			end := indexes[n-1] + 1
			bodies, err := g.store.Leaves(ctx, id, first, end)
			if err != nil || int64(len(bodies)) != end-first {
				yield(Traced{}, internal("the evidence could not be read", err))
				return
			}
			for _, at := range indexes[:n] {
				leaf, err := evidence.Parse(bodies[at-first])
				if err != nil {
					err = internal("a leaf is malformed", err)
				}
				if !yield(Traced{at, leaf}, err) || err != nil {
					return
				}
			}
			indexes = indexes[n:]
		}
	}
}

package gate

import (
	"context"

	"avow.dev"
	"avow.dev/policy"
)

// Explain says how a question would be decided for a person as they stand now,
// and why, in words for people. It permits nothing, shows no data and leaves no
// evidence. Facts that a real request would show are taken from the query.
func (g *Gate) Explain(ctx context.Context, id avow.PolicyID, ref avow.SubjectRef, q *policy.Query) (policy.Explanation, error) {
	s, err := g.of(id)
	if err != nil {
		return policy.Explanation{}, err
	}
	standing, err := g.Standing(ctx, id, ref)
	if err != nil {
		return policy.Explanation{}, err
	}
	now, err := s.time(g.Now())
	if err != nil {
		return policy.Explanation{}, err
	}
	return s.inForce.Load().program.Explain(q, &standing, now), nil
}

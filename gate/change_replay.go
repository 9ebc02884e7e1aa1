package gate

import (
	"cmp"
	"context"
	"slices"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/policy"
)

// Breaking is a kind of decision that was allowed before and that a draft would
// refuse whatever the person says and whatever is shown: something that works today
// would stop.
type Breaking struct {
	Verb      string         `json:"verb"`
	Datum     avow.Datum     `json:"datum"`
	Purpose   avow.Purpose   `json:"purpose,omitempty"`
	Point     avow.Point     `json:"point,omitempty"`
	Recipient avow.Recipient `json:"recipient,omitempty"`
	Role      avow.Role      `json:"role,omitempty"`
	Count     int64          `json:"count"` // recorded decisions of this kind
}

const (
	replayed     = 200_000 // leaves that are looked at, the newest
	mostBreaking = 100     // kinds that are kept, the most frequent
)

// wouldBreak replays recorded decisions against a draft. It reads the log, which
// holds no personal data, and counts.
func (g *Gate) wouldBreak(ctx context.Context, old, draft *policy.Program) ([]Breaking, int64, error) {
	state, err := g.store.LogState(ctx, old.ID())
	if err != nil {
		return nil, 0, internal("the log could not be read", err)
	}
	counts := make(map[Breaking]int64)
	decisions := int64(0)
	_, err = g.eachLeaf(ctx, old.ID(), max(0, state.Recorded-replayed), func(l *evidence.Leaf) {
		verb, ok := verbOf(l.Kind)
		if !ok || l.Verdict != avow.Allow {
			return
		}
		decisions++
		for _, d := range l.Data {
			counts[Breaking{Verb: verb.String(), Datum: d, Purpose: l.Purpose, Point: l.Point, Recipient: l.Recipient, Role: l.Role}]++
		}
	})
	if err != nil {
		return nil, 0, err
	}
	var out []Breaking
	now := g.Now()
	for b, n := range counts {
		if q, ok := favourable(old, &b, now); ok && !allows(draft, &q, now) {
			b.Count = n
			out = append(out, b)
		}
	}
	slices.SortFunc(out, func(a, b Breaking) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Verb, b.Verb), cmp.Compare(a.Datum, b.Datum), cmp.Compare(a.Purpose, b.Purpose),
			cmp.Compare(a.Recipient, b.Recipient), cmp.Compare(a.Role, b.Role), cmp.Compare(a.Point, b.Point))
	})
	return out[:min(len(out), mostBreaking)], decisions, nil
}

func verbOf(k evidence.Kind) (avow.Verb, bool) {
	for v := range avow.Verbs {
		if evidence.KindOf(avow.Verb(v)) == k && k != "" {
			return avow.Verb(v), true
		}
	}
	return 0, false
}

// favourable finds the words that a leaf does not hold under which the old text
// allowed a decision of its kind.
func favourable(p *policy.Program, b *Breaking, now time.Time) (policy.Query, bool) {
	f := p.File()
	features, sources, grounds := []avow.Feature{""}, []avow.Source{"person", "device", ""}, []string{""}
	for i := range f.Features {
		features = append(features, avow.Feature(f.Features[i].ID.Text))
	}
	for i := range f.Sources {
		sources = append(sources, avow.Source(f.Sources[i].ID.Text))
	}
	for i := range f.Demands {
		grounds = append(grounds, f.Demands[i].ID.Text)
	}
	verb, _ := avow.ParseVerb(b.Verb)
	for _, feature := range features {
		for _, source := range sources {
			for _, ground := range grounds {
				q := policy.Query{Verb: verb, Datum: b.Datum, Purpose: b.Purpose, Point: b.Point, Recipient: b.Recipient, Role: b.Role,
					Feature: feature, Source: source, Ground: ground, Facts: 1<<avow.NumFacts - 1}
				if allows(p, &q, now) {
					return q, true
				}
			}
		}
	}
	return policy.Query{}, false
}

// allows reports whether a text allows something to somebody who has agreed to
// everything that it asks for.
func allows(p *policy.Program, q *policy.Query, now time.Time) bool {
	if from := day(p.File().Effective); now.Before(from) {
		now = from
	}
	s := avow.Standing{Account: avow.Open, Age: avow.KnownAdult, Guardian: true,
		Acceptance: avow.Acceptance{State: avow.AcceptedPolicy, Policy: p.Hash(), At: now}}
	f := p.File()
	for i := range f.Choices {
		s.Choices = append(s.Choices, avow.Chosen{Choice: avow.Choice(f.Choices[i].ID.Text), State: avow.Given, At: now})
	}
	for i := range f.Acceptance.Documents {
		d := &f.Acceptance.Documents[i]
		s.Documents = append(s.Documents, avow.Acceptance{State: avow.AcceptedPolicy, Version: d.ID.Text + "@" + d.Version.Text})
	}
	bound := p.Bind(&s, now)
	return p.Decide(q, &bound).Verdict == avow.Allow
}

// leafPage is how many leaves are read at a time.
const leafPage = 1024

// eachLeaf visits the leaves of a policy's log from an index on, and returns how
// many there were.
func (g *Gate) eachLeaf(ctx context.Context, id avow.PolicyID, from int64, visit func(*evidence.Leaf)) (int64, error) {
	state, err := g.store.LogState(ctx, id)
	if err != nil {
		return 0, internal("the log could not be read", err)
	}
	n := int64(0)
	for at := from; at < state.Recorded; at += leafPage {
		if err := ready(ctx); err != nil {
			return n, err
		}
		bodies, err := g.store.Leaves(ctx, id, at, min(at+leafPage, state.Recorded))
		if err != nil {
			return n, internal("the log could not be read", err)
		}
		for _, body := range bodies {
			l, err := evidence.Parse(body)
			if err != nil {
				return n, internal("a leaf of the log is malformed", err)
			}
			visit(&l)
			n++
		}
	}
	return n, nil
}

package gate

import (
	"context"
	"slices"
	"time"

	"avow.dev"
	"avow.dev/policy/syntax"
)

// qualified returns the fact that a recipient may be given data, for a purpose: the
// policy's own end of its terms has not come, and each word of its requires is
// answered by a paper that two people have put on file, that is not over and not
// revoked. What cannot be read does not count.
//
// A request that is let out by papers takes effect only if nobody has changed
// anything at the desks in between.
func (t *turn) qualified(req *avow.Request) avow.Facts {
	p, ok := t.force.parties[req.Recipient]
	if !ok || p.over(t.now) {
		return 0
	}
	shown := avow.Facts(0).With(avow.FactQualified)
	if len(p.requires) == 0 && !p.successor {
		return shown
	}
	office := t.who
	if !t.who.isOffice() {
		var err error
		if office, err = t.gate.office(t.ctx, t.served); err != nil {
			return 0
		}
	}
	all, _, err := t.filed(office, req.Recipient)
	if err == nil && p.successor {
		if shown = t.bound(req.Recipient, all); shown == 0 {
			return 0
		}
	} else if err != nil || len(t.force.lacking(&p, all, req.Purpose, t.now)) > 0 {
		return 0
	}
	if office != t.who {
		t.restOn(office)
	}
	return shown
}

func (p *party) over(now time.Time) bool { return !p.expires.IsZero() && !now.Before(p.expires) }

// lacking returns the words of requires that no paper answers now. An empty purpose
// asks for any.
func (f *force) lacking(p *party, all []filed, purpose avow.Purpose, now time.Time) []string {
	return slices.DeleteFunc(slices.Clone(p.requires), func(need string) bool {
		return slices.ContainsFunc(all, func(paper filed) bool { return f.answers(p, need, &paper.Is, purpose, now) })
	})
}

// answers reports whether a paper answers a word of requires.
func (f *force) answers(p *party, need string, q *Qualifying, purpose avow.Purpose, now time.Time) bool {
	if q.Kind != need || !now.Before(q.Expires) {
		return false
	}
	switch need {
	case "terms":
		return !p.same || q.Policy == f.program.Hash()
	case "purposes":
		return purpose == "" || slices.Contains(q.Purposes, purpose)
	case "policy-link":
		return q.Link == p.link
	}
	return true
}

// Party is a recipient as the policy names it, and how it stands today.
type Party struct {
	ID       avow.Recipient
	Kind     string
	Region   string
	Requires []string
	Lacks    []string // words of requires that nothing answers today
	// Open says that data may go there, as far as the recipient is concerned.
	Open bool
	// Until is when the first of what opens it runs out; zero if nothing does.
	Until time.Time
}

// Parties returns every recipient of a policy in the order of the policy.
func (g *Gate) Parties(ctx context.Context, id avow.PolicyID) ([]Party, error) {
	s, err := g.of(id)
	if err != nil {
		return nil, err
	}
	office, err := g.office(ctx, s)
	if err != nil {
		return nil, err
	}
	t := &turn{served: s, ctx: ctx, gate: g, force: s.inForce.Load(), now: g.Now(), who: office}
	t.program = t.force.program
	var out []Party
	for i := range t.program.File().Parties {
		e := &t.program.File().Parties[i]
		one := Party{ID: avow.Recipient(e.ID.Text), Kind: e.Kind.Text, Region: e.Region.Text, Requires: syntax.Texts(e.Requires)}
		p := t.force.parties[one.ID]
		all, _, err := t.filed(office, one.ID)
		if err != nil {
			return nil, err
		}
		one.Lacks, one.Until = t.force.lacking(&p, all, "", t.now), p.expires
		for _, paper := range all {
			if slices.Contains(p.requires, paper.Is.Kind) && t.force.answers(&p, paper.Is.Kind, &paper.Is, "", t.now) && (one.Until.IsZero() || paper.Is.Expires.Before(one.Until)) {
				one.Until = paper.Is.Expires
			}
		}
		one.Open = len(one.Lacks) == 0 && !p.over(t.now) && !p.successor
		out = append(out, one)
	}
	return out, nil
}

// hearUnqualified takes a paper back that was revoked after the data was copied.
func (t *turn) hearUnqualified(r *reader) (bool, error) {
	to, paper := avow.Recipient(r.string()), r.string()
	if err := r.done(); err != nil {
		return false, err
	}
	all, _, err := t.filed(t.who, to)
	if err != nil || !slices.ContainsFunc(all, func(f filed) bool { return f.ID == paper }) {
		return false, err
	}
	return true, t.unfile(to, paper)
}

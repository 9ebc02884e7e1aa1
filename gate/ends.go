package gate

import (
	"time"

	"avow.dev"
	"avow.dev/policy/syntax"
	"avow.dev/retain"
)

// This file says when the time of what is held is over.

const hour = int64(time.Hour / time.Second)

// hourOf is the hour in which the sweep looks at what is due at an instant.
func hourOf(at time.Time) int64 { return max(at.Unix()/hour, 1) }

// end returns when a cell's time is over. Each grant of it has its own clock, and
// the cell stays as long as one of them runs.
func (p *person) end(f *force, c *cell) retain.End {
	if len(c.grants) == 0 { // statistics: about nobody
		return retain.End{}
	}
	q := p.asking(f)
	var last retain.End
	for i := range c.grants {
		end := q.end(c, &c.grants[i])
		if end.Known && end.Rule == "" && !f.program.Enforces() {
			return retain.End{} // a policy that only observes takes nothing away for want of a rule
		}
		if !end.Known {
			return end
		}
		if i == 0 || end.At.After(last.At) {
			last = end
		}
	}
	return last
}

// clocks asks for the end of one grant after the other. It is made once for a
// person, because a holding and what it refers to live on the heap.
type clocks struct {
	person  *person
	force   *force
	cell    *cell
	grant   *grant
	holding retain.Holding
	one     [1]retain.Grant
}

// asking returns the person's clocks.
func (p *person) asking(f *force) *clocks {
	if p.clocks == nil {
		q := &clocks{person: p}
		q.holding.Grants, q.holding.Happened = q.one[:], q.happened
		p.clocks = q
	}
	p.clocks.force = f
	return p.clocks
}

func (q *clocks) end(c *cell, g *grant) retain.End {
	q.cell, q.grant = c, g
	q.one[0] = retain.Grant{Purpose: g.purpose, At: g.at}
	q.holding.Datum, q.holding.Used = c.datum, c.used
	return retain.Find(q.force.retention, &q.holding, q.force.program.Effective())
}

func (q *clocks) happened(e retain.Event) (time.Time, bool) {
	return q.person.happened(q.force, q.cell, q.grant, e)
}

// over reports whether a cell's time is over.
func (p *person) over(f *force, c *cell, now time.Time) (retain.End, bool) {
	end := p.end(f, c)
	return end, end.Known && !now.Before(end.At)
}

// happened says when something happened that starts the clock of a grant.
func (p *person) happened(f *force, c *cell, g *grant, e retain.Event) (time.Time, bool) {
	st := &p.state
	switch e {
	case retain.ConsentWithdrawn:
		return p.ended(f, c.datum, g.purpose)
	case retain.AccountClosed:
		return st.closed, !st.closed.IsZero()
	case retain.LastSeen:
		return st.seen, !st.seen.IsZero()
	}
	if at, ok := when(c.events, e); ok {
		return at, true
	}
	if s := p.body.of(c.datum); s != nil {
		if at, ok := when(s.events, e); ok {
			return at, true
		}
	}
	if at, ok := when(st.fact, e); ok {
		return at, true
	}
	if e == retain.RelationEnded {
		return st.closed, !st.closed.IsZero()
	}
	return time.Time{}, false
}

// ended returns when the person's yes to a purpose ended: when it was taken back,
// or when it runs out by itself, be that in the future. Of several the first.
func (p *person) ended(f *force, d avow.Datum, purpose avow.Purpose) (first time.Time, ok bool) {
	for i := range p.state.Choices {
		c := &p.state.Choices[i]
		if e := f.choices[c.Choice]; e == nil || !speaks(e, d, purpose) {
			continue
		}
		at := c.At
		if c.State == avow.Given {
			at = c.Expires
		}
		if !at.IsZero() && (!ok || at.Before(first)) {
			first, ok = at, true
		}
	}
	return first, ok
}

// speaks reports whether a choice is about a datum for a purpose.
func speaks(e *syntax.Choice, d avow.Datum, p avow.Purpose) bool {
	return syntax.Has(e.For, string(p)) && (len(e.Data) == 0 || syntax.Has(e.Data, string(d)))
}

// due returns the hour in which the sweep has to look at the person, or 0.
func (p *person) due(f *force) int64 {
	if p.state.Hold { // until then nothing goes, whatever its time
		return hourOf(p.state.holdUntil)
	}
	if at, ok := p.finished(f); ok {
		return hourOf(at)
	}
	var first int64
	for i := range p.body.cells {
		if end := p.end(f, &p.body.cells[i]); end.Known {
			first = sooner(first, hourOf(end.At))
		}
	}
	for i := range p.body.series {
		first = sooner(first, p.body.series[i].due)
	}
	return first
}

// finished reports whether nothing is left of a person whose relationship is
// over: nothing is held of them any more, or the policy promises that closing
// erases everything, which only a hold can have delayed. Then they go altogether,
// with their reference and what they once agreed to.
//
// Somebody who never had a relationship and only asked goes a year after the last
// answer; somebody who only chose in a browser, when the policy has the choice
// forgotten there.
func (p *person) finished(f *force) (at time.Time, ok bool) {
	st := &p.state
	switch {
	case st.Hold:
		return at, false
	case st.Account == avow.Closed:
		_, all := f.program.Erasure("account-closed")
		return st.closed, all || !p.body.holds()
	case st.ref.IsVisitor() && st.Account == avow.NoRelation && st.Acceptance.State == avow.NeverAsked:
		return f.program.Forgets(st.lastWord()), !p.body.holds()
	case st.Account == avow.NoRelation && st.Acceptance.State == avow.NeverAsked && len(st.Choices) == 0 && st.Signals == 0:
		at, ok = when(st.fact, retain.RequestClosed)
		return at.AddDate(1, 0, 0), ok && !p.body.holds()
	}
	return at, false
}

// gone reports whether a person is finished by now.
func (p *person) gone(f *force, now time.Time) bool {
	at, ok := p.finished(f)
	return ok && !now.Before(at)
}

// sooner returns the earlier of two hours, of which 0 means never.
func sooner(a, b int64) int64 {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

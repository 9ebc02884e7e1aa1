package gate

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"time"

	"avow.dev"
	"avow.dev/evidence"
	"avow.dev/policy/syntax"
)

// ApproveDemand is one person's yes to what would be released, which they name by
// its digest. It is refused while anything else is missing: nobody's yes stands in
// for a paper.
func (g *Gate) ApproveDemand(ctx context.Context, id avow.PolicyID, matter string, by Officer, what [32]byte) (Demand, avow.Receipt, error) {
	return g.stepDemand(ctx, id, matter, by, "approved", func(t *turn, m *Demand) error {
		e, ok := t.force.ground(m.Body.Ground)
		if !ok {
			return t.declineDemand(&m.Body, avow.GroundUndeclared.Set())
		}
		if m.State != "scoped" && m.State != "approved" {
			return notNow("it has to be scoped first")
		}
		if r := t.lacks(&m.Body, e); r != 0 {
			return t.declineDemand(&m.Body, r)
		}
		if err := m.Proposal.approve(what, by, t.now); err != nil {
			return err
		}
		if m.Proposal.approvedBy(approvals(e), what) {
			m.State = "approved"
		}
		return nil
	})
}

// approvals is how many people have to approve: never fewer than two.
func approvals(e *syntax.Demand) int { return int(max(e.Approvals.N, 2)) }

// Given is what an authority gets of one person: nothing, where nothing of the
// minimum is held of them.
type Given struct {
	Subject avow.SubjectRef
	Items   []Item
}

// Handed is what was released on a demand. It is handed out once.
type Handed struct {
	Receipt avow.Receipt
	People  []Given
	Left    int // people of whom nothing may be given now: under a hold, or being erased
}

// Wipe clears the values.
func (p *Handed) Wipe() {
	for i := range p.People {
		wipe(p.People[i].Items)
	}
}

// ReleaseDemand hands the approved minimum out, once: everything is read, decided
// and recorded in one transaction, or nothing. If a gag is in force, the evidence
// is kept off the trails of the people until it ends. o says why somebody reads what
// is handed out.
func (g *Gate) ReleaseDemand(ctx context.Context, id avow.PolicyID, matter string, by Officer, o *Look) (Demand, *Handed, error) {
	if err := o.check(); err != nil {
		return Demand{}, nil, err
	}
	out := &Handed{}
	m, r, err := g.stepDemand(repeatable(ctx), id, matter, by, "released", func(t *turn, m *Demand) error {
		out.Wipe()
		*out = Handed{}
		return t.releaseDemand(m, by, o, out)
	})
	if err != nil {
		out.Wipe()
		return Demand{}, nil, err
	}
	out.Receipt = r
	return m, out, nil
}

// demandFacts are what the desk shows of a demand that may be released; what is lacking
// was looked for before.
var demandFacts = avow.Facts(0).With(avow.FactInstrument).With(avow.FactCitation).With(avow.FactFinding).With(avow.FactUrgency).With(avow.FactNotice).With(avow.FactApproval)

// mayRelease returns the rule of a demand that lacks nothing, and whose scope as it
// stands was approved by as many people as the rule wants.
func (t *turn) mayRelease(m *Demand) (*syntax.Demand, error) {
	d := &m.Body
	e, ok := t.force.ground(d.Ground)
	if !ok {
		return nil, t.declineDemand(d, avow.GroundUndeclared.Set())
	}
	what, err := d.digest()
	if err != nil {
		return nil, err
	}
	reasons := t.lacks(d, e)
	if !m.Proposal.approvedBy(approvals(e), what) {
		reasons |= avow.ApprovalMissing.Set()
	}
	if reasons != 0 {
		return nil, t.declineDemand(d, reasons)
	}
	return e, nil
}

func (t *turn) releaseDemand(m *Demand, by Officer, o *Look, out *Handed) error {
	d := &m.Body
	e, err := t.mayRelease(m)
	if err != nil {
		return err
	}
	looked, err := t.file(by, o, opensDemand, m.ID, 0)
	if err != nil {
		return err
	}
	gagged := d.Gag.After(t.now)
	var refused *avow.Refusal
	for _, sid := range d.Scope.People {
		given, err := t.give(sid, d, demandFacts, gagged)
		switch r, no := errors.AsType[*avow.Refusal](err); {
		case no:
			out.Left++
			refused = r
		case err != nil:
			return err
		case given == nil:
		case len(given.Items) == 0:
			out.People, d.Nothing = append(out.People, *given), append(d.Nothing, sid)
		default:
			out.People, d.People = append(out.People, *given), append(d.People, sid)
		}
	}
	if len(out.People) == 0 {
		if refused == nil {
			return t.declineDemand(d, avow.NothingHeld.Set())
		}
		return t.declineDemand(d, refused.Decision.Reasons)
	}
	d.Left, d.Given = out.Left, countGiven(d.Scope.Data, out.People)
	t.saysWhy(o, looked)
	t.concludeRelease(m, e, out, func(l *evidence.Leaf) { l.Why, l.Done, d.Leaf = o.Why, looked, l.ID })
	return nil
}

// saysWhy puts the reason, and the evidence that it was given, on the leaf that each of
// those concerned reads on their trail.
func (t *turn) saysWhy(o *Look, looked [16]byte) {
	for i := range t.entries {
		if l := &t.entries[i].leaf; t.entries[i].about != nil && l.Kind != evidence.OpeningStep {
			l.Why, l.Done = o.Why, looked
		}
	}
}

// countGiven says how much of each kind of data was given, and of how many people.
func countGiven(data []avow.Datum, people []Given) []Counted {
	var out []Counted
	for _, datum := range data {
		n := Counted{Datum: datum}
		for i := range people {
			values := 0
			for j := range people[i].Items {
				if people[i].Items[j].Datum == datum {
					values++
				}
			}
			if n.Values += values; values > 0 {
				n.People++
			}
		}
		out = append(out, n)
	}
	return out
}

func (t *turn) concludeRelease(m *Demand, e *syntax.Demand, out *Handed, says func(*evidence.Leaf)) {
	d := &m.Body
	_, _ = rand.Read(d.Salt[:]) // documented never to return an error
	d.Digest = digestGiven(d.Salt, out.People)
	m.State, d.ReleasedAt = "released", t.now
	d.ToldDue = t.tellBy(d, e)
	if d.Instrument == emergency && len(d.Papers) == 0 {
		d.PaperDue = t.now.Add(paperTime)
	}
	m.Due = d.next()
	t.noteDemand(evidence.DemandReleased, d, func(l *evidence.Leaf) {
		l.Data, l.Purpose, l.Count, l.Detail = d.Scope.Data, d.Scope.Purpose, int64(len(d.People)), d.Digest
		says(l)
	})
}

// digestGiven is the digest of what was given, under a salt.
func digestGiven(salt [32]byte, people []Given) (sum [32]byte) {
	h := sha256.New()
	h.Write(salt[:])
	for i := range people {
		p := &people[i]
		w := writer{}
		w.string(string(p.Subject))
		h.Write(w.b)
		for _, it := range p.Items {
			w = writer{}
			w.string(string(it.Datum))
			w.bytes(it.Value.Expose())
			h.Write(w.b)
			clear(w.b)
		}
	}
	h.Sum(sum[:0])
	return sum
}

// give reads the minimum of one person. A refusal about them (they are under a
// hold, or being erased) leaves evidence and gives nothing of them.
func (t *turn) give(sid int64, d *Demanding, facts avow.Facts, gagged bool) (*Given, error) {
	row, ok, err := t.gate.store.Load(t.ctx, sid)
	if err != nil {
		return nil, internal("the person's record could not be read", err)
	}
	if !ok || row.Policy != t.id {
		return nil, nil
	}
	who, err := t.open(row)
	if err != nil {
		return nil, nil // being erased: nothing is left of them
	}
	// What is handed out of somebody holds for as long as nothing of theirs has changed.
	t.change.Others = append(t.change.Others, Row{SID: row.SID, Policy: row.Policy, Version: row.Version})
	of := turn{served: t.served, ctx: t.ctx, gate: t.gate, program: t.program, force: t.force, now: t.now, ref: who.state.ref, who: who}
	req := t.requestOf(d, d.Scope.Data...)
	req.Subject = who.state.ref
	decision, err := of.allowed(&req, facts)
	for _, e := range of.entries {
		e.about, e.quiet = who, gagged
		t.entries = append(t.entries, e)
	}
	if err != nil {
		return nil, err
	}
	var out Shown
	for i, datum := range req.Data {
		if err := of.readWithin(datum, decision.Rulings[i].Obligations, &d.Scope, &out); err != nil {
			wipe(out.Items)
			return nil, err
		}
	}
	return &Given{who.state.ref, out.Items}, nil
}

// readWithin reads what was collected in the period. Of what a person has one of,
// that is what stood when the period ended; later values are not in it.
func (t *turn) readWithin(datum avow.Datum, forms []avow.Obligation, s *Scope, out *Shown) error {
	within := func(c *cell, from time.Time) bool {
		for _, g := range c.grants {
			if !g.at.Before(from) && (s.To.IsZero() || !g.at.After(s.To)) {
				return true
			}
		}
		return false
	}
	if c := t.who.body.cell(datum); c != nil && within(c, time.Time{}) {
		if err := t.readCell(c, forms, s.Purpose, out); err != nil {
			return err
		}
	}
	return t.eachItem(datum, func(_ Record, c *cell) error {
		if !within(c, s.From) {
			return nil
		}
		return t.readCell(c, forms, s.Purpose, out)
	})
}

package policy

import (
	"avow.dev"
	"avow.dev/internal/permit"
)

// Authorize answers a whole request, and is the one place where a permit is
// minted. It allows only if every datum is allowed; a request for no data is
// refused, and so is one for another policy. Facts are all that the gate has
// seen to hold; what the request says of itself is not looked at.
func (p *Program) Authorize(req *avow.Request, facts avow.Facts, b *Bound) (avow.Decision, permit.Permit) {
	d, due := p.Weigh(req, facts, b)
	if !due {
		return d, permit.Permit{}
	}
	return d, permit.Mint(req, &d)
}

// Weigh is Authorize for whoever carries the decision out in the same breath: it says
// whether the request has earned a permit, and mints none.
func (p *Program) Weigh(req *avow.Request, facts avow.Facts, b *Bound) (avow.Decision, bool) {
	q := QueryOf(req, facts)
	var ids IDs
	p.frame(&q, &ids)
	d := avow.Decision{Policy: p.hash, Rulings: make([]avow.Ruling, len(req.Data))}
	d.Verdict = avow.Allow
	for i, datum := range req.Data {
		p.aim(&ids, datum)
		r := &d.Rulings[i]
		p.rule(p.DecideIDs(&ids, b), r)
		d.Reasons |= r.Reasons
		if r.Verdict != avow.Allow {
			d.Verdict = avow.Refuse
		}
	}
	if len(req.Data) == 0 || req.Policy != p.ID() {
		d.Verdict, d.Reasons = avow.Refuse, d.Reasons|avow.DatumUndeclared.Set()
	}
	return d, permit.Due(req, &d)
}

// QueryOf returns the question that a request asks about each of its data,
// without the datum.
func QueryOf(req *avow.Request, facts avow.Facts) Query {
	return Query{
		Verb: req.Verb, Purpose: req.Purpose, Point: req.Point, Feature: req.Feature, Source: req.Source,
		Recipient: req.Recipient, Role: req.Role, Region: req.Region, Ground: req.Ground,
		Facts: facts,
	}
}

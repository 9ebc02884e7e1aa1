// Package permit is the proof that one request was allowed: the vault opens
// what a permit names, and nothing else.
//
// Only package policy may call [Mint]; the layering test of the module holds
// that line, since Go cannot. A permit carries no personal data except the
// subject reference, and cannot be changed after it was minted.
package permit

import (
	"slices"

	"avow.dev"
)

// Permit names what may be done: by one verb, to some kinds of data of one
// person, for one purpose. The zero Permit grants nothing.
type Permit struct{ grant *grant }

type grant struct {
	policy  avow.Hash
	request avow.Request
	rulings []avow.Ruling
}

// Mint returns the permit for an allowed request. It grants nothing unless the
// decision allows and rules on each datum of the request, in its order.
//
// Mint is for package policy alone.
func Mint(request *avow.Request, decision *avow.Decision) Permit {
	if !Due(request, decision) {
		return Permit{}
	}
	g := &grant{policy: decision.Policy, request: *request, rulings: slices.Clone(decision.Rulings)}
	g.request.Data = slices.Clone(request.Data)
	return Permit{g}
}

// Due reports whether a decision earns its request a permit: it allows, and rules
// that each datum of the request is allowed.
func Due(request *avow.Request, decision *avow.Decision) bool {
	if decision.Verdict != avow.Allow || len(request.Data) == 0 || len(request.Data) != len(decision.Rulings) {
		return false
	}
	for i := range decision.Rulings {
		if decision.Rulings[i].Verdict != avow.Allow {
			return false
		}
	}
	return true
}

// Granted reports whether p permits anything.
func (p Permit) Granted() bool { return p.grant != nil }

// Policy returns the policy that was asked.
func (p Permit) Policy() avow.PolicyID { return p.asked().Policy }

// PolicyHash returns the hash of the policy that decided.
func (p Permit) PolicyHash() avow.Hash {
	if p.grant == nil {
		return ""
	}
	return p.grant.policy
}

// Subject returns the person whose data may be touched. It is personal data.
func (p Permit) Subject() avow.SubjectRef { return p.asked().Subject }

// Verb returns what may be done.
func (p Permit) Verb() avow.Verb { return p.asked().Verb }

// Purpose returns why.
func (p Permit) Purpose() avow.Purpose { return p.asked().Purpose }

// Recipient returns to whom data may be given, or "".
func (p Permit) Recipient() avow.Recipient { return p.asked().Recipient }

// Role returns who inside the controller may use the data, or "".
func (p Permit) Role() avow.Role { return p.asked().Role }

// Region returns where the data may be stored or sent, or "".
func (p Permit) Region() avow.Region { return p.asked().Region }

// Data returns a copy of the kinds of data that may be touched, in the order of
// the request.
func (p Permit) Data() []avow.Datum { return slices.Clone(p.asked().Data) }

// Len counts the kinds of data that may be touched.
func (p Permit) Len() int { return len(p.asked().Data) }

// Covers reports whether datum may be touched.
func (p Permit) Covers(datum avow.Datum) bool { return slices.Contains(p.asked().Data, datum) }

// Obligations returns what must be done when datum is touched. The slice is
// shared with the policy and must not be changed.
func (p Permit) Obligations(datum avow.Datum) []avow.Obligation {
	i := slices.Index(p.asked().Data, datum)
	if i < 0 {
		return nil
	}
	return p.grant.rulings[i].Obligations
}

func (p Permit) asked() *avow.Request {
	if p.grant == nil {
		return &avow.Request{}
	}
	return &p.grant.request
}

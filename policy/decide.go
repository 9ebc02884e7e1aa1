package policy

import (
	"math/bits"

	"avow.dev"
)

// Outcome is a decision on one datum in numbers: what [Program.Ruling] turns
// into an [avow.Ruling]. The zero Outcome refuses.
type Outcome struct {
	Verdict avow.Verdict
	Reasons avow.Reasons

	rule        uint16 // number of the deciding rule plus one; 0 is none
	obligations uint32
	purpose     uint16
	tagged      bool
	notify      uint8
}

// Decide answers one question by name.
func (p *Program) Decide(q *Query, b *Bound) avow.Ruling {
	var ids IDs
	p.intern(q, &ids)
	o := p.DecideIDs(&ids, b)
	return p.Ruling(o)
}

// DecideIDs answers one question that [Program.Intern] has prepared. The
// first alternative that has nothing against it allows. Where there is none,
// the nearest one is reported: the one with the fewest reasons against, the
// first in the file among equals.
func (p *Program) DecideIDs(ids *IDs, b *Bound) Outcome {
	if ids.of != p {
		return Outcome{Reasons: avow.DatumUndeclared.Set()}
	}
	t := &p.table
	s := &t.slots[t.cells[ids.cell]]
	if s.from == s.to {
		return p.undeclared(ids, s)
	}
	holds, against := p.stand(ids, b)
	against |= ids.extra
	fewest, nearest, deciding := 65, uint64(0), uint16(0)
	for i := s.from; i < s.to; i++ {
		e := &t.entries[i]
		a := &t.alternatives[e.alternative]
		reasons := against | a.misses(ids) | a.need&^holds | a.refused(ids, b)
		rule := a.rule
		if a.ban != 0 {
			if by, banned := t.banned(a.ban, ids); banned {
				reasons |= bit(avow.Prohibited)
				rule = by
			}
		}
		if reasons == 0 {
			return Outcome{Verdict: avow.Allow, rule: rule + 1, obligations: e.obligations, purpose: ids.purpose, tagged: ids.tagged, notify: ids.notify}
		}
		if n := bits.OnesCount64(reasons); n < fewest {
			fewest, nearest, deciding = n, reasons, rule
		}
	}
	return Outcome{Reasons: avow.Reasons(nearest), rule: deciding + 1}
}

// stand returns the conditions that hold, and the reasons that the words of the
// request give against every alternative, whatever the datum.
func (p *Program) stand(ids *IDs, b *Bound) (holds, against uint64) {
	if b.of == p {
		holds = b.holds
	}
	holds |= uint64(ids.facts) << avow.FactReason
	against = uint64(ids.unknown) | ids.need&^holds
	x := &p.context
	if ids.names(dimRegion) {
		r := &x.regions[ids.dims[dimRegion]]
		against |= refusals(&r.choice, b) & r.chooses
	}
	if x.documented && ids.names(dimFeature) && x.documents[ids.dims[dimFeature]]&^b.documents != 0 {
		against |= bit(avow.NotAccepted)
	}
	if x.expiring && ids.names(dimRecipient) {
		against |= b.lapsed.bit(ids.dims[dimRecipient]) << avow.RecipientUnqualified
	}
	return holds, against
}

// misses returns the reasons of the dimensions in which the request lies
// outside the alternative.
func (a *alternative) misses(ids *IDs) uint64 {
	d := &ids.dims
	hits := a.bit(dimPoint, d[dimPoint]) |
		a.bit(dimFeature, d[dimFeature])<<1 |
		a.bit(dimSource, d[dimSource])<<2 |
		a.bit(dimRecipient, d[dimRecipient])<<3 |
		a.bit(dimRole, d[dimRole])<<4 |
		a.bit(dimRegion, d[dimRegion])<<5 |
		a.bit(dimGround, d[dimGround])<<6
	outside := ^hits << dimShift & uint64(ids.named)
	return (outside | uint64(ids.absent)&^a.optional) & a.constrained
}

// refused returns the reasons that the person's choices give. A source excuses
// from them only where the rule lists it.
func (a *alternative) refused(ids *IDs, b *Bound) uint64 {
	excused := uint64(ids.excused) & a.bit(dimSource, ids.dims[dimSource])
	return refusals(&a.choice, b) & a.chooses &^ -excused
}

func refusals(c *[maxNeeded]uint8, b *Bound) uint64 {
	return uint64(b.choices[c[0]]|b.choices[c[1]]|b.choices[c[2]]|b.choices[c[3]]) << choiceShift
}

// undeclared answers where no rule speaks of the matter.
func (p *Program) undeclared(ids *IDs, s *slot) Outcome {
	o := Outcome{Reasons: avow.Reasons(s.base | uint64(ids.unknown))}
	if s.ban != 0 {
		if by, banned := p.table.banned(s.ban, ids); banned {
			o.Reasons |= avow.Prohibited.Set()
			o.rule = by + 1
		}
	}
	return o
}

// banned returns the first prohibition of a list that the request falls under
// and is not excepted from.
func (t *table) banned(list uint16, ids *IDs) (rule uint16, banned bool) {
	for i := range t.bans[list] {
		b := &t.bans[list][i]
		if b.covers(ids) {
			return b.rule, true
		}
	}
	return 0, false
}

func (b *ban) covers(ids *IDs) bool {
	if !b.anyone && !ids.in(dimRecipient, &b.to) {
		return false
	}
	return !ids.in(dimGround, &b.grounds) && !ids.in(dimSource, &b.sources)
}

// Ruling spells an outcome out. The clauses and obligations are shared with
// the program.
func (p *Program) Ruling(o Outcome) avow.Ruling {
	// Place 0 of both tables is empty, for outcomes without a rule and for
	// refusals, so that the common path has no branch.
	by := &p.told[o.rule]
	owed := p.table.obligations[o.obligations]
	if o.tagged || o.notify != 0 {
		owed = p.table.extended[extension{o.obligations, o.purpose, o.tagged, o.notify}]
	}
	return avow.Ruling{Verdict: o.Verdict, Reasons: o.Reasons, Rule: by.id, Clauses: by.clauses, Obligations: owed}
}

package policy

import (
	"math/bits"

	"avow.dev"
)

// Outcome is a decision on one datum in numbers: what [Program.Ruling] turns
// into an [avow.Ruling]. The zero Outcome refuses. Neither it nor a field of it has more
// than four fields: of more, the compiler makes memory that it copies about.
type Outcome struct {
	Verdict avow.Verdict
	Reasons avow.Reasons

	rule uint16 // number of the deciding rule plus one; 0 is none
	owed extension
}

// Decide answers one question by name.
func (p *Program) Decide(q *Query, b *Bound) (r avow.Ruling) {
	var ids IDs
	p.intern(q, &ids)
	p.rule(p.DecideIDs(&ids, b), &r)
	return r
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
	s := &t.slots[ids.slot]
	if s.from == s.to {
		return p.undeclared(ids, s)
	}
	holds, against := p.stand(ids, b)
	if against |= ids.extra; ids.placed {
		against |= p.context.placed(ids, b)
	}
	fewest, nearest, deciding := 65, uint64(0), (*alternative)(nil)
	for i := range t.entries[s.from:s.to] {
		e := &t.entries[int(s.from)+i]
		a := &t.alternatives[e.alternative]
		f := ids.fits[i%foreseen]
		if i >= int(ids.fitted) {
			f = fit(a.misses(ids)) | a.excused(ids) | t.prohibited(a.ban, ids)
		}
		reasons := against | f.reasons() | a.need&^holds | a.refused(f, b)
		if reasons == 0 {
			return Outcome{Verdict: avow.Allow, rule: a.rule + 1, owed: extension{e.obligations, ids.purpose, ids.tagged, ids.notify}}
		}
		if n := bits.OnesCount64(reasons); n < fewest {
			fewest, nearest, deciding = n, reasons, a
		}
	}
	rule := deciding.rule
	if nearest&bit(avow.Prohibited) != 0 {
		rule, _ = t.banned(deciding.ban, ids)
	}
	return Outcome{Reasons: avow.Reasons(nearest), rule: rule + 1}
}

// stand returns the conditions that hold, and the reasons that the words of the
// request give against every alternative, whatever the datum: all but those of
// [contexts.placed].
func (p *Program) stand(ids *IDs, b *Bound) (holds, against uint64) {
	if b.of == p {
		holds = b.holds
	}
	holds |= uint64(ids.facts) << avow.FactReason
	named := uint64(ids.named) >> (dimShift + dimRecipient) & 1 // without a branch: nobody can foresee it
	against = uint64(ids.unknown) | ids.need&^holds | b.lapsed.bit(ids.dims[dimRecipient])&named<<avow.RecipientUnqualified
	return holds, against
}

// placed returns the reasons that the region and the feature of a request give.
func (x *contexts) placed(ids *IDs, b *Bound) (against uint64) {
	if ids.names(dimRegion) {
		r := &x.regions[ids.dims[dimRegion]]
		against = refusals(&r.choice, b) & r.chooses
	}
	if ids.names(dimFeature) && x.documents[ids.dims[dimFeature]]&^b.documents != 0 {
		against |= bit(avow.NotAccepted)
	}
	return against
}

// refused returns the reasons that the person's choices give.
func (a *alternative) refused(f fit, b *Bound) uint64 {
	return refusals(&a.choice, b) & a.chooses &^ -uint64(f>>15)
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
func (p *Program) Ruling(o Outcome) (r avow.Ruling) {
	p.rule(o, &r)
	return r
}

// rule is Ruling into r, field by field: to copy what was just written in smaller
// pieces has the processor wait until all of it is there.
func (p *Program) rule(o Outcome, r *avow.Ruling) {
	// Place 0 of both tables is empty, for outcomes without a rule and for
	// refusals, so that the common path has no branch.
	by := &p.told[o.rule]
	r.Verdict, r.Reasons, r.Rule, r.Clauses = o.Verdict, o.Reasons, by.id, by.clauses
	r.Obligations = p.table.obligations[o.owed.list]
	if o.owed.tagged || o.owed.notify != 0 {
		r.Obligations = p.table.extended[o.owed]
	}
}

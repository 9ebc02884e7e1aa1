package policy

import (
	"slices"

	"avow.dev"
)

// Broken returns a copy of p in which change has damaged the compiled table, to
// show that the exhaustive comparison would find it.
func (p *Program) Broken(change func(Tables)) *Program {
	q := *p
	q.table.cells = slices.Clone(p.table.cells)
	q.table.slots = slices.Clone(p.table.slots)
	q.table.entries = slices.Clone(p.table.entries)
	q.table.alternatives = slices.Clone(p.table.alternatives)
	q.table.members = slices.Clone(p.table.members)
	q.table.bans = nil
	for _, l := range p.table.bans {
		q.table.bans = append(q.table.bans, slices.Clone(l))
	}
	q.table.obligations = slices.Clone(p.table.obligations)
	change(Tables{&q})
	return &q
}

// Tables reaches into a damaged program.
type Tables struct{ p *Program }

// Alternatives are the numbers of those that a rule was compiled to.
func (t Tables) Alternatives(rule avow.RuleID) []int {
	var list []int
	for i := range t.p.table.alternatives {
		if t.p.rules[t.p.table.alternatives[i].rule].ID == rule {
			list = append(list, i)
		}
	}
	return list
}

// FlipNeed toggles a reason in the conditions of an alternative.
func (t Tables) FlipNeed(alternative int, r avow.Reason) {
	t.p.table.alternatives[alternative].need ^= bit(r)
}

// FlipWord toggles a word of a dimension of an alternative.
func (t Tables) FlipWord(alternative, dim, word int) {
	t.p.table.alternatives[alternative].sets[word>>6][dim] ^= 1 << (word & 63)
}

// FlipConstrained toggles whether an alternative looks at a dimension.
func (t Tables) FlipConstrained(alternative, dim int) {
	t.p.table.alternatives[alternative].constrained ^= dimBit(dim)
}

// SwapChoice makes an alternative look at another choice.
func (t Tables) SwapChoice(alternative int, choice uint8) {
	t.p.table.alternatives[alternative].choice = [maxNeeded]uint8{choice, choice, choice, choice}
}

// DropBan lifts the prohibitions over an alternative.
func (t Tables) DropBan(alternative int) { t.p.table.alternatives[alternative].ban = 0 }

// WidenBan forgets the exceptions of all prohibitions.
func (t Tables) WidenBan() {
	for _, list := range t.p.table.bans {
		for i := range list {
			list[i].sources, list[i].grounds = set{}, set{}
		}
	}
}

// SwapFirst exchanges the two first alternatives of every slot that has two.
func (t Tables) SwapFirst() {
	for _, s := range t.p.table.slots {
		if s.to-s.from > 1 {
			e := t.p.table.entries[s.from:s.to]
			e[0], e[1] = e[1], e[0]
		}
	}
}

// DropData empties the data of the grouped alternatives.
func (t Tables) DropData() {
	for i := range t.p.table.members {
		t.p.table.members[i].data = set{}
	}
}

// DropObligations forgets what has to be done.
func (t Tables) DropObligations() { clear(t.p.table.obligations) }

// SwapBase answers purpose-undeclared where the verb is undeclared.
func (t Tables) SwapBase() {
	for i := range t.p.table.slots {
		if s := &t.p.table.slots[i]; s.base == bit(avow.VerbUndeclared) {
			s.base = bit(avow.PurposeUndeclared)
		}
	}
}

// Telling returns the unfilled sentences of a reason.
func Telling(r avow.Reason) Because {
	return Because{Reason: r, Missing: sentences[r].missing, Try: sentences[r].try}
}

package policy

import (
	"cmp"
	"fmt"
	"slices"

	"avow.dev"
)

// way is an alternative in words, comparable across programs.
type way struct {
	rule    avow.RuleID
	words   [numDims][]string
	limited [numDims]bool
	optional,
	need uint64
	choices []string
	bans    []string
	forms   []string
}

// covers reports whether everything that w allows, v allows too.
func (v *way) covers(w *way) bool {
	for dim := range numDims {
		if v.limited[dim] && (!w.limited[dim] || !within(w.words[dim], v.words[dim])) {
			return false
		}
	}
	return w.optional&^v.optional == 0 && v.need&^w.need == 0 &&
		within(v.choices, w.choices) && within(v.bans, w.bans) && within(v.forms, w.forms)
}

// ways lists the alternatives of a cell, by name.
func (p *Program) ways(verb avow.Verb, datum, purpose string) []way {
	d, ok := p.words.data.id(datum)
	if !ok {
		return nil
	}
	w, ok := p.words.purposes.id(purpose)
	if !ok {
		return nil
	}
	t := &p.table
	s := &t.slots[t.cells[(int(verb)*(t.data+1)+int(d))*(t.purposes+1)+int(w)]]
	var out []way
	for _, e := range t.entries[s.from:s.to] {
		out = append(out, p.spell(&e))
	}
	return out
}

func (p *Program) spell(e *entry) way {
	a := &p.table.alternatives[e.alternative]
	w := way{rule: p.rules[a.rule].ID, need: a.need, optional: a.optional}
	for dim := range numDims {
		w.limited[dim] = a.constrained&dimBit(dim) != 0
		words := a.set(dim)
		for id := range words.all() {
			w.words[dim] = append(w.words[dim], p.words.dims[dim].word(int(id)))
		}
	}
	if a.chooses != 0 {
		for _, c := range a.choice {
			w.choices = addOnce(w.choices, p.words.choices.word(int(c)))
		}
	}
	for i := range p.table.bans[a.ban] {
		w.bans = append(w.bans, p.spellBan(&p.table.bans[a.ban][i]))
	}
	for _, o := range p.table.obligations[e.obligations] {
		if o.Kind == avow.Transform {
			w.forms = append(w.forms, o.Arg)
		}
	}
	return w
}

func (p *Program) spellBan(b *ban) string {
	name := func(dim int, s *set) []string {
		var out []string
		for id := range s.all() {
			out = append(out, p.words.dims[dim].word(int(id)))
		}
		slices.Sort(out)
		return out
	}
	return fmt.Sprint(b.anyone, name(dimRecipient, &b.to), name(dimGround, &b.grounds), name(dimSource, &b.sources))
}

// shift is the cells in which one rule became wider or narrower.
type shift struct {
	class    ChangeClass
	verb     avow.Verb
	rule     avow.RuleID
	data     []string
	purposes []string
	to       []string // new recipients
}

// cells compares what may be done with each datum for each purpose.
func (d *differ) cells() {
	data, purposes := union(d.old.words.data, d.new.words.data), union(d.old.words.purposes, d.new.words.purposes)
	var shifts []shift
	for v := range avow.Verbs {
		for _, datum := range data {
			for _, purpose := range purposes {
				shifts = d.cell(shifts, avow.Verb(v), datum, purpose)
			}
		}
	}
	for i := range shifts {
		d.tell(&shifts[i])
	}
}

func (d *differ) cell(shifts []shift, verb avow.Verb, datum, purpose string) []shift {
	before, after := d.old.ways(verb, datum, purpose), d.new.ways(verb, datum, purpose)
	for i := range after {
		if !covered(&after[i], before) {
			class, to := d.widening(&after[i], verb, datum)
			shifts = note(shifts, shift{class: class, verb: verb, rule: after[i].rule, to: to}, datum, purpose)
		}
	}
	for i := range before {
		if !covered(&before[i], after) {
			shifts = note(shifts, shift{class: Narrower, verb: verb, rule: before[i].rule}, datum, purpose)
		}
	}
	return shifts
}

func covered(w *way, by []way) bool {
	return slices.ContainsFunc(by, func(v way) bool { return v.covers(w) })
}

func note(shifts []shift, s shift, datum, purpose string) []shift {
	i := slices.IndexFunc(shifts, func(o shift) bool { return o.class == s.class && o.verb == s.verb && o.rule == s.rule })
	if i < 0 {
		i = len(shifts)
		shifts = append(shifts, s)
	}
	shifts[i].data = addOnce(shifts[i].data, datum)
	shifts[i].purposes = addOnce(shifts[i].purposes, purpose)
	shifts[i].to = addOnce(shifts[i].to, s.to...)
	return shifts
}

// widening classifies a way that the old text did not allow. A yes that people
// gave under the old text was a yes to less.
func (d *differ) widening(w *way, verb avow.Verb, datum string) (ChangeClass, []string) {
	asked := slices.ContainsFunc(w.choices, func(c string) bool {
		n, ok := d.old.words.choices.id(c)
		return ok && !d.old.standing.choices[n].optOut && !d.old.standing.choices[n].event
	})
	if asked {
		return NeedsFreshConsent, nil
	}
	if !verb.Outbound() {
		return Wider, nil
	}
	var fresh []string
	for _, r := range w.words[dimRecipient] {
		if !d.old.receives(r, datum) {
			fresh = append(fresh, r)
		}
	}
	if len(fresh) > 0 {
		return NewRecipient, fresh
	}
	return Wider, nil
}

// receives reports whether a recipient may be given a datum in any way.
func (p *Program) receives(recipient, datum string) bool {
	for v := range avow.Verbs {
		if !avow.Verb(v).Outbound() {
			continue
		}
		for i := range p.table.purposes {
			for _, w := range p.ways(avow.Verb(v), datum, p.words.purposes.word(i)) {
				if slices.Contains(w.words[dimRecipient], recipient) {
					return true
				}
			}
		}
	}
	return false
}

func union(a, b *names) []string {
	return addOnce(slices.Clone(a.words), b.words...)
}

func (d *differ) tell(s *shift) {
	section := cmp.Or(map[avow.Verb]string{avow.Collect: "collect", avow.Use: "use", avow.Release: "statistics"}[s.verb], "share")
	data, purposes := list(s.data), list(s.purposes)
	switch s.class {
	case NewRecipient:
		d.addAbout(s.data, s.class, section, s.rule, Sentence{fmt.Sprintf("%s receives %s for %s (%s).", list(s.to), data, purposes, s.verb),
			fmt.Sprintf("%s 将接收 %s，目的为 %s（%s）。", list(s.to), data, purposes, s.verb)})
	case NeedsFreshConsent:
		d.addAbout(s.data, s.class, section, s.rule, Sentence{fmt.Sprintf("More is allowed with %s for %s (%s) than people agreed to.", data, purposes, s.verb),
			fmt.Sprintf("对 %s（目的 %s，%s）的处理超出了原有同意的范围。", data, purposes, s.verb)})
	case Narrower:
		d.addAbout(s.data, s.class, section, s.rule, Sentence{fmt.Sprintf("Less is allowed with %s for %s (%s).", data, purposes, s.verb),
			fmt.Sprintf("对 %s（目的 %s，%s）的处理范围缩小。", data, purposes, s.verb)})
	default:
		d.addAbout(s.data, s.class, section, s.rule, Sentence{fmt.Sprintf("More is allowed with %s for %s (%s).", data, purposes, s.verb),
			fmt.Sprintf("对 %s（目的 %s，%s）的处理范围扩大。", data, purposes, s.verb)})
	}
}

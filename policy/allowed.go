package policy

import (
	"iter"

	"avow.dev"
)

// Data is a set of kinds of data of one program.
type Data struct {
	of  *Program
	set set
}

// Has reports whether datum is in the set.
func (d Data) Has(datum avow.Datum) bool {
	if d.of == nil {
		return false
	}
	id, ok := d.of.words.data.id(string(datum))
	return ok && d.set.has(id)
}

// All yields the data in the order of the policy.
func (d Data) All() iter.Seq[avow.Datum] {
	return func(yield func(avow.Datum) bool) {
		for i := range d.set.all() {
			if !yield(avow.Datum(d.of.words.data.word(int(i)))) {
				return
			}
		}
	}
}

// Allowed answers a question for all data at once: which of them would be
// allowed? The datum of the question is not looked at.
func (p *Program) Allowed(ids *IDs, b *Bound) Data {
	out := Data{of: p}
	if ids.of != p {
		return out
	}
	holds, against := p.stand(ids, b)
	if against != 0 || ids.placed && p.context.placed(ids, b) != 0 {
		return out
	}
	t := &p.table
	g := t.groups[int(ids.verb)*(t.purposes+1)+int(ids.purpose)]
	for i := g.from; i < g.to; i++ {
		m := &t.members[i]
		a := &t.alternatives[m.alternative]
		if a.misses(ids)|a.need&^holds|a.refused(a.excused(ids), b) != 0 {
			continue
		}
		if a.ban != 0 {
			if _, banned := t.banned(a.ban, ids); banned {
				continue
			}
		}
		out.set.union(&m.data)
	}
	if ids.names(dimSource) {
		p.besideAll(ids, &out.set)
	}
	return out
}

// besideAll takes those data out of a set that the named source may not yield.
func (p *Program) besideAll(ids *IDs, data *set) {
	s := &p.context.sources[ids.dims[dimSource]]
	if !s.limited && uint16(ids.dims[dimSource]) != p.context.device {
		return
	}
	if s.limitData {
		data.intersect(&s.data)
	}
	aimed := *ids
	for d := range data.all() {
		aimed.datum = d
		if p.context.beside(&aimed) != 0 {
			data[d>>6] &^= 1 << (d & 63)
		}
	}
}

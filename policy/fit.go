package policy

import "avow.dev"

// fit is what the words of a request say of one alternative, whoever the person is: the
// reasons of the dimensions that it misses and of a prohibition in its way, all of which
// lie in the lower bits, and whether the source excuses from consent.
type fit uint16

const fitExcused fit = 1 << 15

func (f fit) reasons() uint64 { return uint64(f &^ fitExcused) }

// prohibited returns the reason of a list of prohibitions if one of them is in the way.
func (t *table) prohibited(list uint16, ids *IDs) fit {
	if list == 0 {
		return 0
	}
	if _, banned := t.banned(list, ids); banned {
		return 1 << avow.Prohibited
	}
	return 0
}

// foreseen is how many alternatives of a slot are fitted once for a question that is
// asked many times.
const foreseen = 4

func (t *table) foresee(ids *IDs) {
	s := &t.slots[ids.slot]
	for ids.fitted = 0; ids.fitted < foreseen && s.from+uint32(ids.fitted) < s.to; ids.fitted++ {
		e := &t.entries[s.from+uint32(ids.fitted)]
		a := &t.alternatives[e.alternative]
		ids.fits[ids.fitted] = fit(a.misses(ids)) | a.excused(ids) | t.prohibited(a.ban, ids)
	}
}

// excused returns fitExcused if the source does: only where the rule lists it.
func (a *alternative) excused(ids *IDs) fit {
	return fit(ids.excused) & fit(a.bit(dimSource, ids.dims[dimSource])) * fitExcused
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

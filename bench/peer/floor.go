package peer

import (
	"math/bits"

	"avow.dev"
	"avow.dev/policy"
	"avow.dev/policy/syntax"
)

// Floor is what a programmer would write by hand for this one policy: Go maps
// from words to numbers, a table of masks, and no generality. It returns the
// reasons of the nearest rule, as Avow does; unlike Avow it names no rule, no
// clause and no obligation.
type Floor struct {
	data, purposes map[string]uint8
	dims           [numDims]map[string]uint8
	choices        map[string]uint8
	cells          [16][128][64]floorCell
	rules          []floorRule
}

type floorCell struct{ from, to uint16 }

type floorRule struct {
	dims    [numDims]uint64 // bit 0: no word, bit n: word n
	need    uint64
	chooses uint64
	choice  [2]uint8 // 0: none
}

// FloorID is a question in numbers.
type FloorID struct {
	verb, datum, purpose uint8
	dims                 [numDims]uint8
	facts                uint64
}

// FloorPerson is a person as the floor sees them.
type FloorPerson struct {
	holds   uint64
	choices [64]uint64
}

// NewFloor builds the tables.
func NewFloor(f *syntax.File, rules []Rule) *Floor {
	v := vocabularyOf(f)
	fl := &Floor{data: numbered(v.data), purposes: numbered(v.purposes), choices: map[string]uint8{}}
	for d := range fl.dims {
		fl.dims[d] = numbered(v.dims[d])
	}
	for i, c := range f.Choices {
		fl.choices[c.ID.Text] = uint8(i + 1)
	}
	cells := map[FloorID][]floorRule{}
	for i := range rules {
		r := &rules[i]
		flat := fl.rule(r)
		for _, d := range r.Data {
			for _, p := range r.Purposes {
				k := FloorID{verb: uint8(r.Verb), datum: fl.data[d], purpose: fl.purposes[p]}
				cells[k] = append(cells[k], flat)
			}
		}
	}
	for k, list := range cells {
		from := len(fl.rules)
		fl.rules = append(fl.rules, list...)
		fl.cells[k.verb][k.datum][k.purpose] = floorCell{uint16(from), uint16(len(fl.rules))}
	}
	return fl
}

func numbered(list []string) map[string]uint8 {
	m := map[string]uint8{}
	for i, w := range list {
		m[w] = uint8(i + 1)
	}
	return m
}

func (fl *Floor) rule(r *Rule) floorRule {
	out := floorRule{need: 1 << avow.NotYetEffective}
	for d, list := range r.Dims {
		if len(list) == 0 {
			out.dims[d] = ^uint64(0)
		}
		for _, w := range list {
			out.dims[d] |= 1 << fl.dims[d][w]
		}
	}
	for i, c := range r.Choices {
		out.choice[i], out.chooses = fl.choices[c], ^uint64(0)
	}
	for _, name := range r.Facts {
		f, _ := avow.ParseFact(name)
		out.need |= 1 << f.Missing()
	}
	out.need |= r.wants()
	return out
}

// wants returns the conditions on the person.
func (r *Rule) wants() uint64 {
	var need uint64
	for _, state := range r.Account.Barred() {
		need |= map[string]uint64{"closing": 1 << avow.ErasurePending, "frozen": 1 << avow.AccountFrozen, "none": 1 << avow.NoAccount, "closed": 1 << avow.AccountClosed}[state]
	}
	if r.NoHold {
		need |= 1 << avow.OnHold
	}
	if r.Accepted {
		need |= 1<<avow.NotAccepted | 1<<avow.AcceptanceRefused | 1<<avow.AcceptanceOutdated
	}
	if r.NotMinor {
		need |= 1 << avow.Minor
	}
	if r.AgeKnown {
		need |= 1 << avow.AgeUnknown
	}
	if r.Guardian {
		need |= 1 << avow.GuardianMissing
	}
	return need
}

// Names looks the words of a question up.
func (fl *Floor) Names(q *policy.Query) FloorID {
	id := FloorID{verb: uint8(q.Verb), datum: fl.data[string(q.Datum)], purpose: fl.purposes[string(q.Purpose)], facts: uint64(q.Facts) << avow.FactReason}
	switch q.Verb {
	case avow.Collect:
		id.dims[Point], id.dims[Feature], id.dims[Source] = fl.dims[Point][string(q.Point)], fl.dims[Feature][string(q.Feature)], fl.dims[Source][string(q.Source)]
	case avow.Use:
		id.dims[Role], id.dims[Feature] = fl.dims[Role][string(q.Role)], fl.dims[Feature][string(q.Feature)]
	case avow.Disclose:
		id.dims[Recipient], id.dims[Ground] = fl.dims[Recipient][string(q.Recipient)], fl.dims[Ground][q.Ground]
	default:
		id.dims[Recipient] = fl.dims[Recipient][string(q.Recipient)]
	}
	return id
}

// Decide returns the reasons against a question; none allow it.
func (fl *Floor) Decide(id *FloorID, p *FloorPerson) avow.Reasons {
	cell := fl.cells[id.verb&15][id.datum&127][id.purpose&63]
	if cell.from == cell.to {
		return avow.PurposeUndeclared.Set()
	}
	holds := p.holds | id.facts
	best, fewest := uint64(0), 65
	for i := cell.from; i < cell.to; i++ {
		why := fl.rules[i].against(id, holds, p)
		if n := bits.OnesCount64(why); n < fewest {
			best, fewest = why, n
			if n == 0 {
				return 0
			}
		}
	}
	return avow.Reasons(best)
}

func (r *floorRule) against(id *FloorID, holds uint64, p *FloorPerson) uint64 {
	hits := r.dims[Point]>>id.dims[Point]&1<<avow.PointUndeclared |
		r.dims[Feature]>>id.dims[Feature]&1<<avow.FeatureUndeclared |
		r.dims[Source]>>id.dims[Source]&1<<avow.SourceUndeclared |
		r.dims[Recipient]>>id.dims[Recipient]&1<<avow.RecipientUndeclared |
		r.dims[Role]>>id.dims[Role]&1<<avow.RoleNotAllowed |
		r.dims[Ground]>>id.dims[Ground]&1<<avow.GroundUndeclared
	const all = 1<<avow.PointUndeclared | 1<<avow.FeatureUndeclared | 1<<avow.SourceUndeclared | 1<<avow.RecipientUndeclared | 1<<avow.RoleNotAllowed | 1<<avow.GroundUndeclared
	return ^hits&all | r.need&^holds | (p.choices[r.choice[0]&63]|p.choices[r.choice[1]&63])&r.chooses
}

// Bind reads a person's standing.
func (fl *Floor) Bind(p *Person) FloorPerson {
	out := FloorPerson{holds: 1<<32 - 1}
	lacks := func(r avow.Reason, yes bool) {
		if yes {
			out.holds &^= 1 << r
		}
	}
	lacks(avow.OnHold, !p.Free)
	lacks(avow.NoAccount, p.Account == "none")
	lacks(avow.AccountClosed, p.Account == "closed")
	lacks(avow.AccountFrozen, p.Account == "frozen")
	lacks(avow.ErasurePending, p.Account == "closing")
	lacks(avow.AcceptanceOutdated, !p.Accepted && p.Standing.Acceptance.State == avow.AcceptedPolicy)
	lacks(avow.NotAccepted, p.Standing.Acceptance.State == avow.NeverAsked)
	lacks(avow.AcceptanceRefused, p.Standing.Acceptance.State == avow.RefusedPolicy)
	lacks(avow.Minor, p.Minor)
	lacks(avow.AgeUnknown, !p.Adult && !p.Minor)
	lacks(avow.GuardianMissing, p.Minor && !p.Guardian)
	granted := Truths(p.Granted)
	for c, n := range fl.choices {
		if !granted[c] {
			out.choices[n] = 1 << avow.ConsentMissing
		}
	}
	return out
}

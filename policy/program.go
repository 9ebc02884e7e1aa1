package policy

import (
	"time"

	"avow.dev"
	"avow.dev/policy/law"
	"avow.dev/policy/syntax"
)

// Program is a compiled policy. It is immutable: all methods may be called from
// several goroutines at once.
type Program struct {
	file      *syntax.File
	hash      avow.Hash
	accepted  []avow.Hash // hashes whose acceptance counts, this policy's first
	effective time.Time

	words wordTables
	rules []RuleInfo
	told  []told            // what rulings say of the rules, by rule number
	byID  map[string]uint16 // rule number by id

	table    table
	context  contexts
	standing standingNeeds

	data    []DatumInfo
	forms   map[string]FormInfo
	clauses map[avow.ClauseID]ClauseInfo

	retention  [][]RetainRule // by datum and purpose, see retentionOf
	retainByID map[avow.RuleID]RetainRule
	calendar   *law.Calendar
}

// told is the part of a rule that rulings carry, apart from the rest so that
// a decision touches little memory.
type told struct {
	id      avow.RuleID
	clauses []avow.ClauseID
}

// wordTables give numbers to the words that requests name.
type wordTables struct {
	data, purposes, choices *names
	dims                    [numDims]*names
}

// The dimensions of a request beside verb, datum and purpose. Their order is
// that of the reasons, so that the misses of all seven shift into place at
// once.
const (
	dimPoint = iota
	dimFeature
	dimSource
	dimRecipient
	dimRole
	dimRegion
	dimGround
	numDims
)

const (
	dimShift = uint(avow.PointUndeclared)
	dimMask  = uint64(1<<numDims-1) << dimShift

	choiceShift = uint(avow.ConsentMissing)
	choiceMask  = uint64(0x3f) << choiceShift

	factMask = uint64(1<<avow.NumFacts-1) << uint(avow.FactReason)
)

// dimBit returns the reason bit of a dimension.
func dimBit(d int) uint64 { return 1 << (dimShift + uint(d)) }

func bit(r avow.Reason) uint64 { return 1 << r }

func factBit(f avow.Fact) uint64 { return bit(f.Missing()) }

// table is the compiled rules. A cell for each (verb, datum, purpose), with one
// more datum and one more purpose for undeclared words, leads to a slot; a slot
// names the alternatives of its rules.
type table struct {
	data, purposes int
	cells          []uint32 // slot numbers
	slots          []slot
	entries        []entry
	alternatives   []alternative
	bans           [][]ban // list 0 is empty

	obligations [][]avow.Obligation // list 0 is empty
	extended    map[extension][]avow.Obligation

	groups  []group // by verb and purpose
	members []member
}

// slot is what the rules say about one (verb, datum, purpose).
type slot struct {
	from, to uint32 // entries
	base     uint64 // reasons where there are no entries
	ban      uint16 // prohibitions where there are no entries
}

// entry is one alternative in one slot.
type entry struct {
	alternative uint32
	obligations uint32
}

// alternative is one way to be allowed: everything that one rule wants.
//
// Its sets are laid out by word of the set and then by dimension: in a policy
// of up to 64 words of each kind, a decision touches one cache line of them.
type alternative struct {
	constrained uint64 // dimensions that the rule constrains
	optional    uint64 // of these, the ones that may be left out of a request
	need        uint64 // reasons that must not hold
	chooses     uint64 // choiceMask if there are choices, else 0
	choice      [maxNeeded]uint8
	rule        uint16
	ban         uint16
	_           [3]uint64
	sets        [maxWords / 64][8]uint64
}

// bit returns 1 if word id of a dimension is in its set, else 0.
func (a *alternative) bit(dim int, id uint8) uint64 { return a.sets[id>>6][dim] >> (id & 63) & 1 }

func (a *alternative) set(dim int) set {
	var s set
	for w := range s {
		s[w] = a.sets[w][dim]
	}
	return s
}

func (a *alternative) setTo(dim int, s set) {
	for w := range s {
		a.sets[w][dim] = s[w]
	}
}

// maxNeeded is how many choices one rule may need.
const maxNeeded = 4

// ban is a prohibition that applies to a slot or alternative.
type ban struct {
	rule    uint16
	anyone  bool
	to      set // recipients, unless anyone
	grounds set // exceptions
	sources set
}

// extension names a list of obligations and what a request adds to it.
type extension struct {
	list    uint32
	purpose uint16
	tagged  bool
	notify  uint8
}

// group is the members of one (verb, purpose): each alternative once, with the
// data it allows.
type group struct{ from, to uint32 }

type member struct {
	alternative uint32
	data        set
}

// contexts is what single words of a request bring with them.
type contexts struct {
	sources    []sourceContext    // by source number
	recipients []recipientContext // by recipient number
	grounds    []groundContext
	regions    []regionContext
	documents  []uint64 // by feature: documents that open it
	guards     []guard  // device permissions
	guarded    set      // data behind a device permission
	expiring   bool     // some recipient's terms have an end
	person     uint16   // number of source person
	device     uint16   // number of source device
}

type sourceContext struct {
	need         uint64
	excuses      [avow.Verbs]bool
	limited      bool
	data         set
	purposes     set
	limitData    bool
	limitPurpose bool
}

type recipientContext struct {
	need    uint64
	expires time.Time // zero: never
	tagged  bool
}

type groundContext struct {
	need   uint64
	notify uint8 // number of the notice among those told afterwards, or 0
}

type regionContext struct {
	need    uint64
	chooses uint64
	choice  [maxNeeded]uint8
}

// guard is a device permission before a datum.
type guard struct {
	data     set
	purposes set
	features set
	need     uint64
}

// standingNeeds is what the policy says about reading a standing.
type standingNeeds struct {
	choices   []choiceInfo
	documents []string // "id@version"
}

type choiceInfo struct {
	slug    avow.Choice
	optOut  bool
	event   bool
	gpc     bool
	expires syntax.Period
}

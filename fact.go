package avow

// Fact is something about a request that has been shown to hold, and that a
// rule may need: a citation was given, a second person has approved. Who shows
// a fact is the gate, never the caller alone.
type Fact uint8

// The facts, in the order of the reasons for their absence: fact i is missing
// for reason FactReason+i.
const (
	FactCitation Fact = iota
	FactURL
	FactContract
	FactCase
	FactProvenance
	FactFinding
	FactInstrument
	FactApproval
	FactQualified
	FactPicked
	FactToken
	FactSpaced
	FactUnmetered
	FactAttested
	FactFreshSignIn
	FactNotice
	FactUrgency
	FactInUse
	FactDevicePermission
	FactSuccessorBound
	numFacts
)

// NumFacts counts the facts.
const NumFacts = int(numFacts)

var factNames = [...]string{"citation", "url", "contract", "case", "provenance", "finding", "instrument", "approval", "qualified",
	"picked", "token", "spaced", "unmetered", "attested", "fresh-sign-in", "notice", "urgency", "in-use", "device-permission", "successor-bound"}

// String returns the word that the policy language uses for f.
func (f Fact) String() string {
	if int(f) < len(factNames) {
		return factNames[f]
	}
	return ""
}

// ParseFact returns the fact that the policy language calls s.
func ParseFact(s string) (Fact, bool) {
	for i, n := range factNames {
		if n == s {
			return Fact(i), true
		}
	}
	return 0, false
}

// Missing returns the reason that stands for the absence of f.
func (f Fact) Missing() Reason { return FactReason + Reason(f) }

// Facts is a set of facts, one bit each.
type Facts uint32

// With returns the set with f added.
func (s Facts) With(f Fact) Facts { return s | 1<<f }

// Has reports whether f is in the set.
func (s Facts) Has(f Fact) bool { return s&(1<<f) != 0 }
